import type { Derivation, WindowName } from '../../shared/domain/derivation.ts'
import { realForward64 } from './fft64.ts'
import { derivedBy } from './methods.ts'
import { windowShape } from './windows.ts'

export interface CrossSpectrum {
  /** peak amplitudes of the two signals per line */
  readonly amplitudeA: Float64Array
  readonly amplitudeB: Float64Array
  /** phase of B minus phase of A in degrees, -180 to 180: positive where B leads */
  readonly phaseDeg: Float64Array
  /** 0 to 1: how much of B at this line follows A; with one piece always 1 and worth nothing */
  readonly coherence: Float64Array
  /** |B / A| by the H1 estimator (noise on A makes it small) */
  readonly gain: Float64Array
  readonly resolutionHz: number
  readonly pieces: number
  readonly derivation: Derivation
}

export interface CrossOptions {
  readonly pieceLength: number
  readonly window?: WindowName | undefined
  /** share of a piece that the next one repeats; default 0.5 */
  readonly overlap?: number | undefined
}

interface Sums {
  readonly aa: Float64Array
  readonly bb: Float64Array
  readonly re: Float64Array
  readonly im: Float64Array
}

function windowed(signal: Float64Array, start: number, coefficients: Float64Array): Float64Array {
  const length = coefficients.length
  let mean = 0
  for (let i = 0; i < length; i += 1) mean += signal[start + i] as number
  mean /= length
  const out = new Float64Array(length)
  for (let i = 0; i < length; i += 1) out[i] = ((signal[start + i] as number) - mean) * (coefficients[i] as number)
  return out
}

function addPiece(sums: Sums, a: Float64Array, b: Float64Array): void {
  const one = realForward64(a)
  const other = realForward64(b)
  for (let k = 0; k < sums.aa.length; k += 1) {
    const ar = one.re[k] as number
    const ai = one.im[k] as number
    const br = other.re[k] as number
    const bi = other.im[k] as number
    sums.aa[k] = (sums.aa[k] as number) + ar * ar + ai * ai
    sums.bb[k] = (sums.bb[k] as number) + br * br + bi * bi
    sums.re[k] = (sums.re[k] as number) + br * ar + bi * ai
    sums.im[k] = (sums.im[k] as number) + bi * ar - br * ai
  }
}

/**
 * Two channels sampled together: phase, coherence and gain per line by Welch's method (Bendat and Piersol, "Random data",
 * chapter 6). The phase between two bearings at running speed tells unbalance (in step) from misalignment (opposed).
 *
 * @throws RangeError where the signals differ in length or no piece fits
 */
export function crossSpectrum(
  a: Float64Array,
  b: Float64Array,
  sampleRateHz: number,
  options: CrossOptions,
): CrossSpectrum {
  const { pieceLength, window = 'hann', overlap = 0.5 } = options
  if (a.length !== b.length)
    throw new RangeError(`the two signals have ${a.length} and ${b.length} samples: cut them to the same span of time`)
  if (!(pieceLength >= 16 && pieceLength <= a.length))
    throw new RangeError(`pieces of ${pieceLength} samples do not fit: use 16 to ${a.length}`)
  const { coefficients, sum } = windowShape(window, pieceLength)
  const bins = (pieceLength >> 1) + 1
  const sums = {
    aa: new Float64Array(bins),
    bb: new Float64Array(bins),
    re: new Float64Array(bins),
    im: new Float64Array(bins),
  }
  const hop = Math.max(1, Math.round(pieceLength * (1 - overlap)))
  let pieces = 0
  for (let start = 0; start + pieceLength <= a.length; start += hop) {
    addPiece(sums, windowed(a, start, coefficients), windowed(b, start, coefficients))
    pieces += 1
  }
  const { aa, bb, re, im } = sums
  const amplitude = (power: number, k: number): number => ((k === 0 ? 1 : 2) * Math.sqrt(power / pieces)) / sum
  const square = re.map((value, k) => value * value + (im[k] as number) ** 2)
  return {
    amplitudeA: aa.map(amplitude),
    amplitudeB: bb.map(amplitude),
    phaseDeg: re.map((value, k) => (Math.atan2(im[k] as number, value) * 180) / Math.PI),
    coherence: square.map((value, k) => {
      const both = (aa[k] as number) * (bb[k] as number)
      return both > 0 ? Math.min(1, value / both) : 0
    }),
    gain: square.map((value, k) => ((aa[k] as number) > 0 ? Math.sqrt(value) / (aa[k] as number) : Number.NaN)),
    resolutionHz: sampleRateHz / pieceLength,
    pieces,
    derivation: derivedBy('cross-spectrum', window),
  }
}

export interface CrossPhase {
  readonly hz: number
  readonly amplitudeA: number
  readonly amplitudeB: number
  readonly phaseDeg: number
  readonly coherence: number
}

/** The line of the greatest common power within one line of a frequency. */
export function crossPhaseAt(cross: CrossSpectrum, hz: number): CrossPhase {
  const { amplitudeA, amplitudeB, resolutionHz } = cross
  const middle = Math.round(hz / resolutionHz)
  let best = Math.max(1, Math.min(amplitudeA.length - 1, middle))
  const common = (k: number): number => (amplitudeA[k] ?? 0) * (amplitudeB[k] ?? 0)
  for (let k = Math.max(1, middle - 1); k <= Math.min(amplitudeA.length - 1, middle + 1); k += 1)
    if (common(k) > common(best)) best = k
  return {
    hz: best * resolutionHz,
    amplitudeA: amplitudeA[best] as number,
    amplitudeB: amplitudeB[best] as number,
    phaseDeg: cross.phaseDeg[best] as number,
    coherence: cross.coherence[best] as number,
  }
}
