import { median } from '../../../shared/lib/median.ts'
import { overallKurtosis, overallLevel, toDecibels, watchedFeature, type WatchedFeature } from './watched-features.ts'

export interface BaselinePolicy {
  /** fewest running snapshots of good quality in one condition */
  readonly fewest: number
  /** learning ends here even where the machine has not settled */
  readonly most: number
  /** shortest calendar time; 0 lets the number alone decide */
  readonly shortestS: number
}

/** 100 snapshots give a median to an eighth of a spread and leave a rate of rare events known to about one per cent. */
export const defaultPolicy: BaselinePolicy = { fewest: 100, most: 250, shortestS: 0 }

export interface FeatureBaseline {
  readonly feature: WatchedFeature
  readonly medianDb: number
  /** long-run spread: of snapshots, or of batches of eight where the machine wanders more slowly than that */
  readonly spreadDb: number
  /** spread of neighbouring snapshots alone */
  readonly scatterDb: number
  readonly count: number
  /** of all learned values, in the feature's own unit */
  readonly mean: number
  readonly sigma: number
}

/** A shock: a snapshot whose kurtosis is beyond every snapshot of the baseline and at least twice its median. */
export interface ShockBaseline {
  readonly kurtosis: WatchedFeature
  /** to be exceeded */
  readonly limitDb: number
  /** events a snapshot */
  readonly rate: number
}

export interface Baseline {
  readonly from: number
  readonly until: number
  readonly fromS: number
  readonly untilS: number
  readonly snapshots: number
  readonly settled: boolean
  readonly features: readonly FeatureBaseline[]
  readonly shock: ShockBaseline | null
  /** features that were given but cannot be watched, in words */
  readonly left: readonly string[]
}

/** Ten times quieter than any vibration measurement repeats itself; keeps a constant value from having no spread. */
const LEAST_SPREAD_DB = 0.05
const BATCH = 8
const HALF_WINDOW = 25
/** Between the halves of the last 50 snapshots: half a decibel, or three standard errors of the difference. */
const SETTLED_DB = 0.5
const DOUBLE_RATIO_DB = 10 * Math.log10(2)
const LONE_KNOCK_DB = 10 * Math.log10(3)

const mad = (values: readonly number[], centre: number): number =>
  1.4826 * median(values.map((value) => Math.abs(value - centre)))

/** Medians of batches of eight, counted from the newest backwards. */
function batchMedians(values: readonly number[]): number[] {
  const medians: number[] = []
  for (let end = values.length; end >= BATCH; end -= BATCH) medians.push(median(values.slice(end - BATCH, end)))
  return medians
}

/** A spread from few values is uncertain, and one that is too small costs false warnings: the upper end of its 90 % range. */
const NORMAL_90 = 1.2816
/** Relative error of a MAD from n Gaussian values, times the root of n. */
const MAD_ERROR = 1.17

/** Wilson and Hilferty's approximation of the lower tenth of chi-square, a degree of freedom. */
function chiSquareTenth(freedom: number): number {
  const width = 2 / (9 * freedom)
  return (1 - width - NORMAL_90 * Math.sqrt(width)) ** 3
}

/**
 * Robust spread that an autocorrelated series deserves: batch medians of independent values scatter by 1.2533 / sqrt(8) of the
 * values' own spread; where they scatter more, the machine wanders and the tests must be as slow as it is.
 */
export function longRunSpread(values: readonly number[]): number {
  const own = mad(values, median(values)) * (1 + (NORMAL_90 * MAD_ERROR) / Math.sqrt(Math.max(1, values.length)))
  const batches = batchMedians(values)
  if (batches.length < 4) return Math.max(LEAST_SPREAD_DB, own)
  const mean = batches.reduce((total, value) => total + value, 0) / batches.length
  const freedom = batches.length - 1
  const variance = batches.reduce((total, value) => total + (value - mean) ** 2, 0) / freedom / chiSquareTenth(freedom)
  return Math.max(LEAST_SPREAD_DB, own, (Math.sqrt(variance) * Math.sqrt(BATCH)) / 1.2533)
}

/** From differences of neighbours, so that a slow drift does not count. */
function scatter(values: readonly number[]): number {
  const steps = values.slice(1).map((value, i) => value - (values[i] ?? value))
  return Math.max(LEAST_SPREAD_DB, mad(steps, 0) / Math.SQRT2)
}

function hasSettled(values: readonly number[]): boolean {
  const recent = values.slice(-2 * HALF_WINDOW)
  if (recent.length < 2 * HALF_WINDOW) return false
  const before = recent.slice(0, HALF_WINDOW)
  const after = recent.slice(HALF_WINDOW)
  const [first, second] = [median(before), median(after)]
  const residuals = [...before.map((value) => value - first), ...after.map((value) => value - second)]
  const error = 1.2533 * mad(residuals, 0) * Math.sqrt(2 / HALF_WINDOW)
  return Math.abs(second - first) <= Math.max(SETTLED_DB, 3 * error)
}

/** Plain mean and standard deviation, for limits that people set by them. */
function moments(values: readonly number[]): { mean: number; sigma: number } {
  const known = values.filter((value) => Number.isFinite(value))
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, sigma: Math.sqrt(squares / Math.max(1, known.length - 1)) }
}

/** Columns of equal length: two weeks of snapshots every ten minutes are 2000 rows, which cost three times as much as objects. */
export interface LearnerMemory {
  readonly index: Float64Array
  readonly timeS: Float64Array
  /** by feature; NaN where one was missing */
  readonly values: ReadonlyMap<string, Float64Array>
  /** those of the last snapshot */
  readonly names: readonly string[]
}

