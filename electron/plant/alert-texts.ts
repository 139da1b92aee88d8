import type { AlertDefinition } from '../../shared/domain/plant-file.ts'
import type { Limits, MachineSpec, WaveformPointSpec } from './machines.ts'

/** Alert rules of the simulated plant with the whole contract: meaning, cause, consequence, action, who and when. */

const races = {
  bpfo: {
    name: 'outer race',
    cause:
      'A spall or crack on the outer raceway, from fatigue, poor lubrication, wrong fit or current through the bearing.',
  },
  bpfi: {
    name: 'inner race',
    cause: 'A spall or crack on the inner raceway, from fatigue, too tight a fit or a damaged shaft seat.',
  },
  bsf: {
    name: 'rolling element',
    cause: 'A spalled or pitted ball, from contamination, overload or standing corrosion.',
  },
} as const

const deadbandOf = (warning: number): number => Math.round(warning * 100) / 1000

export function rmsAlert(machine: MachineSpec, point: WaveformPointSpec): AlertDefinition {
  const [warning, alarm] = point.limits.rmsG
  return {
    id: `${point.id}.rms-high`,
    pointId: point.id,
    feature: 'rms',
    limits: { warning, alarm },
    deadband: deadbandOf(warning),
    onDelayMs: 2000,
    offDelayMs: 5000,
    contract: {
      meaning: `The overall vibration of ${machine.name} (${point.name.toLowerCase()}) is above its limit.`,
      cause:
        'A developing bearing, balance, alignment or fastening fault, or a change of the process (cavitation, load).',
      consequence: `Wear speeds up; ${machine.name} may stop without further warning.`,
      action:
        'Open the vibration page: spectrum and envelope say which part it is. Check lubrication, foundation bolts and coupling at the machine; plan the repair named by the diagnosis.',
      recipient: 'maintenance',
      respondWithinMin: 30,
      priority: machine.criticality >= 4 ? 'high' : 'medium',
    },
  }
}

export function velocityAlert(machine: MachineSpec, point: WaveformPointSpec): AlertDefinition {
  const [warning, alarm] = point.limits.velocityMmS
  return {
    id: `${point.id}.velocity-high`,
    pointId: point.id,
    feature: 'velocityRms',
    limits: { warning, alarm },
    deadband: deadbandOf(warning),
    onDelayMs: 3000,
    offDelayMs: 10_000,
    contract: {
      meaning: `The vibration velocity of ${machine.name} (${point.name.toLowerCase()}) is above its limit.`,
      cause: 'Unbalance, misalignment, looseness or running near a resonance: faults of the rotor and its support.',
      consequence: 'Seals, couplings and foundation suffer; bearings follow.',
      action:
        'Compare 1x, 2x and the harmonics on the vibration page: 1x alone speaks for unbalance, 2x axial for misalignment, many harmonics for looseness. Check build-up on the rotor, coupling alignment, foundation bolts.',
      recipient: 'maintenance',
      respondWithinMin: 60,
      priority: 'medium',
    },
  }
}

export function envelopeAlert(
  machine: MachineSpec,
  point: WaveformPointSpec,
  feature: keyof typeof races,
  [warning, alarm]: Limits,
): AlertDefinition {
  const race = races[feature]
  return {
    id: `${point.id}.${feature}-high`,
    pointId: point.id,
    feature,
    limits: { warning, alarm },
    deadband: deadbandOf(warning),
    onDelayMs: 3000,
    offDelayMs: 10_000,
    contract: {
      meaning: `The envelope of ${machine.name} (${point.name.toLowerCase()}) shows the ${race.name} frequency of its ${machine.bearingName}.`,
      cause: race.cause,
      consequence:
        'Bearing damage grows; weeks to days remain at warning, days to hours at alarm; in the end the bearing seizes.',
      action: `Confirm harmonics and sidebands in the envelope spectrum, grease once and listen. Order a ${machine.bearingName} and plan the change; at alarm, change over to the stand-by machine if there is one.`,
      recipient: 'maintenance',
      respondWithinMin: 15,
      priority: 'high',
    },
  }
}

export function temperatureAlert(machine: MachineSpec, ratedDegC: number): AlertDefinition {
  return {
    id: `${machine.id}.bearing-temperature-high`,
    pointId: `${machine.id}.bearing-temperature`,
    feature: 'value',
    limits: { warning: ratedDegC + 9, alarm: ratedDegC + 14 },
    deadband: 1.5,
    onDelayMs: 5000,
    offDelayMs: 20_000,
    contract: {
      meaning: `The drive-end bearing of ${machine.name} runs hotter than it should.`,
      cause: 'Friction from a damaged or dry bearing, over-greasing, misalignment, or a hot surrounding.',
      consequence: 'The lubricant ages fast; above 90 °C the bearing loses its hardness and fails.',
      action:
        'Compare with vibration: both together mean damage, heat alone speaks for lubrication. Check the grease and the cooling.',
      recipient: 'operations',
      respondWithinMin: 30,
      priority: 'medium',
    },
  }
}
