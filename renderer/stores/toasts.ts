import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'

export interface ToastEntry {
  id: number
  kind: 'done' | 'failed'
  message: string
}

const shownMs = { done: 5000, failed: 15_000 } as const
const limit = 4
let lastId = 0

const toastStore = createStore<{ toasts: readonly ToastEntry[] }>(() => ({ toasts: [] }))

export function dismissToast(id: number): void {
  toastStore.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }))
}

/** Says in one sentence what an action of the person led to. States of the plant belong on the page, never here. */
export function toast(kind: ToastEntry['kind'], message: string): void {
  const id = ++lastId
  toastStore.setState(({ toasts }) => ({ toasts: [...toasts, { id, kind, message }].slice(-limit) }))
  setTimeout(() => dismissToast(id), shownMs[kind])
}

export function useToasts(): readonly ToastEntry[] {
  return useStore(toastStore, (state) => state.toasts)
}
