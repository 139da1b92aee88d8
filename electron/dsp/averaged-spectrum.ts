import type { Derivation, WindowName } from '../../shared/domain/derivation.ts'
import { realForward64 } from './fft64.ts'
import { derivedBy } from './methods.ts'
import { windowShape } from './windows.ts'

/** Line counts that analysers offer; any whole number works. */
export const lineCounts = [400, 800, 1600, 3200, 6400, 12_800] as const
/** 2.56 samples a line leave the lines above maxHz, up to half the sample rate, to the anti-aliasing filter's slope. */
export const SAMPLES_PER_LINE = 2.56

export type Averaging = 'linear' | 'exponential' | 'peak-hold'

export interface SpectrumSettings {
  readonly lines: number
  /** default and upper limit: sample rate / 2.56 */
  readonly maxHz?: number | undefined
  readonly window?: WindowName | undefined
  readonly averaging?: Averaging | undefined
  /** pieces averaged; default: all that fit. Exponential: the weight of a new piece is 1 / averages (default 8) */
  readonly averages?: number | undefined
  /** share of a piece that the next one repeats, 0 to 0.95; default 0.5 */
  readonly overlap?: number | undefined
}

export class SpectrumSettingsError extends Error {
  override readonly name = 'SpectrumSettingsError'
}

export interface SpectrumPlan {
  readonly lines: number
  readonly maxHz: number
  readonly resolutionHz: number
  /** samples of one piece: 2.56 a line at the default maxHz, more below it, since nothing is decimated */
  readonly samples: number
}

export function planSpectrum(sampleRateHz: number, settings: SpectrumSettings): SpectrumPlan {
  const { lines } = settings
  const widestHz = sampleRateHz / SAMPLES_PER_LINE
  const maxHz = settings.maxHz ?? widestHz
  if (!Number.isInteger(lines) || lines < 16)
    throw new SpectrumSettingsError(`a spectrum of ${lines} lines is too coarse: ask for 16 or more`)
  if (!(maxHz > 0 && maxHz <= widestHz * (1 + 1e-9)))
    throw new SpectrumSettingsError(
      `${maxHz} Hz cannot be the end of a spectrum at ${sampleRateHz} samples/s: choose ${widestHz} Hz (the rate / 2.56) or less`,
    )
  // Rounding the length rather than the frequency keeps every bin a line: it shifts maxHz by less than half a line.
  const samples = Math.round((lines * sampleRateHz) / maxHz)
  return { lines, maxHz: (lines * sampleRateHz) / samples, resolutionHz: sampleRateHz / samples, samples }
}

/** Running average of line powers; `add` allocates nothing. */
export class PowerAverager {
  readonly power: Float64Array
  readonly #averaging: Averaging
  readonly #averages: number
  #count = 0

  constructor(bins: number, averaging: Averaging, averages: number) {
    this.power = new Float64Array(bins)
    this.#averaging = averaging
    this.#averages = averages
  }

  get count(): number {
    return this.#count
  }

  add(power: Float64Array): void {
    this.#count += 1
    const held = this.power
    if (this.#averaging === 'peak-hold') {
      for (let k = 0; k < held.length; k += 1) held[k] = Math.max(held[k] as number, power[k] as number)
      return
    }
    // The first pieces are averaged linearly in both modes, or an exponential average would remember its start at 0.
    const weight =
      this.#averaging === 'exponential' ? 1 / Math.min(this.#count, Math.max(1, this.#averages)) : 1 / this.#count
    for (let k = 0; k < held.length; k += 1)
      held[k] = (held[k] as number) + weight * ((power[k] as number) - (held[k] as number))
  }

  reset(): void {
    this.#count = 0
    this.power.fill(0)
  }
}

export interface AveragedSpectrum extends SpectrumPlan {
  /** peak amplitudes of lines 0..`lines`, in the signal's unit */
  readonly amplitudes: Float64Array
  /** RMS over everything up to half the sample rate, without the mean (Parseval, corrected for the window) */
  readonly rms: number
  readonly averages: number
  readonly derivation: Derivation
}

