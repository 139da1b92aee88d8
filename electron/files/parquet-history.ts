import { statusName } from '../../shared/domain/status-names.ts'
import { captureOffsetUs, type CaptureGap, type Samples } from '../../shared/domain/twin.ts'
import { ParquetFile, type ParquetSchema } from './parquet.ts'

/** Rows of a row group: 100,000 of them take about 20 MB while they are packed. */
export const rowsOfGroup = 100_000

/** Samples of a scalar point. Times are Unix microseconds, NaN where there is none; `sourceTick` is the 100 ns digit. */
export interface SampleRows {
  kind: 'samples'
  sourceUs: Float64Array
  sourceTick: Uint8Array
  serverUs: Float64Array
  value: Float64Array
  status: Uint32Array
}

/** One capture of a waveform point. */
export interface CaptureRows {
  kind: 'capture'
  id: string
  sourceUs: number
  sampleRateHz: number
  gaps: readonly CaptureGap[]
  samples: Samples
}

export interface ParquetOptions {
  kind: 'samples' | 'captures'
  pointId: string
  /** Name and version of the program, as readers expect it: `name version x.y.z`. */
  createdBy: string
  /** The bytes are the sink's own; what it throws ends the export. */
  sink: (bytes: Uint8Array) => void
}

const sampleSchema: ParquetSchema = [
  { name: 'sourceTime', kind: 'time' },
  { name: 'serverTime', kind: 'time' },
  { name: 'value', kind: 'number' },
  { name: 'status', kind: 'text' },
]

const captureSchema: ParquetSchema = [
  { name: 'captureId', kind: 'text' },
  { name: 'sourceTime', kind: 'time' },
  { name: 'index', kind: 'count' },
  { name: 'value', kind: 'number' },
]

/** The history of one point as Parquet (the columns of `millwright export`, interfaces.md); needs memory for one row group. */
export class ParquetHistory {
  rows = 0
  /** Times that nanoseconds cannot name (before 1677, after 2262); they are null in the file. */
  timesLeftOut = 0
  readonly #kind: ParquetOptions['kind']
  readonly #file: ParquetFile
  #count = 0
  #captureId: string[] = []
  #sourceTime: (bigint | null)[] = []
  #serverTime: (bigint | null)[] = []
  #status: string[] = []
  readonly #index = new Int32Array(rowsOfGroup)
  readonly #value = new Float64Array(rowsOfGroup)

  constructor({ kind, pointId, createdBy, sink }: ParquetOptions) {
    this.#kind = kind
    const schema = kind === 'samples' ? sampleSchema : captureSchema
    this.#file = new ParquetFile(schema, { 'millwright.point': pointId }, createdBy, sink)
  }

  append(rows: SampleRows | CaptureRows): void {
    if (rows.kind === 'samples') this.#appendSamples(rows)
    else this.#appendCapture(rows)
  }

  /** Writes what waits and the footer; without it the file is none. */
  finish(): void {
    this.#writeGroup()
    this.#file.finish()
  }

  #appendSamples({ sourceUs, sourceTick, serverUs, value, status }: SampleRows): void {
    for (let i = 0; i < value.length;) {
      const end = Math.min(value.length, i + rowsOfGroup - this.#count)
      // Bytes, not numbers: a NaN that passes through a variable may come out as another NaN.
      this.#value.set(value.subarray(i, end), this.#count)
      this.#count += end - i
      for (; i < end; i++) {
        this.#sourceTime.push(this.#time(sourceUs[i] ?? Number.NaN, (sourceTick[i] ?? 0) * 100))
        this.#serverTime.push(this.#time(serverUs[i] ?? Number.NaN, 0))
        this.#status.push(statusName(status[i] ?? 0))
      }
      if (this.#count === rowsOfGroup) this.#writeGroup()
    }
  }

  #appendCapture({ id, sourceUs, sampleRateHz, gaps, samples }: CaptureRows): void {
    for (const [index, value] of samples.entries()) {
      const ns = Math.round(captureOffsetUs({ sampleRateHz, gaps }, index) * 1000)
      this.#captureId.push(id)
      this.#sourceTime.push(this.#time(sourceUs, ns))
      this.#index[this.#count] = index
      this.#value[this.#count++] = value
      if (this.#count === rowsOfGroup) this.#writeGroup()
    }
  }

  #time(us: number, ns: number): bigint | null {
    if (Number.isNaN(us)) return null
    if (Math.abs(us) < mostUs) return BigInt(Math.floor(us)) * 1000n + BigInt(ns)
    this.timesLeftOut++
    return null
  }

  #writeGroup(): void {
    const value = { name: 'value', kind: 'number', data: this.#value.subarray(0, this.#count) } as const
    const sourceTime = { name: 'sourceTime', kind: 'time', data: this.#sourceTime } as const
    if (this.#kind === 'samples') {
      const serverTime = { name: 'serverTime', kind: 'time', data: this.#serverTime } as const
      this.#file.append([sourceTime, serverTime, value, { name: 'status', kind: 'text', data: this.#status }])
    } else {
      const index = { name: 'index', kind: 'count', data: this.#index.subarray(0, this.#count) } as const
      this.#file.append([{ name: 'captureId', kind: 'text', data: this.#captureId }, sourceTime, index, value])
    }
    this.rows += this.#count
    this.#count = 0
    this.#captureId = []
    this.#sourceTime = []
    this.#serverTime = []
    this.#status = []
  }
}

/** An hour short of where 64 bits of nanoseconds end, so that a capture that begins before it also ends before it. */
const mostUs = 2 ** 63 / 1000 - 3.6e9
