import type { Bundle, BundleMachine, BundleSite, SiteMachine } from '../../../shared/domain/bundle.ts'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { configHash } from '../parse-plant-file.ts'
import { diffPlants } from '../plant-diff.ts'
import { isRaw, type Raw } from '../raw.ts'

/** What the site still has to say, in a sentence each. */
export interface BundleNeed {
  /** Where in the site file. */
  readonly path: string
  readonly message: string
}

export interface BundleImport {
  readonly needs: readonly BundleNeed[]
  /** Every change to the plant file, by id and field. */
  readonly changes: readonly PlantChange[]
  /** Those of them that put something in the place of what the plant has. */
  readonly overwrites: readonly PlantChange[]
  /** Contracts that the plant would have, and how many of them are word for word those of the bundle. */
  readonly contracts: { readonly count: number; readonly equal: number }
}

export interface ImportWords {
  readonly signer: string
  /** Day of the import. */
  readonly on: string
}

/** What a bundle would change in a plant, with what its site says. Nothing is written. */
export function importBundle(bundle: Bundle, site: BundleSite, plant: PlantFile, by: ImportWords): BundleImport {
  const needs = [...siteNeeds(site, plant), ...site.machines.flatMap((each, i) => machineNeeds(bundle, site, each, i))]
  if (needs.length > 0) return { needs, changes: [], overwrites: [], contracts: { count: 0, equal: 0 } }
  const wanted = sectionsOf(bundle, site, by)
  const present = presentOf(plant, wanted)
  const changes = diffPlants(present, merged(present, wanted))
  return {
    needs: [],
    changes,
    overwrites: changes.filter(({ kind, section }) => kind !== 'added' && section !== 'bundles'),
    contracts: contractsOf(bundle, site, wanted['points'] ?? []),
  }
}

/** The site file with what it has to say left empty, to be filled in. */
export function siteForm(bundle: Bundle): object {
  return {
    schema: 'millwright/bundle-site@1',
    serverId: '',
    machines: bundle.content.machines.map(({ id, points }) => ({
      from: id,
      id: '',
      name: '',
      lineId: '',
      identity: { serial: '', commissionedOn: '', criticality: '', operatingContext: '' },
      nodePattern: '',
      'x-nodePattern': 'as nsu=urn:plant-b;s=P7.{point}: {asset} and {point} stand for the ids here and in the bundle',
      nodes: {},
      without: [],
      sensors: Object.fromEntries(
        points.flatMap(({ id: point, sensor }) =>
          sensor ? [[point, { id: '', serial: '', calibrationDue: '' }] as const] : [],
        ),
      ),
      'x-points': points.map(({ id: point, point: { name } }) => ({ point, name })),
    })),
  }
}

function siteNeeds(site: BundleSite, plant: PlantFile): BundleNeed[] {
  const servers = new Set([...plant.servers.map(({ id }) => id), ...(site.server ? [site.server.id] : [])])
  const lines = new Set([...plant.lines.map(({ id }) => id), ...(site.lines ?? []).map(({ id }) => id)])
  const asked = [
    { path: 'serverId', serverId: site.serverId },
    ...site.machines.flatMap(({ serverId }, i) =>
      serverId === undefined ? [] : [{ path: `machines[${i}].serverId`, serverId }],
    ),
  ]
  return [
    ...asked.flatMap(({ path, serverId }): BundleNeed[] =>
      servers.has(serverId)
        ? []
        : [{ path, message: `The plant has no server "${serverId}": name one it has, or describe it in "server".` }],
    ),
    ...site.machines.flatMap(({ lineId }, i): BundleNeed[] => {
      const message = `The plant has no line "${lineId}": name one it has, or add it to "lines".`
      return lines.has(lineId) ? [] : [{ path: `machines[${i}].lineId`, message }]
    }),
  ]
}

