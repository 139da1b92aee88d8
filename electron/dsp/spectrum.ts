import type { RealSpectrum } from '../../shared/domain/transforms.ts'
import { realForward64 } from './fft64.ts'
import { windowShape, type WindowName } from './windows.ts'

export interface SpectrumPeak {
  readonly bin: number
  readonly hz: number
  readonly amplitude: number
}

/** Removes the mean and transforms; any length, float64. */
export function realSpectrum(signal: Float64Array): RealSpectrum {
  let sum = 0
  for (const value of signal) sum += value
  const mean = sum / signal.length
  const centred = new Float64Array(signal.length)
  for (let i = 0; i < signal.length; i += 1) centred[i] = (signal[i] as number) - mean
  const { re, im } = realForward64(centred)
  return { length: signal.length, re, im }
}

/**
 * Peak amplitudes under a periodic Hann window: a sine of amplitude a on a bin reads a; bin 0 is halved. The window is applied
 * to the transform (X[k]/2 - X[k-1]/4 - X[k+1]/4, exact for the periodic Hann), so that one transform serves spectrum, band
 * powers and envelope.
 */
export function hannAmplitudes(spectrum: RealSpectrum): Float64Array {
  const { re, im, length } = spectrum
  const bins = re.length
  const amplitudes = new Float64Array(bins)
  const scale = 4 / length
  for (let k = 0; k < bins; k += 1) {
    const below = k === 0 ? 1 : k - 1
    const belowSign = k === 0 ? -1 : 1
    // Beyond the last bin the conjugate of the mirrored one follows.
    const above = k + 1 < bins ? k + 1 : length - (k + 1)
    const aboveSign = k + 1 < bins ? 1 : -1
    const real = (re[k] as number) / 2 - ((re[below] ?? 0) + (re[above] ?? 0)) / 4
    const imaginary = (im[k] as number) / 2 - (belowSign * (im[below] ?? 0) + aboveSign * (im[above] ?? 0)) / 4
    amplitudes[k] = scale * Math.sqrt(real * real + imaginary * imaginary)
  }
  amplitudes[0] = (amplitudes[0] as number) / 2
  return amplitudes
}

/** Amplitude spectrum of one record under a named window, mean removed, peak amplitudes. */
export function amplitudeSpectrum(signal: Float64Array, window: WindowName): Float64Array {
  const shape = windowShape(window, signal.length)
  let sum = 0
  for (const value of signal) sum += value
  const mean = sum / signal.length
  const weighted = signal.map((value, i) => (value - mean) * (shape.coefficients[i] as number))
  const { re, im } = realForward64(weighted)
  const amplitudes = re.map((value, k) => (2 * Math.hypot(value, im[k] as number)) / shape.sum)
  amplitudes[0] = (amplitudes[0] as number) / 2
  return amplitudes
}

/** Power average of amplitude spectra of equal length: sqrt(mean(a^2)). */
export function powerAverage(spectra: readonly Float64Array[]): Float64Array {
  const first = spectra[0]
  if (first === undefined) throw new RangeError('there is no spectrum to average')
  const average = new Float64Array(first.length)
  for (const spectrum of spectra) {
    for (let k = 0; k < average.length; k += 1) average[k] = (average[k] as number) + (spectrum[k] as number) ** 2
  }
  for (let k = 0; k < average.length; k += 1) average[k] = Math.sqrt((average[k] as number) / spectra.length)
  return average
}

/** Welch's method: overlapping pieces of `pieceLength`, windowed, power-averaged, as peak amplitudes. */
export function welchSpectrum(
  signal: Float64Array,
  pieceLength: number,
  window: WindowName,
  overlap = 0.5,
): Float64Array {
  if (pieceLength > signal.length)
    throw new RangeError(`pieces of ${pieceLength} samples do not fit a signal of ${signal.length}`)
  const hop = Math.max(1, Math.round(pieceLength * (1 - overlap)))
  const spectra: Float64Array[] = []
  for (let start = 0; start + pieceLength <= signal.length; start += hop) {
    spectra.push(amplitudeSpectrum(signal.slice(start, start + pieceLength), window))
  }
  return powerAverage(spectra)
}

