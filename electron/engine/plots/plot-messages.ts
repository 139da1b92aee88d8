import type { Analysis } from '../../../shared/domain/analysis.ts'
import type { CaptureHead } from '../../../shared/domain/twin.ts'
import type { FileFormat, ImportLook, MapRow, NamedBytes } from '../../../shared/protocol/plots.ts'
import type { UffSet } from '../../files/uff58.ts'
import type { RecordingInput } from '../recording-analysis.ts'
import type { CepstrumLines } from './cepstrum-of.ts'
import type { OrderLines, OrderSettings, SpeedCourse } from './orders-of.ts'
import type { ShaftLines } from './shaft-of.ts'
import type { Lines, Record, SpectrumSettings } from './spectrum-of.ts'

/** What is transformed: a capture, or samples that are at hand. */
export type PlotOrigin = { captureId: string } | { record: Record }

/** A pulse in a capture of its own, begun `startS` after the record; or what is known without reading one. */
export type AskedCourse = { from: 'pulse-capture'; captureId: string; startS: number } | SpeedCourse

/** What the plot thread does; it reads captures from the twin by a connection of its own. */
export interface PlotTasks {
  spectrum: {
    ask: { of: PlotOrigin; settings: SpectrumSettings }
    answer: SpectrumAnswer
  }
  orders: { ask: { of: PlotOrigin; course: AskedCourse; settings: OrderSettings }; answer: OrderLines }
  cepstrum: { ask: { of: PlotOrigin }; answer: CepstrumLines }
  map: { ask: { captureIds: string[]; settings: SpectrumSettings; topHz: number | null }; answer: MapAnswer }
  file: { ask: { captureId: string; format: FileFormat; title: string; quantity: string }; answer: NamedBytes }
  shaft: { ask: { x: string; y: string; pulse: string; zeroUs: number }; answer: ShaftLines }
  sets: { ask: { sets: UffSet[]; binary: boolean }; answer: Uint8Array }
  diagnose: { ask: RecordingInput; answer: Analysis }
  decode: { ask: { name: string; bytes: Uint8Array; column: string | null }; answer: DecodedFile }
}
export type PlotTaskName = keyof PlotTasks

export interface SpectrumAnswer {
  lines: Lines
  sampleRateHz: number
  /** Null for a record that is no capture. */
  head: CaptureHead | null
}

export interface MapAnswer {
  rows: MapRow[]
  pointKey: number | null
  resolutionHz: number
  lines: number
  unit: string | null
  amplitude: Float32Array
}

export interface DecodedFile extends Pick<ImportLook, 'invalid' | 'sampleRateHz' | 'unit' | 'startUs' | 'rpm'> {
  samples: Float32Array | Float64Array
}

export type ToPlotThread = { [T in PlotTaskName]: { job: number; task: T; ask: PlotTasks[T]['ask'] } }[PlotTaskName]

/** `refused`: the message is for people; otherwise it is a fault of ours. */
export type FromPlotThread =
  | { job: number; answer: unknown }
  | { job: number; error: string; code: 'refused' | 'not-found' | 'failed' }

export interface PlotThreadData {
  file: string
  key: Uint8Array | null
}
