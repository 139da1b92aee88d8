import type {
  AlarmState,
  AlertContract,
  AlertLevel,
  AlertOccurrence,
  AlertRule,
  AlertRuleState,
  AlertTransition,
  AlertTransitionKind,
} from '../../shared/domain/alert.ts'
import type { Quality } from '../../shared/domain/status-code.ts'
import type { TimeUs } from '../../shared/domain/time.ts'
import { askedLevel, limitOf, rank } from './limits.ts'

/** One value of the feature a rule watches. */
export interface AlertSample {
  value: number
  /** Source time. */
  tUs: TimeUs
  quality: Quality
  /** Read from history after an outage: never judged, since the moment to act on it is over. */
  backfilled?: boolean
}

export interface EvaluateOptions {
  /**
   * The run state says that the machine stands: a vibration alert is then neither raised nor cleared. A stopped
   * machine says nothing about its bearing, so an alert from its last run stays as it was.
   */
  suppressed?: boolean
  /** Longest silence between two samples over which a delay may run on; beyond it the delay starts anew. */
  maxSilenceUs?: number
  /** The level that holds was asked for by other limits than the rule's: it is left at its limit, without the deadband. */
  isOfOther?: boolean
}

/** What one rule remembers: its state, and the occurrence that runs (null when normal). */
export interface AlertMemory {
  state: AlertRuleState
  occurrence: AlertOccurrence | null
}

export interface AlertStep extends AlertMemory {
  /** The occurrence that ended with this step: returned after it was acknowledged. To be stored, then forgotten here. */
  ended: AlertOccurrence | null
  /** In order; each is one row of the journal and of the outbox. Nothing needs storing when empty. */
  transitions: AlertTransition[]
}

const none: AlertTransition[] = []

/** A rule that has seen nothing yet. */
export function initialMemory(rule: AlertRule): AlertMemory {
  return {
    state: {
      ruleId: rule.id,
      state: 'normal',
      level: 'normal',
      pendingLevel: 'normal',
      pendingSinceUs: 0,
      occurrenceId: null,
      lastValue: Number.NaN,
      lastUs: 0,
      repeats: 0,
    },
    occurrence: null,
  }
}

/** After a gap nobody knows what the signal did: running delays start anew, nothing else changes. */
export function resetPending(memory: AlertMemory): AlertMemory {
  const { state } = memory
  if (state.pendingLevel === state.level) return memory
  return { ...memory, state: { ...state, pendingLevel: state.level, pendingSinceUs: state.lastUs } }
}

/** The clock of the samples was set back: none that comes is older than what was judged, and delays start anew. */
export function restartTime(memory: AlertMemory): AlertMemory {
  const { state } = memory
  return { ...memory, state: { ...state, pendingLevel: state.level, pendingSinceUs: 0, lastUs: 0 } }
}

function transitionOf(
  kind: AlertTransitionKind,
  occurrence: AlertOccurrence,
  atUs: TimeUs,
  value: number,
  limit: number,
): AlertTransition {
  return {
    occurrenceId: occurrence.id,
    ruleId: occurrence.ruleId,
    assetId: occurrence.assetId,
    pointId: occurrence.pointId,
    kind,
    atUs,
    state: occurrence.state,
    level: occurrence.level,
    value,
    limit,
    by: 'rule',
    comment: null,
    outcome: occurrence.outcome,
  }
}

function raise(rule: AlertRule, level: AlertLevel, tUs: TimeUs, value: number): AlertOccurrence {
  return {
    // Deterministic, so that the same stream replayed gives the same occurrence and no second one.
    id: `${rule.id}@${tUs}`,
    ruleId: rule.id,
    assetId: rule.assetId,
    pointId: rule.pointId,
    feature: rule.feature,
    state: 'unacknowledged',
    level,
    priority: rule.contract.priority,
    raisedUs: tUs,
    changedUs: tUs,
    value,
    limit: limitOf(rule, level),
    peakValue: value,
    repeats: 1,
    respondByUs: tUs + Math.round(rule.contract.respondWithinMin * 60e6),
    acknowledgedUs: null,
    acknowledgedBy: null,
    acknowledgeComment: null,
    returnedUs: null,
    outcome: null,
    labelledUs: null,
    labelledBy: null,
    labelNote: null,
    configHash: rule.configHash,
    contract: rule.contract,
  }
}

/** An escalated or repeated alert is news to whoever acknowledged the milder one: it wants a new acknowledge. */
function unacknowledged(occurrence: AlertOccurrence): AlertOccurrence {
  return {
    ...occurrence,
    state: 'unacknowledged',
    returnedUs: null,
    acknowledgedUs: null,
    acknowledgedBy: null,
    acknowledgeComment: null,
  }
}

/** The text stays that of the first time; which state's limits it is about goes with the limit. */
function ofState(contract: AlertContract, { contract: { state } }: AlertRule): AlertContract {
  return contract.state === state ? contract : { ...contract, state }
}

