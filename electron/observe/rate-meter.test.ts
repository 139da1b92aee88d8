import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateMeter } from './rate-meter.ts'

describe('the rate meter', () => {
  it('reads a steady rate exactly and falls to zero when events stop', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 0, max: 1e9 }), (perTick, startMs) => {
        const meter = new RateMeter(10_000)
        for (let ms = 0; ms < 25_000; ms += 100) meter.add(perTick, startMs + ms)
        expect(meter.perSecond(startMs + 25_000)).toBeCloseTo(perTick * 10, 6)
        expect(meter.perSecond(startMs + 60_000)).toBe(0)
      }),
      { numRuns: 30 },
    )
  })
})
