import { medianInPlace } from '../../shared/lib/median.ts'

/** Local median of line powers, on half-overlapping stretches, interpolated; into memory that is kept. */
export class FloorScratch {
  readonly #sorted: Float32Array
  readonly #medians: Float64Array

  constructor(bins: number) {
    this.#sorted = new Float32Array(bins)
    this.#medians = new Float64Array(bins)
  }

  write(power: Float32Array, bins: number, wishedReach: number, out: Float32Array): void {
    const reach = Math.max(2, Math.min(wishedReach, (bins >> 2) - 1))
    const step = reach
    let count = 0
    for (let centre = reach; centre < bins - reach; centre += step) {
      const from = centre - reach
      for (let i = 0; i <= 2 * reach; i += 1) this.#sorted[i] = power[from + i] as number
      this.#medians[count] = medianInPlace(this.#sorted, 2 * reach + 1)
      count += 1
    }
    let right = 1
    for (let k = 0; k < bins; k += 1) {
      while (right < count - 1 && k > reach + right * step) right += 1
      const share = Math.max(0, Math.min(1, (k - reach - (right - 1) * step) / step))
      out[k] = (this.#medians[right - 1] as number) * (1 - share) + (this.#medians[right] as number) * share
    }
  }
}
