import { beforeAll, describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import type { Fft } from '../../shared/domain/transforms.ts'
import { createFft } from '../dsp/fft.ts'
import { DiagnosisPool, LiveScores } from './live-scores.ts'
import { readFftBytes } from './resources.ts'

let fft: Fft
beforeAll(async () => {
  fft = await createFft(readFftBytes())
})

const RATE = 25_600
const BLOCK = 4096
const bearing = { bpfo: 3.585, bpfi: 5.415, bsf: 2.357, ftf: 0.398 }

/** Strikes of an outer-race fault from the first sample on, ringing at 4.2 kHz, in noise of the same RMS. */
function struck(seconds: number, rpm: number, gain = 1): Float32Array {
  const noise = gaussian(5)
  const signal = new Float32Array(seconds * RATE)
  const periodS = 60 / rpm / bearing.bpfo
  for (let t = 0.001; t < seconds; t += periodS * (1 + 0.002 * noise())) {
    for (let i = Math.ceil(t * RATE); i < Math.min(signal.length, (t + 0.008) * RATE); i += 1) {
      const dt = i / RATE - t
      signal[i] = (signal[i] as number) + Math.exp(-1000 * dt) * Math.sin(2 * Math.PI * 4200 * dt)
    }
  }
  const rms = Math.sqrt(signal.reduce((sum, value) => sum + value * value, 0) / signal.length)
  return signal.map((value) => gain * (value + rms * noise()))
}

const make = (): LiveScores => new LiveScores(new DiagnosisPool(fft), RATE, bearing)

/** Scores after each block. */
function feed(scores: LiveScores, signal: Float32Array, rpm: (block: number) => number | null): number[][] {
  const seen: number[][] = []
  for (let b = 0; (b + 1) * BLOCK <= signal.length; b += 1) {
    scores.push(signal.subarray(b * BLOCK, (b + 1) * BLOCK), rpm(b))
    seen.push([...scores.values])
  }
  return seen
}

describe('live fault scores', () => {
  test('come with the first whole second, stand until the next, and name the race', () => {
    const seen = feed(make(), struck(4, 1772), () => 1772)
    const first = seen.findIndex(([outer = Number.NaN]) => !Number.isNaN(outer))
    expect(first).toBe(Math.ceil(RATE / BLOCK) - 1)
    expect(seen[first + 1]).toEqual(seen[first])
    for (const [outer = 0, inner = 0, cage = 0] of seen.slice(first)) {
      expect(outer).toBeGreaterThan(6)
      expect(inner).toBeLessThan(outer - 3)
      expect(cage).toBeLessThan(outer - 3)
    }
  })

  test('a slow shaft takes as many seconds as 20 revolutions do, too slow a one has none', () => {
    const seen = feed(make(), struck(8, 500), () => 500)
    const first = seen.findIndex(([outer = Number.NaN]) => !Number.isNaN(outer))
    expect(first).toBe(Math.ceil((3 * RATE) / BLOCK) - 1)
    expect(seen[first]?.[0]).toBeGreaterThan(6)
    const crawling = feed(make(), struck(10, 120), () => 120)
    expect(crawling.flat().every(Number.isNaN)).toBe(true)
  })

  test('a speed that ran by more than 1 % within a stretch, an unknown one and a gap leave no score', () => {
    const signal = struck(4, 1772)
    const running = feed(make(), signal, (block) => 1772 * (1 + 0.01 * block))
    expect(running.flat().every(Number.isNaN)).toBe(true)
    const scores = make()
    feed(scores, signal, () => 1772)
    expect(scores.values[0]).toBeGreaterThan(6)
    scores.reset()
    expect(scores.values.every(Number.isNaN)).toBe(true)
    feed(scores, signal, () => 1772)
    scores.push(signal.subarray(0, BLOCK), null)
    expect(scores.values.every(Number.isNaN)).toBe(true)
  })

  test('silence has no evidence, and a gain changes none', () => {
    const silent = feed(make(), new Float32Array(3 * RATE), () => 1772)
    expect(silent.flat().every(Number.isNaN)).toBe(true)
    const plain = feed(make(), struck(2, 1772), () => 1772).at(-1)
    const loud = feed(make(), struck(2, 1772, 100), () => 1772).at(-1)
    for (const [i, value] of (plain ?? []).entries()) expect(loud?.[i]).toBeCloseTo(value, 2)
  })
})
