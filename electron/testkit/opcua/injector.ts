import { readFileSync } from 'node:fs'
import { coerceStatusCode, DataType, DataValue, Variant, VariantArrayType } from 'node-opcua'
import { gaussian } from '../../../shared/testkit/noise.ts'
import type { TestServer } from './test-server.ts'

/**
 * What a source can do to a stream. Each point has a source clock of its own that only its fresh values move, so that what is
 * late, repeated or out of order is so by its time stamp, whatever this machine does meanwhile.
 */
export type Injection =
  /** Values with rising times, `stepMs` apart (a second where not said); `value` for each, else they count up. */
  | { act: 'fresh'; point: string; count: number; stepMs?: number; value?: number; status?: number }
  /** So many times: a fresh value, another one, and the first once more as it was. */
  | { act: 'repeat'; point: string; count: number }
  /** Values stamped from `behindMs` before the newest on, a millisecond apart. */
  | { act: 'late'; point: string; count: number; behindMs: number }
  /** So many times: a fresh value, and after it one that is stamped before it, in one message. */
  | { act: 'disorder'; point: string; count: number }
  /** The last value and its time again and again, now with, now without a word that it is the last usable. */
  | { act: 'heartbeat'; point: string; count: number }
  /** Nothing is sent; the log says that it was silence on purpose. */
  | { act: 'pause'; point: string }
  /** A waveform block: noise of RMS 1, or one value throughout. */
  | { act: 'block'; point: string; samples: number; rateHz: number; fill?: number; status?: number }
  /** The next samples of a recording (raw float32), from its beginning again when it ends. */
  | { act: 'recording'; point: string; file: string; samples: number; rateHz: number }

/** One line of the injector's own log: what it put on the wire, or that it was silent. */
export interface Injected {
  point: string
  act: 'fresh' | 'repeat' | 'late' | 'disorder' | 'heartbeat' | 'pause' | 'block'
  sourceMs: number
  value: number
  status: number
  /** Of a waveform: how many it sent in one array. */
  samples?: number
}

interface Source {
  /** Of the newest value. */
  sourceMs: number
  value: number
}

const lastUsable = 0x40900000

/** Runs in the server's process and writes down what it sent: the log that intake, twin and audit are held to. */
export class Injector {
  readonly log: Injected[] = []
  readonly #server: TestServer
  /** Samples of its recording that each point has sent. */
  readonly #played = new Map<string, number>()
  readonly #sources = new Map<string, Source>()
  /** Ahead of the machine's clock, so that all of it lies behind the revision that brought the points. */
  readonly #startMs = Date.now() + 1000
  readonly #noise = gaussian(1)

  constructor(server: TestServer) {
    this.#server = server
  }

  run(acts: readonly Injection[]): void {
    for (const act of acts) this.#one(act)
  }

  #one(act: Injection): void {
    const source = this.#sourceOf(act.point)
    if (act.act === 'pause') {
      this.log.push({ point: act.point, act: 'pause', sourceMs: source.sourceMs, value: Number.NaN, status: 0 })
      return
    }
    if (act.act === 'block') return this.#block(act, source)
    if (act.act === 'recording') return this.#recording(act, source)
    for (let i = 0; i < act.count; i++) {
      if (act.act === 'fresh') this.#fresh(act.point, source, act.stepMs ?? 1000, act.value, act.status)
      else if (act.act === 'repeat') this.#repeat(act.point, source)
      else if (act.act === 'disorder') this.#disorder(act.point, source)
      else if (act.act === 'late')
        this.#send(act.point, 'late', source.sourceMs - act.behindMs + i, 1000 + this.log.length, 0)
      else this.#send(act.point, 'heartbeat', source.sourceMs, source.value, i % 2 === 0 ? lastUsable : 0)
    }
  }

  #fresh(point: string, source: Source, stepMs: number, value = source.value + 1, status = 0): void {
    source.sourceMs += stepMs
    source.value = value
    this.#send(point, 'fresh', source.sourceMs, value, status)
  }

  #repeat(point: string, source: Source): void {
    this.#fresh(point, source, 1000)
    const { sourceMs, value } = source
    this.#fresh(point, source, 1000)
    this.#send(point, 'repeat', sourceMs, value, 0)
  }

  #disorder(point: string, source: Source): void {
    this.#fresh(point, source, 2000)
    this.#send(point, 'disorder', source.sourceMs - 1000, source.value + 0.5, 0)
  }

  #send(point: string, act: Injected['act'], sourceMs: number, value: number, status: number): void {
    this.log.push({ point, act, sourceMs, value, status })
    this.#put(point, new Variant({ dataType: DataType.Double, value }), sourceMs, status)
  }

  #block(act: Extract<Injection, { act: 'block' }>, source: Source): void {
    const { point, samples: count, rateHz, fill, status = 0 } = act
    const samples = Float32Array.from({ length: count }, () => fill ?? this.#noise())
    this.#sendBlock(point, source, samples, rateHz, fill ?? Number.NaN, status)
  }

  #recording(act: Extract<Injection, { act: 'recording' }>, source: Source): void {
    const bytes = readFileSync(act.file)
    const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
    const from = this.#played.get(act.point) ?? 0
    this.#played.set(act.point, from + act.samples)
    const samples = Float32Array.from({ length: act.samples }, (_, i) => all[(from + i) % all.length] ?? 0)
    this.#sendBlock(act.point, source, samples, act.rateHz, Number.NaN, 0)
  }

  #sendBlock(
    point: string,
    source: Source,
    samples: Float32Array,
    rateHz: number,
    logged: number,
    status: number,
  ): void {
    // Source time of a block is that of its first sample.
    const sourceMs = source.sourceMs
    source.sourceMs += (samples.length / rateHz) * 1000
    this.log.push({ point, act: 'block', sourceMs, value: logged, status, samples: samples.length })
    const arrayType = VariantArrayType.Array
    const value =
      point === 'wdoubles'
        ? new Variant({ dataType: DataType.Double, arrayType, value: Float64Array.from(samples) })
        : new Variant({ dataType: DataType.Float, arrayType, value: samples })
    this.#put(point, value, sourceMs, status)
  }

  #put(point: string, value: Variant, sourceMs: number, status: number): void {
    const [sourceTimestamp, serverTimestamp] = [new Date(sourceMs), new Date()]
    const statusCode = coerceStatusCode(status)
    this.#server.setExactly(point, new DataValue({ value, statusCode, sourceTimestamp, serverTimestamp }))
  }

  #sourceOf(point: string): Source {
    const known = this.#sources.get(point)
    if (known) return known
    const source: Source = { sourceMs: this.#startMs, value: 0 }
    this.#sources.set(point, source)
    return source
  }
}
