import { Chunk, orderUs, type ChunkHead, type PointColumns } from '../chunk-codec.ts'
import { all, get, inTransaction, run, type WriteDb } from '../database.ts'
import { toTwinError, TwinError } from '../errors.ts'
import {
  insertChunk,
  isWhole,
  knownIdentities,
  makeChunk,
  removePending,
  storedChunk,
  throughTick,
  type NewChunk,
} from '../tables/chunks.ts'
import { moveThrough } from '../tables/compacted.ts'
import type { Heads } from '../tables/heads.ts'
import { roll } from './roll.ts'
import { concat, inOrder, slice, withoutKnown } from './tidy.ts'
import { emptyWindow, groupByPoint, hotTicks, take, type Window } from './window.ts'

export interface CompactionLimits {
  /** Ticks without a chunk that start a run: 600 are two minutes. */
  ticks: number
  /** Samples that start one earlier: they bound its memory (41 bytes each, twice) and what a trend has to look through. */
  samples: number
  /** A chunk with as many is closed, smaller ones are merged further. */
  chunkSamples: number
  /** Chunks of one level that are merged into one of the next. */
  fanOut: number
  /** Work between two looks at the commits that wait. */
  sliceMs: number
}

export interface CompactionState {
  waitingTicks: number
  waitingSamples: number
  /** In one sentence; null while compaction goes on. */
  problem: string | null
}

export const compactionLimits: CompactionLimits = {
  ticks: 600,
  samples: 200_000,
  chunkSamples: 8192,
  fanOut: 8,
  sliceMs: 8,
}

/** Rows of one small transaction: each costs an fsync, and a commit waits for it. */
const rowsAtOnce = 64
const mergesAtOnce = 16
const batchesAtOnce = 16
/** Bounds what a commit waits while compaction is behind. */
const longestSliceMs = 250
/** Ticks to wait after the disk refused or a batch could not be read. */
const ticksAfterFailure = 600

/**
 * Makes chunks of batches, in slices between the commits of the one writer. Chunks are inserted first and count for nothing; one
 * transaction then moves `compaction.through_tick`, from which on they count and the batches do not; the batches are removed
 * after. A kill between any two of these leaves what readers see whole.
 */
export class Compactor {
  readonly #db: WriteDb
  readonly #heads: Heads
  readonly #limits: CompactionLimits
  #work: Generator<void> | null = null
  #ticks = 0
  #samples = 0
  #waitTicks = 0
  #rest = true
  #problem: TwinError | null = null

  constructor(db: WriteDb, heads: Heads, limits: Partial<CompactionLimits> = {}) {
    this.#db = db
    this.#heads = heads
    this.#limits = { ...compactionLimits, ...limits }
    const last = get<{ tickId: number | null }>(db, 'SELECT max(tick_id) AS tickId FROM tick_batch')?.tickId ?? 0
    this.#ticks = Math.max(0, last - throughTick(db))
  }

