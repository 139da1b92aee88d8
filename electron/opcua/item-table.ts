import type { BlockForm } from './block-reader.ts'
import { packingOf } from './sample-packing.ts'
import type { MappedPoint } from './types.ts'

export const itemKinds = { none: 0, scalar: 1, waveform: 2 } as const

/** What differs after a change of the points, by handle. */
export interface Revision {
  added: number[]
  /** Of these nothing is delivered any more. */
  removed: number[]
  /** The same node with another contract. */
  changed: number[]
  /** Of `added`: points that were there before, with another node. */
  remapped: number[]
  /** Ids of the points behind `removed`. */
  goneIds: string[]
}

/**
 * What the hot path knows of each point, one array per field; the index is the monitored item's client handle. Handles
 * stay the same when a subscription is created anew. One whose point is gone is not used again: a value that is on its
 * way may still carry it.
 */
export class ItemTable {
  /** Null: the point is gone. */
  readonly points: (MappedPoint | null)[] = []
  kind = new Uint8Array(0)
  pointKey = new Uint32Array(0)
  sampleRateHz = new Float64Array(0)
  /** Source time of the last value delivered, NaN before the first. */
  lastSourceUs = new Float64Array(0)
  lastValue = new Float64Array(0)
  lastStatus = new Uint32Array(0)
  /** Microseconds from a waveform's last source time to the end of that block; 0 for scalars. */
  lastSpanUs = new Float64Array(0)
  /** 1: the point may have lost values and nothing has come since (`GapBook`). */
  awaited = new Uint8Array(0)
  /** 1: a good value of the point came without any time, and the server's is asked for. */
  untimed = new Uint8Array(0)
  /** How blocks are read that are more than a plain array; null for scalars. */
  readonly forms: (BlockForm | null)[] = []
  /** Points that are acquired at all. */
  acquired = 0

  constructor(points: readonly MappedPoint[]) {
    this.#append(points)
  }

  /** Source time up to which the point is here: its last value's, or the end of its last block; NaN before the first. */
  endUs(handle: number): number {
    return (this.lastSourceUs[handle] ?? Number.NaN) + (this.lastSpanUs[handle] ?? 0)
  }

  /** The points are these from now on. One that stays on its node keeps its handle and all that is known of it. */
  revise(points: readonly MappedPoint[]): Revision {
    const wanted = new Map(points.map((mapped) => [mapped.key, mapped]))
    const revision: Revision = { added: [], removed: [], changed: [], remapped: [], goneIds: [] }
    const before = new Map<number, number>()
    for (const [handle, present] of this.points.entries()) {
      if (!present) continue
      const next = wanted.get(present.key)
      if (next && isSameNode(present, next)) {
        wanted.delete(present.key)
        if (JSON.stringify(present) === JSON.stringify(next)) continue
        this.#put(handle, next)
        revision.changed.push(handle)
        continue
      }
      this.points[handle] = null
      this.kind[handle] = itemKinds.none
      before.set(present.key, handle)
      revision.removed.push(handle)
      revision.goneIds.push(present.point.id)
    }
    const first = this.points.length
    this.#append([...wanted.values()])
    for (let handle = first; handle < this.points.length; handle += 1) {
      revision.added.push(handle)
      const old = before.get(this.pointKey[handle] ?? -1)
      if (old === undefined) continue
      // Where its values end is known still; those of the other node begin a gap later.
      this.lastSourceUs[handle] = this.endUs(old)
      revision.remapped.push(handle)
    }
    this.#count()
    return revision
  }

  #append(points: readonly MappedPoint[]): void {
    const first = this.points.length
    this.points.push(...points)
    const count = this.points.length
    this.kind = longer(this.kind, new Uint8Array(count))
    this.pointKey = longer(this.pointKey, new Uint32Array(count))
    this.sampleRateHz = longer(this.sampleRateHz, new Float64Array(count))
    this.lastSourceUs = longer(this.lastSourceUs, new Float64Array(count).fill(Number.NaN))
    this.lastValue = longer(this.lastValue, new Float64Array(count).fill(Number.NaN))
    this.lastStatus = longer(this.lastStatus, new Uint32Array(count))
    this.lastSpanUs = longer(this.lastSpanUs, new Float64Array(count))
    this.awaited = longer(this.awaited, new Uint8Array(count))
    this.untimed = longer(this.untimed, new Uint8Array(count))
    for (const [i, mapped] of points.entries()) this.#put(first + i, mapped)
    this.#count()
  }

  #put(handle: number, mapped: MappedPoint): void {
    const { key, point } = mapped
    this.points[handle] = mapped
    this.pointKey[handle] = key
    this.sampleRateHz[handle] = point.contract?.sampleRateHz ?? Number.NaN
    this.kind[handle] =
      point.kind === 'scalar' ? itemKinds.scalar : point.kind === 'waveform' ? itemKinds.waveform : itemKinds.none
    this.forms[handle] = point.kind === 'waveform' ? { packing: packingOf(point.contract), layout: null } : null
  }

  #count(): void {
    this.acquired = this.kind.reduce((sum, kind) => sum + (kind === itemKinds.none ? 0 : 1), 0)
  }
}

function isSameNode(a: MappedPoint, b: MappedPoint): boolean {
  return a.point.source.nodeId === b.point.source.nodeId && a.point.kind === b.point.kind
}

function longer<T extends Uint8Array | Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from)
  return to
}
