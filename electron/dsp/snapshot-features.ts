import type { BearingOrders } from '../../shared/domain/bearings.ts'
import { defaultEnvelopeBand } from './envelope.ts'
import { envelopeLines, recordingEnvelope } from './recording-features.ts'
import { hannAmplitudes, realSpectrum } from './spectrum.ts'
import { timeFeatures } from './time-features.ts'

/**
 * Octaves from half the sample rate downwards, where a bearing's first damage rings; what is left (below 800 Hz at 25.6 kHz:
 * shaft orders and mechanics) is one band, since each narrow low band wanders by itself while a machine runs in.
 */
const OCTAVES = 4
/** Fewer revolutions than this leave the lines of cage, shaft and races within one another. */
export const FEWEST_REVOLUTIONS = 20
const HARMONICS = 3
/** A Hann window widens a line's power by this much. */
const HANN_POWER = 1.5

export interface SnapshotOptions {
  readonly sampleRateHz: number
  readonly rpm: number | null
  readonly bearing: BearingOrders | null
}

/** Edges in Hz, downwards; the last band reaches down to two lines above the mean. */
export function octaveEdges(sampleRateHz: number): number[] {
  return Array.from({ length: OCTAVES + 1 }, (_, octave) => sampleRateHz / 2 ** (octave + 1))
}

/** Root mean square of lines between two frequencies, from peak amplitudes under a Hann window. */
function bandRms(amplitudes: Float64Array, resolutionHz: number, lowHz: number, highHz: number): number {
  const from = Math.max(2, Math.ceil(lowHz / resolutionHz))
  const to = Math.min(amplitudes.length, Math.ceil(highHz / resolutionHz))
  let squares = 0
  for (let k = from; k < to; k += 1) squares += (amplitudes[k] as number) ** 2
  return Math.sqrt(squares / (2 * HANN_POWER))
}

export function resolvesFaultLines(samples: number, { sampleRateHz, rpm, bearing }: SnapshotOptions): boolean {
  return bearing !== null && rpm !== null && (samples / sampleRateHz) * (rpm / 60) >= FEWEST_REVOLUTIONS
}

/**
 * Features of one snapshot that stands alone: seconds or minutes lie between it and the next, so that nothing rolls on.
 * Time features as `timeFeatures`; `bandN` is the RMS of the N-th octave below half the sample rate, `bandLow` of the rest;
 * envelope lines where the snapshot holds enough revolutions: root of summed squares of three harmonics.
 */
export function snapshotFeatures(samples: Float64Array, options: SnapshotOptions): Record<string, number> {
  const { sampleRateHz, rpm, bearing } = options
  const { rms, kurtosis } = timeFeatures(samples)
  const features: Record<string, number> = { rms, kurtosis }
  const spectrum = realSpectrum(samples)
  const amplitudes = hannAmplitudes(spectrum)
  const resolutionHz = sampleRateHz / samples.length
  const edges = octaveEdges(sampleRateHz)
  for (let octave = 0; octave < OCTAVES; octave += 1) {
    const [highHz = 0, lowHz = 0] = edges.slice(octave, octave + 2)
    features[`band${octave + 1}`] = bandRms(amplitudes, resolutionHz, lowHz, highHz)
  }
  features['bandLow'] = bandRms(amplitudes, resolutionHz, 0, edges[OCTAVES] ?? 0)
  if (bearing === null || rpm === null || !resolvesFaultLines(samples.length, options)) return features
  const envelope = recordingEnvelope([spectrum], sampleRateHz, defaultEnvelopeBand(sampleRateHz))
  const squares = { bpfo: 0, bpfi: 0, bsf: 0, ftf: 0 }
  for (const line of envelopeLines(envelope.amplitudes, resolutionHz, bearing, rpm / 60)) {
    if (line.harmonic <= HARMONICS) squares[line.fault] += line.amplitude ** 2
  }
  for (const fault of ['bpfo', 'bpfi', 'bsf', 'ftf'] as const) {
    features[`envelope${fault.charAt(0).toUpperCase()}${fault.slice(1)}`] = Math.sqrt(squares[fault])
  }
  return features
}
