import type { RunState } from '../../../shared/domain/analysis.ts'
import { median } from '../../../shared/lib/median.ts'
import { BaselineLearner, defaultPolicy, type Baseline, type BaselinePolicy, type LearnerMemory } from './baseline.ts'
import { WatchedCondition, type ConditionMemory, type Finding } from './condition.ts'
import { RunningLevel, type RunningLevelMemory } from './running-level.ts'
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
  /** its number among the conditions of this epoch; -1 where the snapshot belongs to none */
  readonly condition: number
  readonly notes: readonly Note[]
}

export interface HealthOptions {
  readonly policy?: BaselinePolicy
  /** of all tests of one point together, on independent snapshots of a healthy machine */
  readonly snapshotsPerFalseWarning?: number
  /**
   * `needed`: a finished baseline is only proposed, and judging begins with `approve`; before that nothing is judged, a gross
   * rise is a finding and no score
   */
  readonly approval?: 'automatic' | 'needed'
}

/** One condition as people follow it. */
export interface ConditionView {
  readonly centreRpm: number | null
  readonly phase: 'learning' | 'proposed' | 'watched'
  readonly learned: number
  readonly learnedS: number
  readonly baseline: Baseline | null
}

/** Everything a monitor knows: one that is made from it goes on as if it had never stopped. */
export interface HealthMemory {
  readonly running: RunningLevelMemory
  readonly conditions: readonly {
    readonly centreRpm: number | null
    readonly learner: LearnerMemory
    readonly levels: Float64Array
    readonly proposal: Baseline | null
    readonly watched: { readonly baseline: Baseline; readonly memory: ConditionMemory } | null
    readonly gross: number
    readonly grossS: number
  }[]
  readonly intervals: Float64Array
  readonly lastS: number
  /** -1: none */
  readonly current: number
  readonly settling: number
  readonly stopped: boolean
}

/** A year of snapshots every ten minutes. */
export const SNAPSHOTS_PER_FALSE_WARNING = 50_000
/** Speeds within 10 % share a baseline. */
export const SPEED_BAND = Math.log(1.1)
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
  /** snapshots in a row that are far too loud, and when the first was */
  gross: number
  grossS: number
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
  readonly #running: RunningLevel
  readonly #conditions: Condition[]
  readonly #intervals: number[]
  #lastS: number
  #current: Condition | null
  #settling: number
  #stopped: boolean
  #notes: Note[] = []

  constructor(options: HealthOptions = {}, memory: HealthMemory | null = null) {
    this.#policy = options.policy ?? defaultPolicy
    this.#odds = options.snapshotsPerFalseWarning ?? SNAPSHOTS_PER_FALSE_WARNING
    this.#approval = options.approval ?? 'automatic'
    this.#running = new RunningLevel(memory?.running)
    this.#conditions = (memory?.conditions ?? []).map(({ levels, learner, watched, ...rest }) => ({
      ...rest,
      learner: new BaselineLearner(this.#policy, learner),
      levels: [...levels],
      watched: watched && new WatchedCondition(watched.baseline, this.#odds, watched.memory),
    }))
    this.#intervals = [...(memory?.intervals ?? [])]
    this.#lastS = memory?.lastS ?? Number.NaN
    this.#current = this.#conditions[memory?.current ?? -1] ?? null
    this.#settling = memory?.settling ?? 0
    this.#stopped = memory?.stopped ?? false
  }

  save(): HealthMemory {
    return {
      running: this.#running.save(),
      conditions: this.#conditions.map(({ levels, learner, watched, ...rest }) => ({
        ...rest,
        learner: learner.save(),
        levels: Float64Array.from(levels),
        watched: watched && { baseline: watched.baseline, memory: watched.save() },
      })),
      intervals: Float64Array.from(this.#intervals),
      lastS: this.#lastS,
      current: this.#current === null ? -1 : this.#conditions.indexOf(this.#current),
      settling: this.#settling,
      stopped: this.#stopped,
    }
  }

  conditions(): ConditionView[] {
    return this.#conditions.map(({ centreRpm, learner, proposal, watched }) => ({
      centreRpm,
      phase: watched ? 'watched' : proposal ? 'proposed' : 'learning',
      learned: learner.count,
      learnedS: learner.spanS,
      baseline: watched?.baseline ?? proposal,
    }))
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
    return this.approveCondition(this.#conditions.findIndex((one) => one.proposal === proposal))
  }

  /** The same by the condition's number, for whoever has only been told of it. */
  approveCondition(number: number): boolean {
    const condition = this.#conditions[number]
    if (!condition?.proposal) return false
    this.#watch(condition, condition.proposal)
    return true
  }

  /** What was proposed is not the healthy machine: learn it once more. */
  relearn(number: number): boolean {
    const condition = this.#conditions[number]
    if (!condition?.proposal) return false
    condition.proposal = null
    condition.learner.restart()
    condition.levels = []
    return true
  }

  #watch(condition: Condition, baseline: Baseline): void {
    condition.proposal = null
    condition.watched = new WatchedCondition(baseline, this.#odds)
    // Never looked at again, and two weeks of snapshots are 250 KB.
    condition.learner.restart()
    condition.levels = []
  }

  /** After work on the machine: what was learned belongs to the machine that was. The old baselines are returned to be kept. */
  beginEpoch(): Baseline[] {
    const old = this.baselines()
    this.#conditions.length = 0
    this.#current = null
    this.#running.restart()
    return old
  }

  /** The clock of the snapshots was set back: the next one is taken whatever its time. */
  restartTime(): void {
    this.#lastS = Number.NaN
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
    const step =
      condition.watched === null
        ? this.#learn(condition, observation, level)
        : this.#judge(condition.watched, observation)
    return { ...step, condition: this.#conditions.indexOf(condition) }
  }

  #note(kind: NoteKind, index: number, text: string): void {
    this.#notes.push({ kind, index, text })
  }

  #idle(state: RunState): HealthStep {
    const none = { judged: false, score: Number.NaN, findings: [], frozen: null }
    return { state, ...none, condition: -1, notes: this.#notes }
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
      grossS: Number.NaN,
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
    const gross = this.#grossRise(condition, observation, levelDb)
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
    else this.#watch(condition, frozen)
    return { ...this.#idle('running'), frozen }
  }

  /** A rise to more than three times the level is told even before the baseline is ready; to ten times, the machine has started. */
  #grossRise(condition: Condition, { index, timeS }: Observation, levelDb: number): HealthStep | null {
    if (condition.levels.length < GROSS.fewest || Number.isNaN(levelDb)) return null
    const riseDb = levelDb - median(condition.levels)
    condition.gross = riseDb > GROSS.riseDb ? condition.gross + 1 : 0
    if (condition.gross === 1) condition.grossS = timeS
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
      sinceS: condition.grossS,
      reason,
      trend: null,
    }
    const told = { ...this.#idle('running'), findings: [finding] }
    return this.#approval === 'needed' ? told : { ...told, judged: true, score: 1 }
  }

  #judge(watched: WatchedCondition, observation: Observation): HealthStep {
    const { index, timeS, features } = observation
    watched.add(index, timeS, features)
    const score = watched.score()
    const findings = score >= 1 ? watched.findings() : []
    return { ...this.#idle('running'), judged: true, score, findings }
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
