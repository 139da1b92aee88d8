import fs from 'node:fs'
import path from 'node:path'
import { ANALYSIS_SCHEMA, type Analysis, type AnalysisUnit } from '../../../shared/domain/analysis.ts'
import { withOwnBearings, type BearingCatalogue } from '../../../shared/domain/bearings.ts'
import { checkPlantFile } from '../../assets/index.ts'
import { diagnose, runState } from '../../diagnosis/diagnose.ts'
import { checkSignal } from '../../diagnosis/signal-quality.ts'
import { estimateSpeed } from '../../diagnosis/speed.ts'
import { createTransforms, defaultEnvelopeBand } from '../../dsp/envelope.ts'
import { createFft } from '../../dsp/fft.ts'
import { cutPieces, envelopeLines, recordingEnvelope, recordingSpectra } from '../../dsp/recording-features.ts'
import { findPeaks, velocityRmsMmS, type VibrationQuantity } from '../../dsp/spectrum.ts'
import { readFftBytes, resourcePath } from '../../engine/resources.ts'
import { readRecording, RecordingError, type Recording } from '../../files/recording.ts'
import { UsageError, type CliIo } from '../io.ts'
import { analyzeText } from './analyze-text.ts'
import { readAnalyzeOptions, type AnalyzeOptions } from './analyze-options.ts'

const PEAKS = 24
const SHORTEST = 64
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

const shippedBearings = (): BearingCatalogue =>
  JSON.parse(fs.readFileSync(resourcePath('bearings.json'), 'utf8')) as BearingCatalogue

function bearingCatalogue(plantFile: string | undefined, cwd: string): BearingCatalogue {
  const shipped = shippedBearings()
  if (plantFile === undefined) return shipped
  let source: string
  try {
    source = fs.readFileSync(path.resolve(cwd, plantFile), 'utf8')
  } catch (cause) {
    throw new UsageError(`The plant file "${plantFile}" cannot be read; name an existing one with --plant.`, { cause })
  }
  const { plant, faults } = checkPlantFile(source)
  if (plant) return withOwnBearings(shipped, plant.bearings)
  const [first] = faults
  throw new UsageError(`The plant file "${plantFile}" has faults: ${first?.message ?? ''} ${first?.remedy ?? ''}`)
}

function sampleRate(options: AnalyzeOptions, recording: Recording): number {
  const rate = options.rateHz ?? recording.sampleRateHz
  if (rate === null) throw new UsageError(`${options.file} does not say its sample rate: give it with --rate HZ.`)
  return rate
}

function envelopeBand(options: AnalyzeOptions, rateHz: number): readonly [number, number] {
  const band = options.bandHz ?? defaultEnvelopeBand(rateHz)
  if (band[1] > rateHz / 2)
    throw new UsageError(`--band reaches ${band[1]} Hz, beyond half the sample rate (${rateHz / 2} Hz): lower it.`)
  return band
}

function pieceList(options: AnalyzeOptions, recording: Recording): Float64Array[] {
  const count = recording.samples.length
  if (count < SHORTEST) throw new UsageError(`${options.file} holds ${count} samples: at least ${SHORTEST} are needed.`)
  if (options.segment !== null && options.segment > count) {
    throw new UsageError(`--segment ${options.segment} is longer than the recording of ${count} samples: shorten it.`)
  }
  return cutPieces(recording.samples, options.segment)
}

async function analyse(options: AnalyzeOptions, recording: Recording): Promise<Analysis> {
  const rateHz = sampleRate(options, recording)
  const bandHz = envelopeBand(options, rateHz)
  const pieces = pieceList(options, recording)
  const { bearing, unit, mainsHz } = options
  const spectra = recordingSpectra(pieces, rateHz)
  const { amplitudes, resolutionHz, time } = spectra
  const speed = estimateSpeed(amplitudes, resolutionHz, options.rpm, mainsHz)
  const quality = checkSignal(recording.samples, recording.invalid)
  const envelope = recordingEnvelope(spectra.pieces, rateHz, bandHz)
  const known = unit === 'unknown' ? null : quantities[unit]
  const velocityRms =
    known === null ? Number.NaN : velocityRmsMmS(amplitudes, resolutionHz, known.siPerUnit, known.quantity)
  const rmsMps2 = known?.quantity === 'acceleration' ? time.rms * known.siPerUnit : Number.NaN
  // The lines' own tolerance covers the difference between a written speed that agrees and the estimate, and keeps
  // the readings comparable with other tools; a speed that contradicts the signal is of no use.
  const lineRpm = speed.agrees === false ? speed.usedRpm : speed.givenRpm
  const diagnosis = diagnose({
    transforms: createTransforms(await createFft(readFftBytes())),
    pieces: spectra.pieces,
    sampleRateHz: rateHz,
    speed,
    bearing,
    quality,
    rmsMps2,
    velocityRmsMmS: velocityRms,
    unitKnown: known !== null,
    machine: options.machine,
    mainsHz,
  })
  return {
    schema: ANALYSIS_SCHEMA,
    samples: recording.samples.length,
    sampleRateHz: rateHz,
    unit,
    speed,
    bearing: bearingFacts(options),
    state: runState(speed, quality, rmsMps2),
    signalQuality: quality.faults,
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

function bearingFacts({ bearing, bearingEntry: entry }: AnalyzeOptions): Analysis['bearing'] {
  if (!bearing) return null
  return {
    name: entry?.name ?? null,
    source: entry?.source ?? null,
    verified: entry?.verified ?? null,
    orders: bearing,
  }
}

/** `millwright analyze FILE`: features, spectrum, envelope and diagnosis of one recording. Exit 0; 2 on bad input. */
export async function runAnalyze(argv: string[], io: CliIo): Promise<number> {
  try {
    const options = readAnalyzeOptions(argv, (plantFile) => bearingCatalogue(plantFile, io.cwd))
    const recording = await readRecording(path.resolve(io.cwd, options.file), { column: options.column })
    const analysis = await analyse(options, recording)
    // JSON has no NaN: JSON.stringify writes null for what could not be computed.
    io.stdout(io.json ? `${JSON.stringify(analysis)}\n` : analyzeText(options.file, analysis))
    return 0
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RecordingError)) throw error
    io.stderr(`${error.message}\n`)
    return 2
  }
}
