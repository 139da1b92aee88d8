import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { windowNames } from '../../shared/domain/derivation.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import {
  averagedSpectrum,
  lineCounts,
  planSpectrum,
  PowerAverager,
  SpectrumSettingsError,
} from './averaged-spectrum.ts'
import { amplitudeFactor, decibelReferences, level } from './scales.ts'
import { findPeaks, interpolatePeak } from './spectrum.ts'
import { timeFeatures } from './time-features.ts'
import { windowShape } from './windows.ts'

const RATE = 25_600
const tone = (count: number, hz: number, amplitude = 1, phase = 0): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE + phase))

describe('windows and their corrections', () => {
  // Harris 1978, table 1; ISO 18431-2 for the flat-top.
  test.each([
    ['rectangular', 1, 1],
    ['hann', 0.5, 1.5],
    ['hamming', 0.54, 1.3628],
    ['blackman-harris', 0.35875, 2.0044],
    ['flat-top', 0.21557895, 3.7703],
  ] as const)('%s: coherent gain %f, noise bandwidth %f bins', (name, gain, bandwidth) => {
    const shape = windowShape(name, 4096)
    expect(shape.coherentGain).toBeCloseTo(gain, 8)
    expect(shape.noiseBandwidthBins).toBeCloseTo(bandwidth, 3)
  })
})

