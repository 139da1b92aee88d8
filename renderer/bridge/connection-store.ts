import { createStore } from 'zustand/vanilla'
import type { EngineState, HostFacts, PlantState } from '../../shared/protocol/host.ts'
import type { ClientState } from './engine-client.ts'

/** A time without an engine, as the window saw it. */
export interface Interruption {
  reason: string | null
  lostUs: number
  /** null while the engine is still away. */
  backUs: number | null
}

export interface ConnectionState {
  client: ClientState
  engine: EngineState | null
  plant: PlantState
  facts: HostFacts | null
  interruption: Interruption | null
}

export type ConnectionPhase = 'connecting' | 'live' | 'restarting' | 'failed' | 'wrong-version' | 'stopped'

export const connectionStore = createStore<ConnectionState>(() => ({
  client: { kind: 'detached' },
  engine: null,
  plant: { state: 'none' },
  facts: null,
  interruption: null,
}))

/** One word for what the operator needs to know about the engine. */
export function connectionPhase({ client, engine, interruption }: ConnectionState): ConnectionPhase {
  if (client.kind === 'wrong-version') return 'wrong-version'
  if (engine?.state === 'failed') return 'failed'
  if (engine?.state === 'stopping' || engine?.state === 'stopped') return 'stopped'
  if (client.kind === 'live') return 'live'
  if (engine?.state === 'restarting' || (interruption && interruption.backUs === null)) return 'restarting'
  return 'connecting'
}

/** The connection after the client's state changed at `nowUs`: keeps the record of the time without an engine. */
export function afterClientState(
  before: ConnectionState,
  client: ClientState,
  nowUs: number,
): Partial<ConnectionState> {
  const lost = before.client.kind === 'live' && client.kind !== 'live'
  if (lost) {
    const reason =
      before.engine?.state === 'restarting' || before.engine?.state === 'failed' ? before.engine.reason : null
    return { client, interruption: { reason, lostUs: nowUs, backUs: null } }
  }
  const { interruption } = before
  if (client.kind === 'live' && interruption?.backUs === null)
    return { client, interruption: { ...interruption, backUs: nowUs } }
  return { client }
}

/** The connection after the supervisor spoke: a reason that arrives after the loss is added to its record. */
export function afterEngineState(
  before: ConnectionState,
  engine: EngineState,
  plant: PlantState,
): Partial<ConnectionState> {
  const { interruption } = before
  if ((engine.state === 'restarting' || engine.state === 'failed') && interruption?.backUs === null) {
    return { engine, plant, interruption: { ...interruption, reason: engine.reason } }
  }
  return { engine, plant }
}
