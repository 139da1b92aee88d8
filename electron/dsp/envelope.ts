import type { Fft, RealSpectrum, SquaredEnvelope, Transforms } from '../../shared/domain/transforms.ts'
import { complexInverse64 } from './fft64.ts'
import { hannAmplitudes, realSpectrum } from './spectrum.ts'

export interface EnvelopeSpectrum {
  /** peak amplitudes under a Hann window, one per bin of the signal's own resolution */
  readonly amplitudes: Float64Array
  /** RMS of the envelope with its mean removed */
  readonly rms: number
}

/** The band that the reference uses: above gear and electrical lines, below the anti-aliasing filter's edge. */
export function defaultEnvelopeBand(sampleRateHz: number): readonly [number, number] {
  return sampleRateHz > 20_000 ? [2000, 0.45 * sampleRateHz] : [0.15 * sampleRateHz, 0.45 * sampleRateHz]
}

/** Bins with lowHz <= f < highHz, without bin 0 and half the sample rate: [first, end). */
export function bandBins(
  length: number,
  sampleRateHz: number,
  lowHz: number,
  highHz: number,
): readonly [number, number] {
  const resolution = sampleRateHz / length
  // 2000 Hz / (51 200 / 262 144) Hz may come out as 10239.9999: a billionth of a bin decides nothing.
  const first = Math.max(1, Math.ceil(lowHz / resolution - 1e-9))
  const end = Math.min(Math.ceil(length / 2), Math.ceil(highHz / resolution - 1e-9))
  return [first, Math.max(first, end)]
}

/** Analytic signal of the bins [first, end): real part the band-passed signal, imaginary part its Hilbert transform. */
export function analyticBand(
  spectrum: RealSpectrum,
  [first, end]: readonly [number, number],
): { readonly re: Float64Array; readonly im: Float64Array } {
  const re = new Float64Array(spectrum.length)
  const im = new Float64Array(spectrum.length)
  for (let k = first; k < end; k += 1) {
    re[k] = 2 * (spectrum.re[k] as number)
    im[k] = 2 * (spectrum.im[k] as number)
  }
  complexInverse64(re, im)
  return { re, im }
}

/** Envelope as the magnitude of the analytic band signal (FFT, no window, positive side doubled), in float64 at full length. */
export function envelopeSpectrum(
  spectrum: RealSpectrum,
  sampleRateHz: number,
  lowHz: number,
  highHz: number,
): EnvelopeSpectrum {
  const { length } = spectrum
  const { re, im } = analyticBand(spectrum, bandBins(length, sampleRateHz, lowHz, highHz))
  let sum = 0
  for (let n = 0; n < length; n += 1) {
    const magnitude = Math.sqrt((re[n] as number) ** 2 + (im[n] as number) ** 2)
    re[n] = magnitude
    sum += magnitude
  }
  const mean = sum / length
  let squares = 0
  for (let n = 0; n < length; n += 1) squares += ((re[n] as number) - mean) ** 2
  return { amplitudes: hannAmplitudes(realSpectrum(re)), rms: Math.sqrt(squares / length) }
}

/** RMS of the bins that will be transformed, so that float32 works near 1 whatever the unit. */
function bandScale(spectrum: RealSpectrum, first: number, end: number): number {
  let total = 0
  for (let k = first; k < end; k += 1) total += (spectrum.re[k] as number) ** 2 + (spectrum.im[k] as number) ** 2
  return Math.sqrt(total)
}

function loadBand(
  input: Float32Array,
  spectrum: RealSpectrum,
  first: number,
  end: number,
  whiten: boolean,
  scale: number,
): void {
  input.fill(0)
  for (let k = first; k < end; k += 1) {
    const re = spectrum.re[k] as number
    const im = spectrum.im[k] as number
    const magnitude = whiten ? Math.sqrt(re * re + im * im) || 1 : 1
    const factor = scale / magnitude
    input[2 * (k - first)] = re * factor
    input[2 * (k - first) + 1] = im * factor
  }
}

/**
 * Squared envelope spectrum of one band, at a sample rate of about twice the bandwidth instead of the record's: the squared
 * envelope of a band of B bins has no content beyond bin B, so that 2B points lose nothing and 76 bands cost what 2 did.
 */
export function squaredEnvelope(
  fft: Fft,
  spectrum: RealSpectrum,
  lowBin: number,
  highBin: number,
  whiten: boolean,
  bins: number,
): SquaredEnvelope {
  const first = Math.max(1, lowBin)
  const end = Math.min(highBin, Math.ceil(spectrum.length / 2))
  const width = Math.max(1, end - first)
  const size = fft.fastSize(2 * width)
  const total = whiten ? Math.sqrt(width) : bandScale(spectrum, first, end)
  const power = new Float64Array(bins)
  if (!(total > 0)) return { power, mean: 0 }
  const analytic = fft.complex(size)
  loadBand(analytic.input, spectrum, first, end, whiten, 1 / total)
  analytic.inverse()
  const real = fft.real(size)
  const wave = analytic.output
  const squared = real.input
  let sum = 0
  for (let n = 0; n < size; n += 1) {
    const value = (wave[2 * n] as number) ** 2 + (wave[2 * n + 1] as number) ** 2
    squared[n] = value
    sum += value
  }
  const mean = sum / size
  for (let n = 0; n < size; n += 1) squared[n] = (squared[n] as number) - mean
  real.forward()
  // Back to the record's scale: the analytic signal is 2/N of its transform, the envelope is squared.
  const scale = ((2 * total) / spectrum.length) ** 2
  hannPower(real.output, size, (4 * scale) / size, Math.min(bins, width, size / 2 - 1), power)
  return { power, mean: mean * scale }
}

function hannPower(packed: Float32Array, size: number, scale: number, bins: number, power: Float64Array): void {
  for (let k = 1; k < bins; k += 1) {
    const below = k === 1 ? 0 : packed[2 * k - 2]
    const belowIm = k === 1 ? 0 : packed[2 * k - 1]
    const last = 2 * (k + 1) >= size
    const re = (packed[2 * k] as number) / 2 - ((below ?? 0) + (last ? 0 : (packed[2 * k + 2] as number))) / 4
    const im = (packed[2 * k + 1] as number) / 2 - ((belowIm ?? 0) + (last ? 0 : (packed[2 * k + 3] as number))) / 4
    power[k] = scale * scale * (re * re + im * im)
  }
}

/** What diagnosis receives. */
export function createTransforms(fft: Fft): Transforms {
  return {
    fft,
    realSpectrum,
    squaredEnvelope: (spectrum, lowBin, highBin, whiten, bins) =>
      squaredEnvelope(fft, spectrum, lowBin, highBin, whiten, bins),
  }
}
