import type { PointHead } from '../../../shared/domain/twin.ts'
import type { Batch, PointRows } from '../batch-arrival.ts'
import { sampleTimeUs } from '../batch.ts'
import { orderUs, type Chunk } from '../chunk-codec.ts'
import { all, get, type ReadDb } from '../database.ts'
import { readBatch, readSegment } from '../scalars.ts'
import { chunksBetween, readChunk, throughTick } from '../tables/chunks.ts'
import { loadSnapshot } from '../tables/heads.ts'
import { rangeOf, segmentsBetween } from '../tables/segments.ts'

/** A sample with what puts it before or behind another of the same microsecond. */
interface Candidate extends PointHead {
  sourceTick: number
}

interface HotBatch {
  tickId: number
  maxUs: number
}

/**
 * Last sample of each point at or before `atUs`, among all that are known today: one that arrived late counts from its own time
 * on. Per point a few look-ups in the index of chunks and one or two of them unpacked, whatever there is before or behind.
 */
export function headsAt(db: ReadDb, pointKeys: readonly number[], atUs: number): PointHead[] {
  const best = new Map<number, Candidate>()
  takeHot(db, new Set(pointKeys), atUs, throughTick(db), best)
  takeSegments(db, pointKeys, atUs, best)
  const heads: PointHead[] = []
  for (const pointKey of pointKeys) {
    const found = newer(
      best.get(pointKey) ?? null,
      lastOfChunks(db, pointKey, atUs, best.get(pointKey)?.tUs ?? -Infinity),
    )
    if (found) heads.push({ pointKey, tUs: found.tUs, value: found.value, status: found.status })
  }
  return heads
}

/** `b` arrived before `a`. */
function newer(a: Candidate | null, b: Candidate | null): Candidate | null {
  if (!a || !b) return a ?? b
  if (a.tUs !== b.tUs) return a.tUs > b.tUs ? a : b
  return a.sourceTick >= b.sourceTick ? a : b
}

/**
 * Last sample of each point, from the snapshot of last values and the batches behind it: as a rule one or two of them, since the
 * newest hold most points. Replaying all takes twenty times as long where a tick has 20,000 values.
 */
export function headsNow(db: ReadDb, pointKeys: readonly number[]): PointHead[] {
  const { heads, tickId } = loadSnapshot(db)
  const best = new Map<number, Candidate>(heads.list().map((head) => [head.pointKey, { ...head, sourceTick: -1 }]))
  takeHot(db, new Set(pointKeys), Infinity, tickId, best)
  return pointKeys.flatMap((key) => {
    const found = best.get(key)
    return found ? [{ pointKey: key, tUs: found.tUs, value: found.value, status: found.status }] : []
  })
}

/** From the batches behind a tick, newest first; ends as soon as no older batch can hold a newer sample. */
function takeHot(
  db: ReadDb,
  wanted: ReadonlySet<number>,
  atUs: number,
  afterTick: number,
  best: Map<number, Candidate>,
): void {
  const batches = all<HotBatch>(
    db,
    `SELECT tick_id AS tickId, max_us AS maxUs FROM tick_batch WHERE tick_id > ? AND min_us <= ? AND count > 0
     ORDER BY max_us DESC, tick_id DESC`,
    afterTick,
    Math.min(atUs, Number.MAX_SAFE_INTEGER),
  )
  const parts = batches.map(({ tickId, maxUs }) => ({ maxUs, place: tickId, batch: () => readBatch(db, tickId) }))
  takeParts(parts, wanted, atUs, best)
}

/** Of what is on its way from batches to chunks, newest first; a range of points at a time. */
function takeSegments(db: ReadDb, pointKeys: readonly number[], atUs: number, best: Map<number, Candidate>): void {
  const ranges = new Map<number, Set<number>>()
  for (const key of pointKeys) {
    const keys = ranges.get(rangeOf(key)) ?? new Set()
    ranges.set(rangeOf(key), keys.add(key))
  }
  for (const keys of ranges.values()) {
    const [anyKey = 0] = keys
    const spans = segmentsBetween(db, anyKey, -Infinity, atUs).toSorted((a, b) => b.maxUs - a.maxUs || b.id - a.id)
    const parts = spans.map(({ id, maxUs }) => ({ maxUs, place: -id, batch: () => readSegment(db, id) }))
    takeParts(parts, keys, atUs, best)
  }
}

interface HeldPart {
  maxUs: number
  /** Tells parts from each other. */
  place: number
  batch: () => Batch
}

