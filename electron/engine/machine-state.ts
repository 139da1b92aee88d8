import { featureIndex } from '../../shared/domain/features.ts'
import type { FeatureRow, RunState, RunStateChange } from '../../shared/domain/twin.ts'
import { convert, findUnit } from '../../shared/domain/units.ts'
import { RunStateTracker, type RunEvidence } from '../ingest/run-state.ts'
import { shaftRatio, type AssetInfo, type PlantModel, type PointInfo } from './plant-model.ts'

interface Vote {
  machine: Machine
  index: number
  /** A feature of a waveform point (the vibration floor); null for a scalar's value. */
  feature: string | null
}

interface Machine {
  info: AssetInfo
  tracker: RunStateTracker
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

  constructor(model: PlantModel) {
    for (const info of model.assets) this.#add(info, model)
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
    const { asset } = point.asset
    const rpm = point.asset.speedPoint ? this.rpm(asset.id) : (asset.ratedRpm ?? null)
    return rpm === null ? null : rpm * shaftRatio(point)
  }

  #add(info: AssetInfo, model: PlantModel): void {
    const { asset, speedPoint } = info
    const configured = asset.runState
    const rated = asset.ratedRpm ?? assumedRpm
    const speedEvidence: RunEvidence = { runningAbove: runningShare * rated, stoppedBelow: stoppedShare * rated }
    const evidences = configured ? configured.evidences : speedPoint ? [speedEvidence] : []
    const tracker = new RunStateTracker(evidences, configured?.quorum ?? 1, asset.ratedRpm ?? null)
    const machine: Machine = {
      info,
      tracker,
      toRpm: (value) => value,
      rpm: Number.NaN,
      lastUs: Number.NaN,
      told: 'unknown',
    }
    this.#machines.set(asset.id, machine)
    if (speedPoint) {
      machine.toRpm = toRpm(speedPoint)
      this.#speeds.set(speedPoint.key, machine)
      if (!configured) this.#vote(speedPoint.key, { machine, index: 0, feature: null })
    }
    configured?.evidences.forEach((evidence, index) => {
      const point = model.byId.get(evidence.pointId)
      if (!point) return
      const feature = point.point.kind === 'waveform' ? (evidence.feature ?? 'rms') : null
      this.#vote(point.key, { machine, index, feature })
    })
  }

  #vote(key: number, vote: Vote): void {
    const votes = this.#votes.get(key) ?? []
    votes.push(vote)
    this.#votes.set(key, votes)
  }
}

export function toRpm(point: PointInfo): (value: number) => number {
  const unit = findUnit('rotational-speed', point.contract.unit)
  const rpm = findUnit('rotational-speed', 'rpm')
  if (!unit || !rpm || unit.symbol === 'rpm') return (value) => value
  return (value) => convert(value, unit, rpm)
}
