/** Fault frequencies as orders: multiples of the shaft speed. Multiply by rpm / 60 for hertz. */
export interface BearingOrders {
  readonly bpfo: number
  readonly bpfi: number
  /** Spins of a rolling element; a damaged one meets both rings and strikes at twice this. */
  readonly bsf: number
  readonly ftf: number
}

export interface BearingGeometry {
  readonly rollingElements: number
  /** rolling-element and pitch diameter, in one and the same unit */
  readonly elementDiameter: number
  readonly pitchDiameter: number
  readonly contactAngleDeg: number
}

export interface BearingEntry {
  readonly name: string
  readonly aliases: readonly string[]
  /** null where only the frequencies were published. */
  readonly geometry: BearingGeometry | null
  /** Frequencies as they were published: what is computed must agree with them, and what counts without a geometry. */
  readonly published?: { readonly [O in keyof BearingOrders]?: number | undefined } | undefined
  /** where the numbers were published; null means unverified */
  readonly source: string | null
  readonly verified: boolean
}

export interface BearingCatalogue {
  readonly schema: 'millwright/bearings@1'
  readonly bearings: readonly BearingEntry[]
}

export class BearingGeometryError extends Error {
  override readonly name = 'BearingGeometryError'
}

/**
 * Kinematic orders for a fixed outer ring and pure rolling (Randall and Antoni 2011, eqs 1-4). Real bearings slip and load
 * changes the contact angle: lines sit up to 1.5 % off.
 */
export function bearingOrders(geometry: BearingGeometry): BearingOrders {
  const { rollingElements: n, elementDiameter: d, pitchDiameter: D, contactAngleDeg } = geometry
  const cosine = Math.cos((contactAngleDeg * Math.PI) / 180)
  const ratio = (d / D) * cosine
  if (!(Number.isInteger(n) && n >= 3))
    throw new BearingGeometryError(`a bearing has 3 or more rolling elements, not ${n}`)
  if (!(d > 0 && D > d && ratio > 0 && ratio < 1)) {
    throw new BearingGeometryError(
      `element diameter ${d}, pitch diameter ${D} and contact angle ${contactAngleDeg} deg do not fit each other`,
    )
  }
  return {
    bpfo: (n / 2) * (1 - ratio),
    bpfi: (n / 2) * (1 + ratio),
    bsf: (D / (2 * d)) * (1 - ratio * ratio),
    ftf: (1 - ratio) / 2,
  }
}

/** Whether so many elements fit side by side: the chord between neighbours on the pitch circle is at least their diameter. */
export function hasRoom({ rollingElements: n, elementDiameter: d, pitchDiameter: D }: BearingGeometry): boolean {
  return d <= D * Math.sin(Math.PI / n)
}

/** Of an entry: from its geometry, else as published. Throws where it has neither. */
export function ordersOfBearing(entry: BearingEntry): BearingOrders {
  if (entry.geometry) return bearingOrders(entry.geometry)
  const { bpfo, bpfi, bsf, ftf } = entry.published ?? {}
  if (bpfo === undefined || bpfi === undefined || bsf === undefined || ftf === undefined)
    throw new BearingGeometryError(`"${entry.name}" has neither a geometry nor all four frequencies`)
  return { bpfo, bpfi, bsf, ftf }
}

/**
 * What is wrong with four frequencies of one bearing, null when they fit each other: BPFO + BPFI is the number of rolling
 * elements, FTF is BPFO over that number, and BSF follows from both but for the contact angle. Makers print three to five
 * digits, hence the tolerances.
 */
export function orderFault({ bpfo, bpfi, bsf, ftf }: BearingOrders): string | null {
  const sum = bpfo + bpfi
  const n = Math.round(sum)
  if (n < 3 || Math.abs(sum - n) > 0.02)
    return `bpfo + bpfi is ${sum.toFixed(3)}, but it is the number of rolling elements, a whole number of 3 or more`
  if (bpfi <= bpfo)
    return `bpfi ${bpfi} is not above bpfo ${bpfo}: the inner ring meets more elements than the outer one`
  if (Math.abs(ftf - bpfo / n) > 0.005) {
    const complement = Math.abs(1 - ftf - bpfo / n) <= 0.005
    const why = complement ? '; this one is for a turning outer ring' : ''
    return `ftf is ${ftf}, but bpfo over ${n} elements is ${(bpfo / n).toFixed(4)}${why}`
  }
  const ratio = (bpfi - bpfo) / n
  const most = (1 - ratio * ratio) / (2 * ratio)
  // d / D = ratio / cos(angle): a contact angle of 45 degrees makes the spin 0.71 of that without one.
  if (bsf <= most * 1.02 && bsf >= most * 0.69) return null
  const isDouble = bsf / 2 <= most * 1.02 && bsf / 2 >= most * 0.69
  const why = isDouble ? '; a maker may print twice the spin, since a damaged element meets both rings: give half' : ''
  return `bsf is ${bsf}, but the other three allow ${(most * 0.69).toFixed(3)} to ${(most * 1.02).toFixed(3)}${why}`
}

const makers =
  /^(?:SKF|FAG|INA|SCHAEFFLER|NSK|NTN|SNR|TIMKEN|FAFNIR|KOYO|JTEKT|NACHI|NMB|REXNORD|LDK|ZKL|KML|MRC|RHP|FBJ|NBC|URB|GPZ|ISB|HRB|LYC|ZWZ|C&U|CWRU)\b[\s:-]*/
