import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readLine, strongestBin, interpolatedAmplitude } from './lines.ts'
import {
  amplitudeSpectrum,
  bandRms,
  findPeaks,
  hannAmplitudes,
  interpolatePeak,
  powerAverage,
  realSpectrum,
  velocityRmsMmS,
  welchSpectrum,
} from './spectrum.ts'
import { timeFeatures } from './time-features.ts'
import { windowShape } from './windows.ts'

const sine = (n: number, cycles: number, amplitude: number, phase = 0, mean = 0): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => mean + amplitude * Math.sin((2 * Math.PI * cycles * i) / n + phase))

describe('windows', () => {
  test('noise bandwidths are those of the textbook', () => {
    expect(windowShape('rectangular', 1000).noiseBandwidthBins).toBeCloseTo(1, 12)
    expect(windowShape('hann', 1000).noiseBandwidthBins).toBeCloseTo(1.5, 12)
    expect(windowShape('flat-top', 1000).noiseBandwidthBins).toBeCloseTo(3.7703, 3)
  })

  test('a sine on a bin reads its amplitude under every window, odd and even lengths', () => {
    const whole = fc.record({
      n: fc.integer({ min: 64, max: 500 }),
      share: fc.double({ min: 0.15, max: 0.8, noNaN: true }),
      phase: fc.double({ min: 0, max: 6, noNaN: true }),
    })
    fc.assert(
      fc.property(
        whole,
        fc.constantFrom('rectangular' as const, 'hann' as const, 'flat-top' as const),
        ({ n, share, phase }, window) => {
          const cycles = Math.round((share * n) / 2)
          const amplitudes = amplitudeSpectrum(sine(n, cycles, 2.5, phase, 7), window)
          expect(amplitudes[cycles]).toBeCloseTo(2.5, 6)
        },
      ),
    )
  })

  test('a sine between bins: the flat-top loses 0.1 %, the Hann 15 %, interpolation brings that to 1 %', () => {
    const signal = sine(1000, 100.5, 1)
    expect(Math.max(...amplitudeSpectrum(signal, 'flat-top'))).toBeGreaterThan(0.998)
    const hann = amplitudeSpectrum(signal, 'hann')
    expect(Math.max(...hann)).toBeCloseTo(0.849, 2)
    const bin = strongestBin(hann, 1, 100.5)
    const peak = interpolatePeak(hann, bin)
    expect(peak.bin).toBeCloseTo(100.5, 2)
    expect(Math.abs(peak.amplitude - 1)).toBeLessThan(0.05)
  })

  test('a sine anywhere between bins of a Hann spectrum reads its amplitude within 0.1 %', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 30, max: 450, noNaN: true }),
        fc.double({ min: 0, max: 6.28, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (cycles, phase, amplitude) => {
          const hann = amplitudeSpectrum(sine(1000, cycles, amplitude, phase), 'hann')
          const found = interpolatedAmplitude(hann, strongestBin(hann, 1, cycles))
          expect(Math.abs(found / amplitude - 1)).toBeLessThan(1e-3)
        },
      ),
    )
  })
})

