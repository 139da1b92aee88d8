import { describe, expect, it } from 'vitest'
import { killCycles } from '../testkit/engine/kill-cycles.ts'

describe('kill -9 of the engine under load', () => {
  it('loses nothing it had vouched for, doubles nothing, and leaves a twin that verifies', async () => {
    // As many cycles as fit in 40 s; `npm run soak -- kill9` runs the fifty.
    const report = await killCycles(20_261_122, 50, 40_000)
    expect(report.faults).toEqual([])
    expect(report.cycles).toBeGreaterThanOrEqual(3)
    expect(report.vouched).toBeGreaterThan(0)
  }, 180_000)
})