/** Where the pieces of a record begin: each within one of its runs, so that none lies across a gap. */
export function pieceStarts(
  runLengths: readonly number[],
  piece: number,
  settings: Pick<SpectrumSettings, 'overlap' | 'averaging' | 'averages'>,
): { readonly run: number; readonly from: number }[] {
  const overlap = settings.overlap ?? 0.5
  if (!(overlap >= 0 && overlap <= 0.95))
    throw new SpectrumSettingsError(`an overlap of ${overlap} is not possible: use 0 to 0.95`)
  const wanted = settings.averaging === 'exponential' ? undefined : settings.averages
  if (settings.averages !== undefined && !(Number.isInteger(settings.averages) && settings.averages >= 1))
    throw new SpectrumSettingsError(`${settings.averages} averages are not possible: use a whole number from 1 on`)
  const hop = Math.max(1, Math.round(piece * (1 - overlap)))
  const starts: { run: number; from: number }[] = []
  for (const [run, length] of runLengths.entries()) {
    for (let from = 0; from + piece <= length && starts.length < (wanted ?? Number.POSITIVE_INFINITY); from += hop)
      starts.push({ run, from })
  }
  return starts
}

/** |X|^2 of one windowed piece without its mean, scaled so that its root is a peak amplitude. */
function addPiece(
  piece: Float64Array,
  coefficients: Float64Array,
  sum: number,
  power: Float64Array,
  weighted: Float64Array,
): void {
  const length = piece.length
  let mean = 0
  for (let i = 0; i < length; i += 1) mean += piece[i] as number
  mean /= length
  for (let i = 0; i < length; i += 1) weighted[i] = ((piece[i] as number) - mean) * (coefficients[i] as number)
  const { re, im } = realForward64(weighted)
  for (let k = 0; k < power.length; k += 1) {
    const sides = k === 0 || 2 * k === length ? 1 : 2
    power[k] = (sides / sum) ** 2 * ((re[k] as number) ** 2 + (im[k] as number) ** 2)
  }
}

/** Signal power from line powers: a line inside the spectrum stands for two, the mean's and the last one for themselves. */
function parseval(power: Float64Array, length: number, noiseBandwidthBins: number): number {
  let total = 0
  for (let k = 0; k < power.length; k += 1) total += (power[k] as number) / (k === 0 || 2 * k === length ? 1 : 2)
  return Math.sqrt(total / noiseBandwidthBins)
}

/**
 * Spectrum of a record as analysers offer it: number of lines, window, averaging and overlap are chosen.
 * Linear and exponential averaging average powers (RMS averaging), peak-hold keeps the largest power of each line.
 *
 * @param record one run of samples, or several with gaps between them, which no piece lies across
 * @throws SpectrumSettingsError where the record is shorter than one piece or a setting cannot be met
 */
export function averagedSpectrum(
  record: Float64Array | readonly Float64Array[],
  sampleRateHz: number,
  settings: SpectrumSettings,
): AveragedSpectrum {
  const runs = record instanceof Float64Array ? [record] : record
  const plan = planSpectrum(sampleRateHz, settings)
  const { samples, lines, maxHz } = plan
  const lengths = runs.map((run) => run.length)
  const starts = pieceStarts(lengths, samples, settings)
  if (starts.length === 0)
    throw new SpectrumSettingsError(
      `${lines} lines up to ${maxHz} Hz need ${samples} samples, the record has ${Math.max(0, ...lengths)}: ask for fewer lines`,
    )
  const window = settings.window ?? 'hann'
  const { coefficients, sum, noiseBandwidthBins } = windowShape(window, samples)
  const bins = (samples >> 1) + 1
  const averager = new PowerAverager(bins, settings.averaging ?? 'linear', settings.averages ?? 8)
  const power = new Float64Array(bins)
  const weighted = new Float64Array(samples)
  for (const { run, from } of starts) {
    addPiece((runs[run] as Float64Array).subarray(from, from + samples), coefficients, sum, power, weighted)
    averager.add(power)
  }
  return {
    ...plan,
    amplitudes: averager.power.slice(0, lines + 1).map((value) => Math.sqrt(value)),
    rms: parseval(averager.power, samples, noiseBandwidthBins),
    averages: averager.count,
    derivation: derivedBy('averaged-spectrum', window, [0, maxHz]),
  }
}
