import { featureIndex } from '../../shared/domain/features.ts'
import type { CapturePlan } from '../../shared/domain/plant-captures.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { AlertCommit, CaptureCause, FeatureRow, RunState } from '../../shared/domain/twin.ts'
import { isAdvice } from '../../shared/protocol/health.ts'
import type { CaptureDesk } from './capture-desk.ts'
import type { MachineStates } from './machine-state.ts'
import { featureUnit, type PlantModel, type PointInfo } from './plant-model.ts'

export interface CaptureTriggerDependencies {
  model: PlantModel
  machines: MachineStates
  desk: Pick<CaptureDesk, 'want' | 'newest' | 'onAlert'>
  clock: Clock
}

type Entries<K extends keyof CapturePlan> = NonNullable<CapturePlan[K]> extends (infer E)[] ? E : never
type Schedule = Entries<'schedules'>
type Change = Entries<'onChange'>
type RunStateEntry = Entries<'onRunState'>

/** A capture without a length: 3200 lines of spectrum are 8192 samples. */
const usualSamples = 8192
/** A feature that swings between two values must not fill the disk. */
const usualIntervalMin = 1
const minuteUs = 60e6

interface Watched<E> {
  entry: E
  info: PointInfo
  /** Position among the points of its entry, to spread a schedule. */
  place: number
  of: number
}

/** What the plant file's `captures` ask for beside alarms: by the clock, by a feature that moved, by a machine that starts or stops. */
export class CaptureTriggers {
  readonly #deps: CaptureTriggerDependencies
  readonly #schedules: (Watched<Schedule> & { slot: number | null })[]
  readonly #changes: Map<number, (Watched<Change> & { last: number; lastUs: number })[]>
  readonly #runs: Watched<RunStateEntry>[]
  readonly #stable = new Map<string, RunState>()
  readonly #localTime: Intl.DateTimeFormat
  #minute: number | null = null

  constructor(deps: CaptureTriggerDependencies) {
    this.#deps = deps
    const plan = deps.model.plant.captures ?? {}
    this.#schedules = watched(deps.model, plan.schedules).map((one) => ({ ...one, slot: null }))
    const changes = watched(deps.model, plan.onChange).map((one) => ({ ...one, last: Number.NaN, lastUs: -Infinity }))
    this.#changes = Map.groupBy(changes, ({ info }) => info.key)
    this.#runs = watched(deps.model, plan.onRunState)
    this.#localTime = new Intl.DateTimeFormat('en-GB', {
      timeZone: deps.model.plant.plant.timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
  }

