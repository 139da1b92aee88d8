import { featureIndex } from '../../shared/domain/features.ts'
import type { FeatureRow, RunState, RunStateChange } from '../../shared/domain/twin.ts'
import { convert, findUnit } from '../../shared/domain/units.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import type { RunEvidenceView } from '../../shared/protocol/views.ts'
import { agreementTimes, RunAgreement, RunStateTracker, type RunEvidence } from '../ingest/run-state.ts'
import { shaftRpmOf, type AssetInfo, type PlantModel, type PointInfo } from './plant-model.ts'

interface Vote {
  machine: Machine
  index: number
  /** A feature of a waveform point (the vibration floor); null for a scalar's value. */
  feature: string | null
}

interface Machine {
  info: AssetInfo
  tracker: RunStateTracker
  agreement: RunAgreement
  /** In the order of the tracker's. */
  evidences: readonly { info: PointInfo | null; pointId: string; feature: string | null }[]
  quorum: number
  /** rpm per unit of the speed tag. */
  toRpm: (value: number) => number
  rpm: number
  lastUs: number
  /** What was last handed on to be recorded. */
  told: RunState
}

/** A machine runs above 10 % of its rated speed and stands below 5 %, unless its record says what to look at. */
const runningShare = 0.1
const stoppedShare = 0.05
/** For machines without a rated speed. */
const assumedRpm = 1500

/** Speed and run state of every machine, from committed values only. */
export class MachineStates {
  readonly #machines = new Map<string, Machine>()
  readonly #votes = new Map<number, Vote[]>()
  readonly #speeds = new Map<number, Machine>()
  #changes: RunStateChange[] = []

  /** `before`: the revision this one follows; machines that rest on the same evidences go on as they were. */
  constructor(model: PlantModel, before: MachineStates | null = null) {
    for (const info of model.assets) this.#add(info, model, before)
  }

  /** Points whose every value matters here. */
  watches(key: number): boolean {
    return this.#votes.has(key) || this.#speeds.has(key)
  }

  value(key: number, value: number, tUs: number, isGood: boolean): void {
    const machine = this.#speeds.get(key)
    if (machine) {
      machine.rpm = isGood ? machine.toRpm(value) : Number.NaN
      machine.lastUs = tUs
      if (isGood) machine.tracker.speed(machine.rpm, tUs)
    }
    for (const vote of this.#votes.get(key) ?? []) {
      if (vote.feature !== null) continue
      vote.machine.tracker.vote(vote.index, value, isGood)
      this.#tell(vote.machine, tUs)
    }
    if (machine) this.#tell(machine, tUs)
  }

  features(row: FeatureRow): void {
    for (const vote of this.#votes.get(row.pointKey) ?? []) {
      if (vote.feature === null) continue
      vote.machine.tracker.vote(vote.index, row.values[featureIndex(vote.feature)] ?? Number.NaN, true)
      this.#tell(vote.machine, row.tUs + row.spanUs)
    }
  }

  /** An evidence that nobody measures now is none, whatever it said last; measured again and unchanged, it stands as it was. */
  suspend(isMeasured: (key: number) => boolean): void {
    for (const [key, votes] of this.#votes) {
      const isSuspended = !isMeasured(key)
      for (const { machine, index } of votes) {
        machine.tracker.suspend(index, isSuspended)
        this.#tell(machine, machine.lastUs)
      }
    }
  }

