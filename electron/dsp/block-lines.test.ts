import fs from 'node:fs'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Fft } from '../../shared/domain/transforms.ts'
import { gaussian } from '../../shared/testkit/noise.ts'
import { BlockLines } from './block-lines.ts'
import { squaredEnvelope } from './envelope.ts'
import { createFft } from './fft.ts'
import { hannAmplitudes, realSpectrum } from './spectrum.ts'

let fft: Fft
beforeAll(async () => {
  fft = await createFft(
    fs.readFileSync(new URL('../../node_modules/@echogarden/pffft-wasm/dist/simd/pffft.wasm', import.meta.url)),
  )
})

const RATE = 25_600

function struckBlock(count: number, seed: number, gain = 1): Float32Array {
  const noise = gaussian(seed)
  const block = Float32Array.from({ length: count }, (_, i) => gain * (0.5 * noise() + Math.sin(0.007 * i)))
  for (let start = 17; start < count - 80; start += 241)
    for (let i = 0; i < 80; i += 1)
      block[start + i] = (block[start + i] as number) + gain * 3 * Math.exp(-i / 15) * Math.sin(1.1 * i)
  return block
}

describe('lines of a block', () => {
  test('spectrum and envelope spectra are those of the float64 transforms', () => {
    const lines = new BlockLines(fft, { sampleRateHz: RATE, blockSize: 25_600, highestLineHz: 1000 })
    const block = struckBlock(25_600, 3)
    lines.analyze(block, 700, 480)
    const spectrum = realSpectrum(Float64Array.from(block))
    const amplitudes = hannAmplitudes(spectrum)
    const highest = Math.max(...amplitudes)
    let worst = 0
    for (let k = 2; k < 12_798; k += 1)
      worst = Math.max(worst, Math.abs((lines.spectrum[k] as number) - (amplitudes[k] as number)))
    expect(worst / highest).toBeLessThan(1e-5)
    expect(lines.envelopeBins).toBe(760)
    expect(lines.envelopes.map((envelope) => envelope.prewhitened)).toEqual([false, false, false, true])
    for (const { lowHz, highHz, power, mean, prewhitened } of lines.envelopes) {
      const exact = squaredEnvelope(fft, spectrum, lowHz, highHz, prewhitened, 760)
      const unit = prewhitened ? exact.mean / mean : 1
      expect(mean * unit).toBeCloseTo(exact.mean, 4)
      const top = Math.max(...exact.power)
      for (let k = 1; k < 740; k += 1)
        expect(Math.abs((power[k] as number) * unit ** 2 - (exact.power[k] as number)) / top).toBeLessThan(1e-3)
    }
  })

  test('the bands are the most impulsive ones, the first holds the resonance, all differ', () => {
    const lines = new BlockLines(fft, { sampleRateHz: RATE, blockSize: 25_600, highestLineHz: 1000 })
    lines.analyze(struckBlock(25_600, 5), 700, 480)
    const [first, second, third] = lines.envelopes
    // 1.1 radians a sample are 4482 Hz.
    expect(first?.lowHz).toBeLessThan(4482)
    expect(first?.highHz).toBeGreaterThan(4482)
    expect(first?.kurtosis).toBeGreaterThanOrEqual(second?.kurtosis ?? Number.NaN)
    expect(second?.kurtosis).toBeGreaterThanOrEqual(third?.kurtosis ?? Number.NaN)
    expect(new Set(lines.envelopes.map((envelope) => `${envelope.lowHz} ${envelope.highHz}`)).size).toBe(4)
  })

  test('a gain of 1e-3 to 1e4 changes heights and nothing else', () => {
    const lines = new BlockLines(fft, { sampleRateHz: RATE, blockSize: 8192, highestLineHz: 800 })
    lines.analyze(struckBlock(8192, 9), 700, 480)
    const plain = lines.envelopes.map(({ lowHz, kurtosis, power, mean }) => ({
      lowHz,
      kurtosis,
      depth: (power[106] as number) / mean ** 2,
    }))
    for (const gain of [1e-3, 0.1, 1e4]) {
      lines.analyze(struckBlock(8192, 9, gain), 700, 480)
      for (const [e, { lowHz, kurtosis, power, mean }] of lines.envelopes.entries()) {
        expect(lowHz).toBe(plain[e]?.lowHz)
        if (!Number.isNaN(kurtosis)) expect(kurtosis).toBeCloseTo(plain[e]?.kurtosis ?? 0, 3)
        expect((power[106] as number) / mean ** 2 / (plain[e]?.depth ?? 0)).toBeCloseTo(1, 3)
      }
    }
  })

  test('any block length works: the largest size that the transform can do is used; memory is kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 512, max: 30_000 }), (blockSize) => {
        const lines = new BlockLines(fft, { sampleRateHz: RATE, blockSize, highestLineHz: 500 })
        expect(lines.size).toBeLessThanOrEqual(blockSize)
        expect(lines.size).toBeGreaterThan(0.85 * blockSize)
        const { spectrum, envelopes } = lines
        const powers = envelopes.map((envelope) => envelope.power)
        lines.analyze(struckBlock(blockSize, blockSize), 400, 400)
        lines.analyze(struckBlock(blockSize, blockSize + 1), 400, 400)
        expect(lines.spectrum).toBe(spectrum)
        expect(lines.envelopes).toBe(envelopes)
        for (const [e, envelope] of envelopes.entries()) expect(envelope.power).toBe(powers[e])
        for (const power of powers) expect(power.every(Number.isFinite)).toBe(true)
      }),
      { numRuns: 15 },
    )
  })

  test('silence gives nothing, and too little is refused', () => {
    const lines = new BlockLines(fft, { sampleRateHz: RATE, blockSize: 4096, highestLineHz: 500 })
    lines.analyze(new Float32Array(4096), 400, 400)
    for (const envelope of lines.envelopes) {
      expect(envelope.mean).toBe(0)
      expect(envelope.power.every((value) => value === 0)).toBe(true)
    }
    expect(() => lines.analyze(new Float32Array(100), 400, 400)).toThrow(/4096 are needed/)
    expect(() => new BlockLines(fft, { sampleRateHz: 0, blockSize: 64, highestLineHz: 1 })).toThrow(
      /cannot be analysed/,
    )
    expect(() => new BlockLines(fft, { sampleRateHz: 1, blockSize: 20, highestLineHz: 1 })).toThrow(/too short/)
  })
})
