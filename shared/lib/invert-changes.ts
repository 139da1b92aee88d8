import type { PlantChange } from '../domain/plant-change.ts'

const opposite = { added: 'removed', removed: 'added', changed: 'changed' } as const

/** What takes the changes back, in the opposite order. */
export function invertChanges(changes: readonly PlantChange[]): PlantChange[] {
  return changes.toReversed().map(({ kind, section, id, field, before, after }) => ({
    kind: opposite[kind],
    section,
    id,
    field,
    before: after,
    after: before,
  }))
}
