/**
 * Page's one-sided CUSUM (Biometrika 41, 1954) on a standardised value. Each step is capped, so that one wild snapshot can
 * never warn by itself, and the sum is capped, so that an alert can return once the cause is gone.
 */
const REFERENCE = 0.5
const STEP_CAP = 3
const SUM_CAP = 1.5

/** Siegmund's correction of the overshoot (Sequential Analysis, 1985): the discrete sum behaves as if its limit were this higher. */
const OVERSHOOT = 1.166

/**
 * Limit of a CUSUM of reference value 0.5 that independent Gaussian values cross once in `runLength` on average:
 * runLength = (exp(2k(h + 1.166)) - 1 - 2k(h + 1.166)) / 2k^2, solved for h.
 */
export function cusumLimit(runLength: number): number {
  let reach = 10
  for (let i = 0; i < 50; i += 1) reach = Math.log(2 * REFERENCE * REFERENCE * runLength + 1 + reach)
  return reach - OVERSHOOT
}

export interface CusumPlan {
  readonly medianDb: number
  readonly spreadDb: number
  /** rise over the median that does not count */
  readonly referenceDb: number
  readonly limit: number
}

/** Reference value: half a spread, raised by three standard errors of the baseline's median, or the tolerated change if larger. */
export function referenceDb(spreadDb: number, count: number, toleranceDb: number): number {
  const standardError = 1.2533 / Math.sqrt(Math.max(1, count))
  return Math.max((REFERENCE + 3 * standardError) * spreadDb, toleranceDb)
}

export interface LevelTestMemory {
  readonly sum: number
  readonly since: number
  readonly sinceS: number
}

export class LevelTest {
  readonly plan: CusumPlan
  #sum: number
  /** index and time of the snapshot at which the present rise began; -1 and NaN while there is none */
  #since: number
  #sinceS: number

  constructor(plan: CusumPlan, memory: LevelTestMemory = { sum: 0, since: -1, sinceS: Number.NaN }) {
    this.plan = plan
    this.#sum = memory.sum
    this.#since = memory.since
    this.#sinceS = memory.sinceS
  }

  save(): LevelTestMemory {
    return { sum: this.#sum, since: this.#since, sinceS: this.#sinceS }
  }

  get since(): number {
    return this.#since
  }

  get sinceS(): number {
    return this.#sinceS
  }

  /** 1 or more: significant and lasting. */
  get ratio(): number {
    return this.#sum / this.plan.limit
  }

  /** A value that is missing changes nothing. */
  add(index: number, valueDb: number, timeS = Number.NaN): void {
    if (Number.isNaN(valueDb)) return
    const { medianDb, spreadDb, referenceDb: reference, limit } = this.plan
    const step = Math.min(STEP_CAP, (valueDb - medianDb - reference) / spreadDb)
    const sum = Math.max(0, Math.min(SUM_CAP * limit, this.#sum + step))
    if (sum === 0) {
      this.#since = -1
      this.#sinceS = Number.NaN
    } else if (this.#since === -1) {
      this.#since = index
      this.#sinceS = timeS
    }
    this.#sum = sum
  }
}

/** A tenfold rate of rare events is what the rate test looks for. */
const RATE_FACTOR = 10
const HIGHEST_RATE = 0.5

/**
 * CUSUM of Bernoulli events (Reynolds and Stoumbos, J. Quality Technology 31, 1999): has a rare event become more frequent?
 * The limit follows Wald's approximation with a third of an event's step as overshoot; simulated run lengths agree within 10 %.
 */
export interface RateTestMemory {
  readonly sum: number
  readonly events: readonly number[]
  readonly sinceS: number
}

export class RateTest {
  readonly rate: number
  readonly limit: number
  readonly #hit: number
  readonly #miss: number
  #sum: number
  #events: number[]
  #sinceS: number

  constructor(rate: number, runLength: number, memory: RateTestMemory = { sum: 0, events: [], sinceS: Number.NaN }) {
    this.#sum = memory.sum
    this.#events = [...memory.events]
    this.#sinceS = memory.sinceS
    const raised = Math.min(HIGHEST_RATE, RATE_FACTOR * rate)
    this.rate = rate
    this.#hit = Math.log(raised / rate)
    this.#miss = Math.log((1 - raised) / (1 - rate))
    const drift = Math.abs(rate * this.#hit + (1 - rate) * this.#miss)
    this.limit = Math.max(2 * this.#hit, Math.log(runLength * drift) - this.#hit / 3)
  }

  save(): RateTestMemory {
    return { sum: this.#sum, events: [...this.#events], sinceS: this.#sinceS }
  }

  get ratio(): number {
    return this.#sum / this.limit
  }

  /** Time of the first of `events`; NaN while there is none. */
  get sinceS(): number {
    return this.#sinceS
  }

  /** Indices of the events since the sum was last zero. */
  get events(): readonly number[] {
    return this.#events
  }

  add(index: number, happened: boolean, timeS = Number.NaN): void {
    const sum = Math.min(SUM_CAP * this.limit, this.#sum + (happened ? this.#hit : this.#miss))
    if (happened) {
      if (this.#events.length === 0) this.#sinceS = timeS
      this.#events.push(index)
    }
    this.#sum = Math.max(0, sum)
    if (sum > 0) return
    this.#events = []
    this.#sinceS = Number.NaN
  }
}
