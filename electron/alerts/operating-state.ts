import type { AlertRule } from '../../shared/domain/alert.ts'
import {
  stateWords,
  type LimitReason,
  type LimitsInForce,
  type OperatingState,
  type StateLimits,
} from '../../shared/domain/operating-limits.ts'
import type { TimeUs } from '../../shared/domain/time.ts'

/**
 * About an end of a band the higher limits of the two states hold until the speed is so far beyond it: a speed that wavers
 * there changes no limits with every turn, and no value is judged by limits that are too low for it.
 * The bands of baselines are 20 % wide.
 */
const speedHysteresis = 0.02
/** As long as a ramp counts as one after its last step (`RunStateTracker`): blocks of before are on their way until then. */
export const settleUs = 2e6

/** Which of a rule's operating states is in force, and what was judged in it. */
export interface StateMemory {
  /** In `limitsByState`; -1: those of all other states. */
  index: number
  /** Source time of the first value in it; minus infinity where nobody saw it begin. */
  sinceUs: TimeUs
  /** The state in which the level that holds was last asked for. */
  levelIndex: number
}

export interface StateStep {
  memory: StateMemory
  why: LimitReason
  /** Nothing is judged: speed changes, the state has just begun, or it has no limits. */
  held: boolean
  /** The level that holds is of another state's limits: the deadband below them means nothing here. */
  isOfOther: boolean
}

function isIn(state: StateLimits, { runState, rpm }: OperatingState, widened: number): boolean {
  const wanted = state.runState ?? 'running'
  if (state.rpm === undefined) return runState === wanted
  // A speed within a band of running is evidence enough where nobody tells the run state.
  if (runState !== wanted && !(runState === 'unknown' && wanted === 'running')) return false
  const [low, high] = state.rpm
  return rpm !== null && rpm >= low * (1 - widened) && rpm < high * (1 + widened)
}

/** Of the limits at which a level begins the last one; a state without any is never too strict. */
function heightOf(rule: AlertRule, index: number): number {
  const { warning, alarm } = limitsAt(rule, index)
  return alarm ?? warning ?? Number.POSITIVE_INFINITY
}

/** Whether the state that held may stay although `next` is where the speed is now: it is about an end they share. */
function isNearEnd(states: readonly StateLimits[], current: number, next: number, at: OperatingState): boolean {
  const [was, is] = [states[current], states[next]]
  if (was) return was.rpm !== undefined && isIn(was, at, speedHysteresis)
  return is?.rpm !== undefined && !isIn(is, at, -speedHysteresis)
}

/** The state that holds, and why. */
function find(rule: AlertRule, at: OperatingState, current: number | null): { index: number; why: LimitReason } {
  const states = rule.limitsByState ?? []
  const next = states.findIndex((state) => isIn(state, at, 0))
  const stays =
    current !== null &&
    current !== next &&
    isNearEnd(states, current, next, at) &&
    heightOf(rule, current) > heightOf(rule, next)
  const index = stays ? current : next
  if (index >= 0) return { index, why: 'state' }
  const hasBands = states.some(({ rpm }) => rpm !== undefined)
  if (at.runState === 'unknown') return { index, why: 'run-state-unknown' }
  return { index, why: hasBands && at.rpm === null && at.runState === 'running' ? 'speed-unknown' : 'other' }
}

/**
 * The operating state of one value. Pure: the same values in the same order give the same states. On a ramp the state
 * before stays; a new one holds from `settleUs` after its first value, so that no value of the state before is judged by
 * its limits, and every delay begins anew in it.
 */
export function followState(rule: AlertRule, memory: StateMemory | null, at: OperatingState, tUs: TimeUs): StateStep {
  if (at.runState === 'transient') {
    const kept = memory ?? { index: -1, sinceUs: tUs, levelIndex: -1 }
    // What comes out of the ramp has to settle, whichever state it is.
    return { memory: { ...kept, sinceUs: tUs }, why: 'transient', held: true, isOfOther: false }
  }
  const { index, why } = find(rule, at, memory?.index ?? null)
  const isNew = memory !== null && memory.index !== index
  const sinceUs = memory === null ? Number.NEGATIVE_INFINITY : isNew || tUs < memory.sinceUs ? tUs : memory.sinceUs
  const levelIndex = memory?.levelIndex ?? index
  const next = { index, sinceUs, levelIndex }
  if (tUs - sinceUs < settleUs) return { memory: next, why: 'settling', held: true, isOfOther: levelIndex !== index }
  const { warning, alarm } = limitsAt(rule, index)
  const held = warning === undefined && alarm === undefined
  return { memory: next, why, held, isOfOther: levelIndex !== index }
}

/** What the next value needs to know: the level that holds is of these limits once they have asked for it themselves. */
export function judgedIn(step: StateStep, asksForLevel: boolean): StateStep {
  if (!step.isOfOther || !asksForLevel) return step
  return { ...step, memory: { ...step.memory, levelIndex: step.memory.index }, isOfOther: false }
}

function limitsAt({ limits, limitsByState }: AlertRule, index: number): AlertRule['limits'] {
  return limitsByState?.[index]?.limits ?? limits
}

/** A rule for each of its operating states, made once; -1 is that of all other states. */
export class RuleByState {
  readonly rule: AlertRule
  readonly #rules = new Map<number, AlertRule>()

  constructor(rule: AlertRule) {
    this.rule = rule
  }

  at(index: number): AlertRule {
    const known = this.#rules.get(index)
    if (known) return known
    const state = this.rule.limitsByState?.[index]
    const words = state ? stateWords(state) : 'all other operating states'
    const contract = { ...this.rule.contract, state: words }
    const made = { ...this.rule, limits: limitsAt(this.rule, index), contract }
    this.#rules.set(index, made)
    return made
  }
}

/** Whether a standing machine is judged by this rule: it has limits for one. */
export function judgesStanding({ limitsByState }: AlertRule): boolean {
  return limitsByState?.some(({ runState }) => runState === 'not-running') ?? false
}

/** What holds now, for people; `step` is null where no value has been seen. */
export function limitsInForce(
  rule: AlertRule,
  step: Pick<StateStep, 'memory' | 'why'> | null,
  at: OperatingState,
): LimitsInForce {
  const { limitsByState } = rule
  if (!limitsByState) {
    const { warning, alarm } = rule.limits
    return { warning: warning ?? null, alarm: alarm ?? null, why: 'only', of: null, rpm: null }
  }
  const { index, why } = step
    ? { index: step.memory.index, why: step.why }
    : at.runState === 'transient'
      ? { index: -1, why: 'transient' as const }
      : find(rule, at, null)
  const { warning, alarm } = limitsAt(rule, index)
  const state = limitsByState[index]
  const of = state ? { name: state.name, runState: state.runState, rpm: state.rpm, reason: state.reason } : null
  return { warning: warning ?? null, alarm: alarm ?? null, why, of, rpm: at.rpm }
}
