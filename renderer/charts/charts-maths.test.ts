import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import {
  amplitudeAt,
  harmonicsOf,
  nearest,
  panView,
  refinePeak,
  sidebandsOf,
  stepLine,
  zoomView,
} from './cursor-maths.ts'
import { LiveDelay } from './live-delay.ts'
import { tickLabels } from './plot-frame.ts'
import { SourceClock } from './source-clock.ts'
import { readLines } from './line-marks.ts'
import { foundSnrDb, isFound, lanesOf, mergedLanesOf } from './spectrum-marks.ts'
import { nullsFor, trendTop } from './trend-data.ts'
import { niceCeiling, YRange } from './y-range.ts'

/** Peak of a Hann window `x` bins off its centre. */
function hann(x: number): number {
  const sinc = (v: number): number => (Math.abs(v) < 1e-9 ? 1 : Math.sin(Math.PI * v) / (Math.PI * v))
  return Math.abs(sinc(x) / (1 - x * x || 1e-12)) || 0.5
}

const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true })

describe('cursor maths', () => {
  it('finds a tone between lines within a tenth of a line', () => {
    fc.assert(
      fc.property(finite(20.001, 179.999), finite(0.1, 30), (line, resolutionHz) => {
        const amplitude = Float32Array.from({ length: 200 }, (_, i) => hann(i - line))
        const peak = refinePeak(amplitude, resolutionHz, line * resolutionHz, 2)
        expect(Math.abs((peak?.hz ?? 0) / resolutionHz - line)).toBeLessThan(0.1)
      }),
    )
  })

  it('keeps harmonics and sidebands within the axis and at their multiples', () => {
    fc.assert(
      fc.property(finite(0.5, 400), finite(0.1, 100), finite(500, 5000), (hz, spacingHz, topHz) => {
        const harmonics = harmonicsOf(hz, topHz)
        expect(harmonics[0]).toBe(hz)
        for (const [k, at] of harmonics.entries()) expect(at).toBeCloseTo((k + 1) * hz, 6)
        for (const at of [...harmonics, ...sidebandsOf(hz, spacingHz, topHz)]) {
          expect(at).toBeGreaterThanOrEqual(0)
          expect(at).toBeLessThanOrEqual(topHz)
        }
        expect(sidebandsOf(hz, spacingHz, topHz)).toContain(hz)
      }),
    )
  })

  it('steps by whole lines and stops at the ends', () => {
    expect(stepLine(100, 1, 2.5, 1000)).toBe(102.5)
    expect(stepLine(101, -1, 2.5, 1000)).toBe(97.5)
    expect(stepLine(0, -5, 2.5, 1000)).toBe(0)
    expect(stepLine(2490, 100, 2.5, 1000)).toBe(2497.5)
  })

  it('reads the largest of three lines, and nothing beyond the spectrum', () => {
    const amplitude = Float32Array.of(0, 1, 5, 2)
    expect(amplitudeAt(amplitude, 10, 11)).toBe(5)
    expect(amplitudeAt(amplitude, 10, 900)).toBeNaN()
  })

  it('zooms about the pointer and never leaves the full view', () => {
    const full = { min: 0, max: 1000 }
    fc.assert(
      fc.property(
        finite(0, 400),
        finite(10, 500),
        finite(0, 1),
        finite(0.1, 4),
        finite(-900, 900),
        (min, span, share, factor, by) => {
          const view = { min, max: Math.min(1000, min + span) }
          const at = view.min + share * (view.max - view.min)
          for (const next of [zoomView(view, full, at, factor, 5), panView(view, full, by)]) {
            expect(next.min).toBeGreaterThanOrEqual(-1e-9)
            expect(next.max).toBeLessThanOrEqual(1000 + 1e-9)
            expect(next.max - next.min).toBeGreaterThanOrEqual(5 - 1e-9)
          }
        },
      ),
    )
    expect(zoomView({ min: 200, max: 400 }, full, 300, 0.5, 1)).toEqual({ min: 250, max: 350 })
  })

  it('finds the nearest mark only within reach', () => {
    expect(nearest([{ hz: 10 }, { hz: 14 }], 13, 2)).toEqual({ hz: 14 })
    expect(nearest([{ hz: 10 }], 13, 2)).toBeNull()
  })
})

describe('value axis', () => {
  it('grows at once, and shrinks only after five quiet seconds', () => {
    const range = new YRange()
    expect(range.update(0.9, 0)).toBe(true)
    expect(range.top).toBe(1)
    range.update(3, 100)
    expect(range.top).toBe(5)
    expect(range.update(0.2, 200)).toBe(false)
    expect(range.update(0.9, 3000)).toBe(false)
    expect(range.update(0.2, 5100)).toBe(false)
    expect(range.update(0.2, 5300)).toBe(true)
    expect(range.top).toBe(1)
  })

  it('always holds the signal', () => {
    fc.assert(
      fc.property(fc.array(finite(1e-9, 1e9), { minLength: 1, maxLength: 50 }), (peaks) => {
        const range = new YRange()
        for (const [n, peak] of peaks.entries()) {
          range.update(peak, n * 900)
          expect(range.top).toBeGreaterThanOrEqual(peak)
        }
      }),
    )
  })

  it('labels ticks with the digits their step needs', () => {
    expect(tickLabels([-0.5, -0.25, 0, 0.25])).toEqual(['\u22120.50', '\u22120.25', '0', '0.25'])
    expect(tickLabels([0, 200, 400])).toEqual(['0', '200', '400'])
    expect(niceCeiling(0)).toBe(1)
    expect(niceCeiling(2.1)).toBe(5)
  })
})

