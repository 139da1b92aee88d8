import { runStates } from '../../../shared/domain/twin.ts'
import { all, get, inTransaction, real, run, type WriteDb } from '../database.ts'
import { toTwinError, TwinError } from '../errors.ts'
import {
  deleteFeatureChunk,
  featuresPerChunk,
  insertFeatureChunk,
  isWholeFeatureChunk,
  makeFeatureChunk,
  removePendingFeatures,
  rowsOfFeatureChunk,
  storedFeatureChunk,
  throughSeq,
  type FeatureSpan,
  type NewFeatureChunk,
} from './feature-chunks.ts'
import type { FeatureColumns } from './feature-codec.ts'
import { rollFeatures } from './feature-roll.ts'
import { checksumOfPayload, valuesOf } from './feature-values.ts'

export interface FeatureCompactionLimits {
  /** Rows without a chunk that start a run: what a trend reads row by row. */
  rows: number
  /** A chunk with as many is closed, smaller ones are merged further. */
  chunkRows: number
  /** Chunks of one level that are merged into one of the next. */
  fanOut: number
  /** Work between two looks at the commits that wait. */
  sliceMs: number
}

export const featureCompactionLimits: FeatureCompactionLimits = { rows: 4096, chunkRows: 4096, fanOut: 8, sliceMs: 8 }

const chunksAtOnce = 32
const rowsDeletedAtOnce = 256
/** Rows to wait for after the disk refused or a row could not be read. */
const rowsAfterFailure = 4096

interface StoredRow {
  seq: number
  pointKey: number
  tUs: number
  spanUs: number
  rpm: number | null
  runState: string
  configRef: number
  namesRef: number
  createdUs: number
  checksum: number
  payload: Uint8Array
}

/**
 * Makes chunks of feature rows, in slices between the commits of the one writer, by the same rule as samples: chunks are inserted
 * first and count for nothing; one row, `feature_compaction.through_seq`, then says up to which row chunks count and rows do
 * not; the rows are removed after. A kill between any two of these leaves what readers see whole.
 */
export class FeatureCompactor {
  readonly #db: WriteDb
  readonly #limits: FeatureCompactionLimits
  #work: Generator<void> | null = null
  #rows: number
  #waitRows = 0
  #rest = true
  #problem: TwinError | null = null

  constructor(db: WriteDb, limits: Partial<FeatureCompactionLimits> = {}) {
    this.#db = db
    this.#limits = { ...featureCompactionLimits, ...limits }
    const last = get<{ seq: number | null }>(db, 'SELECT max(seq) AS seq FROM feature')?.seq ?? 0
    this.#rows = Math.max(0, last - throughSeq(db))
  }

