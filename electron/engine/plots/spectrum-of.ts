import type { Samples } from '../../../shared/domain/intake.ts'
import type { CaptureGap } from '../../../shared/domain/twin.ts'
import type { MethodParams } from '../../../shared/protocol/methods.ts'
import { averagedSpectrum, pieceStarts, PowerAverager, SAMPLES_PER_LINE } from '../../dsp/averaged-spectrum.ts'
import { defaultEnvelopeBand, envelopeSpectrum } from '../../dsp/envelope.ts'
import { amplitudeSpectrum, realSpectrum } from '../../dsp/spectrum.ts'
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
  const runs = unbroken(record)
  const { longest, length } = checkedLength(runs, record.samples, settings.lines)
  const { amplitudes, averages } = bandHz
    ? averagedEnvelopes(runs, longest, sampleRateHz, bandHz, settings)
    : averagedAmplitudes(runs, longest, sampleRateHz, settings)
  const resolutionHz = sampleRateHz / length
  return {
    amplitude: Float32Array.from(amplitudes.subarray(0, shownLines(amplitudes.length, resolutionHz, settings, bandHz))),
    resolutionHz,
    averages,
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

function checkedLength(
  runs: readonly Samples[],
  samples: Samples,
  lines: number | null,
): { longest: Samples; length: number } {
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), runs[0] ?? samples)
  if (longest.length < fewest)
    throw new PlotRefusal(`The longest piece without a gap has ${longest.length} samples: a spectrum needs ${fewest}.`)
  if (lines === null) return { longest, length: longest.length }
  const length = Math.round(lines * SAMPLES_PER_LINE)
  if (length <= longest.length) return { longest, length }
  throw new PlotRefusal(
    `${lines} lines need ${length} samples without a gap, this waveform has ${longest.length}: choose ${Math.floor(longest.length / SAMPLES_PER_LINE)} lines or fewer.`,
  )
}

interface Averaged {
  readonly amplitudes: Float64Array
  readonly averages: number
}

const modeOf = ({ averaging }: SpectrumSettings): 'linear' | 'peak-hold' =>
  averaging === 'power' ? 'linear' : 'peak-hold'

function averagedAmplitudes(
  runs: readonly Samples[],
  longest: Samples,
  sampleRateHz: number,
  settings: SpectrumSettings,
): Averaged {
  const { lines, window, overlap } = settings
  if (lines === null) return { amplitudes: amplitudeSpectrum(Float64Array.from(longest), window), averages: 1 }
  const wide = runs.map((run) => Float64Array.from(run))
  return averagedSpectrum(wide, sampleRateHz, { lines, window, overlap, averaging: modeOf(settings) })
}

function averagedEnvelopes(
  runs: readonly Samples[],
  longest: Samples,
  sampleRateHz: number,
  bandHz: readonly [number, number],
  settings: SpectrumSettings,
): Averaged {
  const { lines, overlap } = settings
  const length = lines === null ? longest.length : Math.round(lines * SAMPLES_PER_LINE)
  const pieces =
    lines === null
      ? [longest]
      : pieceStarts(
          runs.map((run) => run.length),
          length,
          { overlap },
        ).map(({ run, from }) => (runs[run] ?? longest).subarray(from, from + length))
  const averager = new PowerAverager((length >> 1) + 1, modeOf(settings), pieces.length)
  for (const piece of pieces) {
    const { amplitudes } = envelopeSpectrum(realSpectrum(Float64Array.from(piece)), sampleRateHz, ...bandHz)
    averager.add(amplitudes.map((amplitude) => amplitude * amplitude))
  }
  return { amplitudes: averager.power.map((power) => Math.sqrt(power)), averages: averager.count }
}
