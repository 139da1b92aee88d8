import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Outcome } from '../../shared/domain/alert.ts'
import type { ConditionAction, PresentCondition } from '../../shared/domain/condition.ts'
import type { Failure } from '../../shared/domain/problem.ts'
import { bridge } from '../bridge/bridge.ts'
import { failureOf } from './topic.ts'

export type AlertActionKind = 'acknowledge' | 'label' | 'server'

/** `done` only after the engine answered, which it does after the commit. */
export type AlertAction =
  | { kind: AlertActionKind; phase: 'pending' }
  | { kind: AlertActionKind; phase: 'done' }
  | { kind: AlertActionKind; phase: 'failed'; failure: Failure }

/** Last action per occurrence; bounded because a window stays open for months. */
const kept = 200
const actionStore = createStore<{ actions: ReadonlyMap<string, AlertAction> }>(() => ({ actions: new Map() }))

function record(occurrenceId: string, action: AlertAction): void {
  actionStore.setState(({ actions }) => {
    const next = new Map(actions)
    next.delete(occurrenceId)
    next.set(occurrenceId, action)
    for (const oldest of next.keys()) {
      if (next.size <= kept) break
      next.delete(oldest)
    }
    return { actions: next }
  })
}

async function run(occurrenceId: string, kind: AlertActionKind, call: () => Promise<unknown>): Promise<boolean> {
  record(occurrenceId, { kind, phase: 'pending' })
  try {
    await call()
    record(occurrenceId, { kind, phase: 'done' })
    return true
  } catch (error) {
    record(occurrenceId, { kind, phase: 'failed', failure: failureOf(error) })
    return false
  }
}

const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim())

/** True once it is committed; the failure is kept with the occurrence and shown there. */
export function acknowledgeAlert(occurrenceId: string, comment: string): Promise<boolean> {
  return run(occurrenceId, 'acknowledge', () =>
    bridge.call('alert.acknowledge', { occurrenceId, comment: orNull(comment) }),
  )
}

export function labelAlert(occurrenceId: string, outcome: Outcome, note: string): Promise<boolean> {
  return run(occurrenceId, 'label', () => bridge.call('alert.label', { occurrenceId, outcome, note: orNull(note) }))
}

/** True when the server took it; what it made of it comes as an event of the alarm. `minutes`: of `shelve`. */
export function askServer(
  id: string,
  { serverId, conditionId, branchId, eventId }: PresentCondition,
  action: ConditionAction,
  comment: string,
  minutes: number,
): Promise<boolean> {
  const asked = { serverId, conditionId, branchId, eventId, comment: comment.trim() }
  return run(id, 'server', () =>
    action === 'shelve' || action === 'shelve-once' || action === 'unshelve'
      ? bridge.call('serverAlarm.shelve', { ...asked, action, minutes })
      : bridge.call('serverAlarm.answer', { ...asked, action }),
  )
}

/** Committed, though the next frame of the list may not have come yet. */
export function wasAcknowledged(occurrenceId: string): boolean {
  const action = actionStore.getState().actions.get(occurrenceId)
  return action?.kind === 'acknowledge' && action.phase === 'done'
}

export function useAlertAction(occurrenceId: string | null): AlertAction | null {
  return useStore(actionStore, (state) => (occurrenceId === null ? null : (state.actions.get(occurrenceId) ?? null)))
}
