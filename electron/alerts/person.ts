import type { AlertOccurrence, AlertRuleState, AlertTransition, Outcome } from '../../shared/domain/alert.ts'
import type { TimeUs } from '../../shared/domain/time.ts'
import type { AlertMemory } from './evaluate.ts'

/** Why a person's action was not taken, in one sentence for that person. */
export interface Refusal {
  ok: false
  code: 'no-occurrence' | 'already-acknowledged' | 'not-acknowledged'
  message: string
}

export interface Acknowledged {
  ok: true
  state: AlertRuleState
  /** To be stored. */
  occurrence: AlertOccurrence
  /** The occurrence the rule goes on with; null when the acknowledge ended it. */
  running: AlertOccurrence | null
  transition: AlertTransition
}

export interface Labelled {
  ok: true
  occurrence: AlertOccurrence
  transition: AlertTransition
}

function transitionOf(
  occurrence: AlertOccurrence,
  kind: 'acknowledged' | 'labelled',
  person: { by: string; comment: string | null; atUs: TimeUs },
): AlertTransition {
  return {
    occurrenceId: occurrence.id,
    ruleId: occurrence.ruleId,
    assetId: occurrence.assetId,
    pointId: occurrence.pointId,
    kind,
    atUs: person.atUs,
    state: occurrence.state,
    level: occurrence.level,
    value: occurrence.value,
    limit: occurrence.limit,
    by: person.by,
    comment: person.comment,
    outcome: occurrence.outcome,
  }
}

/** A person takes notice. An alert that has returned meanwhile ends with it; a running one waits for its return. */
export function acknowledge(
  memory: AlertMemory,
  by: string,
  comment: string | null,
  atUs: TimeUs,
): Acknowledged | Refusal {
  const { state, occurrence } = memory
  if (!occurrence || state.occurrenceId !== occurrence.id) {
    return { ok: false, code: 'no-occurrence', message: 'There is no active alert of this rule to acknowledge.' }
  }
  if (occurrence.state !== 'unacknowledged' && occurrence.state !== 'returned-unacknowledged') {
    const who = occurrence.acknowledgedBy ?? 'someone'
    return { ok: false, code: 'already-acknowledged', message: `This alert was acknowledged by ${who} already.` }
  }
  const ends = occurrence.state === 'returned-unacknowledged'
  const next: AlertOccurrence = {
    ...occurrence,
    state: ends ? 'normal' : 'acknowledged',
    acknowledgedUs: atUs,
    acknowledgedBy: by,
    acknowledgeComment: comment,
  }
  const after: AlertRuleState = {
    ...state,
    state: next.state,
    occurrenceId: ends ? null : next.id,
    repeats: ends ? 0 : state.repeats,
  }
  const transition = transitionOf(next, 'acknowledged', { by, comment, atUs })
  return { ok: true, state: after, occurrence: next, running: ends ? null : next, transition }
}

/**
 * What the inspection found. Wants the acknowledge first: a label says what was found, and nobody has looked yet. A
 * later label replaces the earlier one; the journal keeps both.
 */
export function label(
  occurrence: AlertOccurrence,
  outcome: Outcome,
  by: string,
  note: string | null,
  atUs: TimeUs,
): Labelled | Refusal {
  if (occurrence.acknowledgedUs === null) {
    const message = 'Acknowledge this alert first; its outcome is labelled after someone has looked.'
    return { ok: false, code: 'not-acknowledged', message }
  }
  const next: AlertOccurrence = { ...occurrence, outcome, labelledUs: atUs, labelledBy: by, labelNote: note }
  return { ok: true, occurrence: next, transition: transitionOf(next, 'labelled', { by, comment: note, atUs }) }
}

/** Nothing left to do: the signal returned, someone took notice, and the outcome is known. */
export function isClosed(occurrence: AlertOccurrence): boolean {
  return occurrence.state === 'normal' && occurrence.outcome !== null
}

/** Returned and acknowledged, but nobody has said yet what it was. */
export function awaitsOutcome(occurrence: AlertOccurrence): boolean {
  return occurrence.state === 'normal' && occurrence.outcome === null
}
