import fs from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Fft } from '../../shared/domain/transforms.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { analyticBand } from './envelope.ts'
import { createFft } from './fft.ts'
import { fastKurtogram, spectralKurtosis, treeRows } from './kurtogram.ts'
import { realSpectrum } from './spectrum.ts'

let fft: Fft
beforeAll(async () => {
  fft = await createFft(
    fs.readFileSync(new URL('../../node_modules/@echogarden/pffft-wasm/dist/simd/pffft.wasm', import.meta.url)),
  )
})

const RATE = 25_600
const noiseOf = (count: number, seed: number): Float64Array => Float64Array.from({ length: count }, gaussian(seed))

/** Bursts in one band, in noise that is louder over all. */
function bursts(centreHz: number, gain: number): Float64Array {
  const signal = noiseOf(51_200, 9)
  for (let start = 300; start < signal.length - 200; start += 512) {
    for (let i = 0; i < 120; i += 1)
      signal[start + i] =
        (signal[start + i] as number) + gain * Math.exp(-i / 25) * Math.sin((2 * Math.PI * centreHz * i) / RATE)
  }
  return signal
}

/** Kurtosis of the complex envelope by its definition, at full length and in float64. */
function slowKurtosis(signal: Float64Array, first: number, end: number): number {
  const { re, im } = analyticBand(realSpectrum(signal), [first, end])
  let second = 0
  let fourth = 0
  for (let i = 0; i < re.length; i += 1) {
    const power = (re[i] as number) ** 2 + (im[i] as number) ** 2
    second += power
    fourth += power * power
  }
  return (re.length * fourth) / (second * second) - 2
}

describe('fast kurtogram', () => {
  test('the tree is 1; 2, 3; 4, 6; 8, 12; 16 bands', () => {
    expect(treeRows(4)).toEqual([1, 2, 3, 4, 6, 8, 12, 16])
    expect(treeRows(0)).toEqual([1])
  })

  test('each band has the kurtosis of its full-length envelope', () => {
    const signal = bursts(6000, 4).subarray(0, 10_240)
    const { rows } = fastKurtogram(fft, realSpectrum(signal), RATE)
    const half = signal.length / 2
    for (const row of rows) {
      for (const [part, band] of row.entries()) {
        const first = Math.max(1, Math.round((half * part) / row.length))
        const slow = slowKurtosis(signal, first, Math.round((half * (part + 1)) / row.length))
        expect(Math.abs(band.kurtosis - slow)).toBeLessThan(1e-3 * (2 + slow))
      }
    }
  })

  test.each([1500, 4000, 6000, 9500])('bursts at %i Hz are found in a band that holds them', (centreHz) => {
    const { best, derivation } = fastKurtogram(fft, realSpectrum(bursts(centreHz, 4)), RATE)
    expect(best.lowHz).toBeLessThanOrEqual(centreHz + 200)
    expect(best.highHz).toBeGreaterThanOrEqual(centreHz - 200)
    expect(best.highHz - best.lowHz).toBeLessThan(4300)
    expect(best.kurtosis).toBeGreaterThan(1)
    expect(derivation.bandHz).toEqual([best.lowHz, best.highHz])
  })

  test('noise has no band: kurtosis stays near 0; a tone gives -1; a gain changes nothing', () => {
    const noise = noiseOf(51_200, 4)
    const { rows, best } = fastKurtogram(fft, realSpectrum(noise), RATE)
    expect(best.kurtosis).toBeLessThan(0.35)
    expect(rows[0]?.[0]?.kurtosis).toBeCloseTo(0, 1)
    const loud = fastKurtogram(fft, realSpectrum(noise.map((value) => 1e6 * value)), RATE)
    expect(loud.best.kurtosis).toBeCloseTo(best.kurtosis, 4)
    const tone = Float64Array.from({ length: 25_600 }, (_, i) => Math.sin((2 * Math.PI * 3000 * i) / RATE))
    expect(fastKurtogram(fft, realSpectrum(tone), RATE).rows[0]?.[0]?.kurtosis).toBeCloseTo(-1, 5)
  })

  test('bands narrower than asked are left out; silence has no number', () => {
    const { rows } = fastKurtogram(fft, realSpectrum(noiseOf(25_600, 2)), RATE, { narrowestHz: 2000 })
    expect(rows.map((row) => row.length)).toEqual([1, 2, 3, 4, 6])
    const silent = fastKurtogram(fft, realSpectrum(new Float64Array(4096)), RATE)
    expect(silent.rows.flat().every((band) => Number.isNaN(band.kurtosis))).toBe(true)
  })
})

describe('spectral kurtosis', () => {
  test('0 for noise, -1 for a tone, high where bursts are', () => {
    const noise = spectralKurtosis(noiseOf(51_200, 8), RATE, 256)
    expect(noise.pieces).toBe(797)
    const inner = noise.values.slice(2, 127)
    expect(Math.abs(inner.reduce((sum, value) => sum + value / inner.length, 0))).toBeLessThan(0.05)
    expect(Math.max(...inner.map(Math.abs))).toBeLessThan(0.5)
    const tone = Float64Array.from({ length: 51_200 }, (_, i) => Math.sin((2 * Math.PI * 3200 * i) / RATE))
    expect(spectralKurtosis(tone, RATE, 256).values[32]).toBeCloseTo(-1, 6)
    const struck = spectralKurtosis(bursts(6000, 4), RATE, 128)
    let best = 2
    for (let k = 2; k < 62; k += 1) if ((struck.values[k] as number) > (struck.values[best] as number)) best = k
    expect(Math.abs(best * struck.resolutionHz - 6000)).toBeLessThan(500)
    expect(() => spectralKurtosis(new Float64Array(1000), RATE, 600)).toThrow(/use 333 or fewer/)
  })
})