function takeParts(
  parts: readonly HeldPart[],
  wanted: ReadonlySet<number>,
  atUs: number,
  best: Map<number, Candidate>,
): void {
  const missing = new Set(wanted)
  for (const { maxUs, place, batch } of parts) {
    for (const key of missing) if ((best.get(key)?.tUs ?? -Infinity) > maxUs) missing.delete(key)
    if (missing.size === 0) break
    const opened = batch()
    for (const pointKey of missing) {
      const rows = opened.ofPoint(pointKey)
      if (rows) takeRows(rows, pointKey, place, atUs, best)
    }
  }
}

function takeRows(rows: PointRows, pointKey: number, place: number, atUs: number, best: Map<number, Candidate>): void {
  const { sourceUs, sourceTick: ticks, value, status } = rows
  let others: { serverUs: Float64Array; receiveUs: Float64Array } | null = null
  for (let row = 0; row < rows.count; row++) {
    let tUs = sourceUs[row] as number
    if (!Number.isFinite(tUs)) {
      others ??= rows.others()
      tUs = sampleTimeUs(tUs, others.serverUs[row] as number, others.receiveUs[row] as number)
    }
    if (!(tUs <= atUs) || tUs === -Infinity) continue
    const sourceTick = ticks[row] as number
    const held = best.get(pointKey)
    if (held && (held.tUs > tUs || (held.tUs === tUs && held.sourceTick > sourceTick))) continue
    // Batches come newest first: of equals the one that is held arrived later, unless it is of this batch or of the snapshot.
    const heldPlace = held && placeOf.get(held)
    if (held?.tUs === tUs && held.sourceTick === sourceTick && heldPlace !== undefined && heldPlace !== place) continue
    const found = { pointKey, tUs, sourceTick, value: value[row] as number, status: status[row] as number }
    placeOf.set(found, place)
    best.set(pointKey, found)
  }
}

const placeOf = new WeakMap<Candidate, number>()

function lastOfChunks(db: ReadDb, pointKey: number, atUs: number, afterUs: number): Candidate | null {
  let best: Candidate | null = null
  for (const { id } of candidates(db, pointKey, atUs, afterUs)) {
    const found = lastOfChunk(readChunk(db, id), pointKey, atUs)
    // In the order of ids, which is that of arrival.
    if (found && found.tUs >= afterUs) best = newer(found, best)
  }
  return best
}

/** Chunks that hold `atUs`, and of those that ended before it the ones that ended last. */
function candidates(db: ReadDb, pointKey: number, atUs: number, afterUs: number): { id: number }[] {
  const around = chunksBetween(db, pointKey, atUs, atUs).filter(({ minUs }) => minUs <= atUs)
  const through = throughTick(db)
  const sql = 'SELECT min(span_class) AS k FROM chunk WHERE point_key = ? AND span_class > ?'
  const next = (after: number): number | null => get<{ k: number | null }>(db, sql, pointKey, after)?.k ?? null
  let lastUs = Math.max(afterUs, -Number.MAX_SAFE_INTEGER)
  for (let k = next(-1); k !== null; k = next(k)) {
    const found = get<{ maxUs: number }>(
      db,
      `SELECT max_us AS maxUs FROM chunk WHERE point_key = ? AND span_class = ? AND max_us BETWEEN ? AND ? AND last_tick <= ?
       ORDER BY max_us DESC LIMIT 1`,
      pointKey,
      k,
      Math.floor(lastUs),
      Math.min(atUs, Number.MAX_SAFE_INTEGER),
      through,
    )
    if (found) lastUs = Math.max(lastUs, found.maxUs)
  }
  const ended = chunksBetween(db, pointKey, lastUs, lastUs).filter(({ maxUs }) => maxUs <= atUs)
  const ids = new Set([...around, ...ended].map(({ id }) => id))
  return [...ids].sort((a, b) => a - b).map((id) => ({ id }))
}

function lastOfChunk(chunk: Chunk, pointKey: number, atUs: number): Candidate | null {
  const sourceUs = chunk.sourceUs()
  // Server and receive time are unpacked only for a chunk with a sample that has no source time.
  const others = sourceUs.every(Number.isFinite) ? { serverUs: sourceUs, receiveUs: sourceUs } : chunk.others(sourceUs)
  const times = { ...others, sourceUs, count: chunk.count }
  const value = chunk.value()
  const status = chunk.status()
  const sourceTick = chunk.sourceTick()
  for (let row = chunk.count - 1; row >= 0; row--) {
    const tUs = orderUs({ ...times, value, status, sourceTick }, row)
    if (tUs === -Infinity) return null
    if (tUs <= atUs) {
      return {
        pointKey,
        tUs,
        sourceTick: sourceTick[row] as number,
        value: value[row] as number,
        status: status[row] as number,
      }
    }
  }
  return null
}