describe('live delay', () => {
  it('settles just behind the worst age of the newest sample', () => {
    const delay = new LiveDelay()
    for (let n = 0; n < 60; n++) {
      delay.observe(180_000 + (n % 3) * 10_000, 160_000, n * 160)
      delay.at(n * 160)
    }
    expect(delay.at(60 * 160)).toBeGreaterThan(200_000)
    expect(delay.at(60 * 160)).toBeLessThan(225_000)
  })

  it('does not run seconds behind because of one hiccup', () => {
    const delay = new LiveDelay()
    for (let n = 0; n < 100; n++) {
      delay.observe(n === 90 ? 4_000_000 : 190_000, 160_000, n * 160)
      delay.at(n * 160)
    }
    expect(delay.at(100 * 160)).toBeLessThanOrEqual(300_000)
  })
})

describe('source clock', () => {
  it('takes a transit of minutes for a wrong clock and a short one for a transit', () => {
    const clock = new SourceClock()
    for (const transit of [40_000, 90_000, 35_000]) clock.observe(transit)
    expect(clock.skewUs).toBe(0)
    const slow = new SourceClock()
    for (const transit of [60_040_000, 60_300_000]) slow.observe(transit)
    expect(slow.skewUs).toBe(60_060_000)
    const ahead = new SourceClock()
    ahead.observe(-5_000_000)
    expect(ahead.skewUs).toBe(-5_000_000)
  })

  it('follows a server clock that was set right', () => {
    const clock = new SourceClock()
    clock.observe(60_000_000)
    clock.observe(30_000)
    expect(clock.skewUs).toBe(0)
  })
})

describe('spectrum marks', () => {
  const mark = (fault: string, harmonic: number, hz: number, snrDb: number | null) => ({
    fault,
    harmonic,
    hz,
    foundHz: hz,
    amplitude: 1,
    snrDb,
  })

  it('has one lane a family in a fixed order', () => {
    const lanes = lanesOf([
      mark('ftf', 1, 10, 3),
      mark('shaft', 1, 30, 20),
      mark('bpfo', 1, 100, 20),
      mark('bpfo', 2, 200, null),
    ])
    expect(lanes.map((lane) => [lane.fault, lane.marks.length])).toEqual([
      ['shaft', 1],
      ['bpfo', 2],
      ['ftf', 1],
    ])
  })

  it('merges bearing families by frequency', () => {
    const lanes = mergedLanesOf([mark('bpfi', 1, 150, foundSnrDb), mark('bpfo', 1, 100, 1)])
    expect(lanes).toHaveLength(1)
    expect(lanes[0]?.marks.map((m) => m.hz)).toEqual([100, 150])
  })
})

describe('readLines', () => {
  const resolutionHz = 0.5
  const spectrum = (
    peaks: Record<number, number>,
    marks: { fault: string; harmonic: number; hz: number }[],
  ): SpectrumFrame => {
    const amplitude = new Float32Array(2000).map((_, n) => 0.01 + 0.001 * ((n * 7919) % 5))
    for (const [hz, value] of Object.entries(peaks)) amplitude[Math.round(Number(hz) / resolutionHz)] = value
    return {
      atUs: 0,
      pointId: 'p',
      kind: 'envelope',
      tUs: 0,
      resolutionHz,
      amplitude,
      unit: 'g',
      rpm: 1772,
      bandHz: null,
      marks: marks.map((mark) => ({ ...mark, amplitude: null, snrDb: 40 })),
    }
  }

  it('gives a peak between two families to the nearer one only', () => {
    const lines = readLines(
      spectrum({ 317.5: 0.5 }, [
        { fault: 'bpfo', harmonic: 3, hz: 317.6 },
        { fault: 'bpfi', harmonic: 2, hz: 319.8 },
      ]),
    )
    expect(lines.map((line) => [line.fault, isFound(line), line.foundHz])).toEqual([
      ['bpfo', true, 317.5],
      ['bpfi', false, 319.8],
    ])
  })

  it('leaves a peak to the sixth harmonic of a stronger family although only five are marked', () => {
    const lines = readLines(
      spectrum({ 106: 0.9, 635.5: 0.2 }, [
        { fault: 'bpfo', harmonic: 1, hz: 105.9 },
        { fault: 'bpfi', harmonic: 4, hz: 639.6 },
      ]),
    )
    expect(lines.map((line) => [line.fault, isFound(line)])).toEqual([
      ['bpfo', true],
      ['bpfi', false],
    ])
  })

  it('judges each line by its own surroundings and follows slip', () => {
    const [first, second] = readLines(
      spectrum({ 107: 0.4 }, [
        { fault: 'bpfo', harmonic: 1, hz: 105.9 },
        { fault: 'bpfo', harmonic: 2, hz: 211.8 },
      ]),
    )
    expect(first).toMatchObject({ foundHz: 107 })
    expect(first?.snrDb).toBeGreaterThan(28)
    expect(second && isFound(second)).toBe(false)
  })
})

describe('trend data', () => {
  it('turns what is not known into null, where a line breaks', () => {
    expect(nullsFor(Float64Array.of(1, Number.NaN, 2))).toEqual([1, null, 2])
  })

  it('shows limits unless they would flatten the trend', () => {
    const [min, max] = [Float64Array.of(0.1, Number.NaN), Float64Array.of(0.5, Number.NaN)]
    expect(trendTop({ min, max, limits: { warning: 1, alarm: 1.9 } }).top).toBeCloseTo(2.09, 6)
    expect(trendTop({ min, max, limits: { warning: 1, alarm: 50 } }).top).toBeCloseTo(1.1, 6)
  })
})
