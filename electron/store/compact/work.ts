import { Chunk, orderUs, type ChunkHead, type PointColumns } from '../chunk-codec.ts'
import { all, get, type ReadDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { isWhole, knownIdentities, makeChunk, storedChunk, throughTick } from '../tables/chunks.ts'
import { makeNode } from '../tables/rollups.ts'
import { leafOf, raiseAll, roll } from './roll.ts'
import { concat, inOrder, slice, withoutKnown } from './tidy.ts'
import {
  emptyWindow,
  groupByPoint,
  hotTicks,
  sliceFrom,
  take,
  type Grouped,
  type Slice,
  type Window,
  type Workspace,
} from './window.ts'
import { hasPending, oldBatches, type Made, type Merged, type WorkStep } from './writes.ts'

export interface WorkLimits {
  /** Ticks and samples that become chunks together. */
  ticks: number
  samples: number
  /** A chunk with as many is closed, smaller ones are merged further. */
  chunkSamples: number
  /** Chunks of one level that are merged into one of the next. */
  fanOut: number
}

/** Rows of one small transaction: each costs an fsync, and a commit waits for it. */
const rowsAtOnce = 64
const mergesAtOnce = 16

/**
 * Makes chunks of the oldest batches. Chunks are inserted first and count for nothing; one transaction then moves
 * `compaction.through_tick`, from which on they count and the batches do not; the batches are removed after. It only reads; what
 * it wants written it hands out, and goes on when that is done (see `isInTime`). `tidyOnly`: only
 * what an earlier run has left.
 */
export function* compact(db: ReadDb, limits: WorkLimits, workspace: Workspace, tidyOnly = false): Generator<WorkStep> {
  yield* removeBatches(db)
  if (hasPending(db)) yield { kind: 'remove-pending' }
  const rolled = yield* roll(db)
  if (tidyOnly) return
  const window = yield* gather(db, limits)
  if (window === null) return
  const grouped = yield* groupByPoint(window)
  const closed = yield* write(db, window, grouped, workspace, { ...limits, rolled })
  yield* removeBatches(db)
  yield* raiseAll(db, closed)
  yield* mergeAll(db, grouped.points, limits)
  yield* roll(db)
}

function* removeBatches(db: ReadDb): Generator<WorkStep> {
  for (let left = oldBatches(db); left > 0; left--) yield { kind: 'remove-batches' }
}

function* gather(db: ReadDb, { ticks, samples }: WorkLimits): Generator<WorkStep, Window | null> {
  const window = emptyWindow()
  const waiting = hotTicks(db, throughTick(db), ticks, samples)
  for (const tick of waiting) {
    if (!take(db, window, tick)) break
    yield null
  }
  if (window.lastTick === 0 && waiting.length > 0) {
    throw new TwinError('damaged', 'The oldest batch that waits to be compacted cannot be read.')
  }
  return window.lastTick > 0 ? window : null
}

interface WriteLimits extends WorkLimits {
  /** Leaves may be made at once, since no older chunk waits for one. */
  rolled: boolean
}

/** Gives the points that have closed chunks with leaves. */
function* write(
  db: ReadDb,
  window: Window,
  grouped: Grouped,
  workspace: Workspace,
  limits: WriteLimits,
): Generator<WorkStep, Set<number>> {
  const { samples, lastTick, parts } = window
  const closed = new Set<number>()
  let kept = 0
  let waiting: Made[] = []
  let slice: Slice | null = null
  for (const [index, pointKey] of grouped.points.entries()) {
    if (slice === null || index >= slice.end) slice = sliceFrom(window, grouped, index, workspace)
    for (const made of madeOf(db, pointKey, lastTick, slice.columns(index), limits)) {
      kept += made.chunk.head.count
      if (made.leaf) closed.add(pointKey)
      waiting.push(made)
    }
    if (waiting.length >= rowsAtOnce) {
      yield { kind: 'chunks', made: waiting }
      waiting = []
    } else yield null
  }
  window.batches.length = 0
  if (waiting.length > 0) yield { kind: 'chunks', made: waiting }
  yield { kind: 'through', lastTick, samples, kept, rolled: limits.rolled, parts: [...parts.values()] }
  return closed
}

function* madeOf(
  db: ReadDb,
  pointKey: number,
  lastTick: number,
  arrived: PointColumns,
  { chunkSamples, rolled }: WriteLimits,
): Generator<Made> {
  const sorted = inOrder(arrived)
  const known = knownIdentities(db, pointKey, firstFinite(sorted), orderUs(sorted, sorted.count - 1))
  const columns = withoutKnown(sorted, known)
  const pieces = Math.ceil(columns.count / (2 * chunkSamples))
  for (let piece = 0; piece < pieces; piece++) {
    const start = Math.floor((columns.count * piece) / pieces)
    const end = Math.floor((columns.count * (piece + 1)) / pieces)
    const closed = end - start >= chunkSamples
    const part = slice(columns, start, end)
    const chunk = makeChunk(part, { pointKey, level: 0, closed, lastTick })
    const { minUs, maxUs } = chunk.head
    const leaf = closed && rolled ? makeNode({ pointKey, level: 0, chunk: null, minUs, maxUs }, leafOf(part)) : null
    yield { chunk, leaf }
  }
}

/** -Infinity, the order of samples without any time, is no time to look for. */
function firstFinite(sorted: PointColumns): number {
  for (let i = 0; i < sorted.count; i++) {
    const t = orderUs(sorted, i)
    if (t !== -Infinity) return t
  }
  return Infinity
}

function* mergeAll(db: ReadDb, points: Uint32Array, limits: WorkLimits): Generator<WorkStep> {
  let waiting: Merged[] = []
  for (const pointKey of points) {
    const young = mergeable(db, pointKey, limits)
    const merged = young.length > 1 ? mergeOf(db, pointKey, young, limits.chunkSamples) : null
    if (merged) waiting.push(merged)
    if (waiting.length >= mergesAtOnce) {
      yield { kind: 'replace', merged: waiting }
      waiting = []
    } else yield null
  }
  if (waiting.length > 0) yield { kind: 'replace', merged: waiting }
}

interface YoungChunk extends Pick<ChunkHead, 'count'> {
  id: number
  level: number
  closed: number
  lastTick: number
}

/**
 * The newest chunks in a row that are still open: all once they fill a chunk, else those of the lowest level once they are
 * enough for one of the next. In a row, so that the order of arrival stays the order of ids.
 */
function mergeable(db: ReadDb, pointKey: number, { chunkSamples, fanOut }: WorkLimits): YoungChunk[] {
  const isOpen = get<{ closed: number }>(
    db,
    'SELECT closed FROM chunk INDEXED BY chunk_by_point WHERE point_key = ? ORDER BY id DESC LIMIT 1',
    pointKey,
  )
  if (isOpen?.closed !== 0) return []
  const newest = all<YoungChunk>(
    db,
    `SELECT id, level, closed, count, last_tick AS lastTick FROM chunk INDEXED BY chunk_by_point
     WHERE point_key = ? ORDER BY id DESC LIMIT 256`,
    pointKey,
  )
  const end = newest.findIndex(({ closed }) => closed === 1)
  const open = end < 0 ? newest : newest.slice(0, end)
  const total = open.reduce((sum, { count }) => sum + count, 0)
  if (total >= chunkSamples) return open.toReversed()
  const level = open[0]?.level ?? 0
  const other = open.findIndex((chunk) => chunk.level !== level)
  const same = other < 0 ? open : open.slice(0, other)
  return same.length >= fanOut ? same.toReversed() : []
}

function mergeOf(db: ReadDb, pointKey: number, young: readonly YoungChunk[], chunkSamples: number): Merged | null {
  const stored = young.flatMap(({ id }) => storedChunk(db, id) ?? [])
  // A damaged chunk stays as it is, for verify to find and a backup to mend.
  if (stored.length < young.length || !stored.every(isWhole)) return null
  const columns = inOrder(concat(stored.map((chunk) => new Chunk(chunk.payload).columns())))
  const chunk = makeChunk(columns, {
    pointKey,
    level: Math.max(...young.map(({ level }) => level)) + 1,
    closed: columns.count >= chunkSamples,
    lastTick: Math.max(...young.map(({ lastTick }) => lastTick)),
  })
  return { chunk, young: young.map(({ id }) => id) }
}
