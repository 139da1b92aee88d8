import type { Samples } from '../../../shared/domain/intake.ts'
import type { CaptureGap } from '../../../shared/domain/twin.ts'
import type { MethodParams } from '../../../shared/protocol/methods.ts'
import { defaultEnvelopeBand, envelopeSpectrum } from '../../dsp/envelope.ts'
import { amplitudeSpectrum, powerAverage, realSpectrum } from '../../dsp/spectrum.ts'
import { windowShape } from '../../dsp/windows.ts'
import { PlotRefusal } from './plot-refusal.ts'

export type SpectrumSettings = Omit<MethodParams<'plot.spectrum'>, 'of'>

export interface Record {
  samples: Samples
  sampleRateHz: number
  gaps: readonly CaptureGap[]
}

export interface Lines {
  /** Peak amplitudes from 0 Hz, in the unit of the samples. */
  amplitude: Float32Array
  resolutionHz: number
  averages: number
  noiseBandwidthLines: number
  bandHz: [number, number] | null
}

/** Samples a line, so that the anti-aliasing filter's slope lies above the last one. */
const samplesPerLine = 2.56
const fewest = 32

/** Runs of samples without a gap inside: a transform over one would smear every line. */
export function unbroken({ samples, gaps }: Pick<Record, 'samples' | 'gaps'>): Samples[] {
  const breaks = gaps.map(({ atSample }) => atSample).filter((at) => at > 0 && at < samples.length)
  const edges = [0, ...breaks, samples.length]
  return edges.slice(1).map((end, i) => samples.subarray(edges[i] ?? 0, end))
}

/** Throws PlotRefusal in a sentence where the record is too short or a band does not lie within it. */
export function spectrumOf(record: Record, settings: SpectrumSettings): Lines {
  const { sampleRateHz } = record
  const bandHz = settings.kind === 'envelope' ? checkedBand(sampleRateHz, settings.bandHz) : null
  const pieces = piecesOf(record, settings)
  const length = pieces[0]?.length ?? 0
  const transform = (piece: Float64Array): Float64Array =>
    bandHz
      ? envelopeSpectrum(realSpectrum(piece), sampleRateHz, ...bandHz).amplitudes
      : amplitudeSpectrum(piece, settings.window)
  const average = averaged(pieces, transform, settings.averaging)
  const resolutionHz = sampleRateHz / length
  return {
    amplitude: Float32Array.from(average.subarray(0, shownLines(average.length, resolutionHz, settings, bandHz))),
    resolutionHz,
    averages: pieces.length,
    noiseBandwidthLines: bandHz ? 1.5 : windowShape(settings.window, length).noiseBandwidthBins,
    bandHz,
  }
}

/** An envelope has nothing beyond the width of its band; with a number of lines asked for, those are what is shown. */
function shownLines(
  bins: number,
  resolutionHz: number,
  { lines }: SpectrumSettings,
  bandHz: readonly [number, number] | null,
): number {
  const most = lines === null ? bins : Math.min(bins, lines + 1)
  return bandHz ? Math.min(most, Math.ceil((bandHz[1] - bandHz[0]) / resolutionHz) + 1) : most
}

function checkedBand(sampleRateHz: number, wanted: readonly [number, number] | null): [number, number] {
  const [low, high] = wanted ?? defaultEnvelopeBand(sampleRateHz)
  if (high > sampleRateHz / 2)
    throw new PlotRefusal(
      `The band ${low} to ${high} Hz reaches beyond ${sampleRateHz / 2} Hz, half the sample rate of this waveform: choose a band below, or record at more than ${2 * high} samples a second.`,
    )
  if (!(low < high))
    throw new PlotRefusal(`The band ${low} to ${high} Hz is empty: its lower end must lie below the upper.`)
  return [low, high]
}

function piecesOf(record: Record, { lines, overlap }: SpectrumSettings): Float64Array[] {
  const runs = unbroken(record)
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), runs[0] ?? record.samples)
  if (longest.length < fewest)
    throw new PlotRefusal(`The longest piece without a gap has ${longest.length} samples: a spectrum needs ${fewest}.`)
  if (lines === null) return [Float64Array.from(longest)]
  const length = Math.round(lines * samplesPerLine)
  const hop = Math.max(1, Math.round(length * (1 - overlap)))
  const pieces = runs.flatMap((run) => {
    const starts: number[] = []
    for (let from = 0; from + length <= run.length; from += hop) starts.push(from)
    return starts.map((from) => Float64Array.from(run.subarray(from, from + length)))
  })
  if (pieces.length > 0) return pieces
  throw new PlotRefusal(
    `${lines} lines need ${length} samples without a gap, this waveform has ${longest.length}: choose ${Math.floor(longest.length / samplesPerLine)} lines or fewer.`,
  )
}

function averaged(
  pieces: readonly Float64Array[],
  transform: (piece: Float64Array) => Float64Array,
  averaging: SpectrumSettings['averaging'],
): Float64Array {
  const [first, ...rest] = pieces
  if (!first) throw new PlotRefusal('There are no samples to transform.')
  if (rest.length === 0) return transform(first)
  if (averaging === 'power') return powerAverage(pieces.map(transform))
  const held = transform(first)
  for (const piece of rest) {
    const next = transform(piece)
    for (let k = 0; k < held.length; k++) held[k] = Math.max(held[k] ?? 0, next[k] ?? 0)
  }
  return held
}
