import type { MachineSpec, ScalarKind, ScalarSpec } from './machines.ts'
import { normalAt, wanderAt } from './signal/random.ts'
import { runStates, type SpeedProfile } from './signal/speed.ts'
import type { VibrationFault } from './signal/vibration.ts'

/** What a scalar point is, apart from its machine: unit, rate, range. */
export interface ScalarKindInfo {
  name: string
  quantity: 'rotational-speed' | 'current' | 'load' | 'temperature' | 'pressure' | 'flow' | 'state'
  unit: string
  rateHz: number
  /** Range as a multiple of the rated value. */
  rangeOfRated: readonly [number, number]
}

export const scalarKindInfo: Record<ScalarKind, ScalarKindInfo> = {
  speed: { name: 'Speed', quantity: 'rotational-speed', unit: 'rpm', rateHz: 10, rangeOfRated: [0, 1.25] },
  current: { name: 'Motor current', quantity: 'current', unit: 'A', rateHz: 5, rangeOfRated: [0, 7] },
  load: { name: 'Load', quantity: 'load', unit: '%', rateHz: 2, rangeOfRated: [0, 1.6] },
  'bearing-temperature': {
    name: 'Bearing temperature, drive end',
    quantity: 'temperature',
    unit: 'degC',
    rateHz: 1,
    rangeOfRated: [-0.5, 3],
  },
  pressure: { name: 'Discharge pressure', quantity: 'pressure', unit: 'bar', rateHz: 5, rangeOfRated: [0, 2] },
  flow: { name: 'Flow', quantity: 'flow', unit: 'm3/h', rateHz: 5, rangeOfRated: [0, 2] },
  state: { name: 'Run state', quantity: 'state', unit: '1', rateHz: 1, rangeOfRated: [0, 1.5] },
}

const ambientDegC = 23

/** How much a fault heats the bearing at full severity, kelvin. */
const heatK: Partial<Record<VibrationFault['kind'], number>> = {
  'outer-race': 17,
  'inner-race': 19,
  'rolling-element': 21,
  misalignment: 11,
  unbalance: 4,
}

/** Value of one scalar at `tS` seconds; sample `n` addresses its measurement noise. A pure function. */
export function processValue(
  machine: MachineSpec,
  scalar: ScalarSpec,
  speed: SpeedProfile,
  faults: readonly VibrationFault[],
  tS: number,
  n: number,
  seed: number,
): number {
  const rpm = speed.rpm(tS)
  const share = rpm / machine.ratedRpm
  const noise = normalAt(seed, n, 31)
  const wander = wanderAt(seed, tS / 40, 32)
  const state = speed.state(tS)
  switch (scalar.kind) {
    case 'speed':
      return Math.max(0, rpm + (rpm > 0 ? 0.25 * noise : 0))
    case 'current': {
      if (state === 'stopped' || state === 'stopping') return Math.max(0, 0.02 + 0.005 * noise)
      // Direct-on-line start: about five times rated until the shaft is up to speed.
      const inrush = state === 'starting' ? 1 + 4 * (1 - share) : 1
      return Math.max(0, scalar.rated * inrush * (0.35 + 0.65 * share ** 2) * (1 + 0.02 * wander) + 0.1 * noise)
    }
    case 'load':
      return Math.max(0, scalar.rated * share ** 2 * (1 + 0.03 * wander) + (rpm > 0 ? 0.2 * noise : 0))
    case 'bearing-temperature': {
      const worst = faults.reduce((sum, fault) => sum + (heatK[fault.kind] ?? 0) * fault.severity, 0)
      const warm = state === 'stopped' ? 0 : 0.25 + 0.75 * share
      return ambientDegC + (scalar.rated - ambientDegC + worst) * warm + 0.4 * wander + 0.05 * noise
    }
    case 'pressure':
    case 'flow': {
      const law = scalar.kind === 'flow' ? share : share ** 2
      return Math.max(0, scalar.rated * law * (1 + 0.012 * wander + 0.004 * noise))
    }
    case 'state':
      return runStates.indexOf(state)
  }
}