const emptyLearner: LearnerMemory = {
  index: new Float64Array(),
  timeS: new Float64Array(),
  values: new Map(),
  names: [],
}

/** Collects running snapshots of one condition until they may stand for the healthy machine. */
export class BaselineLearner {
  readonly #policy: BaselinePolicy
  readonly #index: number[]
  readonly #timeS: number[]
  readonly #values: Map<string, number[]>
  #names: readonly string[]

  constructor(policy: BaselinePolicy, memory: LearnerMemory = emptyLearner) {
    this.#policy = policy
    this.#index = [...memory.index]
    this.#timeS = [...memory.timeS]
    this.#values = new Map([...memory.values].map(([name, values]) => [name, [...values]]))
    this.#names = memory.names
  }

  save(): LearnerMemory {
    return {
      index: Float64Array.from(this.#index),
      timeS: Float64Array.from(this.#timeS),
      values: new Map([...this.#values].map(([name, values]) => [name, Float64Array.from(values)])),
      names: this.#names,
    }
  }

  get count(): number {
    return this.#index.length
  }

  /** From the first learned snapshot to the last, seconds. */
  get spanS(): number {
    return (this.#timeS.at(-1) ?? 0) - (this.#timeS[0] ?? 0)
  }

  add(index: number, timeS: number, features: Readonly<Record<string, number>>): void {
    const before = this.#index.length
    this.#index.push(index)
    this.#timeS.push(timeS)
    this.#names = Object.keys(features)
    for (const name of this.#names) {
      if (!this.#values.has(name))
        this.#values.set(
          name,
          Array.from({ length: before }, () => Number.NaN),
        )
    }
    for (const [name, values] of this.#values) values.push(features[name] ?? Number.NaN)
  }

  /** The machine was not what it seemed: forget what was learned. */
  restart(): void {
    this.#index.length = 0
    this.#timeS.length = 0
    this.#values.clear()
  }

  #finite(feature: WatchedFeature): number[] {
    return (this.#values.get(feature.name) ?? [])
      .map((value) => toDecibels(feature, value))
      .filter((value) => !Number.isNaN(value))
  }

  #settled(names: readonly string[]): boolean {
    return [overallLevel(names), overallKurtosis(names)].every((name) => {
      const feature = name === null ? null : watchedFeature(name)
      return feature === null || hasSettled(this.#finite(feature))
    })
  }

  /** The baseline once it is ready, else null. Looks at nothing but the rows given so far. */
  ready(): Baseline | null {
    const { fewest, most, shortestS } = this.#policy
    if (this.count === 0 || this.count < fewest || this.spanS < shortestS) return null
    const names = this.#names
    const settled = this.#settled(names)
    if (!settled && this.count < most) return null
    return this.#freeze(names, settled)
  }

  #freeze(names: readonly string[], settled: boolean): Baseline {
    const features: FeatureBaseline[] = []
    const left: string[] = []
    for (const name of names) {
      const feature = watchedFeature(name)
      // The standard deviation is the RMS without the mean: watching both would tell everything twice.
      if (feature === null || (/^std$/i.test(name) && names.some((other) => /^rms$/i.test(other)))) continue
      const values = this.#finite(feature)
      if (values.length < this.#policy.fewest / 2) {
        left.push(`${name} was there in only ${values.length} of ${this.count} learning snapshots: not watched`)
        continue
      }
      // The median is of the settled end, the spread of all: how far a machine wanders is seen while it settles.
      const recent = values.slice(-this.#policy.fewest)
      features.push({
        feature,
        medianDb: median(recent),
        spreadDb: longRunSpread(values),
        scatterDb: scatter(recent),
        count: recent.length,
        ...moments(this.#values.get(name) ?? []),
      })
    }
    const [from = 0, until = 0] = [this.#index[0], this.#index.at(-1)]
    const [fromS = 0, untilS = 0] = [this.#timeS[0], this.#timeS.at(-1)]
    const shock = this.#shock(names)
    return { from, until, fromS, untilS, snapshots: this.count, settled, features, shock, left }
  }

  #shock(names: readonly string[]): ShockBaseline | null {
    const name = overallKurtosis(names)
    const kurtosis = name === null ? null : watchedFeature(name)
    if (kurtosis === null) return null
    const kurtoses = this.#finite(kurtosis)
    if (kurtoses.length < this.#policy.fewest / 2) return null
    // One knock during learning must not make the test deaf: then the next hardest snapshot is the measure.
    const [hardest = 0, second = 0] = kurtoses.toSorted((a, b) => b - a)
    const rank = hardest - second > LONE_KNOCK_DB ? 2 : 1
    return {
      kurtosis,
      limitDb: Math.max(median(kurtoses) + DOUBLE_RATIO_DB, rank === 2 ? second : hardest),
      // Whatever the distribution: the next of n + 1 exchangeable values is among the highest r with probability r / (n + 1).
      rate: rank / (kurtoses.length + 1),
    }
  }
}

/** null where the kurtosis is missing. */
export function isShock(shock: ShockBaseline, features: Readonly<Record<string, number>>): boolean | null {
  const kurtosisDb = toDecibels(shock.kurtosis, features[shock.kurtosis.name] ?? Number.NaN)
  return Number.isNaN(kurtosisDb) ? null : kurtosisDb > shock.limitDb
}
