import type { RunState } from '../../../shared/domain/analysis.ts'
import { median } from '../../../shared/lib/median.ts'
import { BaselineLearner, defaultPolicy, type Baseline, type BaselinePolicy } from './baseline.ts'
import { WatchedCondition, type Finding } from './condition.ts'
import { RunningLevel } from './running-level.ts'
import { overallLevel, toDecibels, watchedFeature } from './watched-features.ts'

export interface Observation {
  readonly index: number
  /** seconds from any origin; must grow */
  readonly timeS: number
  /** null where no speed is measured; 0 is a standing machine */
  readonly rpm: number | null
  /** by name; NaN where one is missing */
  readonly features: Readonly<Record<string, number>>
  /** `clipped` is judged but never learned; `unusable` is neither; `standing`: nothing but the converter's last bits */
  readonly quality: 'good' | 'clipped' | 'unusable' | 'standing'
}

export type NoteKind = 'gap' | 'order' | 'speed' | 'restart' | 'missing' | 'learning' | 'quality' | 'baseline'

export interface Note {
  readonly kind: NoteKind
  readonly index: number
  readonly text: string
}

export interface HealthStep {
  readonly state: RunState
  /** false while learning, standing, settling after a start or without usable values */
  readonly judged: boolean
  /** 0 to 2; 1 is a warning, 2 an alarm; NaN where not judged */
  readonly score: number
  readonly findings: readonly Finding[]
  /** the baseline that this very snapshot completed */
  readonly frozen: Baseline | null
  readonly notes: readonly Note[]
}

export interface HealthOptions {
  readonly policy?: BaselinePolicy
  /** of all tests of one point together, on independent snapshots of a healthy machine */
  readonly snapshotsPerFalseWarning?: number
  /** `needed`: a finished baseline is only proposed, and judging begins with `approve` */
  readonly approval?: 'automatic' | 'needed'
}

/** A year of snapshots every ten minutes. */
export const SNAPSHOTS_PER_FALSE_WARNING = 50_000
/** Speeds within 10 % share a baseline. */
const SPEED_BAND = Math.log(1.1)
/** Snapshots after a start that show the run-up and not the machine. */
const SETTLING = 2
const GAP_RATIO = 10
const INTERVALS = 50
/** While the baseline is still being learned, only a gross and lasting rise is told. */
const GROSS = { riseDb: 10, startDb: 20, snapshots: 5, fewest: 20 }

interface Condition {
  readonly centreRpm: number | null
  learner: BaselineLearner
  levels: number[]
  proposal: Baseline | null
  watched: WatchedCondition | null
  gross: number
}

const speedWords = (rpm: number | null): string => (rpm === null ? '' : ` at about ${rpm.toFixed(0)} rpm`)

/**
 * One measuring point's health: per condition (running, within a speed band) a baseline that is learned and then frozen, and
 * sequential tests against it. Looks at nothing but the observations given so far; the same ones in the same order give the
 * same steps.
 */
export class HealthMonitor {
  readonly #policy: BaselinePolicy
  readonly #odds: number
  readonly #approval: 'automatic' | 'needed'
  readonly #running = new RunningLevel()
  readonly #conditions: Condition[] = []
  readonly #intervals: number[] = []
  #lastS = Number.NaN
  #current: Condition | null = null
  #settling = 0
  #stopped = false
  #notes: Note[] = []

  constructor(options: HealthOptions = {}) {
    this.#policy = options.policy ?? defaultPolicy
    this.#odds = options.snapshotsPerFalseWarning ?? SNAPSHOTS_PER_FALSE_WARNING
    this.#approval = options.approval ?? 'automatic'
  }

  /** Frozen baselines, one for each condition that has one. */
  baselines(): Baseline[] {
    return this.#conditions.flatMap((condition) => condition.watched?.baseline ?? [])
  }

  proposals(): Baseline[] {
    return this.#conditions.flatMap((condition) => condition.proposal ?? [])
  }

