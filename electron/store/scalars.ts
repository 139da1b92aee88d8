import { openBatch } from './batch.ts'
import type { Batch } from './batch-arrival.ts'
import { all, get, type ReadDb } from './database.ts'
import { TwinError } from './errors.ts'
import { stopIfCancelled } from './query/cancel.ts'
import { compareSamples, samplesOfBatch, samplesOfChunk, withoutRepeats, type Sample } from './samples.ts'
import { chunksBetween, readChunk, throughTick } from './tables/chunks.ts'
import { segmentsBetween } from './tables/segments.ts'

/** Where to go on: everything before this time was read, and `seen` samples of it. Holds also when batches became chunks. */
export interface ScalarCursor {
  tUs: number
  sourceTick: number
  seen: number
}

/** Samples of one point in order of time (100 ns included), equal times in the order they arrived; repeats are left out. */
export interface ScalarPage {
  count: number
  /** The time they are ordered by: source time, else server, else receive time. */
  tUs: Float64Array
  /** NaN where the server sent none. */
  sourceUs: Float64Array
  sourceTick: Uint8Array
  serverUs: Float64Array
  value: Float64Array
  status: Uint32Array
  /** null: that was all. */
  next: ScalarCursor | null
}

interface BatchSpan {
  tickId: number
  minUs: number
}

/** Batches not yet in chunks that may hold samples of [fromUs, toUs), by their earliest sample; answered from the index alone. */
export function batchesBetween(db: ReadDb, fromUs: number, toUs: number): BatchSpan[] {
  return all<BatchSpan>(
    db,
    `SELECT tick_id AS tickId, min_us AS minUs FROM tick_batch
     WHERE max_us >= ? AND min_us <= ? AND count > 0 AND tick_id > ? ORDER BY min_us, tick_id`,
    Math.max(fromUs, -Number.MAX_SAFE_INTEGER),
    Math.min(toUs, Number.MAX_SAFE_INTEGER),
    throughTick(db),
  )
}

/**
 * Batches and segments that a connection has read lately. A trend that ends now is drawn again and again, and most of its time
 * went into decoding the last two minutes anew. Neither ever changes, and its number is never given twice.
 */
const recent = new WeakMap<ReadDb, { batches: Map<number, Batch>; samples: number }>()
/** 41 bytes each at most. */
const mostRecentSamples = 1_500_000

/** `key`: of batches their number, of segments theirs below zero. */
function recently(db: ReadDb, key: number, read: () => { count: number; payload: Uint8Array } | undefined): Batch {
  stopIfCancelled()
  let cache = recent.get(db)
  if (!cache) recent.set(db, (cache = { batches: new Map(), samples: 0 }))
  const known = cache.batches.get(key)
  if (known) return known
  const row = read()
  if (!row) {
    throw new TwinError('failed', 'Samples were compacted while they were read; read again.', { retryable: true })
  }
  const batch = openBatch(row.payload, row.count)
  cache.batches.set(key, batch)
  cache.samples += row.count
  for (const [oldest, { count }] of cache.batches) {
    if (cache.samples <= mostRecentSamples || oldest === key) break
    cache.batches.delete(oldest)
    cache.samples -= count
  }
  return batch
}

export function readBatch(db: ReadDb, tickId: number): Batch {
  return recently(db, tickId, () => get(db, 'SELECT count, payload FROM tick_batch WHERE tick_id = ?', tickId))
}

export function readSegment(db: ReadDb, id: number): Batch {
  return recently(db, -id, () => get(db, 'SELECT count, payload FROM segment WHERE id = ?', id))
}

/** Rows of one point that are not in chunks yet, from where they are read. */
export interface HotPart {
  minUs: number
  /** Place in the order of arrival. */
  order: number
  batch: () => Batch
}

/** Those that may hold samples of the point in [fromUs, toUs), segments first, else by their earliest sample. */
export function hotParts(db: ReadDb, pointKey: number, fromUs: number, toUs: number): HotPart[] {
  const segments = segmentsBetween(db, pointKey, fromUs, toUs)
  return [
    ...segments.map(({ id, minUs }) => ({ minUs, order: id, batch: () => readSegment(db, id) })),
    ...batchesBetween(db, fromUs, toUs).map(({ tickId, minUs }) => ({
      minUs,
      order: behindSegments + tickId,
      batch: () => readBatch(db, tickId),
    })),
  ]
}

