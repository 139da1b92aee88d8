import { useStore } from 'zustand'
import {
  connectionPhase,
  connectionStore,
  type ConnectionPhase,
  type ConnectionState,
} from '../bridge/connection-store.ts'

export { connectionPhase, type ConnectionPhase } from '../bridge/connection-store.ts'

export function useConnection<S>(select: (state: ConnectionState) => S): S {
  return useStore(connectionStore, select)
}

export function useConnectionPhase(): ConnectionPhase {
  return useConnection(connectionPhase)
}