  /** About every second. */
  everySecond(): void {
    const nowUs = this.#deps.clock.nowUs()
    for (const one of this.#schedules) this.#interval(one, nowUs)
    const minute = Math.floor(nowUs / minuteUs)
    if (this.#minute !== null && minute !== this.#minute) this.#timesOfDay(nowUs)
    this.#minute = minute
  }

  /** An alert that rises or returns is captured as it does. */
  alerts({ transitions, occurrences }: AlertCommit): void {
    const { model, machines, desk } = this.#deps
    for (const { kind, pointId, occurrenceId, ruleId, atUs } of transitions) {
      const info = model.byId.get(pointId)
      const isRise = kind === 'raised' || kind === 'escalated'
      if ((!isRise && kind !== 'returned') || info?.point.kind !== 'waveform') continue
      const occurrence = occurrences.find(({ id }) => id === occurrenceId)
      // Advice is of a snapshot that is over; the waveform that shows it is the one of now.
      const newestUs = occurrence && isAdvice(occurrence) ? (desk.newest(info, 1)?.toUs ?? atUs) : atUs
      const wish = { model, machines, info, occurrenceId, atUs: newestUs, reason: `${ruleId} ${kind}` }
      desk.onAlert(wish, isRise ? 'alarm' : 'alarm-clear')
    }
  }

  /** Committed features of a block. */
  features(row: FeatureRow): void {
    for (const one of this.#changes.get(row.pointKey) ?? []) {
      const value = row.values[featureIndex(one.entry.feature)] ?? Number.NaN
      if (Number.isNaN(value)) continue
      if (Number.isNaN(one.last)) one.last = value
      const moved = Math.abs(value - one.last)
      const dueUs = one.lastUs + (one.entry.minIntervalMin ?? usualIntervalMin) * minuteUs
      if (moved <= one.entry.by || row.tUs < dueUs) continue
      const { entry, info } = one
      const unit = featureUnit(info, entry.feature)
      const reason = `${entry.feature} moved from ${short(one.last)} to ${short(value)}${unit === '' ? '' : ` ${unit}`}`
      one.last = value
      one.lastUs = row.tUs
      const endUs = row.tUs + row.spanUs
      this.#want(info, 'change', reason, { fromUs: endUs - lengthUs(info, entry.lengthS), toUs: endUs })
    }
  }

  /** After each tick's commit: machines that started or stopped since the last one. */
  runStates(): void {
    if (this.#runs.length === 0) return
    const changed = new Map<string, { before: RunState; now: RunState }>()
    for (const { info } of this.#runs) {
      const { id } = info.asset.asset
      const now = this.#deps.machines.runState(id)
      // A ramp is neither: what it leads from and to is told apart when it is over.
      if (now !== 'running' && now !== 'not-running') continue
      const before = this.#stable.get(id)
      if (before === now) continue
      this.#stable.set(id, now)
      if (before !== undefined) changed.set(id, { before, now })
    }
    for (const { entry, info } of this.#runs) {
      const change = changed.get(info.asset.asset.id)
      if (change) this.#runState(entry, info, change.now)
    }
  }

  #runState(entry: RunStateEntry, info: PointInfo, now: RunState): void {
    const started = now === 'running'
    if ((started ? entry.entry : entry.exit) === false) return
    const us = lengthUs(info, entry.lengthS)
    const newest = this.#deps.desk.newest(info, us)
    if (!newest) return
    // Of a start what comes, of a stop what was.
    const window = started ? { fromUs: newest.toUs, toUs: newest.toUs + us } : newest
    this.#want(info, 'run-state', started ? 'the machine started' : 'the machine stopped', window)
  }

  #interval(one: Watched<Schedule> & { slot: number | null }, nowUs: number): void {
    const { everyMin } = one.entry
    if (everyMin === undefined) return
    const intervalUs = everyMin * minuteUs
    // Points take turns within the interval, so that sixty-four of them do not come at once.
    const slot = Math.floor((nowUs - (intervalUs * one.place) / one.of) / intervalUs)
    const before = one.slot
    one.slot = slot
    if (before === null || slot === before) return
    this.#scheduled(one.info, `every ${everyMin} min`, one.entry.lengthS)
  }

  /** A minute that begins; a time that daylight saving skips does not come that day. */
  #timesOfDay(nowUs: number): void {
    const time = this.#localTime.format(nowUs / 1000)
    for (const { entry, info } of this.#schedules) {
      if (entry.at?.includes(time)) this.#scheduled(info, `at ${time}`, entry.lengthS)
    }
  }

  #scheduled(info: PointInfo, reason: string, lengthS: number | undefined): void {
    const window = this.#deps.desk.newest(info, lengthUs(info, lengthS))
    if (window) this.#want(info, 'schedule', reason, window)
  }

  #want(info: PointInfo, cause: CaptureCause, reason: string, window: { fromUs: number; toUs: number }): void {
    const { model, machines, desk } = this.#deps
    desk.want({ model, machines, info, cause, reason, occurrenceId: null, ...window })
  }
}

/** Each entry with each of its points. */
function watched<E extends { points?: string[] | undefined }>(
  model: PlantModel,
  entries: readonly E[] = [],
): Watched<E>[] {
  const waveforms = model.points.filter(({ point }) => point.kind === 'waveform')
  return entries.flatMap((entry) => {
    const points = waveforms.filter(({ id }) => entry.points === undefined || entry.points.includes(id))
    return points.map((info, place) => ({ entry, info, place, of: points.length }))
  })
}

function lengthUs(info: PointInfo, lengthS: number | undefined): number {
  return lengthS === undefined ? (usualSamples * 1e6) / info.contract.sampleRateHz : lengthS * 1e6
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}
