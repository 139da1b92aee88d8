import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import { colourMap, colourScale, mapPalette, mapTop, poolMap } from './map-maths.ts'
import { MinMaxPyramid } from './min-max-pyramid.ts'
import {
  axisFactor,
  bandRms,
  heightsOf,
  niceSplits,
  onLinesOf,
  plainDisplay,
  shownSpectrum,
} from './spectrum-display.ts'
import { WaveRecord } from './wave-record.ts'

const noise = (count: number, seed: number): Float32Array => {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x40000000 - 1
  })
}

describe('minimum and maximum of any run', () => {
  it('is that of the samples, whatever the run', () => {
    const samples = noise(9000, 7)
    const pyramid = new MinMaxPyramid(samples)
    fc.assert(
      fc.property(fc.nat(9000), fc.nat(9000), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const run = samples.subarray(from, to)
        const expected =
          from < to ? { min: Math.min(...run), max: Math.max(...run) } : { min: Number.NaN, max: Number.NaN }
        expect(pyramid.range(from, to)).toEqual(expected)
      }),
    )
  })
})

describe('a stored waveform', () => {
  it('shows a spike of one sample among a million at any zoom', () => {
    const samples = new Float32Array(1_048_576)
    const record = (at: number): WaveRecord =>
      new WaveRecord(Float32Array.from(samples).fill(9, at, at + 1), 25_600, [])
    fc.assert(
      fc.property(fc.nat(samples.length - 1), fc.double({ min: 0.001, max: 1, noNaN: true }), (at, share) => {
        const wave = record(at)
        const span = wave.durationS * share
        const from = Math.min(wave.durationS - span, Math.max(0, at / 25_600 - span / 2))
        const { max } = wave.columns({ min: from, max: from + span + 1 / 25_600 }, 700)
        expect(max.filter((value) => value === 9).length).toBeGreaterThan(0)
      }),
      { numRuns: 15 },
    )
  })

  it('puts each sample at its own time and draws nothing across a gap', () => {
    const gaps = [
      { atSample: 0, startUs: 0, endUs: 5e6 },
      { atSample: 2, startUs: 7e6, endUs: 10e6 },
      { atSample: 3, startUs: 11e6, endUs: 12e6 },
    ]
    const record = new WaveRecord(Float32Array.of(1, 2, 3), 1, gaps)
    const { seconds, min } = record.columns({ min: 0, max: 5 }, 100)
    expect([Array.from(seconds), Array.from(min)]).toEqual([
      [0, 1, 4.5, 5],
      [1, 2, Number.NaN, 3],
    ])
    expect(record.durationS).toBe(5)
    expect([0, 0.4, 2.9, 3.4, 9].map((at) => record.indexAt(at))).toEqual([0, 0, 1, 2, 2])
    expect(record.secondsAt(2)).toBe(5)
    const coarse = new WaveRecord(noise(1000, 3), 100, [{ atSample: 500, startUs: 5e6, endUs: 15e6 }]).columns(
      { min: 0, max: 20 },
      20,
    )
    expect(Array.from(coarse.max, Number.isNaN)).toEqual(Array.from({ length: 20 }, (_, s) => s >= 5 && s < 15))
  })

  it('has the statistics of a selection', () => {
    const record = new WaveRecord(
      Float32Array.from({ length: 1000 }, (_, n) => 1 + 2 * Math.sin((2 * Math.PI * n) / 100)),
      100,
      [],
    )
    const all = record.statistics(2, 3.99)
    expect(all).toMatchObject({ count: 200 })
    expect(all.mean).toBeCloseTo(1, 6)
    expect(all.rms).toBeCloseTo(Math.sqrt(3), 5)
    expect(all.crest).toBeCloseTo(Math.SQRT2, 5)
    expect(all.kurtosis).toBeCloseTo(1.5, 5)
    expect(all.peakToPeak).toBeCloseTo(4, 5)
    expect(record.statistics(3.99, 2)).toEqual(all)
  })
})

