/** Fault frequencies as orders: multiples of the shaft speed. Multiply by rpm / 60 for hertz. */
export interface BearingOrders {
  readonly bpfo: number
  readonly bpfi: number
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
  readonly geometry: BearingGeometry
  /** where the geometry was published; null means unverified */
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

const normalise = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')

/** Finds a bearing by name or alias; letters only differing in case, blanks and hyphens do not count. */
export function findBearing(catalogue: BearingCatalogue, name: string): BearingEntry | null {
  const wanted = normalise(name)
  if (wanted === '') return null
  return (
    catalogue.bearings.find((entry) => [entry.name, ...entry.aliases].some((known) => normalise(known) === wanted)) ??
    null
  )
}
