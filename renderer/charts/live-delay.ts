/** Spans whose worst age counts; two of them, so that one late block is forgotten after 3 to 6 s. */
const spanMs = 3000
const marginUs = 8000
/** Beyond this the right edge stays empty for a moment rather than everything running later. */
const shortestCapUs = 300_000
const easeMs = 400

/**
 * How far behind the clock the right edge runs so that there is always data to scroll in: the worst age the newest sample
 * reaches before the next block comes.
 */
export class LiveDelay {
  #worst = 0
  #worstBefore = 0
  #spanStartMs = Number.NaN
  #blockUs = 0
  #delayUs = Number.NaN
  #easedAtMs = Number.NaN

  /** A frame came: the newest sample had reached this age, and the frame brought `advanceUs` of new time. */
  observe(ageUs: number, advanceUs: number, nowMs: number): void {
    if (Number.isNaN(this.#spanStartMs)) this.#spanStartMs = nowMs
    if (nowMs - this.#spanStartMs > spanMs) {
      this.#worstBefore = this.#worst
      this.#worst = 0
      this.#spanStartMs = nowMs
    }
    this.#worst = Math.max(this.#worst, ageUs)
    if (advanceUs > 0)
      this.#blockUs = this.#blockUs === 0 ? advanceUs : this.#blockUs + 0.1 * (advanceUs - this.#blockUs)
  }

  /** The delay now, microseconds; moves smoothly towards its target. */
  at(nowMs: number): number {
    const cap = Math.max(shortestCapUs, this.#blockUs * 1.5)
    const target = Math.min(Math.max(this.#worst, this.#worstBefore) + marginUs, cap)
    if (Number.isNaN(this.#delayUs)) this.#delayUs = target
    else this.#delayUs += (target - this.#delayUs) * Math.min(1, (nowMs - this.#easedAtMs) / easeMs)
    this.#easedAtMs = nowMs
    return this.#delayUs
  }

  get blockUs(): number {
    return this.#blockUs
  }
}
