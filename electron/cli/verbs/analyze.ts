import fs from 'node:fs'
import path from 'node:path'
import type { Analysis } from '../../../shared/domain/analysis.ts'
import { withOwnBearings, type BearingCatalogue } from '../../../shared/domain/bearings.ts'
import { checkPlantFile } from '../../assets/index.ts'
import { createTransforms, defaultEnvelopeBand } from '../../dsp/envelope.ts'
import { createFft } from '../../dsp/fft.ts'
import { analyseRecording } from '../../engine/recording-analysis.ts'
import { readFftBytes, resourcePath } from '../../engine/resources.ts'
import { readRecording, RecordingError, type Recording } from '../../files/recording.ts'
import { UsageError, type CliIo } from '../io.ts'
import { analyzeText } from './analyze-text.ts'
import { readAnalyzeOptions, type AnalyzeOptions } from './analyze-options.ts'

const SHORTEST = 64

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

function pieceLength(options: AnalyzeOptions, recording: Recording): number | null {
  const count = recording.samples.length
  if (count < SHORTEST) throw new UsageError(`${options.file} holds ${count} samples: at least ${SHORTEST} are needed.`)
  if (options.segment !== null && options.segment > count) {
    throw new UsageError(`--segment ${options.segment} is longer than the recording of ${count} samples: shorten it.`)
  }
  return options.segment
}

async function analyse(options: AnalyzeOptions, recording: Recording): Promise<Analysis> {
  const rateHz = sampleRate(options, recording)
  return analyseRecording(createTransforms(await createFft(readFftBytes())), {
    samples: recording.samples,
    invalid: recording.invalid,
    sampleRateHz: rateHz,
    bandHz: envelopeBand(options, rateHz),
    pieceLength: pieceLength(options, recording),
    unit: options.unit,
    rpm: options.rpm,
    bearing: bearingFacts(options),
    mainsHz: options.mainsHz,
    machine: options.machine,
    facts: options.facts,
    rpmRange: null,
    ownVelocityMmS: options.ownVelocityMmS,
  })
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
