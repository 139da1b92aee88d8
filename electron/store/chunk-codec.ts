import { crc32 } from 'node:zlib'
import type { ScalarColumns } from '../../shared/domain/intake.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import { sampleTimeUs } from './batch.ts'
import { decodeColumn, encodeTimes, encodeValues } from './chunk-columns.ts'
import { decode32, encode32, sectionsOf } from './codec.ts'
import { bodiesOf, part } from './packing.ts'

/** Samples of one point. */
export type PointColumns = Omit<ScalarColumns, 'pointKey'>

/** What can be known of a chunk without unpacking it. `min`, `max` and `sum` are of usable values; NaN where there is none. */
export interface ChunkHead {
  count: number
  /** Samples that are bad or not finite: a trend counts them apart. */
  badCount: number
  /** Whole microseconds that bound every sample's time. */
  minUs: number
  maxUs: number
  min: number
  max: number
  sum: number
}

const layout = 1
/**
 * The payload is two parts, each packed by itself: what a trend needs (source time, value, status), and what only an export
 * needs (server and receive time).
 */
export function encodeChunk(given: PointColumns): Uint8Array {
  const columns = trimmed(given)
  const { sourceUs, serverUs } = columns
  const front = part([
    encodeTimes(sourceUs, null).body,
    encodeTicks(columns.sourceTick),
    encodeValues(columns.value).body,
    encodeStatus(columns.status),
  ])
  const server = encodeTimes(serverUs, sourceUs).body
  const nearest = Number.isFinite(serverUs[0]) ? serverUs : sourceUs
  const back = part([Uint8Array.of(nearest === serverUs ? 1 : 0), server, encodeTimes(columns.receiveUs, nearest).body])
  // Memory of its own, not of Node's pool: it may be moved to another thread.
  const payload = new Uint8Array(9 + front.byteLength + back.byteLength)
  const view = new DataView(payload.buffer)
  view.setUint8(0, layout)
  view.setUint32(1, columns.count, true)
  view.setUint32(5, front.byteLength, true)
  payload.set(front, 9)
  payload.set(back, 9 + front.byteLength)
  return payload
}

function trimmed(columns: PointColumns): PointColumns {
  const { count } = columns
  if (count < 1) throw new RangeError('a chunk holds at least one sample')
  return {
    count,
    sourceUs: columns.sourceUs.subarray(0, count),
    sourceTick: columns.sourceTick.subarray(0, count),
    serverUs: columns.serverUs.subarray(0, count),
    receiveUs: columns.receiveUs.subarray(0, count),
    value: columns.value.subarray(0, count),
    status: columns.status.subarray(0, count),
  }
}

/** One byte when all are alike, as they are when the server's clock has no 100 ns. */
function encodeTicks(ticks: Uint8Array): Uint8Array {
  const first = ticks[0] ?? 0
  for (let i = 1; i < ticks.length; i++) if (ticks[i] !== first) return ticks.slice()
  return Uint8Array.of(first)
}

function decodeTicks(body: Uint8Array, count: number): Uint8Array {
  if (body.byteLength === count) return new Uint8Array(body)
  if (body.byteLength !== 1) throw new RangeError('the 100 ns digits of a chunk have the wrong size')
  return new Uint8Array(count).fill(body[0] ?? 0)
}

/** Runs: where each begins, and its status. */
function encodeStatus(status: Uint32Array): Uint8Array {
  let runs = 1
  for (let i = 1; i < status.length; i++) if (status[i] !== status[i - 1]) runs++
  const starts = new Uint32Array(runs)
  const codes = new Uint32Array(runs)
  codes[0] = status[0] ?? 0
  for (let i = 1, run = 0; i < status.length; i++) {
    if (status[i] === status[i - 1]) continue
    starts[++run] = i
    codes[run] = status[i] as number
  }
  const count = Buffer.alloc(4)
  count.writeUInt32LE(runs)
  return Buffer.concat([count, ...encode32(starts), ...encode32(codes)])
}

function decodeStatus(body: Uint8Array, count: number): Uint32Array {
  const runs = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(0, true)
  const [first, second] = sectionsOf(body, 4)
  if (!first || !second || runs < 1 || runs > count) throw new RangeError('the status runs of a chunk are damaged')
  const starts = decode32(first, runs)
  const codes = decode32(second, runs)
  const status = new Uint32Array(count)
  for (let run = 0; run < runs; run++) status.fill(codes[run] as number, starts[run], starts[run + 1] ?? count)
  return status
}

