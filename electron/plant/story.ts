import { blockSamples, machines, type MachineSpec, type WaveformPointSpec } from './machines.ts'
import {
  faultsOf,
  scenarioPlans,
  severityAt,
  speedOf,
  vibrationModel,
  worstSeverity,
  type ScenarioName,
} from './scenarios.ts'
import type { SpeedProfile } from './signal/speed.ts'
import { vibrationBlock, type VibrationFault, type VibrationModel } from './signal/vibration.ts'

export interface StoryState {
  scenario: ScenarioName
  speedUp: number
  /** Hours of machine life since the scenario began. */
  hours: number
  /** Worst severity, 0 to 1. */
  severity: number
  faults: { machineId: string; kind: VibrationFault['kind']; severity: number }[]
}

/** What happens to the machines: the running scenario, and every machine's signals under it. Times are plant seconds. */
export interface Story {
  change(name: ScenarioName, speedUp: number, nowS: number): void
  state(nowS: number): StoryState
  speed(machine: MachineSpec): SpeedProfile
  faults(machine: MachineSpec, tS: number): VibrationFault[]
  block(machine: MachineSpec, point: WaveformPointSpec, startS: number, k: number): Float32Array
}

export function createStory(first: ScenarioName, firstSpeedUp: number, seed: number): Story {
  let scenario = first
  let speedUp = firstSpeedUp
  let beganS = 0
  let speeds = new Map<string, SpeedProfile>()
  let models = new Map<string, VibrationModel>()
  const begin = (): void => {
    speeds = new Map(machines.map((machine) => [machine.id, speedOf(scenario, machine, seed)]))
    models = new Map()
  }
  begin()
  const hoursAt = (tS: number): number => Math.max(0, ((tS - beganS) * speedUp) / 3600)
  const speed = (machine: MachineSpec): SpeedProfile => {
    const known = speeds.get(machine.id)
    if (known) return known
    const made = speedOf(scenario, machine, seed)
    speeds.set(machine.id, made)
    return made
  }
  const model = (machine: MachineSpec, point: WaveformPointSpec, startS: number): VibrationModel => {
    const known = models.get(point.id)
    if (known) return known
    const made = vibrationModel(machine, point, speed(machine), seed, startS)
    models.set(point.id, made)
    return made
  }
  return {
    change(name, newSpeedUp, nowS) {
      scenario = name
      speedUp = newSpeedUp
      beganS = nowS
      begin()
    },
    state(nowS) {
      const hours = hoursAt(nowS)
      return {
        scenario,
        speedUp,
        hours,
        severity: worstSeverity(scenario, hours),
        faults: scenarioPlans(scenario).map((plan) => ({
          machineId: plan.machineId,
          kind: plan.kind,
          severity: severityAt(plan, hours),
        })),
      }
    },
    speed,
    faults: (machine, tS) => faultsOf(scenario, machine.id, hoursAt(tS)),
    block(machine, point, startS, k) {
      const tS = startS + (k * blockSamples) / point.sampleRateHz
      return vibrationBlock(model(machine, point, startS), k, faultsOf(scenario, machine.id, hoursAt(tS)))
    },
  }
}
