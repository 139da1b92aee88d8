import type { Derivation } from '../../shared/domain/derivation.ts'
import { complexInverse64 } from './fft64.ts'
import { derivedBy } from './methods.ts'
import { realSpectrum } from './spectrum.ts'

/** 240 dB below the largest line there is only rounding; the logarithm of a bin that is 0 would spoil every quefrency. */
const FLOOR = 1e-12

export interface Cepstrum {
  /** real cepstrum at quefrencies 0..N/2; a family of equally spaced lines is one peak at 1 / spacing */
  readonly values: Float64Array
  readonly quefrencyStepS: number
  readonly derivation: Derivation
}

/**
 * Real cepstrum: inverse transform of the natural logarithm of the spectrum's magnitude, rectangular window, mean removed
 * (R. B. Randall, "A history of cepstrum analysis", MSSP 97, 2017). An echo of strength a after t reads a/2 at t, -a^2/4 at 2t.
 */
export function realCepstrum(signal: Float64Array, sampleRateHz: number): Cepstrum {
  const { re, im, length } = realSpectrum(signal)
  const logs = new Float64Array(length)
  const zeros = new Float64Array(length)
  let largest = 0
  for (let k = 1; k < re.length; k += 1) {
    logs[k] = Math.hypot(re[k] as number, im[k] as number)
    largest = Math.max(largest, logs[k] as number)
  }
  // The mean was removed, so that bin 0 is empty: its neighbour's height keeps it from being a line of its own.
  logs[0] = logs[1] ?? 0
  const floor = largest * FLOOR
  for (let k = 0; k < re.length; k += 1) {
    logs[k] = largest > 0 ? Math.log(Math.max(logs[k] as number, floor)) : 0
    if (k > 0) logs[length - k] = logs[k] as number
  }
  complexInverse64(logs, zeros)
  return {
    values: logs.slice(0, (length >> 1) + 1),
    quefrencyStepS: 1 / sampleRateHz,
    derivation: derivedBy('real-cepstrum', 'rectangular'),
  }
}

export interface PrewhitenedSignal {
  /** same length; dimensionless, RMS 1 */
  readonly values: Float64Array
  readonly derivation: Derivation
}

/**
 * Cepstrum prewhitening: all magnitudes are set to one and the phases are kept, which puts the real cepstrum to zero except at
 * quefrency 0. Shaft and gear lines lose their height, what is repetitive but not quite periodic stays (Borghesani et al.,
 * "Application of cepstrum pre-whitening for the diagnosis of bearing faults under variable speed conditions", MSSP 36, 2013).
 */
export function prewhiten(signal: Float64Array): PrewhitenedSignal {
  const spectrum = realSpectrum(signal)
  const { length } = spectrum
  const re = new Float64Array(length)
  const im = new Float64Array(length)
  for (let k = 1; k < spectrum.re.length; k += 1) {
    const a = spectrum.re[k] as number
    const b = spectrum.im[k] as number
    const magnitude = Math.hypot(a, b)
    if (magnitude === 0) continue
    re[k] = a / magnitude
    im[k] = b / magnitude
    re[length - k] = a / magnitude
    im[length - k] = 2 * k === length ? 0 : -b / magnitude
  }
  complexInverse64(re, im)
  let squares = 0
  for (const value of re) squares += value * value
  const scale = squares > 0 ? Math.sqrt(length / squares) : 0
  return { values: re.map((value) => value * scale), derivation: derivedBy('cepstrum-prewhitening', 'rectangular') }
}
