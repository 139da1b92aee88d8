import { describe, expect, it } from 'vitest'
import type { PlotShaft } from '../../shared/protocol/plots.ts'
import { cepstrumMarks, peakAt } from './cepstrum-marks.ts'
import {
  bodePhaseY,
  bodeTop,
  courseIndex,
  courseMarks,
  curvesOf,
  polarPoint,
  shaftSpans,
  shaftTable,
  shapeExtent,
} from './shaft-curves.ts'
import { isFound } from './spectrum-marks.ts'

const none = new Float32Array(0)

/** Through a resonance: the amplitude rises and falls, the lag goes through 360 degrees. */
const shaft: PlotShaft = {
  refused: null,
  x: 'X',
  y: 'Y',
  unit: 'um',
  sampleRateHz: 25_600,
  whole: none,
  marks: new Int32Array(0),
  once: none,
  twice: none,
  full: Float32Array.of(0, 1, 0, 9, 0),
  fullResolutionHz: 5,
  rpm: Float32Array.of(600, 1200, 1800, 2400),
  amplitudeX: Float32Array.of(5, 20, 40, 15),
  phaseX: Float32Array.of(300, 340, 20, 60),
  amplitudeY: Float32Array.of(4, 10, 30, 12),
  phaseY: Float32Array.of(30, 70, 110, 150),
  courseS: Float32Array.of(0.5, 1.5, 2.5, 3.5),
  centreline: Float32Array.of(0, 0, 1, 2, 2, 6, 3, 8),
}

describe('polar plot', () => {
  it('has zero degrees up, at the probe, and lag clockwise', () => {
    for (const [lag, x, y] of [
      [0, 0, 2],
      [90, 2, 0],
      [180, 0, -2],
      [270, -2, 0],
    ] as const) {
      expect(polarPoint(2, lag).x).toBeCloseTo(x, 9)
      expect(polarPoint(2, lag).y).toBeCloseTo(y, 9)
    }
  })

  it('draws the same vectors as the Bode plot', () => {
    const [x] = curvesOf('polar', shaft)
    for (const [i, amplitude] of shaft.amplitudeX.entries()) {
      expect(Math.hypot(x?.x[i] ?? 0, x?.y[i] ?? 0)).toBeCloseTo(amplitude, 4)
      const lag = (Math.atan2(x?.x[i] ?? 0, x?.y[i] ?? 0) * 180) / Math.PI
      expect((lag + 360) % 360).toBeCloseTo(shaft.phaseX[i] ?? 0, 3)
    }
    expect(shapeExtent('polar', curvesOf('polar', shaft)).reach).toBeCloseTo(46, 3)
  })
})

describe('Bode plot', () => {
  it('has amplitudes below, phases above, more lag lower; a lag through 360 degrees breaks the line', () => {
    const [amplitude, phase] = curvesOf('bode', shaft)
    for (const [i, y] of (amplitude?.y ?? []).entries())
      expect(y * bodeTop(shaft)).toBeCloseTo(shaft.amplitudeX[i] ?? 0, 4)
    expect(Math.max(...(amplitude?.y ?? []))).toBeLessThanOrEqual(1)
    const heights = [...(phase?.y ?? [])]
    expect(heights.map(Number.isNaN)).toEqual([false, false, true, false, false])
    expect(Math.min(...heights.filter(Number.isFinite))).toBeGreaterThan(1)
    expect(bodePhaseY(90)).toBeLessThan(bodePhaseY(0))
  })

  it('does not blow the scatter of one speed up to the width of the plot', () => {
    const steady = { ...shaft, rpm: Float32Array.of(1499.9, 1500.1, 1500, 1500) }
    const { full } = shaftSpans('bode', steady, curvesOf('bode', steady))
    expect(full.max - full.min).toBeGreaterThan(25)
  })

  it('leaves as a table in its units', () => {
    const table = shaftTable('bode', shaft, curvesOf('bode', shaft), ['', ''])
    expect(table.columns).toEqual([
      shaft.courseS,
      shaft.rpm,
      shaft.amplitudeX,
      shaft.phaseX,
      shaft.amplitudeY,
      shaft.phaseY,
    ])
    expect(table.head).toHaveLength(6)
  })
})

describe('linked along a run', () => {
  it('a moment of the waveform is the same point in all three', () => {
    expect(courseIndex(shaft, null)).toBeNull()
    const at = courseIndex(shaft, 2.7) ?? -1
    expect(at).toBe(2)
    expect(courseMarks('centreline', shaft, at)).toEqual([{ x: 2, y: 6 }])
    const bode = courseMarks('bode', shaft, at)
    expect(bode.every(({ x }) => x === 1800)).toBe(true)
    expect(courseMarks('polar', shaft, at)[0]).toEqual(polarPoint(40, 20))
  })

  it('a full spectrum begins with ten turns to both sides', () => {
    const { full, start } = shaftSpans('full-spectrum', shaft, curvesOf('full-spectrum', shaft))
    expect(full).toEqual({ min: -10, max: 10 })
    expect(start).toEqual({ min: -10, max: 10 })
  })
})

describe('cepstrum', () => {
  const stepS = 1 / 10_000
  const periodS = 0.0095
  /** Small alternating values with a peak at the period and twice it. */
  const values = Float32Array.from({ length: 2000 }, (_, n) => {
    const harmonic = n === Math.round(periodS / stepS) ? 1 : n === Math.round((2 * periodS) / stepS) ? 0.5 : 0
    return harmonic + (n % 2 === 0 ? 0.01 : -0.01)
  })

  it('a family is found at its period and multiples, another is not', () => {
    const marks = cepstrumMarks({
      values,
      stepS,
      marks: [
        { fault: 'bpfo', s: periodS * 1.01 },
        { fault: 'shaft', s: 0.033 },
      ],
    })
    const found = marks
      .filter(isFound)
      .map(({ fault, harmonic, foundHz }) => [fault, harmonic, Math.round(foundHz * 10)])
    expect(found).toEqual([
      ['bpfo', 1, 95],
      ['bpfo', 2, 190],
    ])
    expect(marks.filter(({ fault }) => fault === 'shaft')).toHaveLength(3)
  })

  it('the highest value near a place is where a click goes', () => {
    expect(peakAt(values, stepS, 0.0093, 0.0004).s).toBeCloseTo(periodS, 9)
  })
})
