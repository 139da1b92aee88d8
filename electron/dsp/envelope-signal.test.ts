import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import {
  checkEnvelopeBand,
  EnvelopeBandError,
  envelopeBandPresets,
  hilbertEnvelope,
  peakHoldEnvelope,
  spectrumOfEnvelope,
  squaredEnvelopeSpectrum,
} from './envelope-signal.ts'
import { localMedian } from './lines.ts'

const RATE = 25_600

/** Impulses that ring at `resonanceHz`, with slip of 0.5 %, at a stated ratio of RMS to the noise's. */
function struck(seconds: number, faultHz: number, snrDb: number, seed: number, resonanceHz = 4200): Float64Array {
  const noise = gaussian(seed)
  const count = Math.round(seconds * RATE)
  const signal = new Float64Array(count)
  for (let t = 0.001; t < seconds; t += (1 + 0.005 * noise()) / faultHz) {
    for (let i = Math.ceil(t * RATE); i < Math.min(count, (t + 0.01) * RATE); i += 1) {
      const dt = i / RATE - t
      signal[i] = (signal[i] as number) + Math.exp(-900 * dt) * Math.sin(2 * Math.PI * resonanceHz * dt)
    }
  }
  const rms = Math.sqrt(signal.reduce((sum, value) => sum + value * value, 0) / count)
  const level = rms / 10 ** (snrDb / 20)
  return signal.map((value) => value + level * noise())
}

/** The strongest bin between 20 Hz and three times the frequency sits within a line (and the slip) of it. */
function strongestHz(amplitudes: Float64Array, resolutionHz: number, faultHz: number): number {
  let best = Math.ceil(20 / resolutionHz)
  for (let k = best; k * resolutionHz < 1.7 * faultHz; k += 1)
    if ((amplitudes[k] as number) > (amplitudes[best] as number)) best = k
  return best * resolutionHz
}

describe('the band of an envelope', () => {
  test('the second preset is refused at 25.6 kS/s and taken above 40 kS/s; nothing is clamped', () => {
    const [gears = [0, 0], bearings = [0, 0]] = envelopeBandPresets
    expect(checkEnvelopeBand(RATE, gears)).toEqual([250, 10_000])
    expect(() => checkEnvelopeBand(RATE, bearings)).toThrow(EnvelopeBandError)
    expect(() => checkEnvelopeBand(RATE, bearings)).toThrow(/needs more than 40000 samples\/s, the signal has 25600/)
    expect(checkEnvelopeBand(51_200, bearings)).toEqual([500, 20_000])
    expect(() => hilbertEnvelope(new Float64Array(64), RATE, bearings)).toThrow(EnvelopeBandError)
    expect(() => peakHoldEnvelope(new Float64Array(64), RATE, bearings, 1000)).toThrow(EnvelopeBandError)
    expect(() => checkEnvelopeBand(RATE, [3000, 2000])).toThrow(/lower edge first/)
  })
})

describe('Hilbert envelope', () => {
  test('of a modulated tone is its modulation', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 60 }),
        fc.double({ min: 0, max: 0.95, noNaN: true }),
        fc.double({ min: 0.01, max: 50, noNaN: true }),
        (cycles, depth, amplitude) => {
          const count = 5120
          const modulation = (i: number): number => 1 + depth * Math.cos((2 * Math.PI * cycles * i) / count)
          const signal = Float64Array.from(
            { length: count },
            (_, i) => amplitude * modulation(i) * Math.sin((2 * Math.PI * 1000 * i) / count + 0.7),
          )
          const { values, sampleRateHz } = hilbertEnvelope(signal, RATE, [3000, 7000])
          expect(sampleRateHz).toBe(RATE)
          for (let i = 0; i < count; i += 1)
            expect(Math.abs((values[i] as number) / amplitude - modulation(i))).toBeLessThan(1e-9)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('a gain is a gain, and its spectrum names the band it came from', () => {
    const signal = struck(1, 105, 10, 5)
    const plain = hilbertEnvelope(signal, RATE, [2000, 8000])
    const loud = hilbertEnvelope(
      signal.map((value) => 40 * value),
      RATE,
      [2000, 8000],
    )
    for (let i = 0; i < plain.values.length; i += 1)
      expect((loud.values[i] as number) / (plain.values[i] as number)).toBeCloseTo(40, 6)
    expect(spectrumOfEnvelope(plain).derivation).toEqual({
      block: 'data-manipulation',
      method: 'envelope-spectrum',
      version: 1,
      window: 'hann',
      bandHz: [2000, 8000],
    })
  })

  test.each([0, -6, -10])('impulses at 107.3 Hz in noise at %i dB stand out of both spectra', (snrDb) => {
    const envelope = hilbertEnvelope(struck(4, 107.3, snrDb, 21), RATE, [3000, 5500])
    for (const { amplitudes, resolutionHz } of [spectrumOfEnvelope(envelope), squaredEnvelopeSpectrum(envelope)]) {
      const found = strongestHz(amplitudes, resolutionHz, 107.3)
      expect(Math.abs(found - 107.3)).toBeLessThan(0.01 * 107.3)
      const bin = Math.round(found / resolutionHz)
      expect((amplitudes[bin] as number) / localMedian(amplitudes, bin, 100)).toBeGreaterThan(6)
    }
  })
})

