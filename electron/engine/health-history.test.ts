import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HealthHistory } from './health-history.ts'

describe('health history', () => {
  it('never loses the worst value of the time it shows, in at most 96 columns', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 600 }), fc.float({ min: 0, max: 4, noNaN: true })), {
          minLength: 1,
          maxLength: 400,
        }),
        (steps) => {
          const history = new HealthHistory()
          let tS = 1_700_000_000
          const all: { tUs: number; value: number }[] = []
          for (const [dtS, value] of steps) {
            tS += dtS
            history.add(tS * 1e6, value)
            all.push({ tUs: tS * 1e6, value })
          }
          const { fromUs, columnUs, worst } = history.read()
          expect(worst.length).toBeLessThanOrEqual(96)
          expect(columnUs).toBeLessThanOrEqual(900e6)
          const shown = all.filter((entry) => entry.tUs >= fromUs)
          expect(shown.length).toBeGreaterThan(0)
          const known = [...worst].filter((v) => !Number.isNaN(v))
          expect(Math.max(...known)).toBe(Math.max(...shown.map((entry) => entry.value)))
          const last = all.at(-1)
          expect(Math.floor((last?.tUs ?? 0) / columnUs) - Math.floor(fromUs / columnUs)).toBe(worst.length - 1)
        },
      ),
    )
  })
})
