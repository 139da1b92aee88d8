import type { ScalarColumns } from '../../shared/domain/intake.ts'

/** In an order list: this entry is left out. */
export const leftOut = 0xffffffff

function columns(length: number): ScalarColumns {
  return {
    count: length,
    pointKey: new Uint32Array(length),
    sourceUs: new Float64Array(length),
    sourceTick: new Uint8Array(length),
    serverUs: new Float64Array(length),
    receiveUs: new Float64Array(length),
    value: new Float64Array(length),
    status: new Uint32Array(length),
  }
}

/** Values; most plants need no more in a tick. */
const least = 8192

const names = ['pointKey', 'sourceUs', 'sourceTick', 'serverUs', 'receiveUs', 'value', 'status'] as const

/**
 * Values between two ticks: a ring of columns that grows to its limit and then drops the oldest. It starts small, since
 * most plants never need the 40 MB the limit allows.
 */
export class ScalarQueue {
  readonly limit: number
  count = 0
  #head = 0
  #columns: ScalarColumns
  /** Columns that came back, and those that are out by one of their arrays. */
  #spare: ScalarColumns | null = null
  readonly #out = new WeakMap<ArrayBufferLike, ScalarColumns>()

  constructor(limit: number) {
    this.limit = limit
    this.#columns = columns(Math.min(limit, least))
  }

  /** Position in the columns of the n-th oldest entry. */
  slot(n: number): number {
    const at = this.#head + n
    const size = this.#columns.count
    return at >= size ? at - size : at
  }

  get columns(): ScalarColumns {
    return this.#columns
  }

  get full(): boolean {
    return this.count === this.limit
  }

  dropOldest(): void {
    this.#head = this.slot(1)
    this.count--
  }

  /** Not when full. */
  push(
    pointKey: number,
    sourceUs: number,
    sourceTick: number,
    serverUs: number,
    receiveUs: number,
    value: number,
    status: number,
  ): void {
    if (this.count === this.#columns.count) this.#grow()
    const at = this.slot(this.count)
    const to = this.#columns
    to.pointKey[at] = pointKey
    to.sourceUs[at] = sourceUs
    to.sourceTick[at] = sourceTick
    to.serverUs[at] = serverUs
    to.receiveUs[at] = receiveUs
    to.value[at] = value
    to.status[at] = status
    this.count++
  }

  #grow(): void {
    const bigger = columns(Math.min(this.limit, this.#columns.count * 2))
    this.#copyTo(bigger)
    this.#columns = bigger
    this.#head = 0
  }

  #copyTo(out: ScalarColumns): void {
    const upToEnd = Math.min(this.count, this.#columns.count - this.#head)
    for (const name of names) {
      const from = this.#columns[name]
      out[name].set(from.subarray(this.#head, this.#head + upToEnd))
      out[name].set(from.subarray(0, this.count - upToEnd), upToEnd)
    }
  }

  /**
   * Everything. The arrays are the receiver's until it gives them back (`recycle`), which spares a large plant 40 MB/s of new
   * ones: V8 counts array buffers outside its heap and marks all of it each time 64 MB have come together. `order` says
   * which entry stands at each place (or that none does); null keeps the order of arrival.
   */
  take(order: Uint32Array | null): ScalarColumns {
    let out: ScalarColumns
    if (order) out = this.#inOrder(order)
    else if (this.#head === 0) out = this.#handOver()
    else {
      out = columns(this.count)
      this.#copyTo(out)
    }
    this.count = 0
    this.#head = 0
    return out
  }

  #handOver(): ScalarColumns {
    const { count } = this
    const full = this.#columns
    const out = {
      count,
      pointKey: full.pointKey.subarray(0, count),
      sourceUs: full.sourceUs.subarray(0, count),
      sourceTick: full.sourceTick.subarray(0, count),
      serverUs: full.serverUs.subarray(0, count),
      receiveUs: full.receiveUs.subarray(0, count),
      value: full.value.subarray(0, count),
      status: full.status.subarray(0, count),
    }
    this.#out.set(full.value.buffer, full)
    // After a burst the room shrinks again, by half a tick.
    const wanted = count * 4 < full.count ? Math.max(least, full.count / 2) : full.count
    this.#columns = this.#spare?.count === wanted ? this.#spare : columns(wanted)
    this.#spare = null
    return out
  }

  /** Columns of `take` that nobody looks at any more. */
  recycle(done: ScalarColumns): void {
    const full = this.#out.get(done.value.buffer)
    if (!full) return
    this.#out.delete(full.value.buffer)
    this.#spare = full
  }

  #inOrder(order: Uint32Array): ScalarColumns {
    let kept = 0
    for (let n = 0; n < this.count; n++) if (order[n] !== leftOut) kept++
    const out = columns(kept)
    for (const name of names) {
      const from = this.#columns[name]
      const to = out[name]
      let at = 0
      for (let n = 0; n < this.count; n++) {
        const source = order[n] ?? leftOut
        if (source !== leftOut) to[at++] = from[this.slot(source)] ?? 0
      }
    }
    return out
  }
}
