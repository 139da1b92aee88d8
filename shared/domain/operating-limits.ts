export interface LimitPair {
  warning?: number | undefined
  alarm?: number | undefined
}

/** Limits of one operating state; without any limit nothing is judged in it. */
export interface StateLimits {
  name?: string | undefined
  /** `running` when not said. */
  runState?: 'running' | 'not-running' | undefined
  /** From the first up to, but not with, the second; null or absent: of every speed. */
  rpm?: [number, number] | undefined
  limits: LimitPair
  /** Where they come from. */
  reason?: string | undefined
}

/** How a machine runs, as far as limits ask. */
export interface OperatingState {
  runState: 'running' | 'not-running' | 'transient' | 'unknown'
  /** Of the shaft that the point sits on; null where nobody measures. */
  rpm: number | null
}

/**
 * Why these limits hold: the rule has no others; its state is in force; none of its states is; speed or run state are not
 * known, so that those of all other states hold; speed changes, or the state has just begun, and nothing is judged.
 */
export const limitReasons = [
  'only',
  'state',
  'other',
  'speed-unknown',
  'run-state-unknown',
  'transient',
  'settling',
] as const
export type LimitReason = (typeof limitReasons)[number]

/** The limits of a rule that hold now. */
export interface LimitsInForce {
  warning: number | null
  alarm: number | null
  why: LimitReason
  /** The state they are of; null where they are those of all other states. */
  of: Pick<StateLimits, 'name' | 'runState' | 'rpm' | 'reason'> | null
  /** Speed by which they were chosen. */
  rpm: number | null
}

/** Where no rule is. */
export const noLimits: LimitsInForce = { warning: null, alarm: null, why: 'only', of: null, rpm: null }

/** `running, 1200 to 1800 rpm`. */
export function stateWords({
  name,
  runState = 'running',
  rpm,
}: Pick<StateLimits, 'name' | 'runState' | 'rpm'>): string {
  const what = runState === 'running' ? 'running' : 'standing'
  const words = rpm === undefined ? what : `${what}, ${rpm[0]} to ${rpm[1]} rpm`
  return name === undefined ? words : `${name} (${words})`
}
