import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { Samples } from '../../shared/domain/intake.ts'
import type { Fft } from '../../shared/domain/transforms.ts'
import { BlockDiagnosis } from './block-diagnosis.ts'

/** Fewer revolutions leave the lines of cage, shaft and races within one another. */
const FEWEST_REVOLUTIONS = 20
/** 150 rpm; slower machines need a recording. */
const LONGEST_S = 8
/** Fault lines are searched within 1.2 % of their place: a speed that ran farther has smeared them. */
const STEADY = 0.01

/** Diagnosis of one length serves every channel of its rate and bearing, one after the other. */
export class DiagnosisPool {
  readonly #fft: Fft
  readonly #made = new Map<string, BlockDiagnosis>()

  constructor(fft: Fft) {
    this.#fft = fft
  }

  of(
    sampleRateHz: number,
    blockSize: number,
    bearing: BearingOrders,
    highestRpm: number,
    mainsHz: number | null,
  ): BlockDiagnosis {
    const { bpfo, bpfi, bsf, ftf } = bearing
    const key = [sampleRateHz, blockSize, bpfo, bpfi, bsf, ftf, highestRpm, mainsHz].join(' ')
    const known = this.#made.get(key)
    if (known) return known
    const options = { sampleRateHz, blockSize, bearing, mainsHz, highestRpm }
    const made = new BlockDiagnosis(this.#fft, options)
    this.#made.set(key, made)
    return made
  }

  clear(): void {
    this.#made.clear()
  }
}

/**
 * Fault scores of one channel: collects whole seconds of its blocks, as many as 20 revolutions take, and scores each stretch as
 * it fills. Between two the last scores stand.
 */
export class LiveScores {
  /** evidence in decades of outer race, inner race, cage and rolling element; NaN while unknown */
  readonly values = new Float64Array(4).fill(Number.NaN)
  readonly #pool: DiagnosisPool
  readonly #sampleRateHz: number
  readonly #bearing: BearingOrders
  readonly #mainsHz: number | null
  #buffer = new Float32Array(0)
  #filled = 0
  #lowest = Number.POSITIVE_INFINITY
  #highest = 0

  /** `mainsHz`: null where nobody says; then the lines of 50 and of 60 Hz are told apart. */
  constructor(pool: DiagnosisPool, sampleRateHz: number, bearing: BearingOrders, mainsHz: number | null = null) {
    this.#mainsHz = mainsHz
    this.#pool = pool
    this.#sampleRateHz = sampleRateHz
    this.#bearing = bearing
  }

  reset(): void {
    this.#filled = 0
    this.#lowest = Number.POSITIVE_INFINITY
    this.#highest = 0
    this.values.fill(Number.NaN)
  }

  push(samples: Samples, rpm: number | null): void {
    const seconds = rpm === null || rpm <= 0 ? 0 : Math.max(1, Math.ceil((60 * FEWEST_REVOLUTIONS) / rpm))
    if (rpm === null || seconds === 0 || seconds > LONGEST_S) {
      this.reset()
      return
    }
    const size = Math.round(seconds * this.#sampleRateHz)
    if (this.#buffer.length !== size) {
      this.#buffer = new Float32Array(size)
      this.#filled = 0
    }
    this.#lowest = Math.min(this.#lowest, rpm)
    this.#highest = Math.max(this.#highest, rpm)
    for (let i = 0; i < samples.length; i += 1) {
      this.#buffer[this.#filled] = samples[i] as number
      this.#filled += 1
      if (this.#filled < size) continue
      this.#score()
      this.#lowest = rpm
      this.#highest = rpm
    }
  }

  #score(): void {
    this.#filled = 0
    const rpm = (this.#lowest + this.#highest) / 2
    const isTooFast = 3 * this.#bearing.bpfi * (rpm / 60) > this.#sampleRateHz / 2
    if (isTooFast || this.#highest - this.#lowest > STEADY * rpm) {
      this.values.fill(Number.NaN)
      return
    }
    // In steps of a factor of two, so that a wandering speed does not make one after the other.
    const highestRpm = 2 ** Math.ceil(Math.log2(rpm * 1.05))
    const diagnosis = this.#pool.of(this.#sampleRateHz, this.#buffer.length, this.#bearing, highestRpm, this.#mainsHz)
    const { outer, inner, cage, rolling } = diagnosis.diagnose(this.#buffer, rpm)
    this.values[0] = finite(outer.evidence)
    this.values[1] = finite(inner.evidence)
    this.values[2] = finite(cage.evidence)
    this.values[3] = finite(rolling.evidence)
  }
}

/** A silent stretch has no lines at all. */
const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN)
