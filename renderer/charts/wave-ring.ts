/** Bins that a stream of dropped frames must show before it is believed to be a clock that was set back. */
const droppedFramesBeforeReset = 8

/**
 * Newest min/max columns of one live waveform. Bin k covers [k * binUs, (k + 1) * binUs) of source time. A repeated bin is
 * merged: a partial column is contained in the complete one, so frames may come in any order and more than once.
 */
export class WaveRing {
  readonly capacity: number
  readonly #min: Float32Array
  readonly #max: Float32Array
  #endBin = Number.NEGATIVE_INFINITY
  #droppedInRow = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.#min = new Float32Array(capacity).fill(Number.NaN)
    this.#max = new Float32Array(capacity).fill(Number.NaN)
  }

  /** First bin after the newest; -Infinity while empty. */
  get endBin(): number {
    return this.#endBin
  }

  clear(): void {
    this.#endBin = Number.NEGATIVE_INFINITY
    this.#droppedInRow = 0
    this.#min.fill(Number.NaN)
    this.#max.fill(Number.NaN)
  }

  apply(firstBin: number, min: Float32Array, max: Float32Array): void {
    const count = Math.min(min.length, max.length)
    if (count === 0) return
    const endBin = firstBin + count
    if (endBin <= this.#endBin - this.capacity) {
      if (++this.#droppedInRow < droppedFramesBeforeReset) return
      this.clear()
    }
    this.#droppedInRow = 0
    if (endBin > this.#endBin) this.#advance(endBin)
    for (let bin = Math.max(firstBin, this.#endBin - this.capacity); bin < endBin; bin++) {
      const slot = bin % this.capacity
      const low = min[bin - firstBin] ?? Number.NaN
      const high = max[bin - firstBin] ?? Number.NaN
      if (Number.isNaN(low) || Number.isNaN(high)) continue
      const knownLow = this.#min[slot] ?? Number.NaN
      const knownHigh = this.#max[slot] ?? Number.NaN
      this.#min[slot] = knownLow < low ? knownLow : low
      this.#max[slot] = knownHigh > high ? knownHigh : high
    }
  }

  /** Copies `count` columns from `firstBin` on; NaN where nothing is known. */
  read(firstBin: number, count: number, min: Float32Array, max: Float32Array): void {
    const oldest = this.#endBin - this.capacity
    for (let i = 0; i < count; i++) {
      const bin = firstBin + i
      const known = bin >= oldest && bin < this.#endBin && bin >= 0
      const slot = known ? bin % this.capacity : 0
      min[i] = known ? (this.#min[slot] ?? Number.NaN) : Number.NaN
      max[i] = known ? (this.#max[slot] ?? Number.NaN) : Number.NaN
    }
  }

  #advance(endBin: number): void {
    for (let bin = Math.max(this.#endBin, endBin - this.capacity); bin < endBin; bin++) {
      const slot = bin % this.capacity
      this.#min[slot] = Number.NaN
      this.#max[slot] = Number.NaN
    }
    this.#endBin = endBin
  }
}