  /** Looks whether evidences agree; gives what people should know, one entry a machine at most. */
  check(nowMs: number, nowUs: number): Problem[] {
    return [...this.#machines].flatMap(([assetId, machine]) => {
      if (machine.evidences.length < 2) return []
      machine.agreement.look(machine.tracker.votes(), nowMs, nowUs)
      return this.#problemOf(assetId, machine) ?? []
    })
  }

  #problemOf(assetId: string, machine: Machine): Problem | null {
    const { disagreement } = machine.agreement
    if (!disagreement) return null
    const nameOf = (index: number): string => {
      const { info, pointId, feature } = machine.evidences[index] ?? { info: null, pointId: '', feature: null }
      return feature === null ? `"${info?.name ?? pointId}"` : `"${info?.name ?? pointId}" (${feature})`
    }
    const { votes, dissenters, sinceUs } = disagreement
    const those = (says: boolean): number[] => votes.flatMap((vote, index) => (vote === says ? [index] : []))
    const [running, stopped] = [those(true), those(false)]
    const list = (indexes: readonly number[], verb: string): string =>
      `${indexes.map(nameOf).join(', ')} ${indexes.length === 1 ? 'says' : 'say'} that it ${verb}`
    const alone = dissenters.length < running.length + stopped.length ? dissenters : []
    const who = alone.length > 0 ? ` Against the others: ${alone.map(nameOf).join(', ')}.` : ''
    return {
      id: `run-state:${assetId}`,
      severity: 'warning',
      message: `The evidences of "${machine.info.asset.name}" disagree: ${list(running, 'runs')}, ${list(stopped, 'stands')}.${who}`,
      remedy:
        'Look at the machine, then at the tag and its limits in the plant file: alerts are held back by its run state.',
      sinceUs,
    }
  }

  /** What the run state of a machine rests on now; null for a machine that is not there. */
  evidence(assetId: string): RunEvidenceView | null {
    const machine = this.#machines.get(assetId)
    if (!machine) return null
    const votes = machine.tracker.votes()
    const { disagreement } = machine.agreement
    return {
      quorum: machine.quorum,
      evidences: machine.evidences.map(({ info, pointId, feature }, index) => {
        const vote = votes[index] ?? null
        return {
          pointId,
          name: info?.name ?? pointId,
          feature,
          says: vote === null ? 'unknown' : vote ? 'running' : 'stopped',
        }
      }),
      disagreement: disagreement && {
        sinceUs: disagreement.sinceUs,
        dissenters: disagreement.dissenters.map((index) => machine.evidences[index]?.pointId ?? ''),
      },
    }
  }

  /** Changes since the last call, to be recorded with the next tick: they were told by values that are committed. */
  takeChanges(): RunStateChange[] {
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  #tell(machine: Machine, atUs: number): void {
    const { asset } = machine.info
    const state = this.runState(asset.id)
    if (state === machine.told) return
    machine.told = state
    this.#changes.push({ assetId: asset.id, atUs, state, rpm: machine.rpm })
  }

  runState(assetId: string): RunState {
    const machine = this.#machines.get(assetId)
    return machine ? machine.tracker.state(machine.lastUs) : 'unknown'
  }

  /** Measured speed of the machine; null when it has no speed tag, or the tag has no good value. */
  rpm(assetId: string): number | null {
    const rpm = this.#machines.get(assetId)?.rpm ?? Number.NaN
    return Number.isFinite(rpm) ? rpm : null
  }

  /**
   * Speed of the shaft a point sits on. A machine without a speed tag is taken at its rated speed: bearing lines then sit
   * within the search tolerance for motors near synchronous speed, and nothing better is known.
   */
  shaftRpm(point: PointInfo): number | null {
    return shaftRpmOf(point, this.rpm(point.asset.asset.id))
  }

  #add(info: AssetInfo, model: PlantModel, before: MachineStates | null): void {
    const { asset, speedPoint } = info
    const configured = asset.runState
    const rated = asset.ratedRpm ?? assumedRpm
    const speedEvidence: RunEvidence = { runningAbove: runningShare * rated, stoppedBelow: stoppedShare * rated }
    const limits = configured ? configured.evidences : speedPoint ? [speedEvidence] : []
    const quorum = configured?.quorum ?? 1
    const disagreeAfterMs = (configured?.disagreeAfterS ?? agreementTimes.disagreeAfterMs / 1000) * 1000
    const machine: Machine = {
      info,
      tracker: new RunStateTracker(limits, quorum, asset.ratedRpm ?? null),
      agreement: new RunAgreement({ ...agreementTimes, disagreeAfterMs }),
      evidences: evidencesOf(info, model),
      quorum,
      toRpm: (value) => value,
      rpm: Number.NaN,
      lastUs: Number.NaN,
      told: 'unknown',
    }
    const known = before?.sameMachine(machine)
    if (known) {
      const { tracker, agreement, rpm, lastUs, told } = known
      Object.assign(machine, { tracker, agreement, rpm, lastUs, told })
    }
    this.#machines.set(asset.id, machine)
    if (speedPoint) {
      machine.toRpm = toRpm(speedPoint)
      this.#speeds.set(speedPoint.key, machine)
    }
    machine.evidences.forEach(({ info: point, feature }, index) => {
      if (point) this.#vote(point.key, { machine, index, feature })
    })
  }

  /** The machine of this revision whose evidences, limits and speed tag are those of `wanted`. */
  sameMachine({ info }: { info: AssetInfo }): Machine | null {
    const known = this.#machines.get(info.asset.id)
    const basis = ({ asset, points, speedPoint }: AssetInfo): string =>
      JSON.stringify([
        asset.runState,
        asset.ratedRpm,
        speedPoint?.id,
        points.map(({ key, contract }) => [key, contract]),
      ])
    return known && basis(known.info) === basis(info) ? known : null
  }

  #vote(key: number, vote: Vote): void {
    const votes = this.#votes.get(key) ?? []
    votes.push(vote)
    this.#votes.set(key, votes)
  }
}

/** Those of its record; without any, its speed tag, if it has one. */
function evidencesOf({ asset, speedPoint }: AssetInfo, model: PlantModel): Machine['evidences'] {
  if (!asset.runState) return speedPoint ? [{ info: speedPoint, pointId: speedPoint.id, feature: null }] : []
  return asset.runState.evidences.map(({ pointId, feature }) => {
    const info = model.byId.get(pointId) ?? null
    return { info, pointId, feature: info?.point.kind === 'waveform' ? (feature ?? 'rms') : null }
  })
}

export function toRpm(point: PointInfo): (value: number) => number {
  const unit = findUnit('rotational-speed', point.contract.unit)
  const rpm = findUnit('rotational-speed', 'rpm')
  if (!unit || !rpm || unit.symbol === 'rpm') return (value) => value
  return (value) => convert(value, unit, rpm)
}
