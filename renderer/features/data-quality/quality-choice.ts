import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Criteria } from './quality-model.ts'

/** What is looked for and looked at, and whether the keyboard is in the list. */
interface QualityChoice {
  choice: Omit<Criteria, 'level' | 'within'>
  /** The row whose reasons are shown. */
  row: string | null
  isByKeyboard: boolean
}

/** Outside the page: going into a line makes a new page of the history, and what is looked for goes along. */
const store = createStore<QualityChoice>(() => ({
  choice: { text: '', failingOnly: false, state: null, kind: null },
  row: null,
  isByKeyboard: false,
}))

export function useQualityChoice(): QualityChoice['choice'] {
  return useStore(store, ({ choice }) => choice)
}

export function choose(choice: QualityChoice['choice']): void {
  store.setState({ choice })
}

export function useChosenRow(): string | null {
  return useStore(store, ({ row }) => row)
}

export function chooseRow(row: string | null): void {
  store.setState({ row })
}

/** The row that has the focus goes: the keyboard goes on in the list that takes its place. */
export function goOnByKeyboard(): void {
  store.setState({ isByKeyboard: true })
}

/** Once: whether that was said. */
export function takeKeyboard(): boolean {
  const { isByKeyboard } = store.getState()
  if (isByKeyboard) store.setState({ isByKeyboard: false })
  return isByKeyboard
}