describe('how a spectrum is read', () => {
  const frame = (
    unit: string,
    peaks: Record<number, number>,
    kind: SpectrumFrame['kind'] = 'spectrum',
  ): SpectrumFrame => {
    const amplitude = new Float32Array(2000)
    for (const [line, value] of Object.entries(peaks)) amplitude[Number(line)] = value
    return {
      atUs: 0,
      pointId: 'p',
      kind,
      tUs: 0,
      resolutionHz: 0.5,
      amplitude,
      unit,
      rpm: 1500,
      bandHz: null,
      marks: [],
    }
  }
  const at = (line: number, f: SpectrumFrame, display: Partial<typeof plainDisplay>) => {
    const shown = shownSpectrum(f, { ...plainDisplay, ...display })
    return [shown.linear[line], shown.unit]
  }

  it('acceleration, velocity and displacement are one motion: 1 g at 100 Hz is 15.61 mm/s and 24.84 um', () => {
    const f = frame('g', { 200: 1 })
    const [velocity, mms] = at(200, f, { quantity: 'velocity' })
    expect([mms, velocity]).toEqual(['mm/s', expect.closeTo(15.6078, 3)])
    expect(at(200, f, { quantity: 'displacement' })).toEqual([expect.closeTo(24.8405, 3), 'um'])
    expect(at(200, frame('mm/s', { 200: Number(velocity) }), { quantity: 'acceleration' })).toEqual([
      expect.closeTo(9.80665, 4),
      'm/s2',
    ])
    expect(at(200, f, { quantity: 'acceleration' })).toEqual([1, 'g'])
  })

  it('what integration would blow up is left out, envelopes and other quantities stay as they are', () => {
    expect(at(3, frame('g', { 3: 1 }), { quantity: 'velocity' })[0]).toBe(0)
    expect(at(200, frame('g', { 200: 1 }, 'envelope'), { quantity: 'velocity' })).toEqual([1, 'g'])
    expect(shownSpectrum(frame('A', { 1: 1 }), { ...plainDisplay, quantity: 'velocity' })).toMatchObject({
      unit: 'A',
      refused: 'no-motion',
    })
  })

  it('detectors differ by their factors, levels do not', () => {
    const f = frame('m/s2', { 10: 2 })
    expect(at(10, f, { amplitude: 'rms' })[0]).toBeCloseTo(Math.SQRT2, 6)
    expect(at(10, f, { amplitude: 'peak-to-peak' })[0]).toBe(4)
    for (const amplitude of ['peak', 'rms', 'peak-to-peak'] as const) {
      const { linear, reference } = shownSpectrum(f, { ...plainDisplay, amplitude })
      expect(heightsOf(linear, 'decibel', reference)[10]).toBeCloseTo(20 * Math.log10(2e6), 4)
    }
    expect(heightsOf(Float32Array.of(0, 100), 'log', 1)).toEqual(Float32Array.of(Number.NaN, 2))
  })

  it('the RMS of a band is that of its tones, whatever detector is shown', () => {
    // A Hann line of amplitude 2 and its two neighbours of half: together the power of one sine.
    const f = frame('g', { 99: 1, 100: 2, 101: 1, 500: 7 })
    for (const amplitude of ['peak', 'rms', 'peak-to-peak'] as const) {
      const { linear } = shownSpectrum(f, { ...plainDisplay, amplitude })
      expect(bandRms(linear, 0.5, 40, 60, amplitude, 1.5)).toBeCloseTo(Math.SQRT2, 5)
    }
  })

  it('has axes in hertz, cycles a minute and orders', () => {
    expect([axisFactor('hz', null), axisFactor('cpm', null), axisFactor('orders', 1500)]).toEqual([1, 60, 0.04])
    expect(axisFactor('orders', null)).toBeNull()
    expect(niceSplits(0, 12.5, 6)).toEqual([0, 5, 10])
    expect(niceSplits(3, 11, 10)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it('compares spectra of other lines by the nearest', () => {
    expect(onLinesOf(Float32Array.of(1, 2, 3), 1, 6, 0.5)).toEqual(Float32Array.of(1, 2, 2, 3, 3, Number.NaN))
  })
})

describe('a colour map', () => {
  const [rows, lines] = [40, 500]
  const amplitude = noise(rows * lines, 11).map(Math.abs)
  const data = { rows, lines, resolutionHz: 2, amplitude }
  const order = Int32Array.from({ length: rows }, (_, row) => rows - 1 - row)

  it('shows the largest of all lines and spectra that share a pixel, whatever the view', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 60 }), (width, height) => {
        const out = new Float32Array(width * height)
        poolMap(data, order, { fromHz: -1, toHz: 2 * lines - 1, fromRow: 0, rows }, width, height, out)
        // Every spectrum and every line is in some pixel: the largest of all must be there, and nothing larger.
        if (height <= rows && width <= lines) expect(Math.max(...out)).toBe(Math.max(...amplitude))
        expect(out.every((value) => amplitude.includes(value))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('keeps the place of a single line, the first row on top, and a row without a spectrum empty', () => {
    const one = new Float32Array(rows * lines)
    one[3 * lines + 250] = 5
    one.fill(Number.NaN, 7 * lines, 8 * lines)
    const out = new Float32Array(100 * rows)
    poolMap({ ...data, amplitude: one }, order, { fromHz: -1, toHz: 999, fromRow: 0, rows }, 100, rows, out)
    expect(out.indexOf(5)).toBe((rows - 1 - 3) * 100 + 50)
    expect(out.subarray((rows - 1 - 7) * 100, (rows - 7) * 100).every(Number.isNaN)).toBe(true)
  })

  it('colours by decibels below the top or by shares of it', () => {
    const palette = Uint32Array.from({ length: 256 }, (_, i) => i)
    const colours = (values: readonly number[], rangeDb: number | null): number[] => {
      const pixels = new Uint32Array(values.length)
      colourMap(Float32Array.from(values), colourScale(1, rangeDb, palette, 999), pixels)
      return [...pixels]
    }
    expect(colours([1, 10 ** -1.5, 1e-3, 0, 7, Number.NaN], 60)).toEqual(
      [255, 128, 0, 0, 255, 999].map((n, i) => (i === 1 ? expect.closeTo(n, -0.5) : n)),
    )
    expect(colours([1, 0.5, 0.001, 0, Number.NaN], null)).toEqual([255, 128, 0, 0, 999])
    expect(new Set(mapPalette()).size).toBeGreaterThan(200)
    expect(mapTop(Float32Array.from([...noise(9999, 3).map(Math.abs), 500]))).toBeLessThanOrEqual(1)
  })
})