  /** Judging begins with the next observation. */
  approve(proposal: Baseline): boolean {
    const condition = this.#conditions.find((one) => one.proposal === proposal)
    if (condition === undefined) return false
    condition.proposal = null
    condition.watched = new WatchedCondition(proposal, this.#odds)
    return true
  }

  /** After work on the machine: what was learned belongs to the machine that was. The old baselines are returned to be kept. */
  beginEpoch(): Baseline[] {
    const old = this.baselines()
    this.#conditions.length = 0
    this.#current = null
    this.#running.restart()
    return old
  }

  observe(observation: Observation): HealthStep {
    this.#notes = []
    const { index, timeS, quality } = observation
    if (!this.#advance(index, timeS)) return this.#idle('unknown')
    if (quality === 'unusable') {
      this.#note('quality', index, 'holds no usable signal and is not judged')
      return this.#idle('unknown')
    }
    const level = levelOf(observation)
    if (!Object.values(observation.features).some((value) => Number.isFinite(value))) {
      this.#note('missing', index, 'has no values and is not judged')
      return this.#idle('unknown')
    }
    if (observation.rpm === 0 || quality === 'standing' || !this.#running.runs(level)) {
      this.#stopped = true
      return this.#idle('not-running')
    }
    if (this.#stopped) {
      this.#stopped = false
      this.#settling = SETTLING
      this.#note('restart', index, `is the first after a stop; it and the next are not judged`)
    }
    if (this.#settling > 0) {
      this.#settling -= 1
      return this.#idle('running')
    }
    const condition = this.#conditionFor(index, observation.rpm)
    return condition.watched === null
      ? this.#learn(condition, observation, level)
      : this.#judge(condition.watched, observation)
  }

  #note(kind: NoteKind, index: number, text: string): void {
    this.#notes.push({ kind, index, text })
  }

  #idle(state: RunState): HealthStep {
    return { state, judged: false, score: Number.NaN, findings: [], frozen: null, notes: this.#notes }
  }

  /** False for a snapshot that is not later than the one before. */
  #advance(index: number, timeS: number): boolean {
    if (timeS <= this.#lastS || Number.isNaN(timeS)) {
      this.#note('order', index, 'is not later than the one before and is not judged')
      return false
    }
    const interval = timeS - this.#lastS
    this.#lastS = timeS
    if (Number.isNaN(interval)) return true
    const usual = median(this.#intervals)
    if (this.#intervals.length >= 5 && interval > GAP_RATIO * usual) {
      this.#note(
        'gap',
        index,
        `follows a gap of ${(interval / usual).toFixed(0)} intervals; what was collected before it still counts`,
      )
      return true
    }
    this.#intervals.push(interval)
    if (this.#intervals.length > INTERVALS) this.#intervals.shift()
    return true
  }

  #conditionFor(index: number, rpm: number | null): Condition {
    const known = this.#conditions.find(({ centreRpm }) =>
      centreRpm === null || rpm === null ? centreRpm === rpm : Math.abs(Math.log(rpm / centreRpm)) <= SPEED_BAND,
    )
    const condition = known ?? {
      centreRpm: rpm,
      learner: new BaselineLearner(this.#policy),
      levels: [],
      proposal: null,
      watched: null,
      gross: 0,
    }
    if (known === undefined) this.#conditions.push(condition)
    if (this.#current !== null && this.#current !== condition) {
      const what =
        condition.watched === null
          ? 'a baseline for it is being learned'
          : `its own baseline of snapshots ${condition.watched.baseline.from} to ${condition.watched.baseline.until} is used`
      this.#note('speed', index, `changes speed${speedWords(rpm)}: ${what}`)
    }
    this.#current = condition
    return condition
  }

  #learn(condition: Condition, observation: Observation, levelDb: number): HealthStep {
    const { index, timeS, features } = observation
    const gross = this.#grossRise(condition, index, levelDb)
    if (gross !== null) return gross
    if (observation.quality !== 'good' || condition.gross > 0 || condition.proposal !== null)
      return this.#idle('running')
    condition.learner.add(index, timeS, features)
    if (!Number.isNaN(levelDb)) condition.levels.push(levelDb)
    const frozen = condition.learner.ready()
    if (frozen === null) return this.#idle('running')
    for (const words of frozen.left) this.#note('baseline', index, words)
    if (!frozen.settled) {
      const words = `ends learning after ${frozen.snapshots} snapshots although the machine has not settled: the baseline is wide`
      this.#note('learning', index, words)
    }
    if (this.#approval === 'needed') condition.proposal = frozen
    else condition.watched = new WatchedCondition(frozen, this.#odds)
    return { ...this.#idle('running'), frozen }
  }

  /** A rise to more than three times the level is told even before the baseline is ready; to ten times, the machine has started. */
  #grossRise(condition: Condition, index: number, levelDb: number): HealthStep | null {
    if (condition.levels.length < GROSS.fewest || Number.isNaN(levelDb)) return null
    const riseDb = levelDb - median(condition.levels)
    condition.gross = riseDb > GROSS.riseDb ? condition.gross + 1 : 0
    if (condition.gross < GROSS.snapshots) return null
    if (riseDb > GROSS.startDb) {
      const words = `is ${riseDb.toFixed(0)} dB over what was learned: the machine had been standing, and learning begins anew`
      this.#note('learning', index, words)
      condition.learner.restart()
      condition.levels = []
      condition.gross = 0
      this.#running.restart()
      return null
    }
    const since = index - condition.gross + 1
    const reason = `the overall level is ${riseDb.toFixed(1)} dB over the median of the ${condition.levels.length} snapshots seen before and has stayed more than ${GROSS.riseDb} dB over it for ${condition.gross} snapshots, while the baseline was still being learned`
    const finding: Finding = {
      feature: 'level',
      level: 'warning',
      ratio: 1,
      changeDb: riseDb,
      since,
      reason,
      trend: null,
    }
    return { ...this.#idle('running'), judged: true, score: 1, findings: [finding] }
  }

  #judge(watched: WatchedCondition, observation: Observation): HealthStep {
    const { index, timeS, features } = observation
    watched.add(index, timeS, features)
    const score = watched.score()
    const findings = score >= 1 ? watched.findings() : []
    return { state: 'running', judged: true, score, findings, frozen: null, notes: this.#notes }
  }
}

/** Overall level in decibels; NaN where there is none, minus infinity where it is exactly 0. */
function levelOf({ features }: Observation): number {
  const name = overallLevel(Object.keys(features))
  if (name === null) return Number.NaN
  const value = features[name]
  const feature = watchedFeature(name)
  if (feature === null || value === undefined) return Number.NaN
  return value === 0 ? Number.NEGATIVE_INFINITY : toDecibels(feature, value)
}
