import { median } from '../../../shared/lib/median.ts'
import { isShock, type Baseline, type FeatureBaseline } from './baseline.ts'
import {
  LevelTest,
  RateTest,
  cusumLimit,
  referenceDb,
  type LevelTestMemory,
  type RateTestMemory,
} from './sequential.ts'
import { trendToLimit, type TrendPoint, type TrendToLimit } from './trend-to-limit.ts'
import { factorOf, kindRules, toDecibels } from './watched-features.ts'

/** One reason for a warning or alarm, with its numbers. */
export interface Finding {
  readonly feature: string
  readonly level: 'warning' | 'alarm'
  /** 1 is the limit of the sequential test */
  readonly ratio: number
  /** present change against the baseline; NaN for shocks, which are counted */
  readonly changeDb: number
  /** snapshot at which the change began */
  readonly since: number
  /** the time of that snapshot */
  readonly sinceS: number
  readonly reason: string
  readonly trend: TrendToLimit | null
}

const RECENT = 8
const REMEMBERED = 500

interface Watch {
  readonly baseline: FeatureBaseline
  readonly warning: LevelTest
  readonly alarm: LevelTest | null
  readonly points: (TrendPoint & { readonly index: number })[]
}

interface WatchMemory {
  readonly warning: LevelTestMemory
  readonly alarm: LevelTestMemory | null
  /** index, time and decibels of each point, one after the other */
  readonly points: Float64Array
}

/** What the tests of a condition remember, in the order of the baseline's features. */
export interface ConditionMemory {
  readonly watches: readonly WatchMemory[]
  readonly shocks: RateTestMemory | null
}

/** The frozen baseline of one condition and the tests that run against it. */
export class WatchedCondition {
  readonly baseline: Baseline
  readonly #watches: readonly Watch[]
  readonly #shocks: RateTest | null

  constructor(baseline: Baseline, snapshotsPerFalseWarning: number, memory: ConditionMemory | null = null) {
    this.baseline = baseline
    const { shock, features } = baseline
    const hasShocks = shock !== null
    // The rate that is promised holds for all tests together: half is the shocks', half is shared by the levels.
    const share = hasShocks ? 2 : 1
    const limit = cusumLimit(share * features.length * snapshotsPerFalseWarning)
    this.#watches = features.map((feature, i) => watch(feature, limit, memory?.watches[i]))
    this.#shocks = hasShocks
      ? new RateTest(shock.rate, share * snapshotsPerFalseWarning, memory?.shocks ?? undefined)
      : null
  }

