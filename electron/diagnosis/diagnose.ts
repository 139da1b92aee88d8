import type { Diagnosis, Refusal, RunState, Severity, SpeedEstimate, Verdict } from '../../shared/domain/analysis.ts'
import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { MachineClass } from '../../shared/domain/iso-10816.ts'
import type { RealSpectrum, Transforms } from '../../shared/domain/transforms.ts'
import { canSearch, searchBearingFaults } from './bearing-search.ts'
import { rateSeverity } from './severity.ts'
import type { SignalQuality } from './signal-quality.ts'
import { judgeBearing } from './verdict.ts'

export interface DiagnosisInput {
  readonly transforms: Transforms
  /** spectra of the pieces, all of one length */
  readonly pieces: readonly RealSpectrum[]
  readonly sampleRateHz: number
  readonly speed: SpeedEstimate
  readonly bearing: BearingOrders | null
  readonly quality: SignalQuality
  /** RMS of the recording in m/s2, NaN where the unit is unknown or no acceleration */
  readonly rmsMps2: number
  /** NaN where it cannot be computed */
  readonly velocityRmsMmS: number
  readonly unitKnown: boolean
  readonly machine: MachineClass | null
  readonly mainsHz: number
}

/** A running machine of any size shakes its bearing housing more than 5 milli-g; sensor noise is below 1. */
const RUNNING_MPS2 = 0.05
/** Fewer revolutions than this leave the cage line and the sidebands within one another. */
const FEWEST_REVOLUTIONS = 20

/** Written speed 0, a signal of the converter's last bit, or next to no acceleration: the machine stands. */
export function runState(speed: SpeedEstimate, quality: SignalQuality, rmsMps2: number): RunState {
  if (speed.givenRpm === 0 || quality.onlyQuantisation) return 'not-running'
  if (speed.estimatedRpm !== null) return 'running'
  if (rmsMps2 < RUNNING_MPS2) return 'not-running'
  return speed.usedRpm === null ? 'unknown' : 'running'
}

const without = (
  verdict: Verdict,
  evidence: string[],
  severity: Severity,
  confidence: number | null,
  refused: Refusal | null = null,
): Diagnosis => ({
  verdict,
  confidence,
  candidates: [],
  severity,
  evidence,
  refused,
})

function missing(input: DiagnosisInput): Refusal | null {
  const { speed, bearing, sampleRateHz, quality, pieces } = input
  if (quality.clipped) {
    return {
      reason: 'the signal is clipped: cut peaks make lines of their own',
      remedy: 'lower the gain or use a sensor with a larger range, and record again',
    }
  }
  if (speed.usedRpm === null)
    return { reason: 'the shaft speed is unknown', remedy: 'say it with --rpm (a nameplate speed will do)' }
  if (bearing === null) {
    return {
      reason: 'the bearing is unknown',
      remedy: 'name it with --bearing, or give its orders with --bpfo, --bpfi, --bsf and --ftf',
    }
  }
  const shaftHz = speed.usedRpm / 60
  if (!canSearch(sampleRateHz, shaftHz, bearing)) {
    const needed = Math.ceil(6 * bearing.bpfi * shaftHz)
    return {
      reason: `half the sample rate (${sampleRateHz / 2} Hz) is too low for this bearing at ${speed.usedRpm.toFixed(0)} rpm`,
      remedy: `record at ${needed} Hz or more`,
    }
  }
  const revolutions = ((pieces[0]?.length ?? 0) / sampleRateHz) * shaftHz
  if (revolutions < FEWEST_REVOLUTIONS) {
    const needed = Math.ceil((FEWEST_REVOLUTIONS / shaftHz) * sampleRateHz)
    return {
      reason: `a piece holds only ${revolutions.toFixed(1)} shaft revolutions`,
      remedy: `use pieces of at least ${needed} samples`,
    }
  }
  return null
}

/** Verdict of one recording from physics alone: geometry, speed and the recording itself, no training and no history. */
export function diagnose(input: DiagnosisInput): Diagnosis {
  const { speed, quality } = input
  const severity = rateSeverity(input.velocityRmsMmS, input.unitKnown, input.machine)
  const words = quality.faults.map((fault) => `${fault.fault}: ${fault.detail}`)
  if (quality.sensorFault)
    return without('sensor-fault', [...words, 'what the sensor delivers cannot come from a machine'], severity, 1)
  if (runState(speed, quality, input.rmsMps2) === 'not-running') {
    return without('not-running', [...words, 'the machine stands: there is nothing to diagnose'], severity, null)
  }
  const refused = missing(input)
  if (refused !== null || speed.usedRpm === null || input.bearing === null) {
    return without('undecided', [...words, ...(refused === null ? [] : [refused.reason])], severity, 0, refused)
  }
  const search = searchBearingFaults({
    transforms: input.transforms,
    pieces: input.pieces,
    sampleRateHz: input.sampleRateHz,
    shaftHz: speed.usedRpm / 60,
    mainsHz: input.mainsHz,
    bearing: input.bearing,
  })
  const judged = judgeBearing(search)
  const contradiction =
    speed.agrees === false && speed.estimatedRpm !== null
      ? [
          `the written speed ${speed.givenRpm} rpm contradicts the signal, which shows ${speed.estimatedRpm.toFixed(1)} rpm`,
        ]
      : []
  return { ...judged, severity, evidence: [...contradiction, ...words, ...judged.evidence], refused: null }
}
