import type { Severity } from '../../../shared/domain/analysis.ts'

/** Whether a machine shakes enough for its pattern to be a fault: every machine has a little of everything. */
export interface Level {
  readonly matters: boolean
  /** false: nobody can say */
  readonly isKnown: boolean
  readonly why: string
}

/** The B/C limit of the softest class of ISO 10816-3: above it a machine of any group and support is in zone C. */
const ANY_CLASS_MMS = 7.1
/** ISO 20816-1 calls a quarter of the B/C limit a significant change; twice and a half of a machine's own level is far above it. */
const OWN_FACTOR = 2.5

export function judgeLevel(velocityMmS: number, severity: Severity, ownVelocityMmS: number | null): Level {
  if (Number.isNaN(velocityMmS))
    return {
      matters: false,
      isKnown: false,
      why: 'no level in mm/s can be taken, so that nobody can say whether it matters',
    }
  const shown = `${velocityMmS.toPrecision(3)} mm/s RMS`
  if (severity.zone === 'C' || severity.zone === 'D')
    return {
      matters: true,
      isKnown: true,
      why: `${shown} is zone ${severity.zone} of ${severity.standard}:${severity.edition}`,
    }
  if (ownVelocityMmS !== null && ownVelocityMmS > 0 && velocityMmS >= OWN_FACTOR * ownVelocityMmS) {
    const times = (velocityMmS / ownVelocityMmS).toFixed(1)
    return {
      matters: true,
      isKnown: true,
      why: `${shown} is ${times} times the machine's own ${ownVelocityMmS.toPrecision(3)} mm/s`,
    }
  }
  if (severity.zone !== null)
    return { matters: false, isKnown: true, why: `${shown} is zone ${severity.zone}: the machine may run like that` }
  if (velocityMmS > ANY_CLASS_MMS)
    return { matters: true, isKnown: true, why: `${shown} is zone C or worse for a machine of any group and support` }
  return {
    matters: false,
    isKnown: false,
    why: `${shown} is below ${ANY_CLASS_MMS} mm/s; whether it matters depends on the machine's group and support, which are not known`,
  }
}
