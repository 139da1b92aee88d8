import type { LinkPhase } from '../../shared/domain/intake.ts'
import {
  countPointStates,
  isBefore,
  pointCondition,
  type BlockFaultKind,
  type PointCondition,
  type PointState,
  type PointStateView,
} from '../../shared/domain/point-state.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import { statusName } from '../../shared/domain/status-names.ts'
import type { RunState } from '../../shared/domain/twin.ts'
import type { Freshness } from '../../shared/protocol/views.ts'
import type { MachineStates } from './machine-state.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'
import type { ProblemText } from './problem-texts.ts'

export interface PointStateSources {
  model: PlantModel
  freshness(key: number): Freshness
  link(serverId: string): LinkPhase
  /** Of the newest committed value, or of the newest block. */
  status(info: PointInfo): number
  block(key: number): { fault: BlockFaultKind | null; detail: string | null }
  runState(assetId: string): RunState
  machines: Pick<MachineStates, 'suspend' | 'check'>
  nowUs(): number
  nowMs(): number
  problem(problem: Problem): void
  problemGone(id: string): void
}

interface Watched extends PointCondition {
  sinceUs: number
  seconds: number
}

/** How long a fault lasts, and is gone, before people are told: a server may say so of a single value. */
const settledS = 5
/** Points named in one problem. */
const mostNamed = 3

/** The state of every point as it is now, since when, and what of it people have to mend. */
export class PointStates {
  readonly #sources: PointStateSources
  readonly #watched: Map<number, Watched>
  /** Problem and the seconds since it was last true. */
  readonly #told: Map<string, number>
  /** Machines whose evidences disagree, by the problem's id. */
  readonly #disagreeing: Set<string>

  constructor(sources: PointStateSources, before: PointStates | null) {
    this.#sources = sources
    this.#watched = new Map(before ? before.#watched : [])
    this.#told = new Map(before ? before.#told : [])
    this.#disagreeing = new Set(before ? before.#disagreeing : [])
    for (const key of this.#watched.keys()) if (!sources.model.byKey.has(key)) this.#watched.delete(key)
  }

  now(info: PointInfo): PointCondition {
    const sources = this.#sources
    return pointCondition({
      point: info.point,
      link: sources.link(info.point.source.serverId),
      freshness: sources.freshness(info.key),
      status: sources.status(info),
      block: sources.block(info.key).fault,
      runState: sources.runState(info.asset.asset.id),
    })
  }

  view(info: PointInfo): PointStateView {
    const now = this.now(info)
    const known = this.#watched.get(info.key)
    const isKnown = known?.state === now.state && known.reason === now.reason
    return { state: now.state, reason: now.reason, sinceUs: isKnown ? known.sinceUs : this.#sources.nowUs() }
  }

  everySecond(): void {
    const nowUs = this.#sources.nowUs()
    for (const info of this.#sources.model.points) {
      const now = this.now(info)
      const known = this.#watched.get(info.key)
      if (known?.state === now.state && known.reason === now.reason) known.seconds += 1
      else this.#watched.set(info.key, { state: now.state, reason: now.reason, sinceUs: nowUs, seconds: 0 })
    }
    this.#checkMachines(nowUs)
    this.#tell(nowUs)
  }

  /** A tag that is not measured now is no evidence, whatever it said last. */
  #checkMachines(nowUs: number): void {
    const sources = this.#sources
    sources.machines.suspend((key) => {
      const state = this.#watched.get(key)?.state
      return state === undefined || !isBefore(state, 'stale')
    })
    const found = sources.machines.check(sources.nowMs(), nowUs)
    for (const each of found) {
      this.#disagreeing.add(each.id)
      sources.problem(each)
    }
    for (const id of this.#disagreeing) {
      if (found.some((each) => each.id === id)) continue
      this.#disagreeing.delete(id)
      sources.problemGone(id)
    }
  }

  /** How many points are in each state. */
  counts(): Record<PointState, number> {
    const counts = countPointStates(this.#sources.model.points.map((info) => this.now(info).state))
    const { points } = this.#sources.model.plant
    counts['no-contract'] = points.filter(({ contract, kind }) => contract === undefined && kind !== 'event').length
    return counts
  }

  #tell(nowUs: number): void {
    const due = [...this.#sensorFaults(), ...this.#sourceCuts()]
    for (const problem of due) {
      this.#told.set(problem.id, 0)
      this.#sources.problem({ ...problem, sinceUs: nowUs })
    }
    for (const [id, seconds] of this.#told) {
      if (due.some((problem) => problem.id === id)) continue
      if (seconds < settledS) this.#told.set(id, seconds + 1)
      else {
        this.#told.delete(id)
        this.#sources.problemGone(id)
      }
    }
  }

  #lasting(wanted: (watched: Watched) => boolean): PointInfo[] {
    return this.#sources.model.points.filter(({ key }) => {
      const watched = this.#watched.get(key)
      return watched !== undefined && watched.seconds >= settledS && wanted(watched)
    })
  }

  /** One entry a machine, since whoever mends it goes there once. */
  #sensorFaults(): ProblemText[] {
    const faulty = this.#lasting(({ state }) => state === 'sensor-fault' || state === 'cable-fault')
    return [...Map.groupBy(faulty, ({ asset }) => asset)].map(([{ asset }, points]) => {
      const named = points.slice(0, mostNamed).map((info) => this.#faultWords(info))
      const more = points.length > mostNamed ? `; ${points.length - mostNamed} more points likewise` : ''
      return {
        id: `point.sensor:${asset.id}`,
        severity: 'warning',
        message: `${asset.name}: ${named.join('; ')}${more}. Alerts of ${points.length === 1 ? 'it' : 'them'} are held back meanwhile.`,
        remedy: 'Check sensor, connector and cable; then record in the plant file when the sensor was replaced.',
      }
    })
  }

  #faultWords(info: PointInfo): string {
    const watched = this.#watched.get(info.key)
    const what = watched?.state === 'cable-fault' ? 'cable fault' : 'sensor fault'
    const { detail } = this.#sources.block(info.key)
    const status = this.#sources.status(info)
    const why = detail ?? (status === 0 ? '' : `the server says ${statusName(status)}`)
    return `${what} at "${info.name}"${why === '' ? '' : ` (${why.replace(/\.$/, '')})`}`
  }

  /** The link stands, but the server has lost its device: one entry, however many points hang on it. */
  #sourceCuts(): ProblemText[] {
    const cut = this.#lasting(({ reason }) => reason === 'source-cut')
    return [...Map.groupBy(cut, ({ point }) => point.source.serverId)].map(([serverId, points]) => ({
      id: `point.comms:${serverId}`,
      severity: 'warning',
      message: `Server "${serverId}" has lost the source of ${points.length === 1 ? 'one point' : `${points.length} points`}: ${points
        .slice(0, mostNamed)
        .map(({ id }) => id)
        .join(', ')}${points.length > mostNamed ? ', ...' : ''}.`,
      remedy: 'Look at the device behind the server, and at its power and network. Alerts are held back meanwhile.',
    }))
  }
}
