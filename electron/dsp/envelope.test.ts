import fs from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Fft } from '../../shared/domain/transforms.ts'
import { bandBins, envelopeSpectrum, squaredEnvelope } from './envelope.ts'
import { createFft } from './fft.ts'
import { complexInverse64 } from './fft64.ts'
import { hannAmplitudes, realSpectrum } from './spectrum.ts'

let fft: Fft
beforeAll(async () => {
  fft = await createFft(
    fs.readFileSync(new URL('../../node_modules/@echogarden/pffft-wasm/dist/simd/pffft.wasm', import.meta.url)),
  )
})

const modulated = (n: number, carrier: number, modulation: number, depth: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => {
    const t = i / n
    return (1 + depth * Math.cos(2 * Math.PI * modulation * t)) * Math.sin(2 * Math.PI * carrier * t)
  })

describe('envelope spectrum', () => {
  test('an amplitude-modulated tone gives one line of its modulation', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 90 }),
        fc.double({ min: 0.05, max: 0.9, noNaN: true }),
        fc.constantFrom(4000, 4096, 4001),
        (modulation, depth, n) => {
          const { amplitudes, rms } = envelopeSpectrum(
            realSpectrum(modulated(n, 1000, modulation, depth)),
            n,
            800,
            1200,
          )
          expect(amplitudes[modulation]).toBeCloseTo(depth, 6)
          expect(amplitudes[modulation + 10]).toBeLessThan(1e-6)
          expect(rms).toBeCloseTo(depth / Math.SQRT2, 6)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('what lies outside the band does not show', () => {
    const n = 4096
    const outside = modulated(n, 400, 70, 0.5)
    const both = modulated(n, 1000, 40, 0.5).map((value, i) => value + (outside[i] as number))
    const { amplitudes } = envelopeSpectrum(realSpectrum(both), n, 800, 1200)
    expect(amplitudes[40]).toBeCloseTo(0.5, 6)
    expect(amplitudes[70]).toBeLessThan(1e-6)
  })

  test('band edges: lower included, upper and half the sample rate excluded', () => {
    expect(bandBins(1000, 1000, 100, 200)).toEqual([100, 200])
    expect(bandBins(1000, 1000, 0, 500)).toEqual([1, 500])
    expect(bandBins(262_144, 51_200, 2000, 23_040)).toEqual([10_240, 117_965])
  })
})

/** The reference's way: full-length inverse transform in float64. */
function fullLengthSquaredEnvelope(
  signal: Float64Array,
  low: number,
  high: number,
  whiten: boolean,
): { power: Float64Array; mean: number } {
  const spectrum = realSpectrum(signal)
  const re = new Float64Array(signal.length)
  const im = new Float64Array(signal.length)
  for (let k = Math.max(1, low); k < high; k += 1) {
    const a = spectrum.re[k] as number
    const b = spectrum.im[k] as number
    const scale = 2 / (whiten ? Math.hypot(a, b) || 1 : 1)
    re[k] = a * scale
    im[k] = b * scale
  }
  complexInverse64(re, im)
  const squared = re.map((value, i) => value * value + (im[i] as number) ** 2)
  const mean = squared.reduce((sum, value) => sum + value, 0) / squared.length
  return { power: hannAmplitudes(realSpectrum(squared)).map((value) => value * value), mean }
}

describe('squared envelope at the band rate', () => {
  test.each([
    [4096, 300, 700, false],
    [4096, 300, 700, true],
    [5003, 1, 2501, false],
    [5003, 1200, 1300, true],
  ])('%i samples, bins %i to %i, prewhitened %s: equals the full-length one', (n, low, high, whiten) => {
    const signal = modulated(n, 500, 33, 0.6).map((value, i) => 1e-3 * (value + 0.2 * Math.sin(i * i * 0.77)))
    const fast = squaredEnvelope(fft, realSpectrum(signal), low, high, whiten, 90)
    const slow = fullLengthSquaredEnvelope(signal, low, high, whiten)
    expect(fast.mean / slow.mean).toBeCloseTo(1, 5)
    const highest = Math.max(...slow.power.subarray(1, 90))
    for (let k = 1; k < 90; k += 1)
      expect(Math.abs((fast.power[k] as number) - (slow.power[k] as number))).toBeLessThan(1e-5 * highest)
  })

  test('silence is silence', () => {
    expect(squaredEnvelope(fft, realSpectrum(new Float64Array(1000)), 10, 100, false, 20)).toEqual({
      power: new Float64Array(20),
      mean: 0,
    })
  })
})
