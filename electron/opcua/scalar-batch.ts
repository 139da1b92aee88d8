import type { ScalarColumns } from '../../shared/domain/intake.ts'

/** Most values handed over at once; a larger message is handed over in parts. 42 bytes a value. */
export const batchLimit = 65_536

/** Columns that are filled once per message and reused: the receiver copies what it keeps. */
export class ScalarBatch implements ScalarColumns {
  count = 0
  capacity = 0
  pointKey = new Uint32Array(0)
  sourceUs = new Float64Array(0)
  sourceTick = new Uint8Array(0)
  serverUs = new Float64Array(0)
  receiveUs = new Float64Array(0)
  value = new Float64Array(0)
  status = new Uint32Array(0)

  /** Room for `wanted` values, at most `batchLimit`; what is in the batch is forgotten. */
  reset(wanted: number): void {
    this.count = 0
    if (wanted <= this.capacity || this.capacity >= batchLimit) return
    const capacity = Math.min(batchLimit, Math.max(1024, 2 ** Math.ceil(Math.log2(wanted))))
    this.capacity = capacity
    this.pointKey = new Uint32Array(capacity)
    this.sourceUs = new Float64Array(capacity)
    this.sourceTick = new Uint8Array(capacity)
    this.serverUs = new Float64Array(capacity)
    this.receiveUs = new Float64Array(capacity)
    this.value = new Float64Array(capacity)
    this.status = new Uint32Array(capacity)
  }
}