function change(
  rule: AlertRule,
  memory: AlertMemory,
  to: AlertLevel,
  tUs: TimeUs,
  value: number,
): { occurrence: AlertOccurrence; kind: AlertTransitionKind } {
  const { occurrence, state } = memory
  if (!occurrence) return { occurrence: raise(rule, to, tUs, value), kind: 'raised' }
  const at = { level: to, changedUs: tUs, value, peakValue: Math.max(occurrence.peakValue, value) }
  if (to === 'normal') {
    const acknowledged = state.state === 'acknowledged'
    const next: AlarmState = acknowledged ? 'normal' : 'returned-unacknowledged'
    return { occurrence: { ...occurrence, ...at, state: next, returnedUs: tUs }, kind: 'returned' }
  }
  const by = { limit: limitOf(rule, to), contract: ofState(occurrence.contract, rule) }
  if (state.level === 'normal') {
    const repeats = occurrence.repeats + 1
    return { occurrence: { ...unacknowledged(occurrence), ...at, ...by, repeats }, kind: 'repeated' }
  }
  if (rank(to) > rank(state.level)) {
    return { occurrence: { ...unacknowledged(occurrence), ...at, ...by }, kind: 'escalated' }
  }
  return { occurrence: { ...occurrence, ...at, ...by }, kind: 'eased' }
}

/**
 * The level that is being waited for, and since when. Of several levels asked for in a row the mildest that held all
 * the time counts: a signal that swings between warning and alarm is at least in warning, and must not restart its
 * own delay with each swing.
 */
function pend(state: AlertRuleState, asked: AlertLevel, tUs: TimeUs): { level: AlertLevel; sinceUs: TimeUs } {
  const holds = rank(state.level)
  const waiting = rank(state.pendingLevel) - holds
  const wanted = rank(asked) - holds
  if (wanted === 0) return { level: state.level, sinceUs: tUs }
  if (waiting === 0 || waiting > 0 !== wanted > 0) return { level: asked, sinceUs: tUs }
  const level = Math.abs(wanted) < Math.abs(waiting) ? asked : state.pendingLevel
  return { level, sinceUs: state.pendingSinceUs }
}

/**
 * One sample through the state machine of one rule (ISA-18.2, figure 6, without shelving). Pure: the same samples in
 * the same order give the same transitions, one at a time or in batches. Delays run on source time.
 *
 * Samples that are bad, not a number, backfilled, suppressed or not later than the last one change no level. Uncertain
 * values are judged: a value out of its expected range is marked uncertain, and that is when an alert matters most.
 */
export function evaluate(
  rule: AlertRule,
  memory: AlertMemory,
  sample: AlertSample,
  options: EvaluateOptions = {},
): AlertStep {
  const { state } = memory
  const { value, tUs } = sample
  const unusable = sample.quality === 'bad' || !Number.isFinite(value) || sample.backfilled === true
  if (unusable || !(tUs > state.lastUs)) return { ...memory, ended: null, transitions: none }
  if (options.suppressed === true) {
    const rested = { ...state, pendingLevel: state.level, pendingSinceUs: tUs, lastValue: value, lastUs: tUs }
    return { state: rested, occurrence: memory.occurrence, ended: null, transitions: none }
  }
  const silent = tUs - state.lastUs > (options.maxSilenceUs ?? Number.POSITIVE_INFINITY)
  const from = silent ? resetPending(memory).state : state
  const asked = askedLevel(rule, value, options.isOfOther === true ? 'normal' : from.level)
  const pending = pend(from, asked, tUs)
  const next: AlertRuleState = {
    ...from,
    pendingLevel: pending.level,
    pendingSinceUs: pending.sinceUs,
    lastValue: value,
    lastUs: tUs,
  }
  const delayUs = (rank(pending.level) > rank(from.level) ? rule.onDelayMs : rule.offDelayMs) * 1000
  if (pending.level === from.level || tUs - pending.sinceUs < delayUs) {
    return { state: next, occurrence: withPeak(memory.occurrence, from, value), ended: null, transitions: none }
  }
  return settle(rule, { state: next, occurrence: memory.occurrence }, pending.level, asked)
}

/** Kept in memory between transitions and stored with the next one. */
function withPeak(occurrence: AlertOccurrence | null, state: AlertRuleState, value: number): AlertOccurrence | null {
  if (!occurrence || state.level === 'normal' || value <= occurrence.peakValue) return occurrence
  return { ...occurrence, peakValue: value }
}

function settle(rule: AlertRule, memory: AlertMemory, to: AlertLevel, asked: AlertLevel): AlertStep {
  const { lastUs: tUs, lastValue: value } = memory.state
  const from = memory.state.level
  const { occurrence, kind } = change(rule, memory, to, tUs, value)
  const ended = occurrence.state === 'normal'
  // A return is measured against the limit that was left.
  const limit = limitOf(rule, to === 'normal' ? from : to)
  const state: AlertRuleState = {
    ...memory.state,
    state: occurrence.state,
    level: to,
    pendingLevel: asked,
    pendingSinceUs: tUs,
    occurrenceId: ended ? null : occurrence.id,
    repeats: ended ? 0 : occurrence.repeats,
  }
  return {
    state,
    occurrence: ended ? null : occurrence,
    ended: ended ? occurrence : null,
    transitions: [transitionOf(kind, occurrence, tUs, value, limit)],
  }
}
