import { expect, it } from 'vitest'
import { latencyClassOf, worstLatencyMs } from './latency.ts'

it('the latency class is of the batch where there is one, else of the cadence', () => {
  expect(latencyClassOf({ updateCadenceMs: 1000 })).toBe('live')
  expect(latencyClassOf({ updateCadenceMs: 1000, batchMs: 30_000 })).toBe('batch')
  expect(latencyClassOf({ updateCadenceMs: 60_000 })).toBe('batch')
  expect(latencyClassOf({ updateCadenceMs: 1000, batchMs: 3_600_000 })).toBe('archive')
  expect(worstLatencyMs({ updateCadenceMs: 1000, batchMs: 30_000 })).toBe(30_000)
})
