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
  /** Evidences that nobody measures now: what they said last counts again when they are measured and have not changed. */
  readonly #suspended: boolean[]
  #lastRpm = Number.NaN
  #lastRpmUs = Number.NaN
  #rampUntilUs = Number.NEGATIVE_INFINITY

  constructor(evidences: readonly RunEvidence[], quorum: number, ratedRpm: number | null) {
    this.#evidences = evidences
    this.#quorum = quorum
    this.#ratedRpm = ratedRpm
    this.#votes = evidences.map(() => null)
    this.#suspended = evidences.map(() => false)
  }

  /** A new value of evidence `index`; NaN or bad quality makes it unknown. */
  vote(index: number, value: number, isGood: boolean): void {
    const evidence = this.#evidences[index]
    if (!evidence) return
    this.#suspended[index] = false
    if (!isGood || Number.isNaN(value)) this.#votes[index] = null
    else if (value >= evidence.runningAbove) this.#votes[index] = true
    else if (value < evidence.stoppedBelow) this.#votes[index] = false
  }

  /** What each evidence says now: running, stopped, or null when it is not known. */
  votes(): readonly (boolean | null)[] {
    return this.#votes.map((vote, index) => (this.#suspended[index] === true ? null : vote))
  }

  suspend(index: number, isSuspended: boolean): void {
    this.#suspended[index] = isSuspended
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
    let [running, stopped] = [0, 0]
    for (let i = 0; i < this.#votes.length; i++) {
      if (this.#suspended[i] === true) continue
      if (this.#votes[i] === true) running++
      else if (this.#votes[i] === false) stopped++
    }
    if (running >= this.#quorum) return tUs < this.#rampUntilUs ? 'transient' : 'running'
    return stopped >= this.#quorum ? 'not-running' : 'unknown'
  }
}

/** Evidences of one machine that say different things. */
export interface Disagreement {
  /** By the wall, when it was first seen. */
  sinceUs: number
  /** Indexes of those that stand against the majority; all that say something when there is none. */
  dissenters: number[]
  /** What each said when they last disagreed. */
  votes: (boolean | null)[]
}

export interface AgreementTimes {
  /** A motor's current is gone at once, while its shaft coasts: only a disagreement that outlasts it is one. */
  disagreeAfterMs: number
  /** Evidences that meet for a moment and part again have not made up. */
  agreeAfterMs: number
}

export const agreementTimes: AgreementTimes = { disagreeAfterMs: 120_000, agreeAfterMs: 10_000 }

/** Watches whether the evidences of one machine agree. Where fewer than two say anything, nothing is confirmed or refuted. */
export class RunAgreement {
  readonly #times: AgreementTimes
  #since: { ms: number; us: number } | null = null
  #agreesSinceMs = Number.NaN
  #lasting: Disagreement | null = null

  constructor(times: AgreementTimes = agreementTimes) {
    this.#times = times
  }

  /** One that has lasted; null while the evidences agree, or have not disagreed for long enough. */
  get disagreement(): Disagreement | null {
    return this.#lasting
  }

  /** `nowMs` is monotonic; called so often as the times want it exact. */
  look(votes: readonly (boolean | null)[], nowMs: number, nowUs: number): void {
    const running = votes.flatMap((vote, index) => (vote === true ? [index] : []))
    const stopped = votes.flatMap((vote, index) => (vote === false ? [index] : []))
    if (running.length + stopped.length < 2) {
      this.#agreesSinceMs = Number.NaN
      if (this.#lasting === null) this.#since = null
    } else if (running.length > 0 && stopped.length > 0) {
      this.#agreesSinceMs = Number.NaN
      this.#since ??= { ms: nowMs, us: nowUs }
      if (nowMs - this.#since.ms < this.#times.disagreeAfterMs) return
      const dissenters =
        running.length === stopped.length
          ? [...running, ...stopped].sort((a, b) => a - b)
          : running.length < stopped.length
            ? running
            : stopped
      this.#lasting = { sinceUs: this.#since.us, dissenters, votes: [...votes] }
    } else {
      if (Number.isNaN(this.#agreesSinceMs)) this.#agreesSinceMs = nowMs
      if (this.#lasting !== null && nowMs - this.#agreesSinceMs < this.#times.agreeAfterMs) return
      this.#lasting = null
      this.#since = null
    }
  }
}
