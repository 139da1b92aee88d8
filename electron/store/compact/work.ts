import { limits as usual } from '../../../shared/domain/limits.ts'
import { Chunk, type ChunkHead } from '../chunk-codec.ts'
import { all, get, type ReadDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { isWhole, makeChunk, storedChunk, throughTick } from '../tables/chunks.ts'
import { makeSegment, rangeFills, rangeOf, type NewSegment } from '../tables/segments.ts'
import { chunksOf, note, samplesOf, type ChunkLimits, type NewChunks } from './chunks-of.ts'
import { promoteDue } from './promote.ts'
import { raiseAll, roll } from './roll.ts'
import { concat, inOrder } from './tidy.ts'
import {
  emptyWindow,
  endOfRange,
  groupByPoint,
  hotTicks,
  sliceFrom,
  take,
  type Grouped,
  type Slice,
  type Window,
  Workspace,
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
  /** Runs whose samples may wait in segments, where they do not fill chunks earlier. */
  segmentRuns: number
}

const rowsAtOnce = 64
const segmentsAtOnce = 16
const mergesAtOnce = 16

/**
 * Makes chunks of the oldest batches, or, where a chunk would be short, segments of 64 points each, of which chunks are made when
 * they fill some: the rows and look-ups of a chunk cost as much whether it has 75 samples or 1500. Both are inserted first and
 * count for nothing; one transaction then moves `compaction.through_tick`, from which on they count and the batches do not; the
 * batches are removed after. It only reads; what it wants written it hands out, and goes on when that is done (see `isInTime`).
 * `tidyOnly`: only what an earlier run has left.
 */
export function* compact(db: ReadDb, limits: WorkLimits, workspace: Workspace, tidyOnly = false): Generator<WorkStep> {
  yield* removeBatches(db)
  if (hasPending(db)) yield { kind: 'remove-pending' }
  const rolled = yield* roll(db)
  if (tidyOnly) return
  const window = yield* gather(db, limits)
  if (window === null) return
  const grouped = yield* groupByPoint(window.batches)
  const made = yield* write(db, window, grouped, workspace, { ...limits, rolled })
  yield* removeBatches(db)
  yield* promoteDue(db, workspace, { ...limits, rolled }, made)
  yield 'wait'
  yield* raiseAll(db, made.closed)
  yield* mergeAll(db, made.points, limits)
  yield* roll(db)
}

/** Chunks of all that is in segments, however short: what comes out is to be one row of chunks. */
export function* promoteAll(db: ReadDb): Generator<WorkStep> {
  const { ticks, samples, chunkSamples, fanOut } = usual.compaction
  const limits = { ticks, samples, chunkSamples, fanOut, segmentRuns: 1 }
  const made: NewChunks = { points: [], closed: new Set() }
  const rolled = yield* roll(db)
  yield* promoteDue(db, new Workspace(), { ...limits, rolled }, made)
  yield* raiseAll(db, made.closed)
  yield* mergeAll(db, made.points, limits)
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

/** Gives the points that have new chunks. */
function* write(
  db: ReadDb,
  window: Window,
  grouped: Grouped,
  workspace: Workspace,
  limits: ChunkLimits,
): Generator<WorkStep, NewChunks> {
  const { samples, lastTick, parts, batches } = window
  const { points, starts } = grouped
  const made: NewChunks = { points: [], closed: new Set() }
  const out = new Outgoing()
  const waiting = new Set(rangeFills(db).map(({ keyRange }) => keyRange))
  let kept = 0
  let slice: Slice | null = null
  for (let first = 0, end = 0; first < points.length; first = end) {
    if (slice === null || first >= slice.end) slice = sliceFrom(batches, grouped, first, workspace)
    end = endOfRange(points, first)
    const rows = (starts[end] as number) - (starts[first] as number)
    const keyRange = rangeOf(points[first] as number)
    // In order of arrival: nothing may go to chunks while older samples of the range wait.
    if (rows < limits.chunkSamples * (end - first) || waiting.has(keyRange)) {
      const groups = starts.slice(first, end + 1).map((row) => row - (starts[first] as number))
      out.segments.push(makeSegment(points.slice(first, end), groups, slice.columns(first, end), keyRange, lastTick))
      kept += rows
      yield* out.full()
    } else {
      for (let index = first; index < end; index++) {
        kept += out.add(made, chunksOf(db, points[index] as number, lastTick, slice.columns(index, index + 1), limits))
        yield* out.full()
      }
    }
  }
  batches.length = 0
  yield* out.rest()
  yield { kind: 'through', lastTick, samples, kept, rolled: limits.rolled, parts: [...parts.values()] }
  return made
}

/** Rows on their way to the writer, a small transaction at a time: each costs an fsync, and a commit waits for it. */
class Outgoing {
  readonly segments: NewSegment[] = []
  #chunks: Made[] = []

  /** How many samples they hold. */
  add(to: NewChunks, chunks: readonly Made[]): number {
    note(to, chunks)
    this.#chunks.push(...chunks)
    return samplesOf(chunks)
  }

  *full(): Generator<WorkStep> {
    if (this.segments.length >= segmentsAtOnce || this.#chunks.length >= rowsAtOnce) yield* this.rest()
    else yield null
  }

  *rest(): Generator<WorkStep> {
    if (this.#chunks.length > 0) yield { kind: 'chunks', made: this.#chunks }
    if (this.segments.length > 0) yield { kind: 'segments', segments: this.segments.splice(0) }
    this.#chunks = []
  }
}

function* mergeAll(db: ReadDb, points: readonly number[], limits: WorkLimits): Generator<WorkStep> {
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
