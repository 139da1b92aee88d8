import { blockSamples, machines, type MachineSpec, type WaveformPointSpec } from './machines.ts'
import { hash32, hashText } from './signal/random.ts'
import { rampSpeed, steadySpeed, stoppedSpeed, type SpeedProfile } from './signal/speed.ts'
import type { VibrationFault, VibrationModel } from './signal/vibration.ts'

/** Hours of machine life per hour of the clock: one second is one hour. */
export const defaultSpeedUp = 3600

export const scenarioNames = [
  'healthy',
  'bearing-outer-race',
  'bearing-inner-race',
  'bearing-ball',
  'unbalance',
  'misalignment',
  'looseness',
  'sensor-fault',
  'run-up-coast-down',
  'mixed',
] as const
export type ScenarioName = (typeof scenarioNames)[number]

export function isScenarioName(name: string): name is ScenarioName {
  return scenarioNames.some((known) => known === name)
}

/** One fault of one machine: healthy until `fromH` hours of machine life, fully developed at `fullH`. */
export interface FaultPlan {
  machineId: string
  kind: VibrationFault['kind']
  fromH: number
  fullH: number
}

const plan = (machineId: string, kind: VibrationFault['kind'], fromH = 8, fullH = 44): FaultPlan => ({
  machineId,
  kind,
  fromH,
  fullH,
})

const plans: Record<ScenarioName, readonly FaultPlan[]> = {
  healthy: [],
  'bearing-outer-race': [plan('pump-101', 'outer-race')],
  'bearing-inner-race': [plan('motor-103', 'inner-race')],
  'bearing-ball': [plan('comp-201', 'rolling-element')],
  unbalance: [plan('fan-202', 'unbalance')],
  misalignment: [plan('pump-101', 'misalignment')],
  looseness: [plan('conveyor-301', 'looseness')],
  'sensor-fault': [
    plan('comp-201', 'stuck', 10, 20),
    plan('motor-103', 'clipped', 10, 40),
    plan('pump-102', 'cable-loose', 10, 40),
  ],
  'run-up-coast-down': [plan('motor-302', 'unbalance', 0, 60)],
  mixed: [
    plan('pump-101', 'outer-race'),
    plan('motor-103', 'inner-race', 30, 90),
    plan('fan-202', 'unbalance', 20, 80),
    plan('conveyor-301', 'looseness', 40, 110),
    plan('pump-102', 'cable-loose', 60, 90),
  ],
}

/**
 * Severity 0 to 1 at an hour of machine life: nothing, then slow, then fast (a spall grows with its own impacts),
 * then steady. Never falls.
 */
export function severityAt(plan: FaultPlan, hours: number): number {
  if (hours <= plan.fromH) return 0
  if (hours >= plan.fullH) return 1
  return ((hours - plan.fromH) / (plan.fullH - plan.fromH)) ** 1.6
}

export function scenarioPlans(name: ScenarioName): readonly FaultPlan[] {
  return plans[name]
}

/** The faults of one machine at an hour of its life. */
export function faultsOf(name: ScenarioName, machineId: string, hours: number): VibrationFault[] {
  const faults: VibrationFault[] = []
  for (const plan of plans[name])
    if (plan.machineId === machineId) faults.push({ kind: plan.kind, severity: severityAt(plan, hours) })
  return faults
}

/** The worst severity of a scenario, for the panel's one number. */
export function worstSeverity(name: ScenarioName, hours: number): number {
  return plans[name].reduce((worst, plan) => Math.max(worst, severityAt(plan, hours)), 0)
}

export function speedOf(name: ScenarioName, machine: MachineSpec, seed: number): SpeedProfile {
  const own = hash32(seed, hashText(machine.id))
  if (name === 'run-up-coast-down' && machine.id === 'motor-302')
    return rampSpeed({ ratedRpm: machine.ratedRpm, standS: 8, runUpS: 14, runS: 20, coastDownS: 22 })
  // The stand-by pump rests while the story is elsewhere: a plant without a stopped machine is not a plant.
  if (machine.id === 'pump-102' && !plans[name].some((p) => p.machineId === machine.id)) return stoppedSpeed()
  return steadySpeed(machine.ratedRpm, own)
}

export function vibrationModel(
  machine: MachineSpec,
  point: WaveformPointSpec,
  speed: SpeedProfile,
  seed: number,
  startS = 0,
): VibrationModel {
  return {
    startS,
    sampleRateHz: point.sampleRateHz,
    blockSize: blockSamples,
    seed: hash32(seed, hashText(point.id)),
    ratedRpm: machine.ratedRpm,
    speed,
    axial: point.axis === 'axial',
    ordersG: point.ordersG,
    passing: machine.passing ? { order: machine.passing.count, g: machine.passing.g } : null,
    noiseG: point.noiseG,
    resonances: machine.resonances,
    critical: machine.critical,
    bearing: machine.bearing,
    impactG: point.impactG,
    rangeG: 50,
  }
}

export function machineById(id: string): MachineSpec | null {
  return machines.find((machine) => machine.id === id) ?? null
}
