import type { Derivation } from '../../shared/domain/derivation.ts'
import type { Fft, FloatTransform, RealSpectrum } from '../../shared/domain/transforms.ts'
import { realForward64 } from './fft64.ts'
import { derivedBy } from './methods.ts'
import { windowShape } from './windows.ts'

export interface KurtogramBand {
  readonly lowHz: number
  readonly highHz: number
  /** of the complex envelope: E|x|^4 / (E|x|^2)^2 - 2; 0 for Gaussian noise, -1 for a steady tone, high for impulses */
  readonly kurtosis: number
}

export interface Kurtogram {
  /** levels of the 1/3-binary tree from the whole width down; each row covers 0 to half the sample rate */
  readonly rows: readonly (readonly KurtogramBand[])[]
  readonly best: KurtogramBand
  readonly derivation: Derivation
}

export interface KurtogramOptions {
  /** levels 0..n give 1, 2, 3, 4, 6, 8, 12, ... bands; default 4: 16 bands at the finest */
  readonly levels?: number | undefined
  /** narrower bands are left out; three times the highest fault frequency keeps impulses apart */
  readonly narrowestHz?: number | undefined
}

/** Bands a level is cut into: 1; 2, 3; 4, 6; 8, 12; ... (J. Antoni, "Fast computation of the kurtogram", MSSP 21, 2007). */
export function treeRows(levels: number): number[] {
  const rows = [1]
  for (let level = 1; level <= levels; level += 1) {
    rows.push(2 ** level)
    if (level < levels) rows.push(3 * 2 ** (level - 1))
  }
  return rows
}

/**
 * Kurtosis of the complex envelope of interleaved bins, by their inverse transform. Twice as many points as bins make it that
 * of the full-length envelope (a fourth power of a band of B bins ends at 2B); as many points as bins scatter around it by some
 * per cent, at half the cost. NaN for a band without power.
 */
export function bandKurtosis(transform: FloatTransform, bins: Float32Array): number {
  const out = new Float64Array(1)
  writeBandKurtosis(transform, bins, out, 0)
  return out[0] as number
}

/** The same into `out[at]`: a number that is returned may be boxed, and blocks are to allocate nothing. */
export function writeBandKurtosis(transform: FloatTransform, bins: Float32Array, out: Float64Array, at: number): void {
  const { input, size } = transform
  input.set(bins)
  input.fill(0, bins.length)
  transform.inverse()
  const { output } = transform
  let second = 0
  let fourth = 0
  for (let n = 0; n < 2 * size; n += 2) {
    const re = output[n] as number
    const im = output[n + 1] as number
    const power = re * re + im * im
    second += power
    fourth += power * power
  }
  out[at] = second > 0 ? (size * fourth) / (second * second) - 2 : Number.NaN
}

/** Bins 1..half as interleaved float32 with an RMS of 1, so that a fourth power neither overflows nor vanishes. */
function packed(spectrum: RealSpectrum): Float32Array {
  const half = spectrum.length >> 1
  let total = 0
  for (let k = 1; k < half; k += 1) total += (spectrum.re[k] as number) ** 2 + (spectrum.im[k] as number) ** 2
  const scale = total > 0 ? 1 / Math.sqrt(total) : 0
  const bins = new Float32Array(2 * half)
  for (let k = 1; k < half; k += 1) {
    bins[2 * k] = (spectrum.re[k] as number) * scale
    bins[2 * k + 1] = (spectrum.im[k] as number) * scale
  }
  return bins
}

/**
 * Fast kurtogram: kurtosis of the complex envelope over a 1/3-binary tree of bands, found on the spectrum (brick-wall bands)
 * instead of by a cascade of filters. One stray impulse makes the widest bands win: look at the envelope spectrum as well.
 */
export function fastKurtogram(
  fft: Fft,
  spectrum: RealSpectrum,
  sampleRateHz: number,
  options: KurtogramOptions = {},
): Kurtogram {
  const { levels = 4, narrowestHz = 0 } = options
  const bins = packed(spectrum)
  const half = spectrum.length >> 1
  const nyquistHz = sampleRateHz / 2
  const rows: KurtogramBand[][] = []
  let best: KurtogramBand = { lowHz: 0, highHz: nyquistHz, kurtosis: Number.NEGATIVE_INFINITY }
  for (const parts of treeRows(levels)) {
    if (half / parts < 16 || nyquistHz / parts < narrowestHz) continue
    const row: KurtogramBand[] = []
    for (let part = 0; part < parts; part += 1) {
      const first = Math.round((half * part) / parts)
      const end = Math.round((half * (part + 1)) / parts)
      const kurtosis = bandKurtosis(fft.complex(fft.fastSize(2 * (end - first))), bins.subarray(2 * first, 2 * end))
      const band = { lowHz: (nyquistHz * part) / parts, highHz: (nyquistHz * (part + 1)) / parts, kurtosis }
      row.push(band)
      if (kurtosis > best.kurtosis) best = band
    }
    rows.push(row)
  }
  return { rows, best, derivation: derivedBy('fast-kurtogram', null, [best.lowHz, best.highHz]) }
}

export interface SpectralKurtosis {
  /** per bin of `resolutionHz`; 0 for stationary Gaussian noise, -1 for a steady tone */
  readonly values: Float64Array
  readonly resolutionHz: number
  readonly pieces: number
  readonly derivation: Derivation
}

/**
 * Spectral kurtosis from a short-time transform: E|X|^4 / (E|X|^2)^2 - 2 over Hann pieces that overlap by three quarters
 * (J. Antoni, "The spectral kurtosis", MSSP 20, 2006). Its scatter over noise is about 2 / sqrt(pieces / 2).
 *
 * @throws RangeError where fewer than eight pieces fit
 */
export function spectralKurtosis(signal: Float64Array, sampleRateHz: number, pieceLength: number): SpectralKurtosis {
  const hop = Math.max(1, pieceLength >> 2)
  const pieces = Math.floor((signal.length - pieceLength) / hop) + 1
  if (!(pieces >= 8))
    throw new RangeError(
      `pieces of ${pieceLength} samples are too long for a record of ${signal.length}: eight must fit, so use ${Math.floor(signal.length / 3)} or fewer`,
    )
  const { coefficients } = windowShape('hann', pieceLength)
  const bins = (pieceLength >> 1) + 1
  const second = new Float64Array(bins)
  const values = new Float64Array(bins)
  const weighted = new Float64Array(pieceLength)
  for (let piece = 0; piece < pieces; piece += 1) {
    for (let i = 0; i < pieceLength; i += 1)
      weighted[i] = (signal[piece * hop + i] as number) * (coefficients[i] as number)
    const { re, im } = realForward64(weighted)
    for (let k = 0; k < bins; k += 1) {
      const power = (re[k] as number) ** 2 + (im[k] as number) ** 2
      second[k] = (second[k] as number) + power
      values[k] = (values[k] as number) + power * power
    }
  }
  for (let k = 0; k < bins; k += 1) {
    const square = (second[k] as number) ** 2
    values[k] = square > 0 ? (pieces * (values[k] as number)) / square - 2 : Number.NaN
  }
  return {
    values,
    resolutionHz: sampleRateHz / pieceLength,
    pieces,
    derivation: derivedBy('spectral-kurtosis', 'hann'),
  }
}
