import type { MappedPoint } from './types.ts'

export const itemKinds = { none: 0, scalar: 1, waveform: 2 } as const

/**
 * What the hot path knows of each point, one array per field; the index is the monitored item's client handle. Handles
 * stay the same when a subscription is created anew.
 */
export class ItemTable {
  readonly points: readonly MappedPoint[]
  readonly kind: Uint8Array
  readonly pointKey: Uint32Array
  readonly sampleRateHz: Float64Array
  /** Source time of the last value delivered, NaN before the first. */
  readonly lastSourceUs: Float64Array
  readonly lastValue: Float64Array

  constructor(points: readonly MappedPoint[]) {
    this.points = points
    this.kind = new Uint8Array(points.length)
    this.pointKey = new Uint32Array(points.length)
    this.sampleRateHz = new Float64Array(points.length)
    this.lastSourceUs = new Float64Array(points.length).fill(Number.NaN)
    this.lastValue = new Float64Array(points.length).fill(Number.NaN)
    for (const [handle, { key, point }] of points.entries()) {
      this.pointKey[handle] = key
      this.sampleRateHz[handle] = point.contract?.sampleRateHz ?? Number.NaN
      this.kind[handle] =
        point.kind === 'scalar' ? itemKinds.scalar : point.kind === 'waveform' ? itemKinds.waveform : itemKinds.none
    }
  }
}
