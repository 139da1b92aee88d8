import { useStore } from 'zustand'
import { createStore } from 'zustand/vanilla'
import type { Action } from '../../shared/domain/access.ts'
import type { AccessFrame } from '../../shared/protocol/access.ts'
import { bridge } from '../bridge/bridge.ts'
import { browser } from '../bridge/browser.ts'

interface AccessState {
  /** null until the engine has said who sits here. */
  frame: AccessFrame | null
  /** The dialog for signing in is open. */
  asks: boolean
}

export const accessStore = createStore<AccessState>(() => ({ frame: null, asks: false }))

/** The engine forgets a person who does not move; it is told of a hand this often at most. */
const touchEveryMs = 30_000

export function startAccess(): () => void {
  let touchedMs = 0
  const stops = [
    bridge.subscribe('access', {}, (frame) => accessStore.setState({ frame })),
    browser.onHand(() => {
      if (accessStore.getState().frame?.person === null || Date.now() - touchedMs < touchEveryMs) return
      touchedMs = Date.now()
      // Nobody waits for it; without an engine there is nobody to keep signed in.
      bridge.call('access.touch', {}).catch(() => undefined)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

export function askToSignIn(asks: boolean): void {
  accessStore.setState({ asks })
}

export function useAccess(): AccessFrame | null {
  return useStore(accessStore, ({ frame }) => frame)
}

/** For what the screen offers; the engine decides by itself. Offered until it is known. */
export function useMay(action: Action): boolean {
  return useStore(accessStore, ({ frame }) => frame === null || frame.allowed.includes(action))
}
