import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binRuns } from './bins.ts'

describe('binRuns', () => {
  it('keeps the extremes of every column and never loses a spike', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 0, max: 3_000_000 }),
        fc.constantFrom(1000, 12_000, 25_600),
        fc.integer({ min: 20, max: 20_000 }),
        (values, startUs, sampleRateHz, binUs) => {
          const samples = Float32Array.from(values)
          const endUs = startUs + (samples.length * 1e6) / sampleRateHz
          const first = Math.floor(startUs / binUs)
          const bins = binRuns([{ startUs, sampleRateHz, samples }], binUs, first, Math.ceil(endUs / binUs) + 1)
          const known = [...bins.min].filter((v) => !Number.isNaN(v))
          expect(Math.min(...known)).toBe(Math.min(...samples))
          expect(Math.max(...[...bins.max].filter((v) => !Number.isNaN(v)))).toBe(Math.max(...samples))
          samples.forEach((value, i) => {
            const column = Math.floor((startUs - first * binUs + i * (1e6 / sampleRateHz)) / binUs)
            expect(bins.min[column]).toBeLessThanOrEqual(value)
            expect(bins.max[column]).toBeGreaterThanOrEqual(value)
          })
        },
      ),
    )
  })

  it('gives the same columns whether a signal comes in one run or many', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 4, maxLength: 300 }),
        fc.integer({ min: 1, max: 299 }),
        (values, cut) => {
          const samples = Float32Array.from(values)
          const at = Math.min(cut, samples.length - 1)
          const whole = binRuns([{ startUs: 1000, sampleRateHz: 1e4, samples }], 450, 0, 80)
          const parts = binRuns(
            [
              { startUs: 1000, sampleRateHz: 1e4, samples: samples.subarray(0, at) },
              { startUs: 1000 + at * 100, sampleRateHz: 1e4, samples: samples.subarray(at) },
            ],
            450,
            0,
            80,
          )
          expect(parts).toEqual(whole)
        },
      ),
    )
  })

  it('leaves columns without samples NaN', () => {
    const bins = binRuns([{ startUs: 0, sampleRateHz: 1000, samples: new Float32Array(5) }], 1000, 0, 10)
    expect([...bins.max].map(Number.isNaN)).toEqual([false, false, false, false, false, true, true, true, true, true])
  })
})
