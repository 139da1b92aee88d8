/** A transit beyond this is no transit but a server whose clock is wrong. */
const skewFromUs = 1_500_000
/** Lets the smallest transit creep up, so that a clock that was set is followed within seconds. */
const creepUs = 20_000

/**
 * Difference between a server's clock and ours, from receive minus source time: a plot must not look stale for ever
 * because a server's clock is a minute slow.
 */
export class SourceClock {
  #smallestUs = Number.NaN

  observe(transitUs: number): void {
    this.#smallestUs = Number.isNaN(this.#smallestUs) ? transitUs : Math.min(transitUs, this.#smallestUs + creepUs)
  }

  /** How far the server's clock is behind ours (negative: ahead); 0 while it is believable. */
  get skewUs(): number {
    return Math.abs(this.#smallestUs) > skewFromUs ? this.#smallestUs : 0
  }
}