  state(): { waitingRows: number; problem: string | null } {
    return { waitingRows: this.#rows, problem: this.#problem?.message ?? null }
  }

  /** After a tick's commit. */
  committed(rows: number): void {
    this.#rows += rows
    this.#waitRows = Math.max(0, this.#waitRows - rows)
  }

  /** Works for about a slice; true when there is more to do. Never throws: a tick must not fail for what can be done later. */
  step(): boolean {
    if (!this.#work && !this.#isDue()) return false
    try {
      this.#work ??= this.#run()
      const end = performance.now() + this.#limits.sliceMs
      do {
        if (this.#work.next().done) {
          this.#work = null
          this.#rest = false
          if (this.#waitRows === 0) this.#problem = null
          return this.#isDue()
        }
      } while (performance.now() < end)
      return true
    } catch (error) {
      this.#problem = toTwinError(error, 'compaction of features')
      this.#work = null
      this.#waitRows = rowsAfterFailure
      return false
    }
  }

  #isDue(): boolean {
    if (this.#waitRows > 0) return false
    // The first run after opening also removes what a kill has left.
    return this.#rows >= this.#limits.rows || (this.#rest && this.#rows > 0)
  }

  *#run(): Generator<void> {
    yield* this.#removeRows()
    if (inTransaction(this.#db, () => removePendingFeatures(this.#db)) > 0) yield
    yield* rollFeatures(this.#db)
    while (this.#rows >= this.#limits.rows) {
      const rows = this.#gather()
      const last = rows.at(-1)
      if (!last) {
        this.#problem = new TwinError('damaged', 'The oldest feature rows that wait to be compacted cannot be read.')
        this.#waitRows = rowsAfterFailure
        return
      }
      yield
      const points = yield* this.#write(rows, last.seq)
      yield* this.#removeRows()
      yield* this.#merge(points)
      yield* rollFeatures(this.#db)
    }
  }

  /** Up to the first row that does not match its checksum: it stays a row, for verify to find. */
  #gather(): StoredRow[] {
    const rows = all<StoredRow>(
      this.#db,
      `SELECT seq, point_key AS pointKey, t_us AS tUs, span_us AS spanUs, rpm, run_state AS runState, config_ref AS configRef,
         names_ref AS namesRef, created_us AS createdUs, checksum, payload FROM feature WHERE seq > ? ORDER BY seq LIMIT ?`,
      throughSeq(this.#db),
      this.#limits.rows,
    )
    const bad = rows.findIndex((row) => checksumOfPayload(row.payload) !== row.checksum || !isKnownState(row.runState))
    return bad < 0 ? rows : rows.slice(0, bad)
  }

  *#write(rows: readonly StoredRow[], lastSeq: number): Generator<void, Set<number>> {
    const groups = Map.groupBy(rows, (row) => `${row.pointKey} ${row.namesRef}`)
    const points = new Set<number>()
    let waiting: NewFeatureChunk[] = []
    for (const group of groups.values()) {
      const first = group[0] as StoredRow
      points.add(first.pointKey)
      for (const columns of pieces(columnsOf(group), 2 * this.#limits.chunkRows)) {
        const closed = columns.count >= this.#limits.chunkRows
        const place = { pointKey: first.pointKey, namesRef: first.namesRef, level: 0, closed }
        waiting.push(yield* makeFeatureChunk(columns, place))
        yield
      }
      if (waiting.length >= chunksAtOnce) {
        this.#insert(waiting)
        waiting = []
        yield
      }
    }
    this.#insert(waiting)
    yield
    inTransaction(this.#db, () => run(this.#db, 'UPDATE feature_compaction SET through_seq = ?', lastSeq))
    this.#rows = Math.max(0, this.#rows - rows.length)
    return points
  }

  #insert(chunks: readonly NewFeatureChunk[]): void {
    if (chunks.length === 0) return
    inTransaction(this.#db, () => {
      for (const chunk of chunks) insertFeatureChunk(this.#db, chunk)
    })
  }

  *#removeRows(): Generator<void> {
    const through = throughSeq(this.#db)
    const sql = `DELETE FROM feature WHERE seq IN
      (SELECT seq FROM feature WHERE seq <= ? ORDER BY seq LIMIT ${rowsDeletedAtOnce})`
    while (get(this.#db, 'SELECT seq FROM feature WHERE seq <= ? LIMIT 1', through)) {
      inTransaction(this.#db, () => run(this.#db, sql, through))
      yield
    }
  }

  *#merge(points: ReadonlySet<number>): Generator<void> {
    for (const pointKey of points) {
      const young = this.#mergeable(pointKey)
      if (young.length < 2) continue
      const chunk = yield* this.#mergeAll(young)
      if (chunk === null) continue
      inTransaction(this.#db, () => {
        insertFeatureChunk(this.#db, chunk)
        for (const { id } of young) deleteFeatureChunk(this.#db, id)
      })
      yield
    }
  }

  /** As for samples: the newest open chunks in a row, all once they fill a chunk, else those of the lowest level. */
  #mergeable(pointKey: number): FeatureSpan[] {
    const newest = all<FeatureSpan>(
      this.#db,
      `SELECT id, point_key AS pointKey, names_ref AS namesRef, level, closed, count FROM feature_chunk
       INDEXED BY feature_chunk_by_point WHERE point_key = ? ORDER BY id DESC LIMIT 256`,
      pointKey,
    )
    const names = newest[0]?.namesRef
    const end = newest.findIndex(({ closed, namesRef }) => closed === 1 || namesRef !== names)
    const open = end < 0 ? newest : newest.slice(0, end)
    const total = open.reduce((sum, { count }) => sum + count, 0)
    if (total >= this.#limits.chunkRows) return open.toReversed()
    const level = open[0]?.level ?? 0
    const other = open.findIndex((chunk) => chunk.level !== level)
    const same = other < 0 ? open : open.slice(0, other)
    return same.length >= this.#limits.fanOut ? same.toReversed() : []
  }

  *#mergeAll(young: readonly FeatureSpan[]): Generator<void, NewFeatureChunk | null> {
    const parts: FeatureColumns[] = []
    for (const { id } of young) {
      const chunk = storedFeatureChunk(this.#db, id)
      // A damaged chunk stays as it is, for verify to find and a backup to mend.
      if (!chunk || !isWholeFeatureChunk(chunk)) return null
      parts.push(rowsOfFeatureChunk(this.#db, id))
      yield
    }
    const [first] = young
    if (!first) return null
    const rows = ordered(concat(parts))
    yield
    return yield* makeFeatureChunk(rows, {
      pointKey: first.pointKey,
      namesRef: first.namesRef,
      level: Math.max(...young.map(({ level }) => level)) + 1,
      closed: rows.count >= this.#limits.chunkRows,
    })
  }
}

function isKnownState(state: string): boolean {
  return runStates.some((known) => known === state)
}

function columnsOf(rows: readonly StoredRow[]): FeatureColumns {
  // Words, since a NaN's payload may not survive a trip through a number.
  const vectors = rows.map(({ payload }) => new Uint32Array(valuesOf(payload).buffer))
  const features = Math.min(vectors[0]?.length ?? 0, featuresPerChunk)
  return ordered({
    count: rows.length,
    seq: Float64Array.from(rows, ({ seq }) => seq),
    tUs: Float64Array.from(rows, ({ tUs }) => tUs),
    spanUs: Float64Array.from(rows, ({ spanUs }) => spanUs),
    rpm: Float64Array.from(rows, ({ rpm }) => real(rpm)),
    runState: rows.map(({ runState }) => runStates.find((known) => known === runState) ?? 'unknown'),
    configRef: Float64Array.from(rows, ({ configRef }) => configRef),
    createdUs: Float64Array.from(rows, ({ createdUs }) => createdUs),
    values: Array.from({ length: features }, (_, feature) => {
      const words = Uint32Array.from(vectors, (vector) => vector[feature] ?? 0x7fc0_0000)
      return new Float32Array(words.buffer)
    }),
  })
}

function concat(parts: readonly FeatureColumns[]): FeatureColumns {
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  const joined = (pick: (part: FeatureColumns) => Float64Array): Float64Array => {
    const out = new Float64Array(count)
    let at = 0
    for (const part of parts) {
      out.set(pick(part), at)
      at += part.count
    }
    return out
  }
  return {
    count,
    seq: joined(({ seq }) => seq),
    tUs: joined(({ tUs }) => tUs),
    spanUs: joined(({ spanUs }) => spanUs),
    rpm: joined(({ rpm }) => rpm),
    runState: parts.flatMap(({ runState }) => runState),
    configRef: joined(({ configRef }) => configRef),
    createdUs: joined(({ createdUs }) => createdUs),
    values: (parts[0]?.values ?? []).map((_, feature) => {
      const words = new Uint32Array(count)
      let at = 0
      for (const part of parts) {
        words.set(wordsOf(part.values[feature]), at)
        at += part.count
      }
      return new Float32Array(words.buffer)
    }),
  }
}

function wordsOf(column: Float32Array | undefined): Uint32Array {
  return column ? new Uint32Array(column.buffer, column.byteOffset, column.length) : new Uint32Array(0)
}

/** By time, rows of one time in the order they were written. */
function ordered(rows: FeatureColumns): FeatureColumns {
  const order = Array.from({ length: rows.count }, (_, i) => i)
  const { tUs, seq } = rows
  order.sort((a, b) => (tUs[a] as number) - (tUs[b] as number) || (seq[a] as number) - (seq[b] as number))
  if (order.every((from, to) => from === to)) return rows
  const placed = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i] as number)
  return {
    count: rows.count,
    seq: placed(seq),
    tUs: placed(tUs),
    spanUs: placed(rows.spanUs),
    rpm: placed(rows.rpm),
    runState: order.map((i) => rows.runState[i] ?? 'unknown'),
    configRef: placed(rows.configRef),
    createdUs: placed(rows.createdUs),
    values: rows.values.map((column) => {
      const words = wordsOf(column)
      return new Float32Array(Uint32Array.from(order, (i) => words[i] as number).buffer)
    }),
  }
}

function* pieces(rows: FeatureColumns, most: number): Generator<FeatureColumns> {
  const parts = Math.ceil(rows.count / most)
  for (let i = 0; i < parts; i++) {
    const start = Math.floor((rows.count * i) / parts)
    const end = Math.floor((rows.count * (i + 1)) / parts)
    yield {
      count: end - start,
      seq: rows.seq.slice(start, end),
      tUs: rows.tUs.slice(start, end),
      spanUs: rows.spanUs.slice(start, end),
      rpm: rows.rpm.slice(start, end),
      runState: rows.runState.slice(start, end),
      configRef: rows.configRef.slice(start, end),
      createdUs: rows.createdUs.slice(start, end),
      values: rows.values.map((column) => column.slice(start, end)),
    }
  }
}