describe('spectrum', () => {
  test('windowing the transform equals windowing the signal, odd and even lengths', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 8, maxLength: 90 }), (values) => {
        const signal = Float64Array.from(values)
        const fast = hannAmplitudes(realSpectrum(signal))
        const direct = amplitudeSpectrum(signal, 'hann')
        for (let k = 0; k < direct.length; k += 1) expect(fast[k]).toBeCloseTo(direct[k] as number, 9)
      }),
    )
  })

  test('band RMS over everything is the RMS (Parseval)', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 4, maxLength: 200 }), (values) => {
        const signal = Float64Array.from(values)
        expect(bandRms(realSpectrum(signal), 1000, 0, 1e9)).toBeCloseTo(timeFeatures(signal).rms, 9)
      }),
    )
  })

  test('velocity of a 100 Hz tone of 1 g peak is 11.04 mm/s RMS, from acceleration, velocity and displacement alike', () => {
    const omega = 2 * Math.PI * 100
    const expected = (1000 * 9.80665) / omega / Math.SQRT2
    const amplitudes = hannAmplitudes(realSpectrum(sine(8192, 200, 1)))
    const df = 0.5
    expect(velocityRmsMmS(amplitudes, df, 9.80665)).toBeCloseTo(expected, 3)
    expect(velocityRmsMmS(amplitudes, df, 9.80665 / omega, 'velocity')).toBeCloseTo(expected, 3)
    expect(velocityRmsMmS(amplitudes, df, 9.80665 / omega ** 2, 'displacement')).toBeCloseTo(expected, 3)
    expect(velocityRmsMmS(amplitudes, 0.1, 1)).toBeNaN()
  })

  test('Welch averages power: noise loses its scatter, a tone keeps its height', () => {
    const signal = sine(8192, 512, 1).map((value, i) => value + 0.1 * Math.sin(i * i * 1.234))
    const average = welchSpectrum(signal, 1024, 'hann')
    expect(average[64]).toBeCloseTo(1, 1)
    expect(() => welchSpectrum(signal, 10_000, 'hann')).toThrow(/10000 samples/)
    expect(Array.from(powerAverage([Float64Array.of(3, 0), Float64Array.of(4, 0)]))).toEqual([Math.sqrt(12.5), 0])
  })

  test('peaks come strongest first, and only maxima', () => {
    expect(findPeaks(Float64Array.of(9, 1, 3, 2, 7, 7, 1, 9), 2, 5)).toEqual([
      { bin: 4, hz: 8, amplitude: 7 },
      { bin: 2, hz: 4, amplitude: 3 },
    ])
  })
})

describe('lines', () => {
  test('finds a line 1.4 % off, not one 1.6 % off, and measures it against the median', () => {
    const amplitudes = new Float64Array(4000).fill(0.01)
    amplitudes[1014] = 1
    expect(readLine(amplitudes, 0.1, 100, 25)).toEqual({ hz: expect.closeTo(101.4, 9), amplitude: 1, snr: 100 })
    amplitudes[1014] = 0.01
    amplitudes[1016] = 1
    expect(readLine(amplitudes, 0.1, 100, 25).amplitude).toBe(0.01)
  })

  test('a silent floor gives no ratio instead of infinity', () => {
    expect(readLine(new Float64Array(100), 1, 50, 10).snr).toBe(0)
  })
})

describe('time features', () => {
  test('known signals', () => {
    const f = timeFeatures(sine(1000, 10, 2, 0, 5))
    expect(f.mean).toBeCloseTo(5, 9)
    expect(f.rms).toBeCloseTo(Math.SQRT2, 9)
    expect(f.peak).toBeCloseTo(2, 9)
    expect(f.peakToPeak).toBeCloseTo(4, 9)
    expect(f.crestFactor).toBeCloseTo(Math.SQRT2, 9)
    expect(f.kurtosis).toBeCloseTo(1.5, 9)
    expect(f.skewness).toBeCloseTo(0, 9)
    expect(timeFeatures(Float64Array.of(0, 0, 0, 4)).skewness).toBeCloseTo(1.1547, 4)
  })

  test('a constant has no shape: NaN, not 0', () => {
    const f = timeFeatures(new Float32Array(10).fill(3))
    expect([f.rms, f.crestFactor, f.kurtosis, f.skewness]).toEqual([0, Number.NaN, Number.NaN, Number.NaN])
  })

  test('shape does not depend on gain or offset', () => {
    const values = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 10, maxLength: 100 })
    fc.assert(
      fc.property(
        values,
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        (list, gain, offset) => {
          const plain = timeFeatures(Float64Array.from(list))
          fc.pre(plain.rms > 1e-3)
          const scaled = timeFeatures(Float64Array.from(list, (value) => gain * value + offset))
          expect(scaled.kurtosis).toBeCloseTo(plain.kurtosis, 6)
          expect(scaled.skewness).toBeCloseTo(plain.skewness, 6)
          expect(scaled.rms).toBeCloseTo(gain * plain.rms, 6)
        },
      ),
    )
  })
})
