import { crc32 } from 'node:zlib'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import { ArrivalBatch, gathered, gathered64, type Batch, type PointRows } from './batch-arrival.ts'
import { decodeCodes, encodeCodes, encodeGrouped, GroupedColumn, putCodes, type Groups } from './batch-columns.ts'
import { bytesOf } from './codec.ts'
import { bodiesOf, part } from './packing.ts'
import { PointIndex } from './point-index.ts'
import { Scratch, ScratchWords } from './scratch.ts'

/** First byte of every payload. Version 1 kept the rows in order of arrival; it is still read. */
const layouts = { arrival: 1, grouped: 2 } as const

/**
 * One tick's scalars as one blob, grouped by point in order of their first samples; within a point they stay as they came. Two
 * parts, each packed by itself as in a chunk: what a trend needs (points, source time, value, status, 100 ns digit), and server
 * and receive time. Grouped, a reader finds one point's rows without adding up all others', compaction need not sort, and what
 * is alike lies side by side (2 bytes a sample in place of 5).
 */
export function encodeBatch(columns: ScalarColumns): Uint8Array {
  const { count } = columns
  if (count === 0) return new Uint8Array(0)
  const { points, groups, order } = grouped(columns.pointKey.subarray(0, count))
  return encodeRows(points, groups, order, columns)
}

/** All columns but the keys. */
type Rows = Omit<ScalarColumns, 'pointKey'>

/** Rows that `order` groups by point; null when they lie so. */
export function encodeRows(points: Uint32Array, groups: Groups, order: Uint32Array | null, columns: Rows): Uint8Array {
  const { count } = columns
  const source = gathered64(columns.sourceUs, order, count, scratch.source.of(count))
  const other = (column: Float64Array): Float64Array => gathered64(column, order, count, scratch.other.of(count))
  const codes = (column: Uint32Array | Uint8Array): Uint8Array =>
    encodeCodes(gathered(column, order, count, scratch.codes.of(count)))
  const front = part([
    encodeCodes(differences(points)),
    encodeCodes(lengthsOf(groups)),
    encodeGrouped(source, groups, 0, null),
    encodeGrouped(other(columns.value), groups, mostDigits, null),
    codes(columns.status),
    codes(columns.sourceTick),
  ])
  const back = part([
    encodeGrouped(other(columns.serverUs), groups, 0, source),
    encodeGrouped(other(columns.receiveUs), groups, 0, null),
  ])
  const head = new DataView(new ArrayBuffer(headBytes))
  head.setUint8(0, layouts.grouped)
  head.setUint32(1, points.length, true)
  head.setUint32(5, front.byteLength, true)
  return Buffer.concat([bytesOf(head), front, back])
}

const scratch = { source: new Scratch(), other: new Scratch(), codes: new ScratchWords() }

const headBytes = 9
/** Decimals that a value column may have to be stored as whole numbers. */
const mostDigits = 5

interface Grouped {
  points: Uint32Array
  groups: Groups
  /** Rows in the order they are stored; null when that is the order they came in. */
  order: Uint32Array | null
}

function grouped(keys: Uint32Array): Grouped {
  const count = keys.length
  const index = new PointIndex(keys)
  const { slots, points, lengths } = index
  const groups = new Uint32Array(points.length + 1)
  for (let p = 0; p < points.length; p++) groups[p + 1] = (groups[p] as number) + (lengths[p] as number)
  if (points.length === count) return { points, groups, order: null }
  const next = groups.slice()
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const slot = slots[i] as number
    const to = next[slot] as number
    order[to] = i
    next[slot] = to + 1
  }
  return { points, groups, order }
}

/** Points mostly come in the order of their keys. */
function differences(words: Uint32Array): Uint32Array {
  const out = words.slice()
  for (let i = out.length - 1; i > 0; i--) out[i] = (words[i] as number) - (words[i - 1] as number)
  return out
}

function sums(words: Uint32Array): Uint32Array {
  for (let i = 1; i < words.length; i++) words[i] = (words[i] as number) + (words[i - 1] as number)
  return words
}

function lengthsOf(groups: Groups): Uint32Array {
  const lengths = new Uint32Array(groups.length - 1)
  for (let i = 0; i < lengths.length; i++) lengths[i] = (groups[i + 1] as number) - (groups[i] as number)
  return lengths
}

export function openBatch(payload: Uint8Array, count: number): Batch {
  if (count > 0 && payload[0] === layouts.grouped) return new GroupedBatch(payload, count)
  if (count > 0 && payload[0] !== layouts.arrival) throw new RangeError(`unknown batch layout ${payload[0]}`)
  return new ArrivalBatch(payload, count)
}

