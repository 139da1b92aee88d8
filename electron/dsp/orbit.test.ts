import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import {
  apiProbes,
  filteredOrbit,
  fullSpectrum,
  plainProbes,
  shaftCentreline,
  toPlane,
  unfilteredOrbit,
} from './orbit.ts'
import type { VectorCourse } from './order-vectors.ts'

const RATE = 5120

/** What two probes read of a shaft whose centre moves in the plane. */
function probes(
  centre: (tS: number) => readonly [number, number],
  count: number,
  pair: { readonly xDeg: number; readonly yDeg: number },
): { x: Float64Array; y: Float64Array } {
  const along = (deg: number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => {
      const [h, v] = centre(i / RATE)
      return h * Math.cos((deg * Math.PI) / 180) + v * Math.sin((deg * Math.PI) / 180)
    })
  return { x: along(pair.xDeg), y: along(pair.yDeg) }
}

describe('full spectrum', () => {
  const frequency = fc.double({ min: 20, max: 1000, noNaN: true })

  test('a circular orbit shows on one side only, by 40 dB and more, wherever it turns and whatever the probes', () => {
    fc.assert(
      fc.property(
        frequency,
        fc.boolean(),
        fc.constantFrom(apiProbes, plainProbes, { xDeg: 10, yDeg: 75 }),
        fc.integer({ min: 1, max: 1e6 }),
        (hz, isForward, pair, seed) => {
          const noise = gaussian(seed)
          const sign = isForward ? 1 : -1
          const { x, y } = probes(
            (t) => [3 * Math.cos(2 * Math.PI * hz * t), sign * 3 * Math.sin(2 * Math.PI * hz * t)],
            5120,
            pair,
          )
          const dirty = (values: Float64Array): Float64Array => values.map((value) => value + 0.003 * noise())
          const { forward, reverse, resolutionHz } = fullSpectrum(dirty(x), dirty(y), RATE, {
            probes: pair,
            window: 'flat-top',
          })
          const [side, other] = isForward ? [forward, reverse] : [reverse, forward]
          const peak = Math.max(...side)
          expect(resolutionHz).toBe(1)
          expect(Math.abs(peak / 3 - 1)).toBeLessThan(0.005)
          expect(20 * Math.log10(peak / Math.max(...other))).toBeGreaterThan(40)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('an ellipse is half the sum forward and half the difference reverse; a line is both alike', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 5, noNaN: true }),
        fc.double({ min: 0, max: 0.49, noNaN: true }),
        fc.double({ min: 0, max: 3.14, noNaN: true }),
        (a, b, tilt) => {
          const { x, y } = probes(
            (t) => {
              const h = a * Math.cos(2 * Math.PI * 100 * t)
              const v = b * Math.sin(2 * Math.PI * 100 * t)
              return [h * Math.cos(tilt) - v * Math.sin(tilt), h * Math.sin(tilt) + v * Math.cos(tilt)]
            },
            5120,
            apiProbes,
          )
          const { forward, reverse } = fullSpectrum(x, y, RATE)
          expect(forward[100]).toBeCloseTo((a + b) / 2, 9)
          expect(reverse[100]).toBeCloseTo((a - b) / 2, 9)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('the other sense of rotation exchanges the sides', () => {
    const { x, y } = probes((t) => [Math.cos(400 * t), Math.sin(400 * t)], 1024, apiProbes)
    const one = fullSpectrum(x, y, RATE)
    const other = fullSpectrum(x, y, RATE, { rotation: 'clockwise' })
    expect(other.reverse).toEqual(one.forward)
    expect(other.forward).toEqual(one.reverse)
    expect(one.derivation).toMatchObject({ method: 'full-spectrum', window: 'hann' })
  })
})

describe('orbit', () => {
  test('probes at any angle give the plane back', () => {
    const angle = fc.double({ min: -180, max: 180, noNaN: true })
    fc.assert(
      fc.property(angle, fc.double({ min: 20, max: 160, noNaN: true }), (xDeg, between) => {
        const pair = { xDeg, yDeg: xDeg + between }
        const { x, y } = probes((t) => [Math.cos(90 * t) + 5, 2 * Math.sin(140 * t)], 256, pair)
        const { horizontal, vertical } = toPlane(x, y, pair)
        for (let i = 0; i < 256; i += 1) {
          expect(horizontal[i]).toBeCloseTo(Math.cos((90 * i) / RATE) + 5, 8)
          expect(vertical[i]).toBeCloseTo(2 * Math.sin((140 * i) / RATE), 8)
        }
      }),
      { numRuns: 20 },
    )
    expect(() => toPlane(new Float64Array(2), new Float64Array(2), { xDeg: 45, yDeg: 50 })).toThrow(/stand across/)
    expect(() => toPlane(new Float64Array(2), new Float64Array(3), apiProbes)).toThrow(/same span of time/)
  })

  test('from 1x vectors: an ellipse that starts at the keyphasor', () => {
    const x = { order: 1, amplitude: 2, phaseLagDeg: 60 }
    const y = { order: 1, amplitude: 1, phaseLagDeg: 150 }
    const { horizontal, vertical, keyphasor } = filteredOrbit(x, y, plainProbes, 360)
    expect(keyphasor).toEqual([0])
    expect(horizontal[0]).toBeCloseTo(1, 9)
    expect(vertical[0]).toBeCloseTo(Math.cos((150 * Math.PI) / 180), 9)
    for (let i = 0; i < 360; i += 1)
      expect(((horizontal[i] as number) / 2) ** 2 + (vertical[i] as number) ** 2).toBeCloseTo(1, 9)
    // X reaches its peak 60 degrees after the mark, Y another 90 later: forward precession.
    expect(horizontal[60]).toBeCloseTo(2, 9)
    expect(vertical[150]).toBeCloseTo(1, 9)
    expect(() => filteredOrbit(x, { ...y, order: 2 })).toThrow(/one order for both/)
  })

  test('unfiltered: whole turns between keyphasor pulses, centred', () => {
    const turnHz = 50
    const { x, y } = probes(
      (t) => [Math.cos(2 * Math.PI * turnHz * t) - 30, Math.sin(2 * Math.PI * turnHz * t) + 7],
      5120,
      apiProbes,
    )
    const pulses = Float64Array.from({ length: 40 }, (_, k) => (k + 0.5) / turnHz)
    const orbit = unfilteredOrbit(x, y, RATE, pulses, 3)
    expect(orbit.horizontal.length).toBe(Math.round((3 * RATE) / turnHz))
    expect(orbit.keyphasor.length).toBe(3)
    for (let i = 0; i < orbit.horizontal.length; i += 1)
      expect(Math.abs(Math.hypot(orbit.horizontal[i] as number, orbit.vertical[i] as number) - 1)).toBeLessThan(0.02)
    expect(() => unfilteredOrbit(x, y, RATE, Float64Array.of(0.1))).toThrow(/two keyphasor pulses/)
  })

  test('the centreline rises from rest, in the plane and not along the probes', () => {
    const course = (means: readonly number[]): VectorCourse => ({
      orders: [],
      points: means.map((mean, i) => ({ tS: i, rpm: 600 * (i + 1), vectors: [], rms: 0, mean })),
      derivation: { block: 'data-manipulation', method: 'order-vectors', version: 1, window: null, bandHz: null },
    })
    const root = Math.SQRT1_2
    // Rises by 10 and moves right by 4 at the second point; probes stand at 45 degrees.
    const x = course([100, 100 + root * 14])
    const y = course([80, 80 + root * 6])
    const { points } = shaftCentreline(x, y)
    expect(points[0]).toMatchObject({ rpm: 600, horizontal: 0, vertical: 0 })
    expect(points[1]?.horizontal).toBeCloseTo(4, 9)
    expect(points[1]?.vertical).toBeCloseTo(10, 9)
    const absolute = shaftCentreline(x, y, { reference: { x: 0, y: 0 }, probes: plainProbes })
    expect(absolute.points[0]).toMatchObject({ horizontal: 100, vertical: 80 })
  })
})