describe('averaged spectrum', () => {
  test('2.56 samples a line: 400 lines need 1024 samples, 12 800 need 32 768', () => {
    expect(lineCounts.map((lines) => planSpectrum(RATE, { lines }).samples)).toEqual([
      1024, 2048, 4096, 8192, 16_384, 32_768,
    ])
    expect(planSpectrum(RATE, { lines: 3200, maxHz: 1000 })).toEqual({
      lines: 3200,
      maxHz: 1000,
      resolutionHz: 0.3125,
      samples: 81_920,
    })
  })

  test.each(lineCounts)(
    '%i lines: a tone anywhere reads within 0.5 % under the flat-top, within half a line',
    (lines) => {
      const plan = planSpectrum(RATE, { lines })
      const samples = plan.samples
      const draw = fc.record({
        line: fc.double({ min: 12, max: lines - 12, noNaN: true }),
        phase: fc.double({ min: 0, max: 6.28, noNaN: true }),
        amplitude: fc.double({ min: 0.01, max: 100, noNaN: true }),
      })
      fc.assert(
        fc.property(draw, ({ line, phase, amplitude }) => {
          const hz = line * plan.resolutionHz
          const found = averagedSpectrum(tone(samples, hz, amplitude, phase), RATE, { lines, window: 'flat-top' })
          const [peak] = findPeaks(found.amplitudes, found.resolutionHz, 1)
          expect(Math.abs((peak?.amplitude ?? 0) / amplitude - 1)).toBeLessThan(0.005)
          const hann = averagedSpectrum(tone(samples, hz, amplitude, phase), RATE, { lines })
          const [sharp] = findPeaks(hann.amplitudes, hann.resolutionHz, 1)
          expect(Math.abs((sharp?.hz ?? 0) - hz)).toBeLessThanOrEqual(0.5 * plan.resolutionHz * 1.0001)
          const between = interpolatePeak(hann.amplitudes, sharp?.bin ?? 0)
          expect(Math.abs(between.bin - line)).toBeLessThan(0.02)
          // The RMS of a tone does not depend on the window (Parseval with the noise bandwidth).
          for (const rms of [found.rms, hann.rms])
            expect(Math.abs(rms / amplitude / Math.SQRT1_2 - 1)).toBeLessThan(1e-3)
        }),
        { numRuns: 6 },
      )
    },
  )

  test('RMS by Parseval is the RMS: exactly for the rectangular window, whatever the signal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(400, 401, 800), (seed, lines) => {
        const noise = gaussian(seed)
        const { samples } = planSpectrum(RATE, { lines })
        const signal = Float64Array.from({ length: samples }, () => 3 + noise())
        const { rms } = averagedSpectrum(signal, RATE, { lines, window: 'rectangular' })
        expect(Math.abs(rms / timeFeatures(signal).rms - 1)).toBeLessThan(1e-9)
      }),
      { numRuns: 20 },
    )
  })

  test.each(windowNames)('RMS of long noise under the %s window is within 1 %', (window) => {
    const noise = gaussian(7)
    const signal = Float64Array.from({ length: 262_144 }, noise)
    const { rms } = averagedSpectrum(signal, RATE, { lines: 400, window, overlap: 0.75 })
    expect(Math.abs(rms / timeFeatures(signal).rms - 1)).toBeLessThan(0.01)
  })

  test('linear averages keep a tone and calm the noise; peak-hold keeps the highest; both count their pieces', () => {
    const noise = gaussian(3)
    const signal = tone(65_536, 4000, 1).map((value) => value + 0.2 * noise())
    const one = averagedSpectrum(signal, RATE, { lines: 800, averages: 1 })
    const many = averagedSpectrum(signal, RATE, { lines: 800, overlap: 0.5 })
    const held = averagedSpectrum(signal, RATE, { lines: 800, overlap: 0.5, averaging: 'peak-hold' })
    expect([one.averages, many.averages]).toEqual([1, 63])
    const line = 320
    expect(many.amplitudes[line]).toBeCloseTo(1, 2)
    const scatter = (values: Float64Array): number => {
      const floor = values.slice(20, 300).map((value) => value * value)
      const mean = floor.reduce((sum, value) => sum + value, 0) / floor.length
      return Math.sqrt(floor.reduce((sum, value) => sum + (value - mean) ** 2, 0) / floor.length) / mean
    }
    // Power of one piece scatters as much as its mean; 63 half-overlapping Hann pieces count as about 56.
    expect(scatter(one.amplitudes)).toBeGreaterThan(0.7)
    expect(scatter(many.amplitudes)).toBeLessThan(0.2)
    for (let k = 1; k < 800; k += 1) expect(held.amplitudes[k]).toBeGreaterThanOrEqual(many.amplitudes[k] as number)
  })

  test('an exponential average forgets: a step is followed by 1 - (1 - 1/n)^pieces', () => {
    const averager = new PowerAverager(1, 'exponential', 4)
    for (let i = 0; i < 50; i += 1) averager.add(Float64Array.of(0))
    for (let i = 0; i < 6; i += 1) averager.add(Float64Array.of(1))
    expect(averager.power[0]).toBeCloseTo(1 - 0.75 ** 6, 12)
    averager.reset()
    averager.add(Float64Array.of(5))
    expect(averager.power[0]).toBe(5)
  })

  test('what cannot be met is refused with a way out', () => {
    const short = new Float64Array(1000)
    expect(() => averagedSpectrum(short, RATE, { lines: 400 })).toThrow(/need 1024 samples, the record has 1000/)
    expect(() => averagedSpectrum(short, RATE, { lines: 100, maxHz: 12_000 })).toThrow(/choose 10000 Hz/)
    expect(() => averagedSpectrum(short, RATE, { lines: 3 })).toThrow(SpectrumSettingsError)
    expect(() => averagedSpectrum(short, RATE, { lines: 100, overlap: 1 })).toThrow(/use 0 to 0.95/)
    expect(() => averagedSpectrum(short, RATE, { lines: 100, averages: 0 })).toThrow(/whole number/)
  })

  test('it says what made it', () => {
    const { derivation } = averagedSpectrum(tone(4096, 100), RATE, { lines: 400, window: 'blackman-harris' })
    expect(derivation).toEqual({
      block: 'data-manipulation',
      method: 'averaged-spectrum',
      version: 1,
      window: 'blackman-harris',
      bandHz: [0, 10_000],
    })
  })
})

describe('scales', () => {
  test('a line as peak, peak to peak and RMS, and as a level of ISO 1683', () => {
    expect(amplitudeFactor('peak')).toBe(1)
    expect(amplitudeFactor('peak-to-peak')).toBe(2)
    expect(amplitudeFactor('rms')).toBe(Math.SQRT1_2)
    expect(level(9.80665, decibelReferences.acceleration)).toBeCloseTo(139.83, 2)
    expect(level(1e-3, decibelReferences.velocity)).toBeCloseTo(120, 9)
    expect(level(0, 1)).toBe(-400)
    expect(() => level(1, 0)).toThrow(/positive/)
  })
})
