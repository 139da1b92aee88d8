import type { AlertLevel, AlertRule } from '../../shared/domain/alert.ts'

export function rank(level: AlertLevel): number {
  return level === 'alarm' ? 2 : level === 'warning' ? 1 : 0
}

/** The limit at which a level begins. A level without a limit is never reached. */
export function limitOf(rule: AlertRule, level: AlertLevel): number {
  if (level === 'normal') return Number.NEGATIVE_INFINITY
  return rule.limits[level] ?? Number.POSITIVE_INFINITY
}

/**
 * The level a value asks for, seen from the level that holds. A level is entered at its limit and left only below
 * limit - deadband, so that noise around the limit does not make the alert chatter (ISA-18.2, 10.5.3; EEMUA 191).
 */
export function askedLevel(rule: AlertRule, value: number, holds: AlertLevel): AlertLevel {
  if (value >= limitOf(rule, 'alarm')) return 'alarm'
  if (holds === 'alarm' && value > limitOf(rule, 'alarm') - rule.deadband) return 'alarm'
  if (value >= limitOf(rule, 'warning')) return 'warning'
  if (holds !== 'normal' && value > limitOf(rule, 'warning') - rule.deadband) return 'warning'
  return 'normal'
}
