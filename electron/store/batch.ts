import { crc32 } from 'node:zlib'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import {
  decode32,
  decode64,
  decode8,
  encode32,
  encode64,
  encode8,
  sectionsOf,
  wordView,
  type Section,
} from './codec.ts'

/** First byte of every payload; another layout takes another number and both stay readable. */
const layout = 1
const order = ['pointKey', 'sourceUs', 'value', 'status', 'serverUs', 'sourceTick', 'receiveUs'] as const
type ColumnName = (typeof order)[number]

/** One tick's scalars as one blob: a section a column, so that a reader decompresses only the columns it needs. */
export function encodeBatch(columns: ScalarColumns): Uint8Array {
  const { count } = columns
  if (count === 0) return new Uint8Array(0)
  const words = (column: Float64Array): Uint32Array => wordView(column.subarray(0, count))
  return Buffer.concat([
    Uint8Array.of(layout),
    ...encode32(columns.pointKey.subarray(0, count)),
    ...encode64(words(columns.sourceUs)),
    ...encode64(words(columns.value)),
    ...encode32(columns.status.subarray(0, count)),
    ...encode64(words(columns.serverUs)),
    ...encode8(columns.sourceTick.subarray(0, count)),
    ...encode64(words(columns.receiveUs)),
  ])
}

/** A stored batch, its columns decoded on first use and kept. They are shared: read only. */
export class Batch {
  readonly count: number
  readonly #sections: Section[]
  readonly #u32 = new Map<string, Uint32Array>()
  readonly #f64 = new Map<string, Float64Array>()
  #u8: Uint8Array | null = null

  constructor(payload: Uint8Array, count: number) {
    this.count = count
    if (count > 0 && payload[0] !== layout) throw new RangeError(`unknown batch layout ${payload[0]}`)
    this.#sections = count > 0 ? sectionsOf(payload, 1) : []
    if (count > 0 && this.#sections.length !== order.length) throw new RangeError('a batch lacks a column')
  }

  #section(name: ColumnName): Section {
    const found = this.#sections[order.indexOf(name)]
    if (!found) throw new RangeError(`a batch has no column ${name}`)
    return found
  }

  u32(name: 'pointKey' | 'status'): Uint32Array {
    if (this.count === 0) return new Uint32Array(0)
    let column = this.#u32.get(name)
    if (!column) this.#u32.set(name, (column = decode32(this.#section(name), this.count)))
    return column
  }

  u8(name: 'sourceTick'): Uint8Array {
    if (this.count === 0) return new Uint8Array(0)
    return (this.#u8 ??= decode8(this.#section(name), this.count))
  }

  f64(name: 'sourceUs' | 'serverUs' | 'receiveUs' | 'value'): Float64Array {
    if (this.count === 0) return new Float64Array(0)
    let column = this.#f64.get(name)
    if (!column) this.#f64.set(name, (column = new Float64Array(decode64(this.#section(name), this.count).buffer)))
    return column
  }
}

export function decodeBatch(payload: Uint8Array, count: number): ScalarColumns {
  const batch = new Batch(payload, count)
  return {
    count,
    pointKey: batch.u32('pointKey'),
    sourceUs: batch.f64('sourceUs'),
    sourceTick: batch.u8('sourceTick'),
    serverUs: batch.f64('serverUs'),
    receiveUs: batch.f64('receiveUs'),
    value: batch.f64('value'),
    status: batch.u32('status'),
  }
}

export interface BatchHeader {
  session: number
  number: number
  atUs: number
  minUs: number
  maxUs: number
  count: number
}

/** Over payload and header, so that a row whose header was altered does not pass either. */
export function batchChecksum(header: BatchHeader, payload: Uint8Array): number {
  const { session, number, atUs, minUs, maxUs, count } = header
  return crc32(payload, crc32([session, number, atUs, minUs, maxUs, count].join('|')))
}

/**
 * The time a sample is ordered by: source time, else server time, else when it was received (a server may send neither). NaN
 * when none is a time.
 */
export function sampleTimeUs(sourceUs: number, serverUs: number, receiveUs: number): number {
  if (Number.isFinite(sourceUs)) return sourceUs
  return Number.isFinite(serverUs) ? serverUs : receiveUs
}

/** Times beyond what an integer column holds are kept in the payload; the index sees them clamped. */
const farthestUs = Number.MAX_SAFE_INTEGER

/** Whole microseconds that bound every sample's time; `atUs` for a batch without any. */
export function timeBounds(columns: ScalarColumns, atUs: number): { minUs: number; maxUs: number } {
  let least = Infinity
  let most = -Infinity
  for (let i = 0; i < columns.count; i++) {
    const t = sampleTimeUs(columns.sourceUs[i] as number, columns.serverUs[i] as number, columns.receiveUs[i] as number)
    // A NaN compares false twice and is ordered as -Infinity by the readers: the lower bound must include it.
    if (!(t >= least)) least = Number.isNaN(t) ? -farthestUs : t
    if (t > most) most = t
  }
  if (columns.count === 0) return { minUs: atUs, maxUs: atUs }
  const clamp = (t: number): number => Math.min(Math.max(t, -farthestUs), farthestUs)
  const minUs = clamp(Math.floor(least))
  return { minUs, maxUs: Math.max(minUs, clamp(Math.ceil(most))) }
}
