import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import { prewhiten, realCepstrum } from './cepstrum.ts'
import { realSpectrum } from './spectrum.ts'

describe('real cepstrum', () => {
  test('an echo of strength a after t reads a/2 at t, -a^2/4 at 2t, a^3/6 at 3t', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 0.7, noNaN: true }),
        fc.integer({ min: 90, max: 400 }),
        (strength, delay) => {
          const count = 8192
          // One impulse alone: its log spectrum is flat, so that only the echo is left.
          const signal = new Float64Array(count)
          signal[0] = 1
          signal[delay] = strength
          const { values, quefrencyStepS } = realCepstrum(signal, 25_600)
          expect(quefrencyStepS).toBe(1 / 25_600)
          expect(values[delay]).toBeCloseTo(strength / 2, 3)
          expect(values[2 * delay]).toBeCloseTo(-(strength ** 2) / 4, 3)
          expect(values[3 * delay]).toBeCloseTo(strength ** 3 / 6, 3)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('a family of lines 25 Hz apart, each hardly above the noise, is one peak at 40 ms', () => {
    const noise = gaussian(3)
    const rate = 12_800
    const signal = Float64Array.from({ length: 12_800 }, (_, i) => {
      let sum = noise()
      for (let line = 4; line < 200; line += 1) sum += 0.06 * Math.cos((2 * Math.PI * 25 * line * i) / rate + line ** 2)
      return sum
    })
    const { values } = realCepstrum(signal, rate)
    const from = Math.round(rate / 60)
    let best = from
    for (let n = from; n < rate / 20; n += 1) if ((values[n] as number) > (values[best] as number)) best = n
    expect(Math.abs(best / rate - 1 / 25)).toBeLessThan(2 / rate)
  })

  test('a gain moves quefrency 0 alone, by its logarithm', () => {
    const signal = Float64Array.from({ length: 2048 }, gaussian(1))
    const plain = realCepstrum(signal, 1000).values
    const loud = realCepstrum(
      signal.map((value) => 10 * value),
      1000,
    ).values
    expect((loud[0] as number) - (plain[0] as number)).toBeCloseTo(Math.log(10), 9)
    for (let n = 1; n < plain.length; n += 1) expect(loud[n]).toBeCloseTo(plain[n] as number, 9)
  })

  test('silence has a cepstrum of zeros', () => {
    expect(realCepstrum(new Float64Array(64), 1).values.every((value) => value === 0)).toBe(true)
  })
})

describe('cepstrum prewhitening', () => {
  test('all magnitudes become equal and all phases stay, odd and even lengths', () => {
    for (const count of [1000, 1001]) {
      const noise = gaussian(count)
      const signal = Float64Array.from({ length: count }, (_, i) => 20 * Math.sin(0.3 * i) + noise())
      const { values } = prewhiten(signal)
      const before = realSpectrum(signal)
      const after = realSpectrum(values)
      const reference = Math.hypot(after.re[1] as number, after.im[1] as number)
      for (let k = 1; k < Math.floor(count / 2); k += 1) {
        expect(Math.hypot(after.re[k] as number, after.im[k] as number) / reference).toBeCloseTo(1, 6)
        const turn =
          Math.atan2(after.im[k] as number, after.re[k] as number) -
          Math.atan2(before.im[k] as number, before.re[k] as number)
        expect(Math.abs(Math.sin(turn))).toBeLessThan(1e-6)
      }
      expect(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / count)).toBeCloseTo(1, 9)
    }
  })

  test('weak impulses under a strong tone come out: kurtosis rises', () => {
    const noise = gaussian(5)
    const signal = Float64Array.from({ length: 25_600 }, (_, i) => 5 * Math.sin(0.05 * i) + 0.05 * noise())
    for (let start = 100; start < signal.length - 50; start += 400)
      for (let i = 0; i < 30; i += 1)
        signal[start + i] = (signal[start + i] as number) + 0.6 * Math.exp(-i / 6) * Math.sin(1.2 * i)
    const kurtosis = (values: Float64Array): number => {
      const second = values.reduce((sum, value) => sum + value ** 2, 0) / values.length
      return values.reduce((sum, value) => sum + value ** 4, 0) / values.length / second ** 2
    }
    expect(kurtosis(signal)).toBeLessThan(1.6)
    expect(kurtosis(prewhiten(signal).values)).toBeGreaterThan(4)
    expect(prewhiten(new Float64Array(32)).values.every((value) => value === 0)).toBe(true)
  })
})
