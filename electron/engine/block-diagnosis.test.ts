import { beforeAll, describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import type { Fft } from '../../shared/domain/transforms.ts'
import { createFft } from '../dsp/fft.ts'
import { BlockDiagnosis } from './block-diagnosis.ts'
import { readFftBytes } from './resources.ts'

let fft: Fft
beforeAll(async () => {
  fft = await createFft(readFftBytes())
})

const RATE = 25_600
const RPM = 1772
const SHAFT_HZ = RPM / 60
const bearing = { bpfo: 3.585, bpfi: 5.415, bsf: 2.357, ftf: 0.398 }

interface Fault {
  readonly order: number
  /** modulation of the strikes by shaft or cage, as an order */
  readonly modulationOrder: number
  readonly slip: number
}
const faults = {
  outer: { order: bearing.bpfo, modulationOrder: 0, slip: 0.003 },
  inner: { order: bearing.bpfi, modulationOrder: 1, slip: 0.003 },
  rolling: { order: 2 * bearing.bsf, modulationOrder: bearing.ftf, slip: 0.006 },
} as const

/** One second of strikes that ring at 4.2 kHz, in noise at a stated ratio, with a shaft line on top. */
function block(fault: Fault | null, snrDb: number, seed: number, rpm = RPM): Float32Array {
  const noise = gaussian(seed)
  const shaftHz = rpm / 60
  const struck = new Float64Array(RATE)
  let squares = 0
  if (fault !== null) {
    for (let t = 0.001; t < 1; t += (1 + fault.slip * noise()) / (fault.order * shaftHz)) {
      const height =
        fault.modulationOrder === 0 ? 1 : 1 + 0.8 * Math.cos(2 * Math.PI * fault.modulationOrder * shaftHz * t)
      for (let i = Math.ceil(t * RATE); i < Math.min(RATE, (t + 0.008) * RATE); i += 1) {
        const dt = i / RATE - t
        struck[i] = (struck[i] as number) + height * Math.exp(-1000 * dt) * Math.sin(2 * Math.PI * 4200 * dt)
      }
    }
    for (const value of struck) squares += value * value
  } else squares = RATE
  const level = Math.sqrt(squares / RATE) / 10 ** (snrDb / 20)
  return Float32Array.from(struck, (value, i) => {
    const shaft = Math.sin((2 * Math.PI * shaftHz * i) / RATE)
    return value + level * (noise() + 0.5 * shaft)
  })
}

const make = (): BlockDiagnosis =>
  new BlockDiagnosis(fft, { sampleRateHz: RATE, blockSize: RATE, bearing, mainsHz: 50 })

describe('diagnosis of one-second blocks', () => {
  test.each([
    ['outer', 0],
    ['outer', -6],
    ['inner', 0],
    ['inner', -3],
  ] as const)('a seeded %s-race fault at %i dB stands above the other race and above chance', (name, snrDb) => {
    const diagnosis = make()
    for (let seed = 1; seed <= 5; seed += 1) {
      const scores = diagnosis.diagnose(block(faults[name], snrDb, seed), RPM)
      const other = name === 'outer' ? scores.inner : scores.outer
      expect(scores[name].evidence).toBeGreaterThan(other.evidence + 2)
      expect(scores[name].falseAlarmProbability).toBeLessThan(0.05)
      expect(Math.abs(scores[name].hz / (faults[name].order * SHAFT_HZ) - 1)).toBeLessThan(0.012)
      expect(scores[name].lowHz).toBeLessThan(4300)
      expect(scores[name].highHz).toBeGreaterThan(4100)
    }
  })

  test('a struck rolling element is no race: its own score leads chance', () => {
    const diagnosis = make()
    let found = 0
    for (let seed = 1; seed <= 8; seed += 1) {
      const { rolling, outer, inner } = diagnosis.diagnose(block(faults.rolling, 3, seed), RPM)
      if (rolling.falseAlarmProbability < 0.1) found += 1
      expect(Math.max(outer.evidence, inner.evidence)).toBeLessThan(6)
    }
    expect(found).toBeGreaterThanOrEqual(6)
  })

  test('noise with a shaft line scores low, and its false alarms are as rare as stated', () => {
    const diagnosis = make()
    const rare: number[] = []
    for (let seed = 1; seed <= 40; seed += 1) {
      const scores = diagnosis.diagnose(block(null, 0, seed), RPM)
      for (const name of ['outer', 'inner', 'cage'] as const) {
        expect(scores[name].evidence).toBeLessThan(6)
        rare.push(scores[name].falseAlarmProbability)
      }
    }
    // The probability is of any of four searches: one search alone falls below 5 % in some 1 of 80 blocks.
    expect(rare.filter((value) => value < 0.05).length).toBeLessThanOrEqual(12)
    expect(rare.filter((value) => value < 0.001).length).toBeLessThanOrEqual(1)
  })

  test('the lines follow the measured speed, and a wrong one loses them', () => {
    const diagnosis = make()
    for (const rpm of [1250, 1772, 2950]) {
      const { outer } = diagnosis.diagnose(block(faults.outer, 0, 3, rpm), rpm)
      expect(outer.evidence).toBeGreaterThan(6)
      expect(Math.abs(outer.hz / ((bearing.bpfo * rpm) / 60) - 1)).toBeLessThan(0.012)
    }
    expect(diagnosis.diagnose(block(faults.outer, 0, 3), 1.07 * RPM).outer.evidence).toBeLessThan(6)
  })

  test('gain changes no score', () => {
    const diagnosis = make()
    const plain = block(faults.inner, 0, 7)
    const first = { ...diagnosis.diagnose(plain, RPM).inner }
    for (const gain of [0.01, 100]) {
      const { inner } = diagnosis.diagnose(
        plain.map((value) => gain * value),
        RPM,
      )
      expect(inner.evidence).toBeCloseTo(first.evidence, 2)
      expect(inner.lowHz).toBe(first.lowHz)
    }
  })

  test('scores and spectra live in memory that is kept', () => {
    const diagnosis = make()
    const scores = diagnosis.diagnose(block(faults.outer, 0, 1), RPM)
    expect(diagnosis.diagnose(block(null, 0, 2), RPM)).toBe(scores)
    expect(scores.outer.evidence).toBeLessThan(6)
  })
})
