import type { RunState } from '../../shared/domain/twin.ts'

/** One evidence of a machine's run state: a value with hysteresis between two limits. */
export interface RunEvidence {
  runningAbove: number
  stoppedBelow: number
}

/**
 * Run state of one machine from its evidences (speed, current, vibration floor). `quorum` of them must agree; fewer
 * known evidences than the quorum give `unknown`. Between the two limits an evidence keeps its last answer, so a
 * coasting machine does not flicker. A running machine whose speed changes faster than 5 % of rated speed per second
 * is `transient`: alarms on vibration would speak of the ramp, not of the machine.
 */
export class RunStateTracker {
  readonly #evidences: readonly RunEvidence[]
  readonly #quorum: number
  readonly #votes: (boolean | null)[]
  readonly #ratedRpm: number | null
  #lastRpm = Number.NaN
  #lastRpmUs = Number.NaN
  #rampUntilUs = Number.NEGATIVE_INFINITY

  constructor(evidences: readonly RunEvidence[], quorum: number, ratedRpm: number | null) {
    this.#evidences = evidences
    this.#quorum = quorum
    this.#ratedRpm = ratedRpm
    this.#votes = evidences.map(() => null)
  }

  /** A new value of evidence `index`; NaN or bad quality makes it unknown. */
  vote(index: number, value: number, isGood: boolean): void {
    const evidence = this.#evidences[index]
    if (!evidence) return
    if (!isGood || Number.isNaN(value)) this.#votes[index] = null
    else if (value >= evidence.runningAbove) this.#votes[index] = true
    else if (value < evidence.stoppedBelow) this.#votes[index] = false
  }

  /** Every speed value, so that ramps are seen. `tUs` is source time. */
  speed(rpm: number, tUs: number): void {
    const dtS = (tUs - this.#lastRpmUs) / 1e6
    // The clock was set back: the end of a ramp would lie hours ahead, and alarms be held back until then.
    if (dtS < -10) this.#rampUntilUs = Number.NEGATIVE_INFINITY
    // Half a second at least: differencing 10 Hz readings amplifies their noise into ramps that are not there.
    if (dtS > 0 && dtS < 0.5) return
    if (this.#ratedRpm !== null && dtS > 0 && dtS < 10 && Math.abs(rpm - this.#lastRpm) / dtS > 0.05 * this.#ratedRpm)
      this.#rampUntilUs = tUs + 2e6
    this.#lastRpm = rpm
    this.#lastRpmUs = tUs
  }

  state(tUs: number): RunState {
    const running = this.#votes.filter((vote) => vote === true).length
    const stopped = this.#votes.filter((vote) => vote === false).length
    if (running >= this.#quorum) return tUs < this.#rampUntilUs ? 'transient' : 'running'
    return stopped >= this.#quorum ? 'not-running' : 'unknown'
  }
}