  save(): ConditionMemory {
    return {
      watches: this.#watches.map(({ warning, alarm, points }) => ({
        warning: warning.save(),
        alarm: alarm?.save() ?? null,
        points: Float64Array.from(points.flatMap(({ index, timeS, valueDb }) => [index, timeS, valueDb])),
      })),
      shocks: this.#shocks?.save() ?? null,
    }
  }

  add(index: number, timeS: number, features: Readonly<Record<string, number>>): void {
    for (const { baseline, warning, alarm, points } of this.#watches) {
      const { feature } = baseline
      const valueDb = toDecibels(feature, features[feature.name] ?? Number.NaN)
      warning.add(index, valueDb, timeS)
      alarm?.add(index, valueDb, timeS)
      if (Number.isNaN(valueDb)) continue
      points.push({ index, timeS, valueDb })
      if (points.length > REMEMBERED) points.shift()
    }
    const { shock } = this.baseline
    if (shock === null || this.#shocks === null) return
    const happened = isShock(shock, features)
    if (happened !== null) this.#shocks.add(index, happened, timeS)
  }

  /** From 0, through 1 (a warning), to 2 (an alarm). */
  score(): number {
    const warnings = [...this.#watches.map(({ warning }) => warning.ratio), this.#shocks?.ratio ?? 0]
    const warning = Math.max(0, ...warnings)
    const alarm = Math.max(0, ...this.#watches.map((one) => one.alarm?.ratio ?? 0))
    if (alarm >= 1) return 2
    return warning >= 1 ? Math.max(warning, 1 + alarm) : warning
  }

  /** What stands behind a score of 1 or more: alarms first, then the strongest. */
  findings(): Finding[] {
    const found = this.#watches.flatMap((one) => this.#finding(one) ?? [])
    const shocks = this.#shockFinding()
    if (shocks !== null) found.push(shocks)
    return found.toSorted((a, b) => Number(b.level === 'alarm') - Number(a.level === 'alarm') || b.ratio - a.ratio)
  }

  #finding(one: Watch): Finding | null {
    const { baseline, warning, alarm, points } = one
    const isAlarm = alarm !== null && alarm.ratio >= 1
    if (!isAlarm && warning.ratio < 1) return null
    const { feature, medianDb } = baseline
    const { alarmDb } = kindRules[feature.kind]
    const beginning = warning.since === -1 ? (alarm ?? warning) : warning
    const { since, sinceS } = beginning
    const shown = isAlarm ? alarm.since : since
    const recent = points.slice(-RECENT).filter((point) => point.index >= shown)
    const changeDb = median(recent.map((point) => point.valueDb)) - medianDb
    const ratio = Math.max(warning.ratio, isAlarm ? alarm.ratio : 0)
    const over = `${feature.name} is ${changeDb.toFixed(1)} dB (x ${factorOf(feature, changeDb).toPrecision(3)}) over its baseline of snapshots ${this.baseline.from} to ${this.baseline.until}`
    const how = isAlarm
      ? `and has stayed beyond the alarm limit of ${alarmDb} dB since snapshot ${alarm.since}`
      : `and has stayed out of it since snapshot ${since}; cumulative sum ${(ratio * warning.plan.limit).toFixed(1)}, limit ${warning.plan.limit.toFixed(1)}`
    const rise = points.filter((point) => point.index >= since)
    return {
      feature: feature.name,
      level: isAlarm ? 'alarm' : 'warning',
      ratio,
      changeDb,
      since,
      sinceS,
      reason: `${over} ${how}`,
      trend: alarmDb === null ? null : trendToLimit(rise, medianDb + alarmDb),
    }
  }

  #shockFinding(): Finding | null {
    const test = this.#shocks
    const [since] = test?.events ?? []
    if (test === null || since === undefined || test.ratio < 1) return null
    const { events } = test
    return {
      feature: 'shocks',
      level: 'warning',
      ratio: test.ratio,
      changeDb: Number.NaN,
      since,
      sinceS: test.sinceS,
      reason: `${events.length} shocks (kurtosis beyond all of the baseline and twice its median) since snapshot ${since}, where chance gives one in ${Math.round(1 / test.rate)}; log likelihood ratio ${(test.ratio * test.limit).toFixed(1)}, limit ${test.limit.toFixed(1)}`,
      trend: null,
    }
  }
}

function watch(baseline: FeatureBaseline, limit: number, memory?: WatchMemory): Watch {
  const { feature, medianDb, spreadDb } = baseline
  const { toleranceDb, alarmDb } = kindRules[feature.kind]
  const reference = referenceDb(spreadDb, baseline.count, toleranceDb)
  const plan = { medianDb, spreadDb, referenceDb: reference, limit }
  // An alarm is a matter of size: how far the machine wandered while it was learned must not delay it.
  const alarmReference = Math.max(reference, alarmDb ?? 0)
  return {
    baseline,
    warning: new LevelTest(plan, memory?.warning),
    alarm:
      alarmDb === null
        ? null
        : new LevelTest(
            { ...plan, spreadDb: baseline.scatterDb, referenceDb: alarmReference },
            memory?.alarm ?? undefined,
          ),
    points: memory === undefined ? [] : pointsOf(memory.points),
  }
}

function pointsOf(packed: Float64Array): (TrendPoint & { readonly index: number })[] {
  return Array.from({ length: packed.length / 3 }, (_, i) => {
    const [index = 0, timeS = 0, valueDb = 0] = packed.subarray(3 * i, 3 * i + 3)
    return { index, timeS, valueDb }
  })
}