describe('peak-hold envelope', () => {
  test('an impulse of two samples keeps its height at a rate 25 times lower', () => {
    const signal = new Float64Array(25_600)
    for (let i = 100; i < signal.length; i += 2560) {
      signal[i] = 5
      signal[i + 1] = -5
    }
    const held = peakHoldEnvelope(signal, RATE, [1000, 12_800], 1024)
    expect(held.sampleRateHz).toBe(1024)
    expect(held.values.length).toBe(1024)
    const wide = hilbertEnvelope(signal, RATE, [1000, 12_800]).values
    const averaged = Array.from({ length: 1024 }, (_, n) =>
      wide.subarray(25 * n, 25 * n + 25).reduce((sum, value) => sum + value / 25, 0),
    )
    expect(Math.max(...held.values)).toBeGreaterThan(4)
    expect(Math.max(...averaged)).toBeLessThan(2)
    const { amplitudes, resolutionHz } = spectrumOfEnvelope(held)
    expect(strongestHz(amplitudes, resolutionHz, 30)).toBeCloseTo(20, 0)
  })

  test('it never reads more than the envelope and never less than the waveform', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(512, 1000, 2560, 25_600), (seed, rate) => {
        const noise = gaussian(seed)
        const signal = Float64Array.from({ length: 4096 }, noise)
        const held = peakHoldEnvelope(signal, RATE, [2000, 9000], rate)
        const { values } = hilbertEnvelope(signal, RATE, [2000, 9000])
        const interval = RATE / held.sampleRateHz
        for (let n = 0; n < held.values.length; n += 1) {
          const part = values.subarray(n * interval, (n + 1) * interval)
          expect(held.values[n]).toBeLessThanOrEqual(Math.max(...part) + 1e-12)
        }
      }),
      { numRuns: 10 },
    )
    expect(() => peakHoldEnvelope(new Float64Array(64), RATE, [100, 200], 0)).toThrow(/choose a rate/)
  })
})

const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

// Orders as stated with the recordings; a line may sit 1.5 % off by slip, but all bands must agree on the same line.
describe.skipIf(!fs.existsSync(path.join(data, 'reference.json')))('outer races of public recordings', () => {
  test.each([
    ['cwru_130_DE', 12_000, 1796, 3.5848, [2000, 5500]],
    ['cwru_236_DE', 12_000, 1748, 3.5848, [2000, 5500]],
    ['mfpt_outer_vload_7', 48_828, 1500, 3.2449, [2000, 20_000]],
  ] as const)('%s shows its outer-race line', (id, rate, rpm, order, band) => {
    const bytes = fs.readFileSync(path.join(data, 'records', `${id}.f32`))
    const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    const envelope = hilbertEnvelope(Float64Array.from(samples), rate, band)
    const { amplitudes, resolutionHz } = squaredEnvelopeSpectrum(envelope)
    const expected = (order * rpm) / 60
    let best = Math.round((0.98 * expected) / resolutionHz)
    for (let k = best; k * resolutionHz <= 1.02 * expected; k += 1)
      if ((amplitudes[k] as number) > (amplitudes[best] as number)) best = k
    expect((amplitudes[best] as number) / localMedian(amplitudes, best, 200)).toBeGreaterThan(20)
    expect(Math.abs((best * resolutionHz) / expected - 1)).toBeLessThan(0.015)
  })
})
