import { z } from 'zod'
import { limits } from '../domain/limits.ts'
import type { AlertLevel } from '../domain/alert.ts'
import { captureNoteSchema, type CaptureNote } from '../domain/capture-note.ts'
import type { TimeUs } from '../domain/time.ts'
import type { CaptureCause, CaptureHead, RunState } from '../domain/twin.ts'
import type { SpectrumFrame } from './views.ts'

const id = z.string().min(1).max(256)

export const plotWindows = ['hann', 'flat-top', 'rectangular'] as const
export type PlotWindow = (typeof plotWindows)[number]

/** `power`: mean of the squares of overlapping pieces; `peak-hold`: the largest of each line. */
export const plotAveragings = ['power', 'peak-hold'] as const
export type PlotAveraging = (typeof plotAveragings)[number]

/** Lines up to the sample rate over 2.56: 12,800 lines need 32,768 samples. */
export const plotLines = [400, 800, 1600, 3200, 6400, 12_800] as const

/** What is transformed: a stored waveform, or the newest `lastMs` of a point that is live. */
const plotSource = z.union([
  z.strictObject({ captureId: id }),
  z.strictObject({ pointId: id, lastMs: z.number().min(10).max(60_000) }),
])

const spectrumOptions = {
  kind: z.enum(['spectrum', 'envelope']),
  window: z.enum(plotWindows),
  /** Null: the longest unbroken piece as one record, with every line it has. */
  lines: z.int().min(50).max(51_200).nullable(),
  overlap: z.number().min(0).max(0.9),
  averaging: z.enum(plotAveragings),
  /** Of the envelope; null: the usual one for the sample rate. */
  bandHz: z.tuple([z.number().min(0), z.number().positive()]).nullable(),
}

/** The most colour-map rows of one question: it is answered in about a tenth of a second, so that progress can be shown. */
export const mapRowsAtOnce = 32

export const fileFormats = ['csv', 'wav', 'uff', 'uffb'] as const
export type FileFormat = (typeof fileFormats)[number]

export const importBytes: number = limits.windowFileBytes
// Over a shared buffer or not: the class of zod's own check asks for one that is not.
const bytes = z
  .custom<Uint8Array>((given) => given instanceof Uint8Array, 'bytes')
  .refine((given) => given.byteLength <= importBytes, 'The file is larger than 32 MB: cut it into pieces.')

/** What a file does not say, or says wrong; null takes the file's word, or the contract's. */
const importFacts = {
  column: z.string().trim().max(100).nullable(),
  sampleRateHz: z.number().positive().max(10_000_000).nullable(),
  unit: z.string().trim().min(1).max(32).nullable(),
  startUs: z.number().nullable(),
  rpm: z.number().min(0).max(1_000_000).nullable(),
}

const numbers = z.custom<Float32Array>((given) => given instanceof Float32Array, 'float32 numbers')

export const plotParams = {
  'plot.spectrum': z.strictObject({ of: plotSource, ...spectrumOptions }),
  'plot.map': z.strictObject({
    captureIds: z.array(id).min(1).max(mapRowsAtOnce),
    ...spectrumOptions,
    lines: z.int().min(50).max(12_800),
    /** Lines above are left out; null: none are. */
    topHz: z.number().positive().nullable(),
  }),
  /** Over orders of the shaft: what turns with it stays on its line, however the speed runs. */
  'plot.orders': z.strictObject({
    of: plotSource,
    window: z.enum(plotWindows),
    averaging: z.enum(plotAveragings),
    /** Of a piece: its reciprocal is the step between orders; null: as fits the record. */
    revolutions: z.int().min(1).max(4096).nullable(),
  }),
  'plot.cepstrum': z.strictObject({ of: plotSource }),
  /** What happened to the machine of a point, for the strip under a trend. */
  'plot.strip': z.strictObject({ pointId: id, fromUs: z.number(), toUs: z.number() }),
  /** Two probes across each other and the pulse of their shaft: orbit, full spectrum, vectors, centreline. */
  'plot.shaft': z.strictObject({ captureId: id }),
  /** Captures of a point between two times, newest first. */
  'capture.between': z.strictObject({
    pointId: id,
    fromUs: z.number(),
    toUs: z.number(),
    limit: z.int().min(1).max(2000),
  }),
  'capture.file': z.strictObject({ captureId: id, format: z.enum(fileFormats) }),
  /** Spectra on screen as a Universal File. */
  'plot.file': z.strictObject({
    format: z.enum(['uff', 'uffb']),
    sets: z
      .array(
        z.strictObject({
          title: z.string().max(200),
          values: numbers,
          fromHz: z.number(),
          stepHz: z.number().positive(),
          unit: z.string().max(32),
          quantity: z.string().max(32),
          tUs: z.number().nullable(),
          rpm: z.number().nullable(),
        }),
      )
      .min(1)
      .max(16),
  }),
  /** Reads a file and says what is in it; stores nothing. */
  'capture.look': z.strictObject({ pointId: id, name: z.string().min(1).max(255), bytes, ...importFacts }),
  'capture.import': z.strictObject({
    pointId: id,
    name: z.string().min(1).max(255),
    bytes,
    ...importFacts,
    reason: z.string().trim().max(500),
  }),
  'note.list': z.strictObject({ captureId: id }),
  'note.put': z.strictObject({ captureId: id, note: captureNoteSchema }),
  'note.remove': z.strictObject({ captureId: id, noteId: id, reason: z.string().trim().max(500).nullable() }),
} as const

