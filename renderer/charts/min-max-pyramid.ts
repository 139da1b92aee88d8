/**
 * Minimum and maximum of any run of samples in a few steps: blocks of 16, of 256, of 4096 ... hold theirs. A million samples
 * take 0.14 million pairs; a view of a thousand columns then looks at some 60,000 numbers instead of a million.
 */
export class MinMaxPyramid {
  readonly samples: Float32Array
  readonly #levels: { min: Float32Array; max: Float32Array }[] = []

  constructor(samples: Float32Array) {
    this.samples = samples
    let below: { min: Float32Array; max: Float32Array } = { min: samples, max: samples }
    while (below.min.length > fan) {
      const count = Math.ceil(below.min.length / fan)
      const level = { min: new Float32Array(count), max: new Float32Array(count) }
      for (let block = 0; block < count; block++) {
        const end = Math.min(below.min.length, (block + 1) * fan)
        let low = Number.POSITIVE_INFINITY
        let high = Number.NEGATIVE_INFINITY
        for (let i = block * fan; i < end; i++) {
          const [min, max] = [below.min[i] ?? 0, below.max[i] ?? 0]
          if (min < low) low = min
          if (max > high) high = max
        }
        level.min[block] = low
        level.max[block] = high
      }
      this.#levels.push(level)
      below = level
    }
  }

  /** Over samples from..to-1; NaN where there are none. */
  range(from: number, to: number): { min: number; max: number } {
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let start = Math.max(0, from)
    let end = Math.min(this.samples.length, to)
    if (!(start < end)) return { min: Number.NaN, max: Number.NaN }
    let min = this.samples
    let max = this.samples
    const take = (i: number): void => {
      const [a, b] = [min[i] ?? 0, max[i] ?? 0]
      if (a < low) low = a
      if (b > high) high = b
    }
    for (const level of [...this.#levels, null]) {
      const [first, last] = [Math.ceil(start / fan), Math.floor(end / fan)]
      if (level === null || last <= first) {
        for (let i = start; i < end; i++) take(i)
        break
      }
      for (let i = start; i < first * fan; i++) take(i)
      for (let i = last * fan; i < end; i++) take(i)
      min = level.min
      max = level.max
      start = first
      end = last
    }
    return { min: low, max: high }
  }
}

const fan = 16
