import type { Priority } from '../../../shared/domain/alert.ts'
import { keyOfCondition, type PresentCondition } from '../../../shared/domain/condition.ts'
import type { AlertView, ServerAlarmView } from '../../../shared/protocol/views.ts'
import { priorityOrder } from './criteria.ts'

/** Two lines of text; as in alerts.css. */
export const alertRowPx = 38

/** One line of the list: an alert of ours, or an alarm of a server beside it. */
export type AlertRow = { kind: 'own'; view: AlertView } | { kind: 'server'; alarm: ServerAlarmView }

export function idOfAlarm({ condition }: ServerAlarmView): string {
  return `server:${keyOfCondition(condition).replaceAll('\n', '|')}`
}

export function idOfRow(row: AlertRow): string {
  return row.kind === 'own' ? row.view.occurrence.id : idOfAlarm(row.alarm)
}

export function rowsOf(views: readonly AlertView[], alarms: readonly ServerAlarmView[]): AlertRow[] {
  return [
    ...views.map((view): AlertRow => ({ kind: 'own', view })),
    ...alarms.map((alarm): AlertRow => ({ kind: 'server', alarm })),
  ]
}

function rankOf(row: AlertRow): [known: number, priority: Priority, sinceUs: number] {
  if (row.kind === 'own') return [0, row.view.occurrence.priority, row.view.occurrence.raisedUs]
  // What nobody knows the present state of comes behind what is known.
  return [row.alarm.reach === 'live' ? 0 : 1, row.alarm.priority, row.alarm.condition.activeSinceUs]
}

export function sortRows(rows: readonly AlertRow[]): AlertRow[] {
  return rows.toSorted((a, b) => {
    const [knownA, priorityA, sinceA] = rankOf(a)
    const [knownB, priorityB, sinceB] = rankOf(b)
    return knownA - knownB || priorityOrder(priorityA) - priorityOrder(priorityB) || sinceA - sinceB
  })
}

export function canAnswer(condition: PresentCondition): boolean {
  return condition.acked === false
}

export function canConfirm(condition: PresentCondition): boolean {
  return condition.acked !== false && condition.confirmed === false
}

export function isShelved(condition: PresentCondition): boolean {
  return condition.shelving === 'timed' || condition.shelving === 'one-shot'
}

/** Branches are states of the past: only the condition itself is shelved (OPC 10000-9, 5.8.17). */
export function canShelve(condition: PresentCondition): boolean {
  return condition.branchId === '' && condition.shelving === 'unshelved'
}

export type StateWord =
  | 'active'
  | 'inactive'
  | 'reported'
  | 'unacknowledged'
  | 'acknowledged'
  | 'unconfirmed'
  | 'confirmed'
  | 'shelved'
  | 'suppressed'
  | 'doubtful'
  | 'earlier'

/** What the state of an alarm is made of, in the order it is said. */
export function stateWordsOf(condition: PresentCondition): StateWord[] {
  const { active, acked, confirmed, suppressedOrShelved, quality, branchId } = condition
  const words: StateWord[] = branchId === '' ? [] : ['earlier']
  words.push(active === null ? 'reported' : active ? 'active' : 'inactive')
  if (acked !== null) words.push(acked ? 'acknowledged' : 'unacknowledged')
  if (confirmed === false && acked !== false) words.push('unconfirmed')
  if (isShelved(condition)) words.push('shelved')
  else if (suppressedOrShelved) words.push('suppressed')
  if (quality >>> 30 !== 0) words.push('doubtful')
  return words
}
