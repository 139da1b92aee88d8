import fs from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { featureDefinitions, featureIndex, featureNames, type FeatureName } from '../../shared/domain/features.ts'
import type { Fft } from '../../shared/domain/transforms.ts'
import {
  BlockOptionsError,
  createBlockAnalyzer,
  type BlockAnalyzer,
  type BlockAnalyzerOptions,
} from './block-features.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { createFft } from './fft.ts'
import { KeyphasorTrack } from './keyphasor.ts'
import { timeFeatures } from './time-features.ts'

let fft: Fft
beforeAll(async () => {
  fft = await createFft(
    fs.readFileSync(new URL('../../node_modules/@echogarden/pffft-wasm/dist/simd/pffft.wasm', import.meta.url)),
  )
})

const bearing = { bpfo: 3.585, bpfi: 5.415, bsf: 2.357, ftf: 0.398 }
const get = (analyzer: BlockAnalyzer, name: FeatureName): number => analyzer.features[featureIndex(name)] as number

/** Feeds a continuous signal block by block. */
function feed(
  options: BlockAnalyzerOptions,
  seconds: number,
  rpm: number | null,
  signal: (t: number) => number,
): BlockAnalyzer {
  const analyzer = createBlockAnalyzer(fft, options)
  const blocks = Math.ceil((seconds * options.sampleRateHz) / options.blockSize)
  for (let b = 0; b < blocks; b += 1) {
    const start = b * options.blockSize
    analyzer.analyze(
      Float32Array.from({ length: options.blockSize }, (_, i) => signal((start + i) / options.sampleRateHz)),
      rpm,
    )
  }
  return analyzer
}

const rates: [number, number][] = [
  [25_600, 4096],
  [12_000, 4096],
  [51_200, 8192],
  [25_600, 1000],
  [5000, 512],
  [25_600, 25_600],
]

