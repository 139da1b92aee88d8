import { crc32 } from 'node:zlib'
import { encodeRows, GroupedBatch, timeBounds } from '../batch.ts'
import type { Groups } from '../batch-columns.ts'
import type { PointColumns } from '../chunk-codec.ts'
import { all, get, run, type ReadDb, type WriteDb } from '../database.ts'
import { stopIfCancelled } from '../query/cancel.ts'
import { throughTick } from './chunks.ts'

/** Points of a segment: with more a trend would unpack more than it wants, with fewer each sample would cost more. */
export const keysPerSegment = 64

export function rangeOf(pointKey: number): number {
  return Math.floor(pointKey / keysPerSegment)
}

export interface NewSegment {
  keyRange: number
  lastTick: number
  points: number
  minUs: number
  maxUs: number
  count: number
  payload: Uint8Array
}

/** Rows of points of one range, grouped, each point's as they came. */
export function makeSegment(
  points: Uint32Array,
  groups: Groups,
  columns: PointColumns,
  keyRange: number,
  lastTick: number,
): NewSegment {
  // Memory of its own, which is moved to the writer.
  const payload = new Uint8Array(encodeRows(points, groups, null, columns))
  return { keyRange, lastTick, points: points.length, ...timeBounds(columns, 0), count: columns.count, payload }
}

function segmentChecksum(row: NewSegment): number {
  const { keyRange, lastTick, points, minUs, maxUs, count, payload } = row
  return crc32(payload, crc32([keyRange, lastTick, points, minUs, maxUs, count].join('|')))
}

export function insertSegment(db: WriteDb, segment: NewSegment): void {
  const { keyRange, lastTick, points, minUs, maxUs, count, payload } = segment
  run(
    db,
    `INSERT INTO segment (key_range, last_tick, points, min_us, max_us, count, checksum, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    keyRange,
    lastTick,
    points,
    minUs,
    maxUs,
    count,
    segmentChecksum(segment),
    payload,
  )
}

export interface SegmentSpan {
  id: number
  minUs: number
  maxUs: number
}

/** Those that may hold samples of the point in [fromUs, toUs), in order of arrival. */
export function segmentsBetween(db: ReadDb, pointKey: number, fromUs: number, toUs: number): SegmentSpan[] {
  return all<SegmentSpan>(
    db,
    `SELECT id, min_us AS minUs, max_us AS maxUs FROM segment
     WHERE key_range = ? AND max_us >= ? AND min_us <= ? AND last_tick <= ? ORDER BY id`,
    rangeOf(pointKey),
    Math.max(fromUs, -Number.MAX_SAFE_INTEGER),
    Math.min(toUs, Number.MAX_SAFE_INTEGER),
    throughTick(db),
  )
}

export interface StoredSegment extends NewSegment {
  id: number
  checksum: number
}

export function storedSegment(db: ReadDb, id: number): StoredSegment | null {
  stopIfCancelled()
  const row = get<StoredSegment>(
    db,
    `SELECT id, key_range AS keyRange, last_tick AS lastTick, points, min_us AS minUs, max_us AS maxUs, count, checksum, payload
     FROM segment WHERE id = ?`,
    id,
  )
  return row ?? null
}

export function isWholeSegment(segment: StoredSegment): boolean {
  return segmentChecksum(segment) === segment.checksum
}

export function openSegment({ payload, count }: { payload: Uint8Array; count: number }): GroupedBatch {
  return new GroupedBatch(payload, count)
}

/** From the index, so that one unreadable payload does not end the walk. */
export function segmentIds(db: ReadDb, keyRange: number | null = null): number[] {
  const from = 'SELECT id FROM segment INDEXED BY segment_by_range'
  const rows =
    keyRange === null
      ? all<{ id: number }>(db, `${from} ORDER BY key_range, id`)
      : all<{ id: number }>(db, `${from} WHERE key_range = ? ORDER BY id`, keyRange)
  return rows.map(({ id }) => id)
}

export interface RangeFill {
  keyRange: number
  /** Runs of compaction whose samples wait. */
  runs: number
  samples: number
  /** Of the segment with most. */
  points: number
}

export function rangeFills(db: ReadDb): RangeFill[] {
  return all<RangeFill>(
    db,
    `SELECT key_range AS keyRange, count(*) AS runs, sum(count) AS samples, max(points) AS points
     FROM segment INDEXED BY segment_by_range GROUP BY key_range`,
  )
}

/** Samples that are in segments and count. */
export function segmentSamples(db: ReadDb): number {
  const sql = 'SELECT ifnull(sum(count), 0) AS n FROM segment INDEXED BY segment_by_range WHERE last_tick <= ?'
  return get<{ n: number }>(db, sql, throughTick(db))?.n ?? 0
}

/** Whether a run was cut before its last step; the samples of its segments are still in the batches. */
export function hasPendingSegments(db: ReadDb): boolean {
  const newest = get<{ lastTick: number }>(db, 'SELECT last_tick AS lastTick FROM segment ORDER BY id DESC LIMIT 1')
  return newest !== undefined && newest.lastTick > throughTick(db)
}

export function removePendingSegments(db: WriteDb): void {
  if (hasPendingSegments(db)) run(db, 'DELETE FROM segment WHERE last_tick > ?', throughTick(db))
}
