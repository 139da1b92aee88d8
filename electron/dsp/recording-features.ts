import type { EnvelopeLine } from '../../shared/domain/analysis.ts'
import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { RealSpectrum } from '../../shared/domain/transforms.ts'
import { envelopeSpectrum } from './envelope.ts'
import { readLine, toDecibel } from './lines.ts'
import { hannAmplitudes, powerAverage, realSpectrum } from './spectrum.ts'
import { averageTimeFeatures, timeFeatures, type TimeFeatures } from './time-features.ts'

/** A whole recording, or pieces of it laid end to end: features averaged, spectra power-averaged, never across a seam. */
export interface RecordingSpectra {
  readonly time: TimeFeatures
  readonly pieces: readonly RealSpectrum[]
  readonly amplitudes: Float64Array
  readonly resolutionHz: number
}

/** Whole pieces only: a remainder shorter than a piece would have lines of another width. */
export function cutPieces(samples: Float64Array, pieceLength: number | null): Float64Array[] {
  if (pieceLength === null) return [samples]
  const pieces: Float64Array[] = []
  for (let start = 0; start + pieceLength <= samples.length; start += pieceLength)
    pieces.push(samples.subarray(start, start + pieceLength))
  return pieces
}

export function recordingSpectra(pieces: readonly Float64Array[], sampleRateHz: number): RecordingSpectra {
  const spectra = pieces.map((piece) => realSpectrum(piece))
  return {
    time: averageTimeFeatures(pieces.map((piece) => timeFeatures(piece))),
    pieces: spectra,
    amplitudes: powerAverage(spectra.map((spectrum) => hannAmplitudes(spectrum))),
    resolutionHz: sampleRateHz / (pieces[0]?.length ?? Number.NaN),
  }
}

export interface RecordingEnvelope {
  readonly amplitudes: Float64Array
  readonly rms: number
}

export function recordingEnvelope(
  pieces: readonly RealSpectrum[],
  sampleRateHz: number,
  bandHz: readonly [number, number],
): RecordingEnvelope {
  const envelopes = pieces.map((piece) => envelopeSpectrum(piece, sampleRateHz, bandHz[0], bandHz[1]))
  const squares = envelopes.reduce((total, envelope) => total + envelope.rms ** 2, 0)
  return {
    amplitudes: powerAverage(envelopes.map((envelope) => envelope.amplitudes)),
    rms: Math.sqrt(squares / envelopes.length),
  }
}

const HARMONICS = 5

/** Five harmonics of each fault frequency in an envelope spectrum, as far as the spectrum reaches. */
export function envelopeLines(
  amplitudes: Float64Array,
  resolutionHz: number,
  bearing: BearingOrders,
  shaftHz: number,
): EnvelopeLine[] {
  const lines: EnvelopeLine[] = []
  for (const fault of ['bpfo', 'bpfi', 'bsf', 'ftf'] as const) {
    for (let harmonic = 1; harmonic <= HARMONICS; harmonic += 1) {
      const expectedHz = harmonic * bearing[fault] * shaftHz
      if (expectedHz >= resolutionHz * (amplitudes.length - 1)) break
      const { hz, amplitude, snr } = readLine(amplitudes, resolutionHz, expectedHz, shaftHz)
      lines.push({ fault, harmonic, expectedHz, foundHz: hz, amplitude, snrDb: toDecibel(snr) })
    }
  }
  return lines
}