/** A stored chunk; its columns are unpacked on first use. */
export class Chunk {
  readonly count: number
  readonly #frontBytes: Uint8Array
  readonly #backBytes: Uint8Array
  #front: Uint8Array[] | null = null

  constructor(payload: Uint8Array) {
    if (payload.byteLength < 9 || payload[0] !== layout) throw new RangeError(`unknown chunk layout ${payload[0]}`)
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    this.count = view.getUint32(1, true)
    const end = 9 + view.getUint32(5, true)
    if (end + 5 > payload.byteLength) throw new RangeError('a chunk is cut off')
    this.#frontBytes = payload.subarray(9, end)
    this.#backBytes = payload.subarray(end)
  }

  #body(index: number): Uint8Array {
    this.#front ??= bodiesOf(this.#frontBytes, 4)
    return this.#front[index] as Uint8Array
  }

  sourceUs(): Float64Array {
    return decodeColumn(this.#body(0), this.count, noReference)
  }

  sourceTick(): Uint8Array {
    return decodeTicks(this.#body(1), this.count)
  }

  value(): Float64Array {
    return decodeColumn(this.#body(2), this.count, noReference)
  }

  status(): Uint32Array {
    return decodeStatus(this.#body(3), this.count)
  }

  /** Server and receive time; `sourceUs` is this chunk's. */
  others(sourceUs: Float64Array): { serverUs: Float64Array; receiveUs: Float64Array } {
    const [near, server, receive] = bodiesOf(this.#backBytes, 3)
    if (!near || !server || !receive) throw new RangeError('a chunk lacks a column')
    const serverUs = decodeColumn(server, this.count, () => sourceUs)
    return { serverUs, receiveUs: decodeColumn(receive, this.count, () => (near[0] === 1 ? serverUs : sourceUs)) }
  }

  columns(): PointColumns {
    const sourceUs = this.sourceUs()
    return {
      count: this.count,
      sourceUs,
      sourceTick: this.sourceTick(),
      ...this.others(sourceUs),
      value: this.value(),
      status: this.status(),
    }
  }
}

function noReference(): Float64Array {
  throw new RangeError('a column of a chunk refers to one that it has not')
}

const farthestUs = Number.MAX_SAFE_INTEGER

/** The time a sample is ordered by; -Infinity when it has none at all. */
export function orderUs(columns: PointColumns, row: number): number {
  const t = sampleTimeUs(
    columns.sourceUs[row] as number,
    columns.serverUs[row] as number,
    columns.receiveUs[row] as number,
  )
  return Number.isNaN(t) ? -Infinity : t
}

export function headOf(columns: PointColumns): ChunkHead {
  let minUs = Infinity
  let maxUs = -Infinity
  let min = Infinity
  let max = -Infinity
  let sum = 0
  let badCount = 0
  for (let i = 0; i < columns.count; i++) {
    const t = orderUs(columns, i)
    if (t < minUs) minUs = t
    if (t > maxUs) maxUs = t
    const v = columns.value[i] as number
    if (qualityOf(columns.status[i] as number) === 'bad' || !Number.isFinite(v)) {
      badCount++
      continue
    }
    sum += v
    if (v < min) min = v
    if (v > max) max = v
  }
  const none = badCount === columns.count
  const clamp = (t: number): number => Math.min(Math.max(t, -farthestUs), farthestUs)
  return {
    count: columns.count,
    badCount,
    minUs: clamp(Math.floor(minUs)),
    maxUs: clamp(Math.ceil(maxUs)),
    // SQLite stores -0 as 0.
    min: none ? Number.NaN : min + 0,
    max: none ? Number.NaN : max + 0,
    sum: none ? Number.NaN : sum + 0,
  }
}

/** Over payload, head and place, so that a row whose head was altered does not pass either. */
export function chunkChecksum(place: readonly number[], head: ChunkHead, payload: Uint8Array): number {
  const { count, badCount, minUs, maxUs, min, max, sum } = head
  const numbers = Float64Array.of(...place, count, badCount, minUs, maxUs, min, max, sum)
  return crc32(payload, crc32(new Uint8Array(numbers.buffer)))
}
