import { Batch, sampleTimeUs } from './batch.ts'
import { all, get, type ReadDb } from './database.ts'
import { TwinError } from './errors.ts'

/** Where to go on: everything up to and including this sample was read. */
export interface ScalarCursor {
  tUs: number
  sourceTick: number
  tickId: number
  row: number
}

/** Samples of one point in order of time (100 ns included), equal times in the order they arrived. */
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

interface Sample extends ScalarCursor {
  sourceUs: number
  serverUs: number
  value: number
  status: number
}

function compare(a: ScalarCursor, b: ScalarCursor): number {
  if (a.tUs !== b.tUs) return a.tUs < b.tUs ? -1 : 1
  return a.sourceTick - b.sourceTick || a.tickId - b.tickId || a.row - b.row
}

interface BatchSpan {
  tickId: number
  minUs: number
}

/** Batches that may hold samples of [fromUs, toUs), by their earliest sample; answered from the covering index alone. */
export function batchesBetween(db: ReadDb, fromUs: number, toUs: number): BatchSpan[] {
  return all<BatchSpan>(
    db,
    `SELECT tick_id AS tickId, min_us AS minUs FROM tick_batch
     WHERE max_us >= ? AND min_us <= ? AND count > 0 ORDER BY min_us, tick_id`,
    Math.max(fromUs, -Number.MAX_SAFE_INTEGER),
    Math.min(toUs, Number.MAX_SAFE_INTEGER),
  )
}

export function readBatch(db: ReadDb, tickId: number): Batch {
  const row = get<{ count: number; payload: Uint8Array }>(
    db,
    'SELECT count, payload FROM tick_batch WHERE tick_id = ?',
    tickId,
  )
  if (!row)
    throw new TwinError('failed', `The batch of tick ${tickId} was compacted while it was read; read again.`, {
      retryable: true,
    })
  return new Batch(row.payload, row.count)
}

function samplesOf(batch: Batch, tickId: number, pointKey: number, fromUs: number, toUs: number): Sample[] {
  const keys = batch.u32('pointKey')
  let row = keys.indexOf(pointKey)
  if (row < 0) return []
  const source = batch.f64('sourceUs')
  const server = batch.f64('serverUs')
  const receive = batch.f64('receiveUs')
  const values = batch.f64('value')
  const statuses = batch.u32('status')
  const ticks = batch.u8('sourceTick')
  const samples: Sample[] = []
  for (; row >= 0; row = keys.indexOf(pointKey, row + 1)) {
    const sourceUs = source[row] as number
    const serverUs = server[row] as number
    const t = sampleTimeUs(sourceUs, serverUs, receive[row] as number)
    const tUs = Number.isNaN(t) ? -Infinity : t
    if (tUs < fromUs || tUs >= toUs) continue
    const value = values[row] as number
    samples.push({
      tUs,
      sourceTick: ticks[row] ?? 0,
      tickId,
      row,
      sourceUs,
      serverUs,
      value,
      status: statuses[row] ?? 0,
    })
  }
  return samples
}

/**
 * Merges batches by time. A batch's earliest time bounds what may still come, so samples before it are final and can leave;
 * what waits is only the overlap of neighbouring batches.
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
  for (const { tickId, minUs } of batchesBetween(db, startUs, toUs)) {
    if (out.length <= limit && waiting.length > 0) waiting = release(waiting, minUs, out)
    if (out.length > limit) break
    for (const sample of samplesOf(readBatch(db, tickId), tickId, pointKey, startUs, toUs)) {
      if (cursor === null || compare(sample, cursor) > 0) waiting.push(sample)
    }
  }
  if (out.length <= limit) release(waiting, Infinity, out)
  return pageOf(out, limit)
}

/** Moves what is before `boundUs` to `out`, sorted; returns what stays. */
function release(waiting: Sample[], boundUs: number, out: Sample[]): Sample[] {
  const ready = boundUs === Infinity ? waiting : waiting.filter((sample) => sample.tUs < boundUs)
  if (ready.length === 0) return waiting
  ready.sort(compare)
  for (const sample of ready) out.push(sample)
  return boundUs === Infinity ? [] : waiting.filter((sample) => sample.tUs >= boundUs)
}

function pageOf(samples: Sample[], limit: number): ScalarPage {
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
    page.value[i] = sample.value
    page.status[i] = sample.status
  }
  const last = samples[count - 1]
  if (samples.length > limit && last) {
    page.next = { tUs: last.tUs, sourceTick: last.sourceTick, tickId: last.tickId, row: last.row }
  }
  return page
}
