import type { Samples } from '../../shared/domain/intake.ts'

/** Passages kept: ten seconds at 3000 rpm. */
const KEPT = 512
/** A pulse counts once the signal has been back this far (share of its span): noise on a slope makes no second pulse. */
const HYSTERESIS = 0.1
/** A block whose span is smaller than this share of the known one holds no pulse (a slow shaft) and must not move the level. */
const SAME_SPAN = 0.5

/** Passages of a once-per-turn mark, found in a stream of blocks; rising edges, interpolated between samples. Allocates nothing. */
export class KeyphasorTrack {
  readonly #times = new Float64Array(KEPT)
  #next = 0
  #count = 0
  #low = Number.NaN
  #high = Number.NaN
  #isArmed = false
  #last = Number.NaN

  get count(): number {
    return this.#count
  }

  /** Unix microseconds of a passage; 0 is the newest. NaN beyond `count`. */
  timeUs(age: number): number {
    if (age >= this.#count) return Number.NaN
    return this.#times[(this.#next - 1 - age + 2 * KEPT) % KEPT] as number
  }

  reset(): void {
    this.#count = 0
    this.#isArmed = false
    this.#last = Number.NaN
  }

  /** @param startUs time of the first sample; blocks must follow one another, else `reset` first */
  push(samples: Samples, sampleRateHz: number, startUs: number): void {
    this.#follow(samples)
    const span = this.#high - this.#low
    if (!(span > 0)) return
    const threshold = this.#low + span / 2
    const back = -HYSTERESIS * span
    let before = this.#last - threshold
    for (let i = 0; i < samples.length; i += 1) {
      const value = (samples[i] as number) - threshold
      if (value < back) this.#isArmed = true
      else if (this.#isArmed && value >= 0) {
        this.#isArmed = false
        const share = Number.isNaN(before) ? 1 : before / (before - value)
        this.#add(startUs + ((i - 1 + share) * 1e6) / sampleRateHz)
      }
      before = value
    }
    this.#last = samples[samples.length - 1] as number
  }

  #follow(samples: Samples): void {
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (let i = 0; i < samples.length; i += 1) {
      const value = samples[i] as number
      if (value < low) low = value
      if (value > high) high = value
    }
    if (high - low < SAME_SPAN * (this.#high - this.#low)) return
    this.#low = low
    this.#high = high
  }

  #add(tUs: number): void {
    this.#times[this.#next] = tUs
    this.#next = (this.#next + 1) % KEPT
    if (this.#count < KEPT) this.#count += 1
  }
}
