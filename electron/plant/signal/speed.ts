import { wanderAt } from './random.ts'

/** Run state as the plant's `state` variables give it. */
export const runStates = ['stopped', 'starting', 'running', 'stopping'] as const
export type RunState = (typeof runStates)[number]

/**
 * Shaft speed as a pure function of seconds since the plant's start. `revolutions` is its exact integral, so every
 * sensor of a machine, whatever its rate, sees one and the same shaft angle.
 */
export interface SpeedProfile {
  rpm(tS: number): number
  revolutions(tS: number): number
  state(tS: number): RunState
}

/** Three incommensurate slow ripples stand for load changes; depth is the sum of their amplitudes, as a fraction. */
const ripples = [
  { hz: 0.037, share: 0.5 },
  { hz: 0.0113, share: 0.3 },
  { hz: 0.193, share: 0.2 },
] as const

/** A machine that runs at one speed with a load-dependent ripple (0.15 % by default: slip of an induction motor). */
export function steadySpeed(rpm: number, seed: number, depth = 0.0015): SpeedProfile {
  const phases = ripples.map((_, i) => 2 * Math.PI * Math.abs(wanderAt(seed, i, 7)))
  const baseHz = rpm / 60
  return {
    rpm(tS) {
      let factor = 1
      ripples.forEach((r, i) => {
        factor += depth * r.share * Math.cos(2 * Math.PI * r.hz * tS + (phases[i] ?? 0))
      })
      return rpm * factor
    },
    revolutions(tS) {
      let turns = baseHz * tS
      ripples.forEach((r, i) => {
        const phase = phases[i] ?? 0
        turns +=
          (baseHz * depth * r.share * (Math.sin(2 * Math.PI * r.hz * tS + phase) - Math.sin(phase))) /
          (2 * Math.PI * r.hz)
      })
      return turns
    },
    state: () => 'running',
  }
}

export function stoppedSpeed(): SpeedProfile {
  return { rpm: () => 0, revolutions: () => 0, state: () => 'stopped' }
}

export interface RampCycle {
  ratedRpm: number
  standS: number
  runUpS: number
  runS: number
  coastDownS: number
}

/**
 * Standstill, linear run-up, run, coast-down, repeated. The coast-down is quadratic in time (drag falls with speed),
 * which is what a pump or fan without a brake does.
 */
export function rampSpeed(cycle: RampCycle): SpeedProfile {
  const ratedHz = cycle.ratedRpm / 60
  const upAt = cycle.standS
  const runAt = upAt + cycle.runUpS
  const downAt = runAt + cycle.runS
  const periodS = downAt + cycle.coastDownS
  const upTurns = (ratedHz * cycle.runUpS) / 2
  const runTurns = ratedHz * cycle.runS
  const cycleTurns = upTurns + runTurns + (ratedHz * cycle.coastDownS) / 3
  const split = (tS: number): { cycles: number; s: number } => {
    const cycles = Math.floor(tS / periodS)
    return { cycles, s: tS - cycles * periodS }
  }
  return {
    rpm(tS) {
      const { s } = split(tS)
      if (s < upAt) return 0
      if (s < runAt) return (cycle.ratedRpm * (s - upAt)) / cycle.runUpS
      if (s < downAt) return cycle.ratedRpm
      return cycle.ratedRpm * (1 - (s - downAt) / cycle.coastDownS) ** 2
    },
    revolutions(tS) {
      const { cycles, s } = split(tS)
      const before = cycles * cycleTurns
      if (s < upAt) return before
      if (s < runAt) return before + (ratedHz * (s - upAt) ** 2) / (2 * cycle.runUpS)
      if (s < downAt) return before + upTurns + ratedHz * (s - runAt)
      const left = 1 - (s - downAt) / cycle.coastDownS
      return before + upTurns + runTurns + (ratedHz * cycle.coastDownS * (1 - left ** 3)) / 3
    },
    state(tS) {
      const { s } = split(tS)
      if (s < upAt) return 'stopped'
      if (s < runAt) return 'starting'
      return s < downAt ? 'running' : 'stopping'
    },
  }
}