describe('block analyser', () => {
  test.each(rates)(
    '%i Hz in blocks of %i: modulation, orders and velocity come out right',
    (sampleRateHz, blockSize) => {
      const rpm = 1770
      const shaftHz = rpm / 60
      const carrierHz = 0.3 * sampleRateHz
      const faultHz = bearing.bpfo * shaftHz * 1.004
      const analyzer = feed({ sampleRateHz, blockSize, unitToMps2: 9.80665, bearing }, 3.5, rpm, (t) => {
        const tone = (1 + 0.5 * Math.cos(2 * Math.PI * faultHz * t)) * Math.sin(2 * Math.PI * carrierHz * t)
        return tone + 0.3 * Math.sin(2 * Math.PI * shaftHz * t + 1) + 0.1 * Math.sin(2 * Math.PI * 2 * shaftHz * t)
      })
      expect(Math.abs(get(analyzer, 'bpfo') / 0.5 - 1)).toBeLessThan(0.005)
      expect(get(analyzer, 'bpfoSnrDb')).toBeGreaterThan(40)
      expect(get(analyzer, 'bpfi')).toBeLessThan(0.01)
      expect(Math.abs(get(analyzer, 'envelopeRms') / (0.5 / Math.SQRT2) - 1)).toBeLessThan(0.01)
      expect(Math.abs(get(analyzer, 'order1') / 0.3 - 1)).toBeLessThan(0.001)
      expect(Math.abs(get(analyzer, 'order2') / 0.1 - 1)).toBeLessThan(0.001)
      expect(get(analyzer, 'order3')).toBeLessThan(0.005)
      const velocity = (1000 * 9.80665 * Math.hypot(0.3 / shaftHz, 0.1 / (2 * shaftHz))) / (2 * Math.PI) / Math.SQRT2
      expect(Math.abs(get(analyzer, 'velocityRms') / velocity - 1)).toBeLessThan(0.01)
    },
  )

  test('block boundaries draw no lines of their own', () => {
    const tone = (t: number): number => Math.sin(2 * Math.PI * 5003.3 * t)
    const long = feed({ sampleRateHz: 25_600, blockSize: 25_600, bearing }, 5, 1770, tone).envelopeSpectrum()
    for (let bin = 2; bin < 1000; bin += 1) expect(long?.[bin]).toBeLessThan(2e-3)
    const analyzer = feed({ sampleRateHz: 25_600, blockSize: 4096, bearing }, 3, 1770, tone)
    const amplitudes = analyzer.envelopeSpectrum()
    // 25 600 / 4096 = 6.25 Hz is bin 8 of the 0.78 Hz envelope spectrum.
    for (let harmonic = 1; harmonic <= 20; harmonic += 1) expect(amplitudes?.[8 * harmonic]).toBeLessThan(2e-3)
  })

  test('time features are those of the block', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 64, maxLength: 64, min: -8, max: 8, noNaN: true }), (values) => {
        const analyzer = createBlockAnalyzer(fft, { sampleRateHz: 1000, blockSize: 64 })
        analyzer.analyze(values, null)
        const expected = timeFeatures(values)
        for (const name of ['mean', 'rms', 'peak', 'peakToPeak', 'crestFactor', 'kurtosis', 'skewness'] as const) {
          const value = get(analyzer, name)
          // The order of summation differs: the last digits of a nearly constant block's shape may as well.
          if (Number.isNaN(expected[name])) expect(value).toBeNaN()
          else expect(Math.abs(value - expected[name])).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected[name])))
        }
      }),
    )
  })

  test.each(rates)(
    '%i Hz in blocks of %i: band RMS is that of the definition, within one per mille',
    (sampleRateHz, blockSize) => {
      const tones = [0.36, 0.19, 0.09, 0.045, 0.011].map((share, i) => ({ hz: share * sampleRateHz, amplitude: 1 + i }))
      const analyzer = feed({ sampleRateHz, blockSize }, (6 * blockSize) / sampleRateHz, null, (t) =>
        // An offset as a proximity probe has it must not reach the lowest band.
        tones.reduce((sum, { hz, amplitude }) => sum + amplitude * Math.sin(2 * Math.PI * hz * t + amplitude), -40),
      )
      const bands = ['band1', 'band2', 'band3', 'band4', 'bandLow'] as const
      for (const [i, band] of bands.entries()) {
        const expected = (tones[i]?.amplitude ?? 0) / Math.SQRT2
        // A short block holds few cycles of the lowest tone, and its share of noise bins counts: 1 % below 64 lines.
        const limit = blockSize >= 4096 || i < 3 ? 1e-3 : 1e-2
        expect(Math.abs(get(analyzer, band) / expected - 1), band).toBeLessThan(limit)
      }
    },
  )

  test('band RMS adds up to the RMS of noise, and starts anew after a gap', () => {
    const random = gaussian(3)
    const noise = Float32Array.from({ length: 40 * 4096 }, () => random())
    const analyzer = createBlockAnalyzer(fft, { sampleRateHz: 25_600, blockSize: 4096 })
    const bands = ['band1', 'band2', 'band3', 'band4', 'bandLow'] as const
    let bandPower = 0
    let power = 0
    for (let b = 0; b < 40; b += 1) {
      analyzer.analyze(noise.subarray(b * 4096, (b + 1) * 4096), null)
      if (b === 0) expect(get(analyzer, 'band1')).toBeNaN()
      else for (const band of bands) bandPower += get(analyzer, band) ** 2
      if (b > 0) power += get(analyzer, 'rms') ** 2
    }
    expect(Math.abs(Math.sqrt(bandPower / power) - 1)).toBeLessThan(0.005)
    analyzer.reset()
    analyzer.analyze(noise.subarray(0, 4096), null)
    for (const band of bands) expect(get(analyzer, band)).toBeNaN()
  })

  test('what is missing is NaN, never 0', () => {
    const noise = (t: number): number => Math.sin(t * t * 1e7)
    const bare = feed({ sampleRateHz: 25_600, blockSize: 4096 }, 2, null, noise)
    for (const name of featureNames) {
      expect(Number.isNaN(get(bare, name)), name).toBe(featureDefinitions[name].needs.length > 0)
    }
    const stopped = feed({ sampleRateHz: 25_600, blockSize: 4096, unitToMps2: 1, bearing }, 2, 0, noise)
    for (const name of featureNames) {
      expect(Number.isNaN(get(stopped, name)), name).toBe(
        featureDefinitions[name].needs.some((need) => need === 'speed' || need === 'keyphasor'),
      )
    }
  })

  test('record features wait for a full record, and start anew after a reset', () => {
    const analyzer = createBlockAnalyzer(fft, { sampleRateHz: 25_600, blockSize: 4096, bearing })
    const block = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i * i))
    const needed = Math.ceil((analyzer.recordSeconds * 25_600) / 4096) + 1
    for (let i = 1; i <= needed; i += 1) {
      analyzer.analyze(block, 1770)
      expect(Number.isNaN(get(analyzer, 'bpfo'))).toBe(i < needed)
    }
    analyzer.reset()
    analyzer.analyze(block, 1770)
    expect(get(analyzer, 'bpfo')).toBeNaN()
    expect(get(analyzer, 'rms')).toBeGreaterThan(0)
    expect(analyzer.envelopeSpectrum()).toBeNull()
  })

  test('the vector and the spectrum are reused: nothing is allocated per block', () => {
    const analyzer = createBlockAnalyzer(fft, { sampleRateHz: 25_600, blockSize: 4096 })
    const block = Float32Array.from({ length: 4096 }, (_, i) => 2 * Math.sin((2 * Math.PI * 100 * i) / 4096))
    expect(analyzer.analyze(block, null)).toBe(analyzer.analyze(block, null))
    const spectrum = analyzer.spectrum(block)
    expect(analyzer.spectrum(block)).toBe(spectrum)
    expect(spectrum[100]).toBeCloseTo(2, 4)
    expect(analyzer.spectrumResolutionHz).toBe(6.25)
  })

  test('impossible options are refused in words', () => {
    expect(() => createBlockAnalyzer(fft, { sampleRateHz: 0, blockSize: 4096 })).toThrow(BlockOptionsError)
    expect(() => createBlockAnalyzer(fft, { sampleRateHz: 1000, blockSize: 10 })).toThrow(/too short/)
    expect(() => createBlockAnalyzer(fft, { sampleRateHz: 1000, blockSize: 512, envelopeBandHz: [100, 600] })).toThrow(
      /0-500 Hz/,
    )
    expect(() =>
      createBlockAnalyzer(fft, { sampleRateHz: 1000, blockSize: 512 }).analyze(new Float32Array(10), null),
    ).toThrow(/10 samples/)
  })

  test('any rate and block size that a contract may name works', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 5000 }),
        fc.integer({ min: 200, max: 102_400 }),
        (blockSize, sampleRateHz) => {
          const analyzer = createBlockAnalyzer(fft, { sampleRateHz, blockSize, bearing })
          const block = new Float32Array(blockSize).fill(1)
          for (let i = 0; i < 3; i += 1) analyzer.analyze(block, 600)
          expect(get(analyzer, 'mean')).toBe(1)
        },
      ),
      { numRuns: 40 },
    )
  })

  test.each([
    [25_600, 4096, 600],
    [25_600, 4096, 1772],
    [12_000, 1000, 1500],
    [51_200, 8192, 3580],
    [25_600, 25_600, 3000],
  ])('%i Hz in blocks of %i at %i rpm: phases lag as seeded, from a keyphasor', (sampleRateHz, blockSize, rpm) => {
    const shaftHz = rpm / 60
    const radians = Math.PI / 180
    const wave = (t: number): number =>
      2 * Math.cos(2 * Math.PI * shaftHz * t - 75 * radians) +
      0.5 * Math.cos(4 * Math.PI * shaftHz * t - 310 * radians) +
      0.3 * Math.cos(6 * Math.PI * shaftHz * t - 5 * radians)
    const pulse = (t: number): number => ((shaftHz * t + 1e-9) % 1 < 0.04 ? 8 : -1)
    const analyzer = createBlockAnalyzer(fft, { sampleRateHz, blockSize })
    const track = new KeyphasorTrack()
    const blocks = Math.ceil((3.5 * sampleRateHz) / blockSize)
    for (let b = 0; b < blocks; b += 1) {
      const seconds = (i: number): number => (b * blockSize + i) / sampleRateHz
      const startUs = 1.6e15 + (b * blockSize * 1e6) / sampleRateHz
      track.push(
        Float32Array.from({ length: blockSize }, (_, i) => pulse(seconds(i))),
        sampleRateHz,
        startUs,
      )
      const block = Float32Array.from({ length: blockSize }, (_, i) => wave(seconds(i)))
      analyzer.analyze(block, rpm, { track, startUs })
    }
    // A square pulse is found half a sample early: that much of a turn, and 0.5 degrees for the rest.
    const perSampleDeg = (360 * shaftHz) / sampleRateHz
    for (const [order, lag] of [
      [1, 75],
      [2, 310],
      [3, 5],
    ] as const) {
      const found = get(analyzer, `order${order}Phase`)
      const apart = Math.abs(found - lag)
      expect(Math.min(apart, 360 - apart)).toBeLessThan(0.5 + order * perSampleDeg)
    }
    // A mark of another shaft, or one that misses turns, times nothing.
    analyzer.analyze(new Float32Array(blockSize), 1.3 * rpm, { track, startUs: 1.6e15 })
    expect(get(analyzer, 'order1Phase')).toBeNaN()
  })
})

