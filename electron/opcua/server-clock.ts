const windowUs = 30_000_000

/**
 * How far a server's clock is from ours, from the time each publish reply carries. The way there only
 * adds to the difference, so the least one of the last 30 to 60 s is the nearest to the truth; a single late message
 * moves nothing.
 */
export class ServerClock {
  #leastUs = Number.NaN
  #lastLeastUs = Number.NaN
  #windowEndUs = Number.NEGATIVE_INFINITY

  /** Microseconds our clock is ahead of the server's; NaN before the first message with a time. */
  get aheadUs(): number {
    if (Number.isNaN(this.#lastLeastUs)) return this.#leastUs
    return Number.isNaN(this.#leastUs) ? this.#lastLeastUs : Math.min(this.#leastUs, this.#lastLeastUs)
  }

  heard(sentUs: number, receiveUs: number): void {
    if (Number.isNaN(sentUs)) return
    if (receiveUs > this.#windowEndUs || receiveUs < this.#windowEndUs - 2 * windowUs) {
      this.#lastLeastUs = this.#leastUs
      this.#leastUs = Number.NaN
      this.#windowEndUs = receiveUs + windowUs
    }
    const aheadUs = receiveUs - sentUs
    if (!(aheadUs >= this.#leastUs)) this.#leastUs = aheadUs
  }

  /** The link was made anew, perhaps to a server whose clock has been set: what was known no longer holds. */
  forget(): void {
    this.#leastUs = Number.NaN
    this.#lastLeastUs = Number.NaN
    this.#windowEndUs = Number.NEGATIVE_INFINITY
  }

  /** The server's time for a moment of ours. */
  serverUs(ownUs: number): number {
    const { aheadUs } = this
    return Number.isNaN(aheadUs) ? ownUs : Math.round(ownUs - aheadUs)
  }
}
