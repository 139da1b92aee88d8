import { ANALYSIS_SCHEMA, type Analysis, type AnalysisUnit } from '../../shared/domain/analysis.ts'
import type { MachineClass } from '../../shared/domain/iso-10816.ts'
import type { MachineFacts } from '../../shared/domain/machine-facts.ts'
import type { Transforms } from '../../shared/domain/transforms.ts'
import { diagnose, runState } from '../diagnosis/diagnose.ts'
import { checkSignal } from '../diagnosis/signal-quality.ts'
import { estimateSpeed } from '../diagnosis/speed.ts'
import { checkSpectrum, spectrumColourDb } from '../diagnosis/spectrum-shape.ts'
import {
  cutPieces,
  envelopeLines,
  recordingEnvelope,
  recordingSpectra,
  type RecordingSpectra,
} from '../dsp/recording-features.ts'
import { timeFeatures } from '../dsp/time-features.ts'
import { findPeaks, velocityRmsMmS, type VibrationQuantity } from '../dsp/spectrum.ts'

/** One recording and what is known of where it comes from. */
export interface RecordingInput {
  readonly samples: Float64Array
  /** samples that were no finite numbers and were read as 0 */
  readonly invalid: number
  readonly sampleRateHz: number
  /** of the envelope whose lines are reported; at most half the sample rate */
  readonly bandHz: readonly [number, number]
  /** pieces of this many samples laid end to end; null: one piece */
  readonly pieceLength: number | null
  readonly unit: AnalysisUnit
  readonly rpm: number | null
  /** lowest and highest measured speed while it was recorded; null where nobody measured it */
  readonly rpmRange: readonly [number, number] | null
  /** its orders, and where they come from */
  readonly bearing: Analysis['bearing']
  readonly mainsHz: number
  readonly machine: MachineClass | null
  readonly facts: MachineFacts
  /** the machine's own usual RMS velocity; null where none was learned */
  readonly ownVelocityMmS: number | null
}

const PEAKS = 24
const STANDARD_GRAVITY = 9.80665
const INCH_M = 0.0254

const quantities: Readonly<
  Record<Exclude<AnalysisUnit, 'unknown'>, { quantity: VibrationQuantity; siPerUnit: number }>
> = {
  g: { quantity: 'acceleration', siPerUnit: STANDARD_GRAVITY },
  'm/s2': { quantity: 'acceleration', siPerUnit: 1 },
  'mm/s': { quantity: 'velocity', siPerUnit: 1e-3 },
  'in/s': { quantity: 'velocity', siPerUnit: INCH_M },
  um: { quantity: 'displacement', siPerUnit: 1e-6 },
}

/** Peak amplitude in the signal's unit at a frequency, to mm/s RMS. */
function velocityOf(unit: AnalysisUnit): ((hz: number) => number) | null {
  if (unit === 'unknown') return null
  const { quantity, siPerUnit } = quantities[unit]
  const power = quantity === 'acceleration' ? -1 : quantity === 'velocity' ? 0 : 1
  return (hz) => 1000 * siPerUnit * Math.SQRT1_2 * (2 * Math.PI * hz) ** power
}

/** A piece of a machine that stands holds less than a fiftieth of a running one's RMS, and noise without any colour. */
const STANDING_RMS = 0.02
const STANDING_COLOUR_DB = 4

/** Pieces in which the machine ran; those of a standstill beside them would say "sensor fault", or drown a fault in noise. */
function runningPieces(pieces: readonly Float64Array[], sampleRateHz: number): readonly Float64Array[] {
  if (pieces.length < 2) return pieces
  const levels = pieces.map((piece) => timeFeatures(piece).rms)
  const loudest = Math.max(...levels)
  return pieces.filter((piece, i) => {
    if ((levels[i] as number) >= STANDING_RMS * loudest) return true
    const { amplitudes, resolutionHz } = recordingSpectra([piece], sampleRateHz)
    return spectrumColourDb(amplitudes, resolutionHz, sampleRateHz) >= STANDING_COLOUR_DB
  })
}

function joined(pieces: readonly Float64Array[]): Float64Array {
  const length = pieces[0]?.length ?? 0
  const whole = new Float64Array(length * pieces.length)
  for (const [i, piece] of pieces.entries()) whole.set(piece, i * length)
  return whole
}

