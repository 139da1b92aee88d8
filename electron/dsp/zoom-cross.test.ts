import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gaussian } from '../../shared/testkit/noise.ts'
import { crossPhaseAt, crossSpectrum } from './cross-spectrum.ts'
import { windowShape } from './windows.ts'
import { zoomSpectrum } from './zoom-fft.ts'

const RATE = 10_000

describe('zoom', () => {
  test('equals the Fourier sum at the frequencies asked for', () => {
    const draw = fc.record({
      values: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 16, maxLength: 300 }),
      lowHz: fc.double({ min: 0, max: 3000, noNaN: true }),
      widthHz: fc.double({ min: 1, max: 2000, noNaN: true }),
      lines: fc.integer({ min: 1, max: 60 }),
    })
    fc.assert(
      fc.property(draw, ({ values, lowHz, widthHz, lines }) => {
        const signal = Float64Array.from(values)
        const zoom = zoomSpectrum(signal, RATE, [lowHz, lowHz + widthHz], lines, 'hann')
        const { coefficients, sum } = windowShape('hann', signal.length)
        const mean = values.reduce((total, value) => total + value, 0) / values.length
        for (let k = 0; k <= lines; k += 1) {
          const omega = (2 * Math.PI * (lowHz + k * zoom.stepHz)) / RATE
          let re = 0
          let im = 0
          for (let n = 0; n < signal.length; n += 1) {
            const value = ((signal[n] as number) - mean) * (coefficients[n] as number)
            re += value * Math.cos(omega * n)
            im -= value * Math.sin(omega * n)
          }
          expect(zoom.amplitudes[k]).toBeCloseTo((2 * Math.hypot(re, im)) / sum, 8)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('slip-frequency sidebands 0.6 Hz beside a line of 100 times their height are parted and read right', () => {
    const count = 200_000
    const signal = Float64Array.from({ length: count }, (_, i) => {
      const t = i / RATE
      return (
        Math.cos(2 * Math.PI * 1234.5 * t + 0.5) +
        0.01 * Math.cos(2 * Math.PI * 1233.9 * t) +
        0.01 * Math.cos(2 * Math.PI * 1235.1 * t)
      )
    })
    const zoom = zoomSpectrum(signal, RATE, [1230, 1240], 1000)
    const at = (hz: number): number => zoom.amplitudes[Math.round((hz - 1230) / zoom.stepHz)] as number
    expect(at(1234.5)).toBeCloseTo(1, 5)
    expect(at(1233.9)).toBeCloseTo(0.01, 5)
    expect(at(1235.1)).toBeCloseTo(0.01, 5)
    expect(at(1234.2)).toBeLessThan(1e-4)
    expect((zoom.phaseDeg[450] as number) / 57.29578).toBeCloseTo(0.5, 5)
    expect(zoom.resolutionHz).toBe(0.05)
    expect(() => zoomSpectrum(signal, RATE, [4000, 6000], 10)).toThrow(/within 0 and 5000 Hz/)
  })
})

describe('cross spectrum', () => {
  test('phase, gain and coherence of a tone seen by two channels in noise', () => {
    fc.assert(
      fc.property(fc.integer({ min: -175, max: 175 }), fc.double({ min: 0.2, max: 5, noNaN: true }), (phase, gain) => {
        const noise = gaussian(phase + 1000)
        const count = 80_000
        const a = Float64Array.from(
          { length: count },
          (_, i) => Math.cos((2 * Math.PI * 25 * i) / RATE) + 0.1 * noise(),
        )
        const b = Float64Array.from(
          { length: count },
          (_, i) => gain * Math.cos((2 * Math.PI * 25 * i) / RATE + (phase * Math.PI) / 180) + 0.1 * noise(),
        )
        const found = crossPhaseAt(crossSpectrum(a, b, RATE, { pieceLength: 8000 }), 25.4)
        expect(found.hz).toBe(25)
        expect(Math.abs(found.phaseDeg - phase)).toBeLessThan(1)
        expect(found.amplitudeB / found.amplitudeA / gain).toBeCloseTo(1, 1)
        expect(found.coherence).toBeGreaterThan(0.99)
      }),
      { numRuns: 8 },
    )
  })

  test('signals that share nothing have no coherence; a filter is read as its gain', () => {
    const one = gaussian(1)
    const other = gaussian(2)
    const a = Float64Array.from({ length: 65_536 }, one)
    const b = Float64Array.from({ length: 65_536 }, other)
    const apart = crossSpectrum(a, b, RATE, { pieceLength: 512 })
    const mean = apart.coherence.reduce((sum, value) => sum + value, 0) / apart.coherence.length
    expect(mean).toBeLessThan(0.02)
    // y[n] = x[n] + x[n-1]: |H| = 2 |cos(omega / 2)|, phase -omega / 2.
    const filtered = a.map((value, i) => value + (i > 0 ? (a[i - 1] as number) : 0))
    const cross = crossSpectrum(a, filtered, RATE, { pieceLength: 512 })
    for (const k of [20, 64, 128, 200]) {
      const omega = (2 * Math.PI * k) / 512
      expect(cross.gain[k]).toBeCloseTo(2 * Math.cos(omega / 2), 1)
      expect(Math.abs((cross.phaseDeg[k] as number) + (omega / 2) * 57.29578)).toBeLessThan(1)
    }
    expect(() => crossSpectrum(a, b.subarray(1), RATE, { pieceLength: 512 })).toThrow(/same span of time/)
    expect(() => crossSpectrum(a, b, RATE, { pieceLength: 70_000 })).toThrow(/use 16 to 65536/)
  })
})