  /** What waits to become chunks, and why the last run ended early, if it did; nothing that is stored depends on it. */
  state(): CompactionState {
    return { waitingTicks: this.#ticks, waitingSamples: this.#samples, problem: this.#problem?.message ?? null }
  }

  /** After a tick's commit. */
  committed(samples: number): void {
    this.#ticks++
    this.#samples += samples
    if (this.#waitTicks > 0) this.#waitTicks--
  }

  /** Works for about a slice; true when there is more to do. Never throws: a tick must not fail for what can be done later. */
  step(): boolean {
    if (!this.#work && !this.#isDue()) return false
    try {
      this.#work ??= this.#run()
      // When samples come faster than they are compacted, commits have to wait a little: the backlog must not grow for ever.
      const backlog = Math.max(1, this.#samples / this.#limits.samples)
      const end = performance.now() + Math.min(this.#limits.sliceMs * backlog ** 2, longestSliceMs)
      do {
        if (this.#work.next().done) {
          this.#work = null
          this.#rest = false
          if (this.#waitTicks === 0) this.#problem = null
          return this.#isDue()
        }
      } while (performance.now() < end)
      return true
    } catch (error) {
      this.#problem = toTwinError(error, 'compaction')
      this.#work = null
      this.#waitTicks = ticksAfterFailure
      return false
    }
  }

  #isDue(): boolean {
    if (this.#waitTicks > 0) return false
    // The first run after opening also removes what a kill has left.
    return this.#ticks >= this.#limits.ticks || this.#samples >= this.#limits.samples || (this.#rest && this.#ticks > 0)
  }

  *#run(): Generator<void> {
    yield* this.#removeBatches()
    if (removePending(this.#db) > 0) yield
    yield* roll(this.#db)
    while (this.#ticks >= this.#limits.ticks || this.#samples >= this.#limits.samples) {
      const window = yield* this.#gather()
      if (window === null) {
        this.#problem = new TwinError('damaged', 'The oldest batch that waits to be compacted cannot be read.')
        this.#waitTicks = ticksAfterFailure
        return
      }
      const points = yield* this.#write(window)
      yield* this.#removeBatches()
      yield* this.#merge(points)
      yield* roll(this.#db)
    }
  }

  *#gather(): Generator<void, Window | null> {
    const window = emptyWindow()
    for (const tick of hotTicks(this.#db, throughTick(this.#db), this.#limits.ticks, this.#limits.samples)) {
      if (!take(this.#db, window, tick)) break
      yield
    }
    return window.lastTick > 0 ? window : null
  }

  *#write(window: Window): Generator<void, Uint32Array> {
    const { samples, lastTick } = window
    const { points, columns } = yield* groupByPoint(window)
    yield
    let kept = 0
    let waiting: NewChunk[] = []
    for (const [index, pointKey] of points.entries()) {
      for (const chunk of this.#chunksOf(pointKey, lastTick, columns(index))) {
        kept += chunk.head.count
        waiting.push(chunk)
      }
      if (waiting.length >= rowsAtOnce) {
        this.#insert(waiting)
        waiting = []
      }
      yield
    }
    this.#insert(waiting)
    yield
    inTransaction(this.#db, () => {
      // The heads in memory are those of the last commit; behind a snapshot no batch may be missing.
      const last =
        get<{ tickId: number }>(this.#db, 'SELECT max(tick_id) AS tickId FROM tick_batch')?.tickId ?? lastTick
      this.#heads.save(this.#db, last)
      moveThrough(this.#db, lastTick, samples - kept, window.parts.values())
    })
    for (const { ticks } of window.parts.values()) this.#ticks -= ticks
    this.#samples = Math.max(0, this.#samples - samples)
    return points
  }

  #insert(chunks: readonly NewChunk[]): void {
    if (chunks.length === 0) return
    inTransaction(this.#db, () => {
      for (const chunk of chunks) insertChunk(this.#db, chunk)
    })
  }

  *#chunksOf(pointKey: number, lastTick: number, arrived: PointColumns): Generator<NewChunk> {
    const sorted = inOrder(arrived)
    const known = knownIdentities(this.#db, pointKey, firstFinite(sorted), orderUs(sorted, sorted.count - 1))
    const columns = withoutKnown(sorted, known)
    const most = 2 * this.#limits.chunkSamples
    const pieces = Math.ceil(columns.count / most)
    for (let piece = 0; piece < pieces; piece++) {
      const start = Math.floor((columns.count * piece) / pieces)
      const end = Math.floor((columns.count * (piece + 1)) / pieces)
      const closed = end - start >= this.#limits.chunkSamples
      yield makeChunk(slice(columns, start, end), { pointKey, level: 0, closed, lastTick })
    }
  }

  *#removeBatches(): Generator<void> {
    const through = throughTick(this.#db)
    const sql = `DELETE FROM tick_batch WHERE tick_id IN
      (SELECT tick_id FROM tick_batch WHERE tick_id <= ? ORDER BY tick_id LIMIT ${batchesAtOnce})`
    while (get(this.#db, 'SELECT tick_id FROM tick_batch WHERE tick_id <= ? LIMIT 1', through)) {
      inTransaction(this.#db, () => run(this.#db, sql, through))
      yield
    }
  }

  *#merge(points: Uint32Array): Generator<void> {
    let waiting: Merged[] = []
    for (const [index, pointKey] of points.entries()) {
      const young = this.#mergeable(pointKey)
      const merged = young.length > 1 ? this.#mergeAll(pointKey, young) : null
      if (merged) waiting.push(merged)
      if (waiting.length >= mergesAtOnce || (index === points.length - 1 && waiting.length > 0)) {
        this.#replace(waiting)
        waiting = []
      }
      yield
    }
  }

  #replace(merged: readonly Merged[]): void {
    inTransaction(this.#db, () => {
      for (const { chunk, young } of merged) {
        insertChunk(this.#db, chunk)
        for (const { id } of young) run(this.#db, 'DELETE FROM chunk WHERE id = ?', id)
      }
    })
  }

  /**
   * The newest chunks in a row that are still open: all once they fill a chunk, else those of the lowest level once they are
   * enough for one of the next. In a row, so that the order of arrival stays the order of ids.
   */
  #mergeable(pointKey: number): YoungChunk[] {
    const newest = all<YoungChunk>(
      this.#db,
      `SELECT id, level, closed, count, last_tick AS lastTick FROM chunk INDEXED BY chunk_by_point
       WHERE point_key = ? ORDER BY id DESC LIMIT 256`,
      pointKey,
    )
    const end = newest.findIndex(({ closed }) => closed === 1)
    const open = end < 0 ? newest : newest.slice(0, end)
    const total = open.reduce((sum, { count }) => sum + count, 0)
    if (total >= this.#limits.chunkSamples) return open.toReversed()
    const level = open[0]?.level ?? 0
    const other = open.findIndex((chunk) => chunk.level !== level)
    const same = other < 0 ? open : open.slice(0, other)
    return same.length >= this.#limits.fanOut ? same.toReversed() : []
  }

  #mergeAll(pointKey: number, young: readonly YoungChunk[]): Merged | null {
    const stored = young.flatMap(({ id }) => storedChunk(this.#db, id) ?? [])
    // A damaged chunk stays as it is, for verify to find and a backup to mend.
    if (stored.length < young.length || !stored.every(isWhole)) return null
    const columns = inOrder(concat(stored.map((chunk) => new Chunk(chunk.payload).columns())))
    const chunk = makeChunk(columns, {
      pointKey,
      level: Math.max(...young.map(({ level }) => level)) + 1,
      closed: columns.count >= this.#limits.chunkSamples,
      lastTick: Math.max(...young.map(({ lastTick }) => lastTick)),
    })
    return { chunk, young }
  }
}

interface Merged {
  chunk: NewChunk
  young: readonly YoungChunk[]
}

interface YoungChunk extends Pick<ChunkHead, 'count'> {
  id: number
  level: number
  closed: number
  lastTick: number
}

/** -Infinity, the order of samples without any time, is no time to look for. */
function firstFinite(sorted: PointColumns): number {
  for (let i = 0; i < sorted.count; i++) {
    const t = orderUs(sorted, i)
    if (t !== -Infinity) return t
  }
  return Infinity
}
