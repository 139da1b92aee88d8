import { describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import { octaveEdges, resolvesFaultLines, snapshotFeatures } from './snapshot-features.ts'

const RATE = 25_600
const bearing = { bpfo: 3.5848, bpfi: 5.4152, bsf: 2.3567, ftf: 0.39828 }
const alone = { sampleRateHz: RATE, rpm: null, bearing: null }

const sine = (count: number, hz: number, amplitude = 1): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * i) / RATE))

describe('snapshot features', () => {
  test.each([
    ['band1', 8000],
    ['band2', 5000],
    ['band3', 2000],
    ['band4', 1000],
    ['bandLow', 150],
  ])('a sine is read in %s alone, with its RMS', (band, hz) => {
    const features = snapshotFeatures(sine(2560, hz, 2), alone)
    expect(features[band]).toBeCloseTo(Math.SQRT2, 2)
    const others = Object.entries(features).filter(([name]) => name.startsWith('band') && name !== band)
    for (const [, value] of others) expect(value).toBeLessThan(0.01)
    expect(features['rms']).toBeCloseTo(Math.SQRT2, 3)
  })

  test('bands of noise add up to its power (Parseval), whatever the length', () => {
    for (const length of [2560, 2611, 4096, 20_480]) {
      const noise = gaussian(length)
      const features = snapshotFeatures(Float64Array.from({ length }, noise), alone)
      const squares = Object.entries(features)
        .filter(([name]) => name.startsWith('band'))
        .reduce((total, [, value]) => total + value ** 2, 0)
      expect(Math.sqrt(squares) / (features['rms'] ?? 0)).toBeGreaterThan(0.97)
      expect(Math.sqrt(squares) / (features['rms'] ?? 0)).toBeLessThan(1.03)
      expect(features['kurtosis']).toBeGreaterThan(2.7)
      expect(features['kurtosis']).toBeLessThan(3.3)
    }
  })

  test('edges are octaves below half the sample rate', () => {
    expect(octaveEdges(RATE)).toEqual([12_800, 6400, 3200, 1600, 800])
  })

  test('envelope lines come with enough revolutions, and tell which race is struck', () => {
    const options = { sampleRateHz: RATE, rpm: 1770, bearing }
    const noise = gaussian(6)
    const shaftHz = 1770 / 60
    const count = RATE
    const struck = Float64Array.from({ length: count }, () => 0.02 * noise())
    for (let t = 0; t < 0.98; t += 1 / (bearing.bpfo * shaftHz)) {
      const start = Math.ceil(t * RATE)
      for (let i = start; i < start + 100; i += 1) {
        const dt = i / RATE - t
        struck[i] = (struck[i] ?? 0) + Math.exp(-900 * dt) * Math.sin(2 * Math.PI * 5000 * dt)
      }
    }
    const features = snapshotFeatures(struck, options)
    // Not more: 2 x BPFI and 3 x BSF of this bearing lie within 1.5 % of 3 x and 2 x BPFO, and are read there.
    for (const other of ['envelopeBpfi', 'envelopeBsf', 'envelopeFtf'])
      expect(features['envelopeBpfo']).toBeGreaterThan(1.5 * (features[other] ?? Number.POSITIVE_INFINITY))
    expect(resolvesFaultLines(count, options)).toBe(true)
    expect(resolvesFaultLines(2560, options)).toBe(false)
    expect(Object.keys(snapshotFeatures(struck.subarray(0, 2560), options))).not.toContain('envelopeBpfo')
  })
})
