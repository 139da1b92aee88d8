import { describe, expect, it } from 'vitest'
import type { LinkState } from '../../../shared/domain/intake.ts'
import type { DestinationState } from '../../../shared/domain/outbox.ts'
import { deliveryPhase, fill, insecureReason, orderProblems } from './words.ts'

function destination(over: Partial<DestinationState> = {}): DestinationState {
  return {
    id: 'bulk',
    kind: 'folder',
    lane: 'later',
    state: 'delivering',
    depth: 10,
    oldestUs: 1,
    rowsPerSecond: 5,
    secondsToEmpty: 2,
    lastReceiptUs: 100,
    failingSinceUs: null,
    lastError: null,
    deliveredRows: 1000,
    ...over,
  }
}

describe('delivery in words', () => {
  it('is told by receipts, not by the state of a socket', () => {
    expect(deliveryPhase(destination())).toBe('delivering')
    expect(deliveryPhase(destination({ depth: 0 }))).toBe('upToDate')
    expect(deliveryPhase(destination({ secondsToEmpty: 3600, depth: 50_000 }))).toBe('draining')
    expect(deliveryPhase(destination({ failingSinceUs: 5, state: 'delivering' }))).toBe('outage')
    expect(deliveryPhase(destination({ failingSinceUs: 5, state: 'paused' }))).toBe('paused')
    expect(deliveryPhase(destination({ depth: 0, lastReceiptUs: null }))).toBe('notYet')
  })
})

describe('status in words', () => {
  it('finds the reason of an insecure link', () => {
    const link = (security: string): LinkState => ({
      serverId: 's',
      endpointUrl: 'e',
      phase: 'connected',
      sinceUs: 0,
      message: '',
      security,
      reconnects: 0,
      lastDataUs: null,
      itemsGood: 0,
      itemsBad: 0,
    })
    expect(insecureReason(link('insecure: laboratory bench'))).toBe('laboratory bench')
    expect(insecureReason(link('None'))).toBe('')
    expect(insecureReason(link('Basic256Sha256 SignAndEncrypt'))).toBeNull()
  })

  it('bounds the fill of a queue', () => {
    expect([fill(0, 10), fill(5, 10), fill(20, 10), fill(1, 0)]).toEqual([0, 0.5, 1, 0])
  })

  it('puts errors first, then the oldest', () => {
    const list = [
      { id: 'c', severity: 'warning' as const, sinceUs: 5 },
      { id: 'a', severity: 'error' as const, sinceUs: 9 },
      { id: 'b', severity: 'warning' as const, sinceUs: 1 },
    ]
    expect(orderProblems(list).map((problem) => problem.id)).toEqual(['a', 'b', 'c'])
  })
})
