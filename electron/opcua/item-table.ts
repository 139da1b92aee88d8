import type { BlockForm } from './block-reader.ts'
import { packingOf } from './sample-packing.ts'
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
  readonly lastStatus: Uint32Array
  /** Microseconds from a waveform's last source time to the end of that block; 0 for scalars. */
  readonly lastSpanUs: Float64Array
  /** 1: the point may have lost values and nothing has come since (`GapBook`). */
  readonly awaited: Uint8Array
  /** 1: a good value of the point came without any time, and the server's is asked for. */
  readonly untimed: Uint8Array
  /** How blocks are read that are more than a plain array; null for scalars. */
  readonly forms: readonly (BlockForm | null)[]
  /** Points that are acquired at all. */
  readonly acquired: number

  constructor(points: readonly MappedPoint[]) {
    this.points = points
    this.kind = new Uint8Array(points.length)
    this.pointKey = new Uint32Array(points.length)
    this.sampleRateHz = new Float64Array(points.length)
    this.lastSourceUs = new Float64Array(points.length).fill(Number.NaN)
    this.lastValue = new Float64Array(points.length).fill(Number.NaN)
    this.lastStatus = new Uint32Array(points.length)
    this.untimed = new Uint8Array(points.length)
    this.lastSpanUs = new Float64Array(points.length)
    this.awaited = new Uint8Array(points.length)
    this.forms = points.map(({ point }) =>
      point.kind === 'waveform' ? { packing: packingOf(point.contract), layout: null } : null,
    )
    for (const [handle, { key, point }] of points.entries()) {
      this.pointKey[handle] = key
      this.sampleRateHz[handle] = point.contract?.sampleRateHz ?? Number.NaN
      this.kind[handle] =
        point.kind === 'scalar' ? itemKinds.scalar : point.kind === 'waveform' ? itemKinds.waveform : itemKinds.none
    }
    this.acquired = this.kind.reduce((sum, kind) => sum + (kind === itemKinds.none ? 0 : 1), 0)
  }

  /** Source time up to which the point is here: its last value's, or the end of its last block; NaN before the first. */
  endUs(handle: number): number {
    return (this.lastSourceUs[handle] ?? Number.NaN) + (this.lastSpanUs[handle] ?? 0)
  }
}