/** What is judged: the whole recording, or its pieces in which the machine ran. */
interface Judged {
  readonly spectra: RecordingSpectra
  readonly samples: Float64Array
  readonly leftOut: string | null
}

function judgedPart(input: RecordingInput, pieces: readonly Float64Array[], spectra: RecordingSpectra): Judged {
  const running = runningPieces(pieces, input.sampleRateHz)
  if (running.length === pieces.length) return { spectra, samples: input.samples, leftOut: null }
  const leftOut = `${pieces.length - running.length} of ${pieces.length} pieces were recorded at a standstill and are left out of the diagnosis`
  return { spectra: recordingSpectra(running, input.sampleRateHz), samples: joined(running), leftOut }
}

/** The whole analysis of one recording, for `analyze` and for captures alike. */
export function analyseRecording(transforms: Transforms, input: RecordingInput): Analysis {
  const { samples, sampleRateHz, bandHz, unit, mainsHz } = input
  const bearing = input.bearing?.orders ?? null
  const pieces = cutPieces(samples, input.pieceLength)
  const whole = recordingSpectra(pieces, sampleRateHz)
  const { spectra, samples: judged, leftOut } = judgedPart(input, pieces, whole)
  const { amplitudes, resolutionHz, time } = spectra
  const written = estimateSpeed(amplitudes, resolutionHz, input.rpm, mainsHz)
  const quality = checkSignal(judged, input.invalid, sampleRateHz)
  const envelope = recordingEnvelope(whole.pieces, sampleRateHz, bandHz)
  const known = unit === 'unknown' ? null : quantities[unit]
  const velocityOver = (lines: Float64Array): number =>
    known === null ? Number.NaN : velocityRmsMmS(lines, resolutionHz, known.siPerUnit, known.quantity)
  const velocityRms = velocityOver(whole.amplitudes)
  const rmsMps2 = known?.quantity === 'acceleration' ? time.rms * known.siPerUnit : Number.NaN
  const colourDb = spectrumColourDb(amplitudes, resolutionHz, sampleRateHz)
  const shaftHz = written.usedRpm === null ? null : written.usedRpm / 60
  const spectrumCheck = checkSpectrum(amplitudes, resolutionHz, shaftHz, mainsHz)
  const { diagnosis, speed } = diagnose({
    transforms,
    pieces: spectra.pieces,
    sampleRateHz,
    speed: written,
    rpmRange: input.rpmRange,
    bearing,
    quality,
    rmsMps2,
    velocityRmsMmS: leftOut === null ? velocityRms : velocityOver(amplitudes),
    unitKnown: known !== null,
    machine: input.machine,
    facts: input.facts,
    ownVelocityMmS: input.ownVelocityMmS,
    spectrum: { amplitudes, resolutionHz, toVelocityMmS: velocityOf(unit) },
    spectrumCheck,
    mainsHz,
    colourDb,
  })
  // The lines' own tolerance covers the difference between a written speed that agrees and the estimate, and keeps
  // the readings comparable with other tools; a speed that contradicts the signal is of no use.
  const lineRpm = speed.agrees === false ? speed.usedRpm : speed.givenRpm
  return {
    schema: ANALYSIS_SCHEMA,
    samples: samples.length,
    sampleRateHz,
    unit,
    speed,
    bearing: input.bearing,
    state: runState(speed, quality, rmsMps2, colourDb),
    signalQuality: [...quality.faults, ...spectrumCheck.faults],
    features: { ...whole.time, velocityRms, envelopeRms: envelope.rms },
    spectrum: {
      window: 'hann',
      resolutionHz,
      peaks: findPeaks(whole.amplitudes, resolutionHz, PEAKS).map(({ hz, amplitude }) => ({ hz, amplitude })),
    },
    envelope: {
      method: 'magnitude of the analytic band signal (FFT, no window), mean removed, Hann amplitude spectrum',
      bandHz,
      resolutionHz,
      lines:
        bearing !== null && lineRpm !== null && lineRpm > 0
          ? envelopeLines(envelope.amplitudes, resolutionHz, bearing, lineRpm / 60)
          : [],
    },
    diagnosis: leftOut === null ? diagnosis : { ...diagnosis, evidence: [...diagnosis.evidence, leftOut] },
  }
}