/** Numbers of segments lie below. */
const behindSegments = 2 ** 51

interface Source {
  minUs: number
  read: () => Sample[]
}

/** Chunks, segments and batches by their earliest sample, in this order among equals. */
function sourcesOf(db: ReadDb, pointKey: number, fromUs: number, toUs: number): Source[] {
  const sources: Source[] = chunksBetween(db, pointKey, fromUs, toUs).map(({ id, minUs }) => ({
    minUs,
    read: () => samplesOfChunk(readChunk(db, id), id, fromUs, toUs),
  }))
  for (const { minUs, order, batch } of hotParts(db, pointKey, fromUs, toUs)) {
    sources.push({ minUs, read: () => samplesOfBatch(batch(), order, pointKey, fromUs, toUs) })
  }
  return sources.sort((a, b) => a.minUs - b.minUs)
}

/**
 * Merges chunks and batches by time. The earliest time of one bounds what may still come, so samples before it are final and
 * can leave; what waits is only the overlap of neighbours.
 */
export function readScalars(
  db: ReadDb,
  pointKey: number,
  fromUs: number,
  toUs: number,
  cursor: ScalarCursor | null,
  limit: number,
): ScalarPage {
  const startUs = cursor ? Math.max(fromUs, cursor.tUs) : fromUs
  const out: Sample[] = []
  let waiting: Sample[] = []
  let skip = cursor?.seen ?? 0
  const release = (boundUs: number): void => {
    const ready = waiting.filter((sample) => sample.tUs < boundUs)
    if (ready.length === 0) return
    waiting = waiting.filter((sample) => sample.tUs >= boundUs)
    for (const sample of withoutRepeats(ready.sort(compareSamples))) {
      if (cursor && sample.tUs === cursor.tUs) {
        if (sample.sourceTick < cursor.sourceTick) continue
        if (sample.sourceTick === cursor.sourceTick && skip-- > 0) continue
      }
      out.push(sample)
    }
  }
  for (const { minUs, read } of sourcesOf(db, pointKey, startUs, toUs)) {
    // A bound at the end of the index's range may stand for anything before it.
    if (minUs > -Number.MAX_SAFE_INTEGER) release(minUs)
    if (out.length > limit) break
    for (const sample of read()) waiting.push(sample)
  }
  if (out.length <= limit) release(Infinity)
  return pageOf(out, limit, cursor)
}

function pageOf(samples: Sample[], limit: number, cursor: ScalarCursor | null): ScalarPage {
  const count = Math.min(samples.length, limit)
  const page: ScalarPage = {
    count,
    tUs: new Float64Array(count),
    sourceUs: new Float64Array(count),
    sourceTick: new Uint8Array(count),
    serverUs: new Float64Array(count),
    value: new Float64Array(count),
    status: new Uint32Array(count),
    next: null,
  }
  for (const [i, sample] of samples.entries()) {
    if (i >= count) break
    page.tUs[i] = sample.tUs
    page.sourceUs[i] = sample.sourceUs
    page.sourceTick[i] = sample.sourceTick
    page.serverUs[i] = sample.serverUs
    if (Number.isNaN(sample.value)) page.value.set(sample.values.subarray(sample.row, sample.row + 1), i)
    else page.value[i] = sample.value
    page.status[i] = sample.status
  }
  if (samples.length > limit) page.next = cursorBehind(samples, count, cursor)
  return page
}

function cursorBehind(samples: Sample[], count: number, cursor: ScalarCursor | null): ScalarCursor | null {
  const last = samples[count - 1]
  if (!last) return cursor
  const { tUs, sourceTick } = last
  const isLast = (sample: { tUs: number; sourceTick: number } | undefined | null): boolean =>
    sample?.tUs === tUs && sample.sourceTick === sourceTick
  let seen = 0
  while (seen < count && isLast(samples[count - 1 - seen])) seen++
  return { tUs, sourceTick, seen: seen + (seen === count && cursor && isLast(cursor) ? cursor.seen : 0) }
}