function machineNeeds({ content }: Bundle, site: BundleSite, of: SiteMachine, index: number): BundleNeed[] {
  const path = `machines[${index}]`
  const machine = content.machines.find(({ id }) => id === of.from)
  if (!machine) {
    const names = content.machines.map(({ id }) => id).join(', ')
    return [{ path: `${path}.from`, message: `The bundle has no machine "${of.from}"; it has ${names}.` }]
  }
  const known = new Set(machine.points.map(({ id }) => id))
  const strays = (['nodes', 'sensors'] as const).flatMap((key) =>
    Object.keys(of[key] ?? {}).flatMap((point): BundleNeed[] =>
      known.has(point) ? [] : [{ path: `${path}.${key}`, message: `Machine "${of.from}" has no point "${point}".` }],
    ),
  )
  const left = machine.points.filter(({ id }) => !of.without?.includes(id))
  const nodes = left.flatMap(({ id }): BundleNeed[] => {
    if (nodeOf(of, id) !== null) return []
    const message = `Say the node of "${id}" of ${of.id} in "nodes" or by "nodePattern", or name it in "without".`
    return [{ path: `${path}.nodes`, message }]
  })
  const references = new Set(left.flatMap(({ point }) => referencesIn(point)).concat(referencesIn(machine.asset)))
  const others = [...references].flatMap((reference): BundleNeed[] => {
    if (resolved(reference, of, site) !== null) return []
    const [, name = ''] = /^\{asset:([^}]+)\}/.exec(reference) ?? []
    const plain = reference.replace(/^\{asset:([^}]+)\}/, '$1')
    const message = `"${plain}" is of machine "${name}", which does not come along: name the point that takes its place in "references".`
    return [{ path: `${path}.references`, message }]
  })
  return [...strays, ...nodes, ...others]
}

function nodeOf({ id, nodes, nodePattern }: SiteMachine, point: string): string | null {
  const named = nodes?.[point]
  if (named !== undefined) return named
  return nodePattern?.replaceAll('{asset}', id).replaceAll('{point}', point) ?? null
}

/** Every text in a body that names a point of another machine. */
function referencesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('{asset:') ? [value] : []
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  return isRaw(value)
    ? Object.entries(value).flatMap(([key, inner]) => (key === 'contract' ? [] : referencesIn(inner)))
    : []
}

function resolved(reference: string, { references }: SiteMachine, site: BundleSite): string | null {
  const [, from = '', rest = ''] = /^\{asset:([^}]+)\}\.(.*)$/.exec(reference) ?? []
  const named = references?.[`${from}.${rest}`]
  if (named !== undefined) return named
  const other = site.machines.find((each) => each.from === from && !each.without?.includes(rest))
  return other ? `${other.id}.${rest}` : null
}

type Sections = Record<string, Raw[]>

function sectionsOf(bundle: Bundle, site: BundleSite, { signer, on }: ImportWords): Sections {
  const { content, name, from, hash } = bundle
  const filled = site.machines.flatMap((of) => {
    const machine = content.machines.find(({ id }) => id === of.from)
    return machine ? [new Filling(machine, of, site)] : []
  })
  const machines = site.machines.map(({ id, from: source }) => ({ id, from: source }))
  return {
    lines: [...(site.lines ?? [])],
    servers: site.server ? [{ ...site.server }] : [],
    sensors: filled.flatMap((filling) => filling.sensors()),
    templates: content.templates,
    bearings: content.bearings.map((entry) => ({ ...entry })),
    failureModes: content.failureModes,
    assets: filled.map((filling) => filling.asset()),
    points: filled.flatMap((filling) => filling.points()),
    alerts: filled.flatMap((filling) => filling.alerts()),
    bundles: [{ id: hash.slice(0, 16), name, plantId: from.plantId, hash, signer, importedOn: on, machines }],
  }
}

class Filling {
  readonly #machine: BundleMachine
  readonly #of: SiteMachine
  readonly #site: BundleSite
  readonly #present: BundleMachine['points']

  constructor(machine: BundleMachine, of: SiteMachine, site: BundleSite) {
    this.#machine = machine
    this.#of = of
    this.#site = site
    this.#present = machine.points.filter(({ id }) => !of.without?.includes(id))
  }

  asset(): Raw {
    const { id, lineId, name, identity } = this.#of
    return { id, lineId, name, ...this.#object(this.#withoutLost(this.#machine.asset)), ...identity }
  }

  points(): Raw[] {
    const { id: assetId, serverId, sensors } = this.#of
    return this.#present.map(({ id, point }) => {
      const source = { serverId: serverId ?? this.#site.serverId, nodeId: nodeOf(this.#of, id) }
      const sensorId = sensors?.[id]?.id
      const body = this.#object(this.#withoutLost(point))
      return { id: `${assetId}.${id}`, ...body, assetId, source, ...(sensorId === undefined ? {} : { sensorId }) }
    })
  }

