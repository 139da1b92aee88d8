import { dayUs } from '../../../shared/domain/plant-captures.ts'
import { t } from '../../ui/text.ts'

/** A cap in the unit people think in: years where it is some, else days. */
export function daysWords(maxAgeUs: number): string {
  const days = maxAgeUs / dayUs
  if (days >= 730 && days % 365 === 0) return t('storage.years', { count: days / 365 })
  return t('storage.days', { count: Number(days.toPrecision(3)) })
}

export function shareOf(bytes: number, maxBytes: number): number {
  return maxBytes > 0 ? bytes / maxBytes : 0
}
