import type { LimitPair, StateLimits } from './operating-limits.ts'
import type { TimeUs } from './time.ts'

/** The five outcome labels, the same at every plant. */
export const outcomes = [
  'true-positive',
  'early-warning',
  'false-positive',
  'actioned-non-failure',
  'inconclusive',
] as const
export type Outcome = (typeof outcomes)[number]

export const alertLevels = ['normal', 'warning', 'alarm'] as const
export type AlertLevel = (typeof alertLevels)[number]

export const priorities = ['urgent', 'high', 'medium', 'low'] as const
export type Priority = (typeof priorities)[number]

/**
 * ISA-18.2 states of one alert. Shelving, suppression and out of service are reserved names: rules may carry them
 * later without a change of schema.
 */
export const alarmStates = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returned-unacknowledged',
  'shelved',
  'suppressed-by-design',
  'out-of-service',
] as const
export type AlarmState = (typeof alarmStates)[number]

/** What an alert promises to the person who receives it. None may be empty. */
export interface AlertContract {
  meaning: string
  cause: string
  consequence: string
  action: string
  recipient: string
  respondWithinMin: number
  priority: Priority
  /** Operating state whose limits raised it, in words; without it the rule had one set of limits. */
  state?: string | undefined
}

export interface AlertRule {
  id: string
  pointId: string
  assetId: string
  /** A feature name, or `value` for a scalar point. */
  feature: string
  /** In every operating state that `limitsByState` does not name. */
  limits: LimitPair
  limitsByState?: readonly StateLimits[] | undefined
  /** In the unit of the feature: leaves a level only below limit - deadband. */
  deadband: number
  onDelayMs: number
  offDelayMs: number
  contract: AlertContract
  /** Hash of the configuration revision that set these limits. */
  configHash: string
}

/** Everything the pure state machine needs to remember about one rule; stored in the twin with each change. */
export interface AlertRuleState {
  ruleId: string
  state: AlarmState
  level: AlertLevel
  /** Level the signal asks for, and since when (source time); the delays run on this. */
  pendingLevel: AlertLevel
  pendingSinceUs: TimeUs
  /** The running occurrence, null when normal. */
  occurrenceId: string | null
  lastValue: number
  lastUs: TimeUs
  /** Times the level was entered within the running occurrence (chatter count). */
  repeats: number
}

/** One appearance of an alert: raised once, acknowledged, returned, labelled. */
export interface AlertOccurrence {
  id: string
  ruleId: string
  assetId: string
  pointId: string
  feature: string
  state: AlarmState
  level: AlertLevel
  priority: Priority
  raisedUs: TimeUs
  /** Last time the level rose, fell or repeated. */
  changedUs: TimeUs
  value: number
  limit: number
  peakValue: number
  repeats: number
  respondByUs: TimeUs
  acknowledgedUs: TimeUs | null
  acknowledgedBy: string | null
  acknowledgeComment: string | null
  returnedUs: TimeUs | null
  outcome: Outcome | null
  labelledUs: TimeUs | null
  labelledBy: string | null
  labelNote: string | null
  configHash: string
  /** Alert text in force when it was raised. */
  contract: AlertContract
}

export type AlertTransitionKind =
  | 'raised'
  | 'escalated'
  | 'eased'
  | 'repeated'
  | 'returned'
  | 'acknowledged'
  | 'labelled'

export interface AlertTransition {
  occurrenceId: string
  ruleId: string
  assetId: string
  pointId: string
  kind: AlertTransitionKind
  /** Source time of the value that caused it, or the wall clock of the person's action. */
  atUs: TimeUs
  state: AlarmState
  level: AlertLevel
  value: number
  limit: number
  /** Who, for acknowledge and label; `rule` otherwise. */
  by: string
  comment: string | null
  outcome: Outcome | null
}
