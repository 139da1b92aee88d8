/**
 * Keyboard model of the alert table, free of the DOM. The selection is an id, never an index: rows that arrive or leave
 * must not move it to another alert.
 */
export interface TableView {
  ids: readonly string[]
  selected: string | null
}

export type TableMove = 'up' | 'down' | 'first' | 'last' | 'page-up' | 'page-down'

export function moveOfKey(key: string): TableMove | null {
  switch (key) {
    case 'ArrowUp':
      return 'up'
    case 'ArrowDown':
      return 'down'
    case 'Home':
      return 'first'
    case 'End':
      return 'last'
    case 'PageUp':
      return 'page-up'
    case 'PageDown':
      return 'page-down'
    default:
      return null
  }
}

const pageRows = 10

export function moveSelection(view: TableView, move: TableMove): string | null {
  const last = view.ids.length - 1
  if (last < 0) return null
  const at = view.selected === null ? -1 : view.ids.indexOf(view.selected)
  const target = {
    up: at < 0 ? last : at - 1,
    down: at + 1,
    first: 0,
    last,
    'page-up': at - pageRows,
    'page-down': at < 0 ? 0 : at + pageRows,
  }[move]
  return view.ids[Math.min(last, Math.max(0, target))] ?? null
}

/**
 * The selection after the rows changed. It stays on its alert while that is there; when it left, the row that took its
 * place is chosen, so that a series of A, A, A walks down the list.
 */
export function keepSelection(before: TableView, ids: readonly string[]): string | null {
  if (ids.length === 0) return null
  if (before.selected === null) return ids[0] ?? null
  if (ids.includes(before.selected)) return before.selected
  const at = before.ids.indexOf(before.selected)
  const still = new Set(ids)
  const next = before.ids.slice(at + 1).find((id) => still.has(id))
  const previous = before.ids.slice(0, Math.max(0, at)).findLast((id) => still.has(id))
  return next ?? previous ?? ids[0] ?? null
}

/** Rows in the order shown: those already on screen keep their place, new ones are appended at the end of the old. */
export function holdOrder(shown: readonly string[], arriving: readonly string[]): string[] {
  const now = new Set(arriving)
  const held = new Set(shown)
  return [...shown.filter((id) => now.has(id)), ...arriving.filter((id) => !held.has(id))]
}