/** Seals, shields, clearance, precision, grease, snap ring, heat treatment: none moves a rolling element. */
const harmless =
  /[\s/,.-]*(?:2?RS(?:1|2|H|L|R)?|2?RZ|2?HRS|2?RD|2?ZR|ZZ|2?Z|LL[UBHC]|DDU|DDW|DD|VV|2?NSE|2?NSL|EE|C[2-5]H?|CN|CM|P[456]|P6[34]|WT|GJN|MT(?:33|47)|LHT(?:23)?|HT22|L12|NR|N|S[0-4]|JEM|QE6|EMQ)$/
/** Of a deep-groove ball bearing the cage says nothing about balls; of a roller bearing it may. */
const ballCage = /[\s/,.-]*(?:TN9|TNH|TNG|TVH|TVP|MA|MB|M|J)$/
const deepGroove = /^(?:60|62|63|64|160|618|619|68|69)\d{1,3}/

interface Designation {
  readonly maker: string
  /** Without what does not move a rolling element. */
  readonly core: string
}

function plain(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}

function designationOf(name: string): Designation {
  const upper = name.toUpperCase().trim()
  const maker = makers.exec(upper)?.[0] ?? ''
  let core = upper.slice(maker.length)
  for (;;) {
    const shorter = core.replace(harmless, '')
    const left = deepGroove.test(shorter) ? shorter.replace(ballCage, '') : shorter
    // A designation is more than its suffixes.
    if (left === core || !/\d\d/.test(left)) break
    core = left
  }
  return { maker: plain(maker), core: plain(core) }
}

export interface BearingMatch {
  readonly entry: BearingEntry
  /** `maker`: the same designation of another maker, whose rolling elements may differ. */
  readonly by: 'name' | 'suffix' | 'maker'
}

interface Known {
  readonly names: ReadonlyMap<string, BearingEntry>
  readonly cores: ReadonlyMap<string, readonly { maker: string; entry: BearingEntry }[]>
  readonly asked: Map<string, BearingMatch | null>
}

/** By catalogue, since points ask for each block of theirs. */
const indexes = new WeakMap<BearingCatalogue, Known>()

function indexOf(catalogue: BearingCatalogue): Known {
  const before = indexes.get(catalogue)
  if (before) return before
  const names = new Map<string, BearingEntry>()
  const cores = new Map<string, { maker: string; entry: BearingEntry }[]>()
  for (const entry of catalogue.bearings) {
    for (const name of [entry.name, ...entry.aliases]) {
      const key = plain(name)
      if (!names.has(key)) names.set(key, entry)
      const { maker, core } = designationOf(name)
      cores.set(core, [...(cores.get(core) ?? []), { maker, entry }])
    }
  }
  const known = { names, cores, asked: new Map() }
  indexes.set(catalogue, known)
  return known
}

/** A plant file names hundreds of bearings, not thousands; more are somebody's typing. */
const mostAsked = 2000

/** Finds a bearing by name or alias, by what is left of it without suffixes that change nothing, else of another maker. */
export function matchBearing(catalogue: BearingCatalogue, name: string): BearingMatch | null {
  const known = indexOf(catalogue)
  const before = known.asked.get(name)
  if (before !== undefined) return before
  const found = lookUp(known, name)
  if (known.asked.size >= mostAsked) known.asked.clear()
  known.asked.set(name, found)
  return found
}

function lookUp({ names, cores }: Known, name: string): BearingMatch | null {
  const key = plain(name)
  if (key === '') return null
  const byName = names.get(key)
  if (byName) return { entry: byName, by: 'name' }
  const { maker, core } = designationOf(name)
  const alike = cores.get(core) ?? []
  const own = maker === '' ? alike[0] : alike.find((other) => other.maker === maker)
  if (own) return { entry: own.entry, by: 'suffix' }
  const [other] = alike
  return other ? { entry: other.entry, by: 'maker' } : null
}

/** The entry for a name, or null. One of another maker counts as unverified, and its source says whose it is. */
export function findBearing(catalogue: BearingCatalogue, name: string): BearingEntry | null {
  const match = matchBearing(catalogue, name)
  if (match?.by !== 'maker') return match?.entry ?? null
  const { entry } = match
  const source = `${entry.source ?? 'no source'}; of ${entry.name}: "${name}" may have other rolling elements`
  return { ...entry, source, verified: false }
}

/** A bearing of a plant file's own `bearings`. */
export interface OwnBearing {
  readonly name: string
  readonly aliases?: readonly string[] | undefined
  readonly geometry?: BearingGeometry | undefined
  readonly orders?: BearingOrders | undefined
  readonly source?: string | undefined
}

export function ownEntry({ name, aliases, geometry, orders, source }: OwnBearing): BearingEntry {
  return {
    name,
    aliases: aliases ?? [],
    geometry: geometry ?? null,
    ...(orders ? { published: orders } : {}),
    source: source ?? null,
    verified: source !== undefined,
  }
}

const merged = new WeakMap<BearingCatalogue, WeakMap<readonly OwnBearing[], BearingCatalogue>>()

/** The catalogue with a plant's own bearings before those that are shipped: what the site knows wins. */
export function withOwnBearings(shipped: BearingCatalogue, own: readonly OwnBearing[] | undefined): BearingCatalogue {
  if (own === undefined || own.length === 0) return shipped
  const known = merged.get(shipped) ?? new WeakMap<readonly OwnBearing[], BearingCatalogue>()
  merged.set(shipped, known)
  const before = known.get(own)
  if (before) return before
  const catalogue = { ...shipped, bearings: [...own.map(ownEntry), ...shipped.bearings] }
  known.set(own, catalogue)
  return catalogue
}
