import { describe, expect, it } from 'vitest'
import { noLimits } from '../../../shared/domain/operating-limits.ts'
import type { PointValue } from '../../../shared/protocol/views.ts'
import { asStopped, calloutValues, dataState, worstFreshness } from './data-state.ts'

function value(pointId: string, over: Partial<PointValue> = {}): PointValue {
  return {
    pointId,
    name: pointId,
    kind: 'waveform',
    componentId: null,
    quantity: 'acceleration',
    feature: 'rms',
    unit: 'g',
    value: 1,
    quality: 'good',
    statusName: 'Good',
    tUs: 1,
    serverUs: null,
    freshness: 'live',
    state: { state: 'normal', reason: 'none', sinceUs: null },
    staleAfterMs: 1000,
    latency: 'live',
    range: null,
    limits: noLimits,
    level: 'normal',
    ...over,
  }
}

describe('state of the data of a machine', () => {
  it('counts points, not their features, and tells the worst of them', () => {
    const values = [
      value('a'),
      value('a', { feature: 'kurtosis' }),
      value('b', { freshness: 'missing' }),
      value('c', { quality: 'bad' }),
    ]
    expect(dataState(values)).toEqual({ live: 2, stale: 0, missing: 1, never: 0, notGood: 1 })
    expect(worstFreshness(values)).toBe('missing')
    expect(worstFreshness([])).toBe('never')
  })

  it('once frames stop, nothing is live any more and worse states stay what they are', () => {
    const stopped = asStopped([value('a'), value('b', { freshness: 'missing' }), value('c', { freshness: 'never' })])
    expect(stopped.map((entry) => entry.freshness)).toEqual(['stale', 'missing', 'never'])
    expect(dataState(stopped).live).toBe(0)
  })

  it('shows at a sensor the feature that is furthest beyond its limit, else the first', () => {
    const shown = calloutValues([
      value('a'),
      value('a', { feature: 'kurtosis', level: 'alarm' }),
      value('a', { feature: 'bpfo', level: 'warning' }),
      value('b'),
      value('b', { feature: 'peak' }),
    ])
    expect([shown.get('a')?.feature, shown.get('b')?.feature]).toEqual(['kurtosis', 'rms'])
  })
})
