/**
 * Health of one machine over time for its tile: the worst value of each column, at most 96 columns. Columns start at five
 * seconds and double when the row is full, up to a quarter of an hour (24 h in all), after which the oldest leaves: a
 * young twin shows its minutes, an old one its day.
 */
const columns = 96
const shortestUs = 5e6
const longestUs = 900e6

export class HealthHistory {
  #columnUs = shortestUs
  #firstColumn = Number.NaN
  #worst: number[] = []

  add(tUs: number, health: number): void {
    if (Number.isNaN(health)) return
    if (Number.isNaN(this.#firstColumn)) this.#firstColumn = Math.floor(tUs / this.#columnUs)
    while (this.#index(tUs) >= columns && this.#columnUs < longestUs) this.#merge()
    const surplus = this.#index(tUs) - columns + 1
    if (surplus > 0) {
      this.#worst.splice(0, surplus)
      this.#firstColumn += surplus
    }
    const index = this.#index(tUs)
    if (index < 0) return
    while (this.#worst.length <= index) this.#worst.push(Number.NaN)
    const known = this.#worst[index] ?? Number.NaN
    this.#worst[index] = known >= health ? known : health
  }

  /** Oldest first; NaN where nothing is known. */
  read(): { fromUs: number; columnUs: number; worst: Float32Array } {
    return {
      fromUs: this.#firstColumn * this.#columnUs,
      columnUs: this.#columnUs,
      worst: Float32Array.from(this.#worst),
    }
  }

  #index(tUs: number): number {
    return Math.floor(tUs / this.#columnUs) - this.#firstColumn
  }

  #merge(): void {
    const widerUs = Math.min(longestUs, this.#columnUs * 2)
    const factor = widerUs / this.#columnUs
    const first = Math.floor((this.#firstColumn * this.#columnUs) / widerUs)
    const merged: number[] = []
    this.#worst.forEach((value, index) => {
      const target = Math.floor((this.#firstColumn + index) / factor) - first
      while (merged.length <= target) merged.push(Number.NaN)
      const known = merged[target] ?? Number.NaN
      merged[target] = known >= value || Number.isNaN(value) ? known : value
    })
    this.#columnUs = widerUs
    this.#firstColumn = first
    this.#worst = merged
  }
}