describe('keyphasor', () => {
  test('passages are found once each, between samples, through noise, and kept in order', () => {
    fc.assert(
      fc.property(fc.double({ min: 2, max: 200, noNaN: true }), fc.integer({ min: 1, max: 1e6 }), (shaftHz, seed) => {
        const random = gaussian(seed)
        const track = new KeyphasorTrack()
        const rate = 25_600
        for (let b = 0; b < 12; b += 1) {
          const samples = Float32Array.from({ length: 4096 }, (_, i) => {
            const turn = (shaftHz * (b * 4096 + i)) / rate
            const sinceS = (turn - Math.round(turn)) / shaftHz
            const rise = Math.max(0, Math.min(1, 0.5 + sinceS / 2e-4))
            const fall = Math.max(0, Math.min(1, 0.5 + (sinceS - 1e-3) / 2e-4))
            return 10 * (rise - fall) - 3 + 0.1 * random()
          })
          track.push(samples, rate, b * 160_000)
        }
        const turns = (12 * 4096 * shaftHz) / rate
        expect(Math.abs(track.count - Math.min(512, turns))).toBeLessThanOrEqual(1.5)
        for (let age = 0; age + 1 < track.count; age += 1) {
          const turn = (track.timeUs(age) * shaftHz) / 1e6
          expect((Math.abs(turn - Math.round(turn)) * 1e6) / shaftHz).toBeLessThan(10)
          expect(track.timeUs(age)).toBeGreaterThan(track.timeUs(age + 1))
        }
        expect(track.timeUs(track.count)).toBeNaN()
        track.reset()
        expect(track.count).toBe(0)
      }),
      { numRuns: 20 },
    )
  })

  test('a flat signal has no passages', () => {
    const track = new KeyphasorTrack()
    track.push(new Float32Array(100).fill(4), 1000, 0)
    expect(track.count).toBe(0)
  })
})
