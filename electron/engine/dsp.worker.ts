import { parentPort } from 'node:worker_threads'
import { featureIndex } from '../../shared/domain/features.ts'
import { createBlockAnalyzer, type BlockAnalyzer } from '../dsp/block-features.ts'
import { createFft } from '../dsp/fft.ts'
import { KeyphasorTrack } from '../dsp/keyphasor.ts'
import type { PhaseSource } from '../dsp/order-phases.ts'
import { checkBlock } from '../ingest/index.ts'
import { Collector } from './collector.ts'
import type { DspPointConfig, DspResult, FromDspWorker, ToDspWorker } from './dsp-messages.ts'
import { DiagnosisPool, LiveScores } from './live-scores.ts'
import { readFftBytes } from './resources.ts'

/** Features and spectra off the engine's main thread, so that a large transform never delays an OPC UA keep-alive. */
if (!parentPort) throw new Error('dsp.worker is started as a worker thread.')
const port = parentPort
const fft = await createFft(readFftBytes())
const analyzers = new Map<number, BlockAnalyzer>()
/** Points that cannot be analysed, with why: one of them must not take the others along. */
const refused = new Map<number, string>()
const ranges = new Map<number, readonly [number, number]>()
/** Passages by the point that carries the pulses, and that point by those which are timed by it. */
const tracks = new Map<number, KeyphasorTrack>()
const keyphasors = new Map<number, number>()
const diagnoses = new DiagnosisPool(fft)
const scores = new Map<number, LiveScores>()
const EVIDENCE = featureIndex('outerEvidence')
const GOOD_SHARE = featureIndex('goodShare')
const collector = new Collector()

function configure(points: readonly DspPointConfig[]): void {
  analyzers.clear()
  ranges.clear()
  refused.clear()
  tracks.clear()
  keyphasors.clear()
  scores.clear()
  diagnoses.clear()
  for (const {
    pointKey,
    sampleRateHz,
    blockSize,
    unitToMps2,
    bearing,
    mainsHz = null,
    range,
    keyphasorKey,
  } of points) {
    if (keyphasorKey !== null) {
      tracks.set(keyphasorKey, new KeyphasorTrack())
      keyphasors.set(pointKey, keyphasorKey)
    }
    ranges.set(pointKey, range)
    const options = { sampleRateHz, blockSize, bearing, ...(unitToMps2 === null ? {} : { unitToMps2 }) }
    try {
      analyzers.set(pointKey, createBlockAnalyzer(fft, options))
      if (bearing) scores.set(pointKey, new LiveScores(diagnoses, sampleRateHz, bearing, mainsHz))
    } catch (error) {
      refused.set(pointKey, error instanceof Error ? error.message : String(error))
    }
  }
}

/** Passages up to now, whichever of the two blocks came first: those of the rolling record are long there. */
function phasesOf(pointKey: number, startUs: number): PhaseSource | null {
  const track = tracks.get(keyphasors.get(pointKey) ?? Number.NaN)
  return track === undefined ? null : { track, startUs }
}

function analyze(message: Extract<ToDspWorker, { t: 'block' }>): DspResult {
  const { job, pointKey, samples, rpm } = message
  const none = { job, values: null, fault: null, spectrum: null, envelope: null }
  const analyzer = analyzers.get(pointKey)
  if (!analyzer) return { ...none, error: refused.get(pointKey) ?? 'The point has no analysis settings.' }
  if (samples.length !== analyzer.options.blockSize)
    return {
      ...none,
      error: `A block of ${samples.length} samples came; the contract says ${analyzer.options.blockSize}.`,
    }
  const track = tracks.get(pointKey)
  if (message.isAfterGap) {
    analyzer.reset()
    track?.reset()
    scores.get(pointKey)?.reset()
  }
  track?.push(samples, analyzer.options.sampleRateHz, message.startUs)
  const turns = rpm === null ? null : (samples.length / analyzer.options.sampleRateHz) * (rpm / 60)
  const range = ranges.get(pointKey) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const fault = checkBlock(samples, { range, turns, standsStill: message.standsStill })
  const values = Float32Array.from(analyzer.analyze(samples, rpm, phasesOf(pointKey, message.startUs)))
  values[GOOD_SHARE] = 1 - (fault?.samples ?? 0) / samples.length
  const live = scores.get(pointKey)
  if (live) {
    live.push(samples, message.standsStill ? null : rpm)
    values.set(live.values, EVIDENCE)
  }
  const envelope = message.wantEnvelope ? analyzer.envelopeSpectrum() : null
  return {
    job,
    values,
    fault,
    spectrum: message.wantSpectrum
      ? { amplitude: analyzer.spectrum(samples).slice(), resolutionHz: analyzer.spectrumResolutionHz }
      : null,
    envelope: envelope && {
      amplitude: envelope.slice(),
      resolutionHz: analyzer.envelopeResolutionHz,
      bandHz: analyzer.envelopeBandHz,
    },
    error: null,
  }
}

port.on('message', (message: ToDspWorker) => {
  if (message.t === 'configure') {
    configure(message.points)
    return
  }
  collector.arrived(message.samples.byteLength)
  let result: DspResult
  try {
    result = analyze(message)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    result = { job: message.job, values: null, fault: null, spectrum: null, envelope: null, error: text }
  }
  const transfer = [result.values, result.spectrum?.amplitude, result.envelope?.amplitude].flatMap((array) =>
    array && array.buffer instanceof ArrayBuffer ? [array.buffer] : [],
  )
  port.postMessage({ t: 'done', ...result } satisfies FromDspWorker, transfer)
})
collector.settle()
port.postMessage({ t: 'ready' } satisfies FromDspWorker)
