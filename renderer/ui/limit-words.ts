import type { LimitsInForce } from '../../shared/domain/operating-limits.ts'
import { t } from './text.ts'

/** Which operating state the limits are of; null where the rule has one set of them. */
export function limitState({ why, of }: LimitsInForce): string | null {
  if (why === 'only') return null
  if (of === null) return t('limits.state.other')
  if (of.name !== undefined) return of.name
  const isStanding = of.runState === 'not-running'
  if (of.rpm === undefined) return isStanding ? t('limits.state.standing') : t('limits.state.running')
  return t('limits.state.band', { low: of.rpm[0], high: of.rpm[1] })
}

/** Why these and no others; null where the rule has one set of limits. */
export function limitWhy({ why, of, rpm, warning, alarm }: LimitsInForce): string | null {
  if (why === 'only') return null
  if (why === 'state' && warning === null && alarm === null) return t('limits.why.none')
  if (why === 'state')
    return of?.rpm === undefined || rpm === null
      ? t('limits.why.runState')
      : t('limits.why.speed', { rpm: Math.round(rpm) })
  return t(`limits.why.${why}`, { rpm: rpm === null ? '' : Math.round(rpm) })
}
