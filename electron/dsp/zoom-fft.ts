import type { Derivation, WindowName } from '../../shared/domain/derivation.ts'
import { complexForward64, complexInverse64 } from './fft64.ts'
import { derivedBy } from './methods.ts'
import { windowShape } from './windows.ts'

export interface ZoomSpectrum {
  /** peak amplitudes at lowHz + k x stepHz, k = 0..lines */
  readonly amplitudes: Float64Array
  /** phase in degrees, -180 to 180, of a cosine at the first sample */
  readonly phaseDeg: Float64Array
  readonly lowHz: number
  readonly stepHz: number
  /** what the record's length resolves; a finer `stepHz` draws the same peaks more smoothly and parts none */
  readonly resolutionHz: number
  readonly derivation: Derivation
}

/** exp(-j pi step k^2): the chirp of Bluestein's algorithm for any line spacing (in cycles per sample). */
function chirp(count: number, step: number): { re: Float64Array; im: Float64Array } {
  const re = new Float64Array(count)
  const im = new Float64Array(count)
  for (let k = 0; k < count; k += 1) {
    const angle = Math.PI * ((step * k * k) % 2)
    re[k] = Math.cos(angle)
    im[k] = -Math.sin(angle)
  }
  return { re, im }
}

interface ComplexLines {
  readonly re: Float64Array
  readonly im: Float64Array
}

/** Chirp z-transform: sum of x[n] exp(-j 2 pi (start + k step) n) for k = 0..count-1 (Rabiner, Schafer, Rader 1969). */
function chirpTransform(signal: Float64Array, start: number, step: number, count: number): ComplexLines {
  const length = signal.length
  let size = 1
  while (size < length + count) size *= 2
  const wave = chirp(Math.max(length, count), step)
  const xr = new Float64Array(size)
  const xi = new Float64Array(size)
  for (let n = 0; n < length; n += 1) {
    const shift = 2 * Math.PI * ((start * n) % 1)
    const c = Math.cos(shift)
    const s = -Math.sin(shift)
    const value = signal[n] as number
    xr[n] = value * (c * (wave.re[n] as number) - s * (wave.im[n] as number))
    xi[n] = value * (c * (wave.im[n] as number) + s * (wave.re[n] as number))
  }
  const kr = new Float64Array(size)
  const ki = new Float64Array(size)
  for (let k = 0; k < count; k += 1) {
    kr[k] = wave.re[k] as number
    ki[k] = -(wave.im[k] as number)
  }
  for (let n = 1; n < length; n += 1) {
    kr[size - n] = wave.re[n] as number
    ki[size - n] = -(wave.im[n] as number)
  }
  complexForward64(xr, xi)
  complexForward64(kr, ki)
  for (let k = 0; k < size; k += 1) {
    const a = xr[k] as number
    const b = xi[k] as number
    xr[k] = a * (kr[k] as number) - b * (ki[k] as number)
    xi[k] = a * (ki[k] as number) + b * (kr[k] as number)
  }
  complexInverse64(xr, xi)
  const re = new Float64Array(count)
  const im = new Float64Array(count)
  for (let k = 0; k < count; k += 1) {
    const c = wave.re[k] as number
    const s = wave.im[k] as number
    re[k] = (xr[k] as number) * c - (xi[k] as number) * s
    im[k] = (xr[k] as number) * s + (xi[k] as number) * c
  }
  return { re, im }
}

/**
 * Zoom: `lines` + 1 lines between two frequencies, from the whole record at once, so that sidebands a few tenths of a hertz
 * apart are drawn with as many lines as one likes. Equals the discrete-time Fourier transform of the windowed record at those
 * frequencies; no decimation filter shapes it.
 *
 * @throws RangeError where the band does not lie within 0 to half the sample rate
 */
export function zoomSpectrum(
  signal: Float64Array,
  sampleRateHz: number,
  [lowHz, highHz]: readonly [number, number],
  lines: number,
  window: WindowName = 'hann',
): ZoomSpectrum {
  if (!(lowHz >= 0 && highHz > lowHz && highHz <= sampleRateHz / 2))
    throw new RangeError(
      `zooming into ${lowHz} Hz to ${highHz} Hz is not possible: choose a band within 0 and ${sampleRateHz / 2} Hz`,
    )
  if (!(Number.isInteger(lines) && lines >= 1))
    throw new RangeError(`${lines} lines cannot be drawn: ask for 1 or more`)
  const { coefficients, sum } = windowShape(window, signal.length)
  let mean = 0
  for (const value of signal) mean += value
  mean /= signal.length
  const weighted = signal.map((value, n) => (value - mean) * (coefficients[n] as number))
  const stepHz = (highHz - lowHz) / lines
  const { re, im } = chirpTransform(weighted, lowHz / sampleRateHz, stepHz / sampleRateHz, lines + 1)
  return {
    amplitudes: re.map((value, k) => (2 * Math.hypot(value, im[k] as number)) / sum),
    phaseDeg: re.map((value, k) => (Math.atan2(im[k] as number, value) * 180) / Math.PI),
    lowHz,
    stepHz,
    resolutionHz: sampleRateHz / signal.length,
    derivation: derivedBy('zoom-fft', window, [lowHz, highHz]),
  }
}