export interface PlotSpectrum {
  frame: SpectrumFrame
  captureId: string | null
  /** Pieces that were averaged; 1: none. */
  averages: number
  window: PlotWindow
  /** Equivalent noise bandwidth in lines; divides a sum of line powers to give a band's power. */
  noiseBandwidthLines: number
  sampleRateHz: number
}

/** The frame stands on the mean speed: `resolutionHz` is the step between orders times it, so that cursors link. */
export interface PlotOrders extends PlotSpectrum {
  /** A pulse a turn, readings of a speed tag, or one speed for all of it. */
  speedFrom: 'pulse' | 'tag' | 'constant'
  /** Slowest and fastest revolution. */
  rpmRange: [number, number]
  /** Whole revolutions that were used, and of a piece. */
  revolutions: number
  revolutionsPerPiece: number
}

export interface PlotCepstrum {
  captureId: string | null
  pointId: string
  tUs: TimeUs
  /** Real cepstrum from quefrency 0 on: logarithms of a ratio, without a unit. */
  values: Float32Array
  stepS: number
  /** Pieces that were averaged, and samples of each. */
  averages: number
  pieceSamples: number
  rpm: number | null
  /** Where families of lines are expected: the reciprocal of their distance. */
  marks: { fault: string; s: number }[]
}

export interface MapRow {
  captureId: string
  tUs: TimeUs
  rpm: number | null
  runState: RunState
  cause: CaptureCause
  /** Why it has no spectrum here; null when it has one. */
  refused: string | null
}

export interface PlotMap {
  rows: MapRow[]
  resolutionHz: number
  /** Lines a row, from 0 Hz. */
  lines: number
  unit: string
  /** Peak amplitudes row by row, NaN in a row that was refused. */
  amplitude: Float32Array
}

export interface PlotStrip {
  runStates: { atUs: TimeUs; state: RunState }[]
  alerts: {
    occurrenceId: string
    level: AlertLevel
    fromUs: TimeUs
    toUs: TimeUs | null
    words: string
  }[]
  /** A new contract version, a replaced sensor, a new configuration: from here on values may not compare. */
  breaks: { atUs: TimeUs; kind: 'contract' | 'sensor' | 'baseline'; words: string }[]
  captures: { captureId: string; tUs: TimeUs; cause: CaptureCause }[]
}

export interface PlotShaft {
  /** Why there are no shaft plots for this point, in a sentence; null when there are. */
  refused: string | null
  /** Names of the two probes. */
  x: string
  y: string
  unit: string
  sampleRateHz: number
  /** Horizontal and vertical interleaved: the last turns, and of one turn what is once and twice a turn. */
  whole: Float32Array
  /** Places in `whole` at which the shaft's mark passed. */
  marks: Int32Array
  once: Float32Array
  twice: Float32Array
  /** Radii of circles from the highest line against the turning over 0 Hz to the highest with it. */
  full: Float32Array
  fullResolutionHz: number
  /** A point every few turns: once-a-turn amplitude, and its lag behind the mark in degrees. */
  rpm: Float32Array
  amplitudeX: Float32Array
  phaseX: Float32Array
  amplitudeY: Float32Array
  phaseY: Float32Array
  /** Seconds of each point from the first sample of the capture that was asked for. */
  courseS: Float32Array
  /** Horizontal and vertical interleaved: where the shaft lies, from where it lay first. */
  centreline: Float32Array
}

export interface ImportLook {
  samples: number
  /** Not a number in the file; they read 0. */
  invalid: number
  sampleRateHz: number | null
  unit: string | null
  startUs: number | null
  rpm: number | null
  /** What has to be known before it can be stored, in sentences; empty when nothing is missing. */
  missing: string[]
}

export interface NamedBytes {
  name: string
  bytes: Uint8Array
}

export interface PlotResults {
  'plot.spectrum': PlotSpectrum
  'plot.map': PlotMap
  'plot.orders': PlotOrders
  'plot.cepstrum': PlotCepstrum
  'plot.strip': PlotStrip
  'plot.shaft': PlotShaft
  'plot.file': NamedBytes
  'capture.between': { captures: CaptureHead[] }
  'capture.file': NamedBytes
  'capture.look': ImportLook
  'capture.import': { captureId: string }
  'note.list': { notes: CaptureNote[] }
  'note.put': { notes: CaptureNote[] }
  'note.remove': { notes: CaptureNote[] }
}
