import { useCallback, useState } from 'react'
import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import { browser } from '../bridge/browser.ts'
import { formatRoute, parseRoute, type Route } from './route.ts'

export { formatRoute, type PageName, type Route } from './route.ts'

interface RouterState {
  route: Route
  /** Identity of the history entry: what a page remembers (scroll, zoom, cursors) hangs on it. */
  entry: number
}

interface EntryState {
  entry: number
}

function isEntryState(value: unknown): value is EntryState {
  return typeof value === 'object' && value !== null && 'entry' in value && typeof value.entry === 'number'
}

let lastEntry = 0
/** What pages remember, by history entry and name; bounded because a control-room window stays open for months. */
const remembered = new Map<number, Map<string, unknown>>()
const rememberedEntries = 200

function currentEntry(): number {
  const state = browser.historyState()
  if (isEntryState(state)) {
    lastEntry = Math.max(lastEntry, state.entry)
    return state.entry
  }
  const entry = ++lastEntry
  browser.replaceHistory({ entry }, browser.hash() || '#/')
  return entry
}

const routerStore = createStore<RouterState>(() => ({ route: { page: 'overview' }, entry: 0 }))

/** Reads the address and follows back and forward. Returns how to stop. */
export function startRouter(): () => void {
  const read = (): void => routerStore.setState({ route: parseRoute(browser.hash()), entry: currentEntry() })
  read()
  return browser.onPopState(read)
}

export function useRoute(): Route {
  return useStore(routerStore, (state) => state.route)
}

export function useHistoryEntry(): number {
  return useStore(routerStore, (state) => state.entry)
}

/** Opens a page as a new history entry; `replace` for a change of what the same page shows (a selection). */
export function navigate(route: Route, options: { replace?: boolean } = {}): void {
  const hash = formatRoute(route)
  if (hash === formatRoute(routerStore.getState().route)) return
  if (options.replace === true) {
    browser.replaceHistory({ entry: routerStore.getState().entry }, hash)
    routerStore.setState({ route })
    return
  }
  const entry = ++lastEntry
  browser.pushHistory({ entry }, hash)
  routerStore.setState({ route, entry })
}

export function recall(entry: number, name: string): unknown {
  return remembered.get(entry)?.get(name)
}

export function remember(entry: number, name: string, value: unknown): void {
  const values = remembered.get(entry) ?? new Map<string, unknown>()
  values.set(name, value)
  remembered.delete(entry)
  remembered.set(entry, values)
  for (const oldest of remembered.keys()) {
    if (remembered.size <= rememberedEntries) break
    remembered.delete(oldest)
  }
}

/** State that back and forward bring back: it belongs to the history entry, not to the component's life. */
export function useRemembered<T>(name: string, initial: T): [T, (value: T) => void] {
  const entry = useHistoryEntry()
  // Only this hook writes under this name, always a T.
  const [value, setValue] = useState(() => (recall(entry, name) as T | undefined) ?? initial)
  const set = useCallback(
    (next: T) => {
      remember(entry, name, next)
      setValue(next)
    },
    [entry, name],
  )
  return [value, set]
}
