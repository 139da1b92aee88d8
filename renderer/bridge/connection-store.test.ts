import { describe, expect, it } from 'vitest'
import { afterClientState, afterEngineState, connectionPhase, type ConnectionState } from './connection-store.ts'

const start: ConnectionState = {
  client: { kind: 'detached' },
  engine: null,
  plant: { state: 'none' },
  facts: null,
  interruption: null,
}
const live: ConnectionState = {
  ...start,
  client: { kind: 'live', engine: { version: '0', protocol: 1, pid: 1, node: '', startedUs: 0 } },
  engine: { state: 'ready', pid: 1, restarts: 0 },
}

describe('connection state', () => {
  it('keeps when the engine was lost, why, and when it came back', () => {
    const restarting = { state: 'restarting', reason: 'killed', attempt: 1, retryInMs: 500 } as const
    let state: ConnectionState = { ...live, ...afterClientState(live, { kind: 'detached' }, 100) }
    expect(state.interruption).toEqual({ reason: null, lostUs: 100, backUs: null })
    expect(connectionPhase(state)).toBe('restarting')
    state = { ...state, ...afterEngineState(state, restarting, { state: 'none' }) }
    expect(state.interruption?.reason).toBe('killed')
    state = { ...state, ...afterClientState(state, { kind: 'greeting' }, 150) }
    state = { ...state, ...afterEngineState(state, { state: 'ready', pid: 2, restarts: 1 }, { state: 'none' }) }
    state = { ...state, ...afterClientState(state, live.client, 400) }
    expect(state.interruption).toEqual({ reason: 'killed', lostUs: 100, backUs: 400 })
    expect(connectionPhase(state)).toBe('live')
  })

  it('records nothing for the first connection', () => {
    expect(afterClientState(start, live.client, 5)).toEqual({ client: live.client })
    expect(connectionPhase(start)).toBe('connecting')
  })

  it('puts a wrong version and a failed engine before everything else', () => {
    expect(connectionPhase({ ...live, client: { kind: 'wrong-version', theirs: 2 } })).toBe('wrong-version')
    expect(connectionPhase({ ...start, engine: { state: 'failed', reason: 'no key' } })).toBe('failed')
    expect(connectionPhase({ ...start, engine: { state: 'stopped' } })).toBe('stopped')
  })
})