/** RMS of the bins with lowHz <= f < highHz, without bin 0, rectangular window (Parseval). */
export function bandRms(spectrum: RealSpectrum, sampleRateHz: number, lowHz: number, highHz: number): number {
  let total = 0
  for (let k = 1; k < spectrum.re.length; k += 1) {
    const hz = (k * sampleRateHz) / spectrum.length
    if (hz < lowHz || hz >= highHz) continue
    // Half the sample rate has no mirror image. The reference counts it twice; its bands end below that bin.
    const weight = 2 * k === spectrum.length ? 1 : 2
    total += weight * ((spectrum.re[k] as number) ** 2 + (spectrum.im[k] as number) ** 2)
  }
  return Math.sqrt(total) / spectrum.length
}

const HANN_NOISE_BANDWIDTH = 1.5

export type VibrationQuantity = 'acceleration' | 'velocity' | 'displacement'

/** Power of 2 pi f that turns a line into velocity: integrated, as it is, differentiated. */
const velocityPower: Readonly<Record<VibrationQuantity, number>> = { acceleration: -1, velocity: 0, displacement: 1 }

/**
 * RMS velocity in mm/s of a spectrum (peak amplitudes, Hann) between two frequencies, each line divided or multiplied by
 * 2 pi f. The Hann window keeps strong high lines from leaking into the low ones that integration magnifies.
 * NaN where half the sample rate does not reach the upper frequency.
 *
 * @param siPerUnit factor from the signal's unit to m/s2, m/s or m
 */
export function velocityRmsMmS(
  amplitudes: Float64Array | Float32Array,
  resolutionHz: number,
  siPerUnit: number,
  quantity: VibrationQuantity = 'acceleration',
  lowHz = 10,
  highHz = 1000,
): number {
  const integrations = -velocityPower[quantity]
  const last = Math.floor(highHz / resolutionHz)
  if (last >= amplitudes.length) return Number.NaN
  let total = 0
  for (let k = Math.max(1, Math.ceil(lowHz / resolutionHz)); k <= last; k += 1) {
    const omega = 2 * Math.PI * k * resolutionHz
    // A power with a variable exponent took 45 us of a block's 140 for these 1200 lines.
    const factor = integrations === 1 ? 1 / omega : integrations === 0 ? 1 : omega
    const velocity = (amplitudes[k] as number) * factor
    total += velocity * velocity
  }
  return 1000 * siPerUnit * Math.sqrt(total / 2 / HANN_NOISE_BANDWIDTH)
}

/** The strongest local maxima, strongest first. */
export function findPeaks(amplitudes: Float64Array, resolutionHz: number, count: number): SpectrumPeak[] {
  const maxima: number[] = []
  for (let k = 1; k < amplitudes.length - 1; k += 1) {
    const here = amplitudes[k] as number
    if (here > (amplitudes[k - 1] as number) && here >= (amplitudes[k + 1] as number)) maxima.push(k)
  }
  maxima.sort((a, b) => (amplitudes[b] as number) - (amplitudes[a] as number))
  return maxima.slice(0, count).map((bin) => ({ bin, hz: bin * resolutionHz, amplitude: amplitudes[bin] as number }))
}

/**
 * Frequency and height of a peak between bins: parabola through the logarithms of three amplitudes. Under a Hann window the
 * frequency is then within 0.02 bins and the height within 1 % (without it: 0.5 bins, 15 %).
 */
export function interpolatePeak(
  amplitudes: Float64Array | Float32Array,
  bin: number,
): { bin: number; amplitude: number } {
  const a = Math.log(amplitudes[bin - 1] ?? 0)
  const b = Math.log(amplitudes[bin] ?? 0)
  const c = Math.log(amplitudes[bin + 1] ?? 0)
  const curvature = a - 2 * b + c
  if (!Number.isFinite(curvature) || curvature >= 0) return { bin, amplitude: amplitudes[bin] ?? Number.NaN }
  const shift = Math.max(-0.5, Math.min(0.5, (a - c) / (2 * curvature)))
  return { bin: bin + shift, amplitude: Math.exp(b - ((a - c) * shift) / 4) }
}