export class GroupedBatch implements Batch {
  readonly count: number
  readonly points: Uint32Array
  readonly groups: Groups
  readonly #front: Uint8Array[]
  readonly #source: GroupedColumn
  readonly #value: GroupedColumn
  readonly #backBytes: Uint8Array
  #back: { server: GroupedColumn; receive: GroupedColumn } | null = null

  constructor(payload: Uint8Array, count: number) {
    this.count = count
    const head = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    if (payload.byteLength < headBytes) throw new RangeError('a batch is cut off')
    const points = head.getUint32(1, true)
    const end = headBytes + head.getUint32(5, true)
    if (points < 1 || points > count || end + 5 > payload.byteLength) throw new RangeError('a batch is cut off')
    const front = bodiesOf(payload.subarray(headBytes, end), 6)
    const [keys = none, lengths = none, source = none, value = none] = front
    this.#front = front
    this.#backBytes = payload.subarray(end)
    this.points = sums(decodeCodes(keys, points, 0, points))
    this.groups = new Uint32Array(points + 1)
    const each = decodeCodes(lengths, points, 0, points)
    for (let p = 0; p < points; p++) this.groups[p + 1] = (this.groups[p] as number) + (each[p] as number)
    if (this.groups[points] !== count) throw new RangeError('the rows of a batch do not add up')
    this.#source = new GroupedColumn(source, count)
    this.#value = new GroupedColumn(value, count)
  }

  #rows(from: number, to: number): PointRows {
    const { count, groups } = this
    const [start, end] = [groups[from] as number, groups[to] as number]
    const sourceUs = this.#source.decode(groups, from, to, null)
    return {
      count: end - start,
      sourceUs,
      sourceTick: decodeCodes(this.#front[5] ?? none, count, start, end),
      value: this.#value.decode(groups, from, to, null),
      status: decodeCodes(this.#front[4] ?? none, count, start, end),
      others: () => this.#others(from, to, sourceUs),
    }
  }

  #others(from: number, to: number, sourceUs: Float64Array): { serverUs: Float64Array; receiveUs: Float64Array } {
    const { server, receive } = this.#backColumns()
    return {
      serverUs: server.decode(this.groups, from, to, sourceUs),
      receiveUs: receive.decode(this.groups, from, to, null),
    }
  }

  #backColumns(): { server: GroupedColumn; receive: GroupedColumn } {
    if (this.#back) return this.#back
    const [server = none, receive = none] = bodiesOf(this.#backBytes, 2)
    return (this.#back = {
      server: new GroupedColumn(server, this.count),
      receive: new GroupedColumn(receive, this.count),
    })
  }

  columns(): ScalarColumns {
    const { points, groups, count } = this
    const pointKey = new Uint32Array(count)
    for (const [p, key] of points.entries()) pointKey.fill(key, groups[p], groups[p + 1])
    const rows = this.#rows(0, points.length)
    const { sourceUs, value, status } = rows
    return { count, pointKey, sourceUs, value, status, sourceTick: Uint8Array.from(rows.sourceTick), ...rows.others() }
  }

  /** Rows of the groups `from` to `end`, all columns but the keys, into `to`, which must have room for them. */
  decodeInto(to: Omit<Rows, 'count'>, from = 0, end = this.points.length): void {
    const { count, groups } = this
    const [first, last] = [groups[from] as number, groups[end] as number]
    const into = (column: Float64Array): Float64Array => column.subarray(0, last - first)
    const sourceUs = this.#source.decode(groups, from, end, null, into(to.sourceUs))
    this.#value.decode(groups, from, end, null, into(to.value))
    putCodes(this.#front[4] ?? none, count, first, last, to.status)
    putCodes(this.#front[5] ?? none, count, first, last, to.sourceTick)
    const { server, receive } = this.#backColumns()
    server.decode(groups, from, end, sourceUs, into(to.serverUs))
    receive.decode(groups, from, end, null, into(to.receiveUs))
  }

  ofPoint(pointKey: number): PointRows | null {
    const at = this.points.indexOf(pointKey)
    return at < 0 ? null : this.#rows(at, at + 1)
  }
}

const none = new Uint8Array(0)
export function decodeBatch(payload: Uint8Array, count: number): ScalarColumns {
  return openBatch(payload, count).columns()
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
export function timeBounds(columns: Rows, atUs: number): { minUs: number; maxUs: number } {
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
