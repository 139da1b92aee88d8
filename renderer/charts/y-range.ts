/** The smallest of 1, 2, 5 times a power of ten that is not below `value`. */
export function niceCeiling(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  for (const step of [1, 2, 5, 10]) if (value <= step * power * (1 + 1e-9)) return step * power
  return 10 * power
}

const shrinkBelow = 0.4
const shrinkAfterMs = 5000
const headroom = 1.08

/**
 * Upper limit of a value axis that grows at once and shrinks only after the signal stayed small for five seconds, so that
 * the picture does not breathe with every block.
 */
export class YRange {
  #top = 0
  #smallSinceMs = Number.NaN
  #largestSinceSmall = 0

  get top(): number {
    return this.#top === 0 ? 1 : this.#top
  }

  /** Something else is looked at: the next value decides alone. */
  reset(): void {
    this.#set(0)
  }

  /** Takes the largest magnitude now in view; answers whether the limit changed. */
  update(largest: number, nowMs: number): boolean {
    if (!(largest >= 0) || !Number.isFinite(largest)) return false
    const wanted = niceCeiling(largest * headroom)
    if (this.#top === 0 || wanted > this.#top) return this.#set(wanted)
    if (largest >= this.#top * shrinkBelow) {
      this.#smallSinceMs = Number.NaN
      return false
    }
    if (Number.isNaN(this.#smallSinceMs)) {
      this.#smallSinceMs = nowMs
      this.#largestSinceSmall = largest
    }
    this.#largestSinceSmall = Math.max(this.#largestSinceSmall, largest)
    if (nowMs - this.#smallSinceMs < shrinkAfterMs) return false
    return this.#set(niceCeiling(this.#largestSinceSmall * headroom))
  }

  #set(top: number): boolean {
    this.#smallSinceMs = Number.NaN
    const changed = top !== this.#top
    this.#top = top
    return changed
  }
}
