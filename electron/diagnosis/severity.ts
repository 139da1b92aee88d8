import type { Severity } from '../../shared/domain/analysis.ts'
import { vibrationStandard, zoneLimitsOf, type MachineClass } from '../../shared/domain/iso-10816.ts'

const refuse = (reason: string, remedy: string): Severity => ({
  zone: null,
  ...vibrationStandard,
  refused: { reason, remedy },
})

/**
 * Zone of the RMS velocity. The 2009 edition is used because it states A and B apart; ISO 20816-3:2022 merges them.
 * A zone is refused rather than guessed: the same number is B on one foundation and C on another.
 */
export function rateSeverity(velocityRmsMmS: number, unitKnown: boolean, machine: MachineClass | null): Severity {
  if (!unitKnown)
    return refuse('the unit of the signal is unknown', 'say it with --unit, or in the measurement contract')
  if (Number.isNaN(velocityRmsMmS)) {
    return refuse(
      'no RMS velocity from 10 Hz to 1000 Hz can be taken from this signal',
      'record acceleration or velocity at 2560 Hz or more',
    )
  }
  if (machine === null) {
    return refuse(
      `${velocityRmsMmS.toPrecision(3)} mm/s cannot be rated without the machine's group (power, shaft height) and support`,
      'say them with --iso-group 1 or 2 and --support rigid or flexible',
    )
  }
  const [ab, bc, cd] = zoneLimitsOf(machine)
  const zone = velocityRmsMmS <= ab ? 'A' : velocityRmsMmS <= bc ? 'B' : velocityRmsMmS <= cd ? 'C' : 'D'
  return { zone, ...vibrationStandard, refused: null }
}
