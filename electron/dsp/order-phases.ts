import type { KeyphasorTrack } from './keyphasor.ts'
import type { RollingSpectrum } from './rolling-spectrum.ts'

export interface PhaseSource {
  readonly track: KeyphasorTrack
  /** time of the block's first sample in Unix microseconds */
  readonly startUs: number
}

const ORDERS = 3
const FEWEST_TURNS = 2
const MOST_TURNS = 24
const ANGLES = 64
/** Passages that disagree with the measured speed, or with each other, are another mark's, or some are missing. */
const SPEED_TOLERANCE = 0.05
const EVENNESS = 1.2

const cosine = Float64Array.from({ length: ANGLES }, (_, i) => Math.cos((2 * Math.PI * i) / ANGLES))
const sine = Float64Array.from({ length: ANGLES }, (_, i) => Math.sin((2 * Math.PI * i) / ANGLES))

/** Phase lags of 1x to 3x from the rolling low band and the passages of the keyphasor within it. */
export class OrderPhases {
  /** degrees, 0 to 360, from the mark to the next positive peak; NaN without enough even passages */
  readonly lagDeg = new Float64Array(ORDERS).fill(Number.NaN)
  readonly #re = new Float64Array(ORDERS)
  readonly #im = new Float64Array(ORDERS)

  /**
   * @param lastUs time of the newest value in `low`
   * @param shaftHz measured speed, 0 where unknown
   */
  compute(low: RollingSpectrum, lowRateHz: number, lastUs: number, track: KeyphasorTrack, shaftHz: number): void {
    this.lagDeg.fill(Number.NaN)
    const firstUs = lastUs - ((low.size - 2) * 1e6) / lowRateHz
    let newest = 0
    while (newest < track.count && track.timeUs(newest) > lastUs) newest += 1
    let turns = 0
    while (turns < MOST_TURNS && track.timeUs(newest + turns + 1) >= firstUs) turns += 1
    if (turns < FEWEST_TURNS || !isEven(track, newest, turns, shaftHz)) return
    this.#re.fill(0)
    this.#im.fill(0)
    for (let turn = 0; turn < turns; turn += 1) {
      const fromUs = track.timeUs(newest + turn + 1)
      this.#addTurn(low, lowRateHz / 1e6, lastUs - fromUs, track.timeUs(newest + turn) - fromUs)
    }
    for (let order = 0; order < ORDERS; order += 1) {
      const lag = (Math.atan2(this.#im[order] as number, this.#re[order] as number) * 180) / Math.PI
      this.lagDeg[order] = lag < 0 ? lag + 360 : lag
    }
  }

  #addTurn(low: RollingSpectrum, perUs: number, ageUs: number, turnUs: number): void {
    for (let i = 0; i < ANGLES; i += 1) {
      const value = low.valueAt((ageUs - (turnUs * i) / ANGLES) * perUs)
      for (let order = 0; order < ORDERS; order += 1) {
        const at = ((order + 1) * i) % ANGLES
        this.#re[order] = (this.#re[order] as number) + value * (cosine[at] as number)
        this.#im[order] = (this.#im[order] as number) + value * (sine[at] as number)
      }
    }
  }
}

function isEven(track: KeyphasorTrack, newest: number, turns: number, shaftHz: number): boolean {
  let shortest = Number.POSITIVE_INFINITY
  let longest = 0
  for (let turn = 0; turn < turns; turn += 1) {
    const period = track.timeUs(newest + turn) - track.timeUs(newest + turn + 1)
    shortest = Math.min(shortest, period)
    longest = Math.max(longest, period)
  }
  if (longest > EVENNESS * shortest) return false
  if (shaftHz === 0) return true
  const hz = (1e6 * turns) / (track.timeUs(newest) - track.timeUs(newest + turns))
  return Math.abs(hz / shaftHz - 1) <= SPEED_TOLERANCE
}
