import { ANALYSIS_SCHEMA, type Analysis, type AnalysisUnit } from '../../shared/domain/analysis.ts'
import type { MachineClass } from '../../shared/domain/iso-10816.ts'
import type { MachineFacts } from '../../shared/domain/machine-facts.ts'
import type { Transforms } from '../../shared/domain/transforms.ts'
import { diagnose, runState } from '../diagnosis/diagnose.ts'
import { checkSignal } from '../diagnosis/signal-quality.ts'
import { estimateSpeed } from '../diagnosis/speed.ts'
import { checkSpectrum, spectrumColourDb } from '../diagnosis/spectrum-shape.ts'
import { cutPieces, envelopeLines, recordingEnvelope, recordingSpectra } from '../dsp/recording-features.ts'
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

/** The whole analysis of one recording, for `analyze` and for captures alike. */
export function analyseRecording(transforms: Transforms, input: RecordingInput): Analysis {
  const { samples, sampleRateHz, bandHz, unit, mainsHz } = input
  const bearing = input.bearing?.orders ?? null
  const spectra = recordingSpectra(cutPieces(samples, input.pieceLength), sampleRateHz)
  const { amplitudes, resolutionHz, time } = spectra
  const written = estimateSpeed(amplitudes, resolutionHz, input.rpm, mainsHz)
  const quality = checkSignal(samples, input.invalid, sampleRateHz)
  const envelope = recordingEnvelope(spectra.pieces, sampleRateHz, bandHz)
  const known = unit === 'unknown' ? null : quantities[unit]
  const velocityRms =
    known === null ? Number.NaN : velocityRmsMmS(amplitudes, resolutionHz, known.siPerUnit, known.quantity)
  const rmsMps2 = known?.quantity === 'acceleration' ? time.rms * known.siPerUnit : Number.NaN
  const colourDb = spectrumColourDb(amplitudes, resolutionHz, sampleRateHz)
  const shaftHz = written.usedRpm === null ? null : written.usedRpm / 60
  const spectrumCheck = checkSpectrum(amplitudes, resolutionHz, shaftHz, mainsHz)
  const { diagnosis, speed } = diagnose({
    transforms,
    pieces: spectra.pieces,
    sampleRateHz,
    speed: written,
    bearing,
    quality,
    rmsMps2,
    velocityRmsMmS: velocityRms,
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
    features: { ...time, velocityRms, envelopeRms: envelope.rms },
    spectrum: {
      window: 'hann',
      resolutionHz,
      peaks: findPeaks(amplitudes, resolutionHz, PEAKS).map(({ hz, amplitude }) => ({ hz, amplitude })),
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
    diagnosis,
  }
}
