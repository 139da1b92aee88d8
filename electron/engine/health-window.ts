import { featureDefinitions, featureIndex, featureNames, type FeatureDefinition } from '../../shared/domain/features.ts'
import { leftOutReasons, type LeftOut, type LeftOutReason } from '../../shared/domain/health.ts'
import type { Gap } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { FeatureRow } from '../../shared/domain/twin.ts'
import { median } from '../../shared/lib/median.ts'
import type { Observation } from '../diagnosis/warning/health-monitor.ts'
import { watchedFeature } from '../diagnosis/warning/watched-features.ts'

/** One look at a point, as its monitor takes it. */
export interface Snapshot {
  tUs: number
  /** 0: it stands; null: nobody measures. */
  rpm: number | null
  /** By name; NaN where one is missing. */
  features: Readonly<Record<string, number>>
  /** Good where nothing is said: feature rows carry no doubt of their own. */
  quality?: Observation['quality']
}

export interface NamedFeature {
  name: string
  index: number
}

/** Features that are watched at a point which has these: without a bearing there are no lines to miss. */
export function featuresOf(has: readonly FeatureDefinition['needs'][number][]): NamedFeature[] {
  return featureNames.flatMap((name, index) => {
    const isGiven = featureDefinitions[name].needs.every((need) => has.includes(need))
    return isGiven && watchedFeature(name) !== null ? [{ name, index }] : []
  })
}

/** What a window gave: a snapshot, where there were good rows, and how many blocks were no part of it. */
export interface WindowEnd {
  tUs: number
  snapshot: Snapshot | null
  left: LeftOut | null
}

const goodShare = featureIndex('goodShare')

/** Rows of before the share was told carry none: they are as good as they were taken for. */
function doubtOf({ values }: FeatureRow): 'clipped' | 'uncertain' | null {
  const share = values[goodShare] ?? Number.NaN
  if (!(share < 1)) return null
  return share > 0 ? 'clipped' : 'uncertain'
}

/** Blocks whose speed is farther from the window's belong to another condition. */
const speedSpread = Math.log(1.05)

/**
 * Feature rows of one point to snapshots. Where blocks come about as seldom as snapshots are wanted, each is one; else the medians of
 * rows spread over each window of absolute time, so that a knock is one row of thirty and the same rows always give the same snapshot.
 * A snapshot is ready when the first row behind its window has come.
 */
export class SnapshotWindow {
  readonly #intervalUs: number
  readonly #eachRow: boolean
  readonly #slotUs: number
  readonly #names: readonly NamedFeature[]
  #window = Number.NaN
  #slot = Number.NaN
  #rows: FeatureRow[] = []
  #lastUs = Number.NEGATIVE_INFINITY
  #left: LeftOut = {}
  /** The gap over spoilt blocks that was counted last: it is written again while it lasts. */
  #spoilt = { startUs: Number.NaN, samples: 0 }
  readonly #blockSize: number

  constructor(intervalUs: number, cadenceUs: number, names: readonly NamedFeature[], blockSize = 4096) {
    this.#names = names
    this.#blockSize = blockSize
    this.#intervalUs = intervalUs
    this.#eachRow = cadenceUs >= intervalUs / 2
    this.#slotUs = intervalUs / limits.health.rowsPerSnapshot
  }

  /** From when on rows are wanted after a snapshot of this time. */
  nextUs(tUs: number): number {
    return this.#eachRow ? tUs + 1 : (Math.floor(tUs / this.#intervalUs) + 1) * this.#intervalUs
  }

  /** Nothing of before belongs to what comes. */
  reset(): void {
    this.#rows = []
    this.#lastUs = Number.NEGATIVE_INFINITY
    this.#window = Number.NaN
    this.#slot = Number.NaN
    this.#left = {}
  }

  /** Blocks that measured nothing gave no rows: the gap in their place says how many they were. */
  spoilt({ cause, startUs, count }: Gap): void {
    const reason = leftOutReasons.find((each) => each === cause)
    if (!reason) return
    const samples = count ?? 0
    const before = this.#spoilt.startUs === startUs ? this.#spoilt.samples : 0
    this.#spoilt = { startUs, samples }
    this.#leave(reason, Math.round((samples - before) / this.#blockSize))
  }

  /**
   * What this row completes, if anything. Rows that are not later than the last one are left out, unless they are so much
   * earlier that a clock was set back: then time begins anew with them.
   */
  add(row: FeatureRow): WindowEnd | null {
    if (row.tUs < this.#lastUs - this.#intervalUs) this.reset()
    else if (!(row.tUs > this.#lastUs)) return null
    this.#lastUs = row.tUs
    const doubt = doubtOf(row)
    if (this.#eachRow) {
      this.#rows = doubt ? [] : [row]
      if (doubt) this.#leave(doubt, 1)
      return this.#end(row.tUs)
    }
    const window = Math.floor(row.tUs / this.#intervalUs)
    const done =
      window === this.#window ? null : this.#end(Number.isNaN(this.#window) ? row.tUs : this.#window * this.#intervalUs)
    this.#window = window
    if (doubt) {
      this.#leave(doubt, 1)
      return done
    }
    const slot = Math.floor(row.tUs / this.#slotUs)
    if (slot !== this.#slot) this.#rows.push(row)
    this.#slot = slot
    return done
  }

  #leave(reason: LeftOutReason, count: number): void {
    if (count > 0) this.#left[reason] = (this.#left[reason] ?? 0) + count
  }

  /** `tUs`: of a window without a snapshot. */
  #end(tUs: number): WindowEnd | null {
    const snapshot = this.#take()
    const left = Object.keys(this.#left).length > 0 ? this.#left : null
    this.#left = {}
    return snapshot || left ? { tUs: snapshot?.tUs ?? tUs, snapshot, left } : null
  }

  #take(): Snapshot | null {
    const rows = this.#rows.filter(({ runState }) => runState !== 'transient')
    this.#rows = []
    const last = rows.at(-1)
    if (last === undefined) return null
    const standing = rows.filter(({ runState }) => runState === 'not-running')
    if (2 * standing.length > rows.length) return { tUs: last.tUs, rpm: 0, features: this.#medians(standing) }
    const running = rows.filter(({ runState }) => runState !== 'not-running')
    const speeds = running.map(({ rpm }) => rpm).filter(Number.isFinite)
    if (speeds.length === 0) return { tUs: last.tUs, rpm: null, features: this.#medians(running) }
    const rpm = median(speeds)
    const near = running.filter((row) => Math.abs(Math.log(row.rpm / rpm)) <= speedSpread)
    return { tUs: last.tUs, rpm, features: this.#medians(near.length === 0 ? running : near) }
  }

  #medians(rows: readonly FeatureRow[]): Record<string, number> {
    const features: Record<string, number> = {}
    for (const { name, index } of this.#names)
      features[name] = median(rows.map(({ values }) => values[index] ?? Number.NaN).filter(Number.isFinite))
    return features
  }
}
