import type { Severity } from '../../shared/domain/analysis.ts'
import {
  LEAST_POWER_KW,
  vibrationStandard,
  zoneLimitsOf,
  zoneProvenance,
  type MachineClass,
} from '../../shared/domain/iso-10816.ts'

export interface RatedSignal {
  /** RMS velocity from 10 Hz to 1000 Hz; NaN where it cannot be taken */
  readonly velocityMmS: number
  readonly unitKnown: boolean
  /** why low frequencies of this signal are not to be believed; null when they are */
  readonly lowFrequencyFault: string | null
}

/**
 * Zone of the RMS velocity. The 2009 edition is used because it states A and B apart; ISO 20816-3:2022 merges them.
 * A zone is refused rather than guessed: the same number is B on one foundation and C on another.
 */
export function rateSeverity(signal: RatedSignal, machine: MachineClass | null): Severity {
  const { velocityMmS } = signal
  const value = Number.isNaN(velocityMmS) ? null : velocityMmS
  const refuse = (reason: string, remedy: string): Severity => ({
    zone: null,
    ...vibrationStandard,
    velocityMmS: value,
    limitsMmS: null,
    provenance: machine === null ? 'no limits chosen' : zoneProvenance(machine),
    refused: { reason, remedy },
  })
  if (!signal.unitKnown)
    return refuse('the unit of the signal is unknown', 'say it with --unit, or in the measurement contract')
  if (value === null) {
    return refuse(
      'no RMS velocity from 10 Hz to 1000 Hz can be taken from this signal',
      'record acceleration or velocity at 2560 Hz or more',
    )
  }
  if (signal.lowFrequencyFault !== null) {
    return refuse(
      `the low frequencies are not the machine's: ${signal.lowFrequencyFault}`,
      'let the sensor settle, check its mounting and cable, and record again',
    )
  }
  if (machine === null) {
    return refuse(
      `${value.toPrecision(3)} mm/s cannot be rated without the machine's group (power, shaft height) and support`,
      'say them with --iso-group 1 or 2 and --support rigid or flexible',
    )
  }
  const { powerKw } = machine
  if (typeof powerKw === 'number' && powerKw < LEAST_POWER_KW && !machine.ownLimits) {
    return refuse(
      `${powerKw} kW is below the ${LEAST_POWER_KW} kW from which on ${vibrationStandard.standard} holds`,
      'agree on limits for this machine with its maker, and say them with --zone-limits',
    )
  }
  const limitsMmS = zoneLimitsOf(machine)
  const [ab, bc, cd] = limitsMmS
  const zone = value <= ab ? 'A' : value <= bc ? 'B' : value <= cd ? 'C' : 'D'
  const provenance = zoneProvenance(machine)
  return { zone, ...vibrationStandard, velocityMmS: value, limitsMmS, provenance, refused: null }
}