  alerts(): Raw[] {
    const { id: assetId } = this.#of
    return this.#machine.alerts.flatMap(({ id, point, alert }) =>
      this.#present.some((each) => each.id === point)
        ? [{ id: `${assetId}.${id}`, pointId: `${assetId}.${point}`, ...this.#withoutBands(alert) }]
        : [],
    )
  }

  /** Where the site measures no speed no band could hold: what the rule says of all other states does. */
  #withoutBands(alert: Raw): Raw {
    const states: unknown = alert['limitsByState']
    const hasSpeed = this.#present.some(
      ({ point }) => isRaw(point['contract']) && point['contract']['quantity'] === 'rotational-speed',
    )
    if (hasSpeed || !Array.isArray(states)) return alert
    const kept = states.filter((state: unknown) => isRaw(state) && state['rpm'] === undefined)
    const { limitsByState: _all, ...rest } = alert
    return kept.length === 0 ? rest : { ...rest, limitsByState: kept }
  }

  /** The kind of sensor as in the bundle, the piece as the site says. */
  sensors(): Raw[] {
    return Object.entries(this.#of.sensors ?? {}).flatMap(([point, piece]) => {
      const found = this.#present.find(({ id }) => id === point)
      return found ? [{ ...found.sensor, ...piece }] : []
    })
  }

  /** Without what names a point of this machine that the site does not have; with less evidence the quorum shrinks. */
  #withoutLost(value: Raw): Raw {
    const isLost = (reference: unknown): boolean =>
      typeof reference === 'string' &&
      reference.startsWith('{asset}.') &&
      !this.#present.some(({ id }) => id === reference.slice('{asset}.'.length))
    const kept = Object.entries(value).filter(([key, inner]) => !/^(tacho|pair)PointId$/.test(key) || !isLost(inner))
    const out: Raw = Object.fromEntries(kept)
    const { runState } = out
    if (!isRaw(runState) || !Array.isArray(runState['evidences'])) return out
    const evidences = runState['evidences'].filter((each: unknown) => isRaw(each) && !isLost(each['pointId']))
    if (evidences.length === 0) {
      delete out['runState']
      return out
    }
    return {
      ...out,
      runState: { ...runState, evidences, quorum: Math.min(Number(runState['quorum']), evidences.length) },
    }
  }

  #object(value: Raw): Raw {
    return Object.fromEntries(
      // A contract goes over word for word.
      Object.entries(value).map(([key, inner]) => [key, key === 'contract' ? inner : this.#value(inner)]),
    )
  }

  #value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((inner) => this.#value(inner))
    if (isRaw(value)) return this.#object(value)
    if (typeof value !== 'string') return value
    if (value.startsWith('{asset:')) return resolved(value, this.#of, this.#site) ?? value
    return value.replaceAll('{asset}', this.#of.id).replaceAll('{name}', this.#of.name)
  }
}

/** Of the plant, what has the same section and id as something wanted; the rest is not looked at. */
function presentOf(plant: PlantFile, wanted: Sections): Sections {
  const all: Raw = { ...plant }
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([section, entries]) => {
      const list: unknown = all[section]
      const ids = new Set(entries.map(({ id }) => id))
      const known = Array.isArray(list)
        ? list.filter((entry): entry is Raw => isRaw(entry) && ids.has(entry['id']))
        : []
      return Array.isArray(list) ? [[section, known] as const] : []
    }),
  )
}

/** What the bundle does not say stays as the plant has it: nodes' evidence, rights to write, facts of the site. */
function merged(present: Sections, wanted: Sections): Sections {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([section, entries]) => {
      if (entries.length === 0) return present[section] ? [[section, present[section]] as const] : []
      const known = new Map((present[section] ?? []).map((entry) => [entry['id'], entry]))
      const all = entries.map((entry) => {
        const { importedOn, ...rest } = entry
        const before = known.get(entry['id'])
        // The same bundle once more is no news: its first day stays.
        return section === 'bundles' && before
          ? { ...before, ...rest }
          : { ...before, ...rest, ...(importedOn === undefined ? {} : { importedOn }) }
      })
      return [[section, all] as const]
    }),
  )
}

function contractsOf(bundle: Bundle, site: BundleSite, points: readonly Raw[]): BundleImport['contracts'] {
  const byId = new Map(points.map((point) => [point['id'], point]))
  let count = 0
  let equal = 0
  for (const { from, id: assetId, without } of site.machines) {
    const machine = bundle.content.machines.find(({ id }) => id === from)
    for (const { id, contractHash } of machine?.points ?? []) {
      if (contractHash === null || without?.includes(id)) continue
      count++
      const contract = byId.get(`${assetId}.${id}`)?.['contract']
      if (contract !== undefined && configHash(contract) === contractHash) equal++
    }
  }
  return { count, equal }
}
