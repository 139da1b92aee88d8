import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { Failure } from '../../shared/domain/problem.ts'
import { invertChanges } from '../../shared/lib/invert-changes.ts'
import { bridge } from '../bridge/bridge.ts'
import { failureOf } from './topic.ts'

interface Step {
  what: string
  changes: readonly PlantChange[]
}

/** An evening's work; older revisions are in the twin. */
const kept = 50
const undoStore = createStore<{ steps: readonly Step[] }>(() => ({ steps: [] }))
/** Somebody has typed since the last edit was saved. */
let hasTyped = true

/** An edit of the plant that this window made and can take back. */
export function remember(what: string, changes: readonly PlantChange[]): void {
  if (changes.length === 0) return
  hasTyped = false
  undoStore.setState(({ steps }) => ({ steps: [...steps, { what, changes }].slice(-kept) }))
}

export function typed(): void {
  hasTyped = true
}

/** In a text field: the letters typed last are taken back before the edit that was saved before them. */
export function undoIsOfText(): boolean {
  return hasTyped
}

/** What an undo would take back; null: nothing. */
export function useUndoable(): string | null {
  return useStore(undoStore, ({ steps }) => steps.at(-1)?.what ?? null)
}

/**
 * Takes the last edit back as a revision of its own; null when there is none. What was changed again since stays as it is, and
 * the failure says so.
 */
export async function undo(
  reasonFor: (what: string) => string,
): Promise<{ what: string; failure: Failure | null } | null> {
  const last = undoStore.getState().steps.at(-1)
  if (!last) return null
  undoStore.setState(({ steps }) => ({ steps: steps.slice(0, -1) }))
  const { what } = last
  try {
    const { faults } = await bridge.call('config.change', {
      changes: invertChanges(last.changes),
      reason: reasonFor(what),
    })
    const [fault] = faults
    const failure = fault ? { code: fault.code, message: `${fault.message} ${fault.remedy}`, retryable: false } : null
    return { what, failure }
  } catch (error) {
    return { what, failure: failureOf(error) }
  }
}
