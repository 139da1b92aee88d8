import { all, get, iterate, real, run, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { stopIfCancelled } from '../query/cancel.ts'
import { clamp, classOf, firstStart, lastEnd } from '../span-class.ts'
import {
  checksumOf,
  decodePlain,
  decodeRowTimes,
  decodeSingles,
  encodeRows,
  encodeRowTimes,
  encodeSingles,
  featureHead,
  piecesOf,
  type FeatureColumns,
  type FeatureHead,
} from './feature-codec.ts'

/** A chunk of feature rows without its payloads. */
export interface FeatureSpan {
  id: number
  pointKey: number
  namesRef: number
  level: number
  closed: number
  firstSeq: number
  lastSeq: number
  minUs: number
  maxUs: number
  count: number
}

export interface StoredFeatureChunk extends FeatureSpan {
  checksum: number
  times: Uint8Array
  payload: Uint8Array
}

export interface StoredFeatureColumn extends FeatureHead {
  checksum: number
  payload: Uint8Array
}

/** Ids of columns: the chunk's id times this, plus the feature's place in the vector. */
export const featuresPerChunk = 1024
/** Values that are encoded between two looks at the commits that wait: about a millisecond. */
const valuesAtOnce = 4096

/** Last row that is in a chunk. */
export function throughSeq(db: ReadDb): number {
  return get<{ through: number }>(db, 'SELECT through_seq AS through FROM feature_compaction')?.through ?? 0
}

/** Last closed chunk that has its roll-ups. */
export function rolledChunk(db: ReadDb): number {
  return get<{ rolled: number }>(db, 'SELECT rolled_chunk AS rolled FROM feature_compaction')?.rolled ?? 0
}

export interface NewFeatureChunk extends Omit<FeatureSpan, 'id'> {
  times: Uint8Array
  payload: Uint8Array
  columns: { head: FeatureHead; payload: Uint8Array }[]
}

/** Encodes, with pauses; no lock is held meanwhile. `rows` are in order. */
export function* makeFeatureChunk(
  rows: FeatureColumns,
  place: { pointKey: number; namesRef: number; level: number; closed: boolean },
): Generator<void, NewFeatureChunk> {
  let firstSeq = Infinity
  let lastSeq = 0
  for (const seq of rows.seq) {
    if (seq < firstSeq) firstSeq = seq
    if (seq > lastSeq) lastSeq = seq
  }
  const values: Uint8Array[] = []
  for (const column of rows.values) {
    values.push(encodeSingles(column))
    if (rows.count * values.length > valuesAtOnce) yield
  }
  return {
    ...place,
    closed: place.closed ? 1 : 0,
    firstSeq,
    lastSeq,
    minUs: rows.tUs[0] as number,
    maxUs: rows.tUs[rows.count - 1] as number,
    count: rows.count,
    times: encodeRowTimes(rows),
    payload: encodeRows(rows, place.closed ? [] : values),
    columns: place.closed
      ? values.map((payload, feature) => ({ head: featureHead(rows.values[feature] ?? new Float32Array()), payload }))
      : [],
  }
}

/** Stands in for a column that was lost: as many values that are none. */
export function putMissingColumn(db: WriteDb, id: number, count: number): void {
  const values = new Float32Array(count).fill(Number.NaN)
  const head = featureHead(values)
  const payload = encodeSingles(values)
  run(
    db,
    `INSERT INTO feature_column (id, bad_count, min_value, max_value, sum_value, checksum, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    id,
    head.badCount,
    head.min,
    head.max,
    head.sum,
    columnSum(id, head, payload),
    payload,
  )
}

function chunkSum(c: Omit<StoredFeatureChunk, 'checksum' | 'id'>): number {
  const { pointKey, namesRef, firstSeq, lastSeq, minUs, maxUs, count } = c
  return checksumOf([pointKey, namesRef, firstSeq, lastSeq, minUs, maxUs, count], c.times, c.payload)
}

function columnSum(id: number, { badCount, min, max, sum }: FeatureHead, payload: Uint8Array): number {
  return checksumOf([id, badCount, min, max, sum], payload)
}

export function isWholeFeatureChunk(chunk: StoredFeatureChunk): boolean {
  return chunkSum(chunk) === chunk.checksum
}

export function isWholeFeatureColumn(id: number, column: StoredFeatureColumn): boolean {
  return columnSum(id, column, column.payload) === column.checksum
}

export function insertFeatureChunk(db: WriteDb, chunk: NewFeatureChunk): number {
  const id = run(
    db,
    `INSERT INTO feature_chunk (point_key, names_ref, level, closed, first_seq, last_seq, seq_class, span_class, min_us, max_us,
       count, checksum, times, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    chunk.pointKey,
    chunk.namesRef,
    chunk.level,
    chunk.closed,
    chunk.firstSeq,
    chunk.lastSeq,
    classOf(chunk.lastSeq - chunk.firstSeq),
    classOf(chunk.maxUs - chunk.minUs),
    chunk.minUs,
    chunk.maxUs,
    chunk.count,
    chunkSum(chunk),
    chunk.times,
    chunk.payload,
  )
  for (const [feature, { head, payload }] of chunk.columns.entries()) {
    const columnId = id * featuresPerChunk + feature
    run(
      db,
      `INSERT INTO feature_column (id, bad_count, min_value, max_value, sum_value, checksum, payload)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      columnId,
      head.badCount,
      head.min,
      head.max,
      head.sum,
      columnSum(columnId, head, payload),
      payload,
    )
  }
  return id
}

export function deleteFeatureChunk(db: WriteDb, id: number): void {
  run(db, 'DELETE FROM feature_column WHERE id >= ? AND id < ?', id * featuresPerChunk, (id + 1) * featuresPerChunk)
  run(db, 'DELETE FROM feature_chunk WHERE id = ?', id)
}

/** Within the statement: a call of its own costs as much as the search of an index. */
const through = '(SELECT through_seq FROM feature_compaction)'

const spanColumns = `id, point_key AS pointKey, names_ref AS namesRef, level, closed, first_seq AS firstSeq, last_seq AS lastSeq,
  min_us AS minUs, max_us AS maxUs, count`

/** Chunks that may hold rows of [fromUs, toUs), in no order. */
export function featureChunksBetween(db: ReadDb, pointKey: number, fromUs: number, toUs: number): FeatureSpan[] {
  const [from, to] = [clamp(Math.floor(fromUs)), clamp(Math.floor(toUs))]
  const spans: FeatureSpan[] = []
  for (let k = nextClass(db, pointKey, -1); k !== null; k = nextClass(db, pointKey, k)) {
    const found = all<FeatureSpan>(
      db,
      `SELECT ${spanColumns} FROM feature_chunk INDEXED BY feature_chunk_by_time
       WHERE point_key = ? AND span_class = ? AND max_us BETWEEN ? AND ? AND min_us < ?
         AND last_seq <= ${through}`,
      pointKey,
      k,
      from,
      lastEnd(to, k),
      to,
    )
    spans.push(...found)
  }
  return spans
}

/** Those of [fromUs, toUs) that no roll-up covers: still open, or closed behind chunk `rolled`. */
export function unrolledFeatureChunks(
  db: ReadDb,
  pointKey: number,
  fromUs: number,
  toUs: number,
  rolled: number,
): FeatureSpan[] {
  const through = throughSeq(db)
  const [from, to] = [clamp(Math.floor(fromUs)), clamp(Math.floor(toUs))]
  return all<FeatureSpan>(
    db,
    `SELECT ${spanColumns} FROM feature_chunk INDEXED BY feature_chunk_open
       WHERE closed = 0 AND point_key = ? AND max_us >= ? AND min_us < ? AND last_seq <= ?
     UNION ALL
     SELECT ${spanColumns} FROM feature_chunk INDEXED BY feature_chunk_by_point
       WHERE point_key = ? AND id > ? AND closed = 1 AND max_us >= ? AND min_us < ? AND last_seq <= ?`,
    pointKey,
    from,
    to,
    through,
    pointKey,
    rolled,
    from,
    to,
    through,
  )
}

/** The chunk of a point whose last row is the newest at or before `atUs`; rows after it are in none of these. */
export function lastFeatureChunk(db: ReadDb, pointKey: number, atUs: number): FeatureSpan | null {
  let newest: FeatureSpan | null = null
  for (let k = nextClass(db, pointKey, -1); k !== null; k = nextClass(db, pointKey, k)) {
    const found = get<FeatureSpan>(
      db,
      `SELECT ${spanColumns} FROM feature_chunk INDEXED BY feature_chunk_by_time
       WHERE point_key = ? AND span_class = ? AND max_us <= ? AND last_seq <= ${through} ORDER BY max_us DESC LIMIT 1`,
      pointKey,
      k,
      clamp(Math.floor(atUs)),
    )
    if (found && (newest === null || found.maxUs > newest.maxUs)) newest = found
  }
  return newest
}

/** Chunks of any point with rows of (afterSeq, toSeq]. */
export function featureChunksBySeq(db: ReadDb, afterSeq: number, toSeq: number): FeatureSpan[] {
  const spans: FeatureSpan[] = []
  const classes = all<{ k: number }>(db, 'SELECT DISTINCT seq_class AS k FROM feature_chunk ORDER BY k')
  for (const { k } of classes) {
    const found = all<FeatureSpan>(
      db,
      `SELECT ${spanColumns} FROM feature_chunk INDEXED BY feature_chunk_by_seq
       WHERE seq_class = ? AND last_seq > ? AND last_seq <= ? AND first_seq <= ?`,
      k,
      afterSeq,
      lastEnd(toSeq, k),
      toSeq,
    )
    spans.push(...found)
  }
  return spans.filter(({ lastSeq }) => lastSeq <= throughSeq(db))
}

/** No row of a chunk lies between `afterSeq` and this: retention may have removed millions. */
export function nextFeatureSeq(db: ReadDb, afterSeq: number, toSeq: number): number {
  let next = toSeq
  for (const { k } of all<{ k: number }>(db, 'SELECT DISTINCT seq_class AS k FROM feature_chunk')) {
    const first = get<{ lastSeq: number }>(
      db,
      `SELECT last_seq AS lastSeq FROM feature_chunk INDEXED BY feature_chunk_by_seq
       WHERE seq_class = ? AND last_seq > ? ORDER BY last_seq LIMIT 1`,
      k,
      afterSeq,
    )
    // Any later chunk of the class ends later and is no longer than the class allows.
    if (first) next = Math.min(next, firstStart(first.lastSeq, k) - 1)
  }
  return Math.max(next, afterSeq)
}

function nextClass(db: ReadDb, pointKey: number, after: number): number | null {
  const sql = 'SELECT min(span_class) AS k FROM feature_chunk WHERE point_key = ? AND span_class > ?'
  return get<{ k: number | null }>(db, sql, pointKey, after)?.k ?? null
}

export function storedFeatureChunk(db: ReadDb, id: number): StoredFeatureChunk | null {
  stopIfCancelled()
  const sql = `SELECT ${spanColumns}, checksum, times, payload FROM feature_chunk WHERE id = ?`
  return get<StoredFeatureChunk>(db, sql, id) ?? null
}

/** null when retention has removed it. */
export function featureSpan(db: ReadDb, id: number): FeatureSpan | null {
  return get<FeatureSpan>(db, `SELECT ${spanColumns} FROM feature_chunk WHERE id = ?`, id) ?? null
}

type StoredHead = Omit<StoredFeatureColumn, 'min' | 'max' | 'sum'> & Record<'min' | 'max' | 'sum', number | null>

export function storedFeatureColumn(db: ReadDb, id: number): StoredFeatureColumn | null {
  const row = get<StoredHead>(
    db,
    `SELECT bad_count AS badCount, min_value AS min, max_value AS max, sum_value AS sum, checksum, payload
     FROM feature_column WHERE id = ?`,
    id,
  )
  return row ? { ...row, min: real(row.min), max: real(row.max), sum: real(row.sum) } : null
}

function merged(id: number): TwinError {
  return new TwinError('failed', `Feature chunk ${id} was merged while it was read; read again.`, { retryable: true })
}

export function timesOfFeatureChunk(db: ReadDb, { id, count }: FeatureSpan): Float64Array {
  stopIfCancelled()
  const row = get<{ times: Uint8Array }>(db, 'SELECT times FROM feature_chunk WHERE id = ?', id)
  if (!row) throw merged(id)
  return decodeRowTimes(row.times, count)
}

/** null: the chunk is older than the feature. */
export function columnOfFeatureChunk(db: ReadDb, span: FeatureSpan, feature: number): Float32Array | null {
  if (span.closed === 1) {
    const column = storedFeatureColumn(db, span.id * featuresPerChunk + feature)
    return column ? decodeSingles(column.payload, span.count) : null
  }
  const row = get<{ payload: Uint8Array }>(db, 'SELECT payload FROM feature_chunk WHERE id = ?', span.id)
  if (!row) throw merged(span.id)
  const packed = piecesOf(row.payload).values[feature]
  return packed ? decodeSingles(packed, span.count) : null
}

/** All of a chunk, in order of time. */
export function rowsOfFeatureChunk(db: ReadDb, id: number): FeatureColumns {
  const chunk = storedFeatureChunk(db, id)
  if (!chunk) throw merged(id)
  const { count } = chunk
  const tUs = decodeRowTimes(chunk.times, count)
  const { plain, values } = piecesOf(chunk.payload)
  const packed = chunk.closed === 1 ? columnPayloads(db, id) : values
  return {
    count,
    tUs,
    ...decodePlain(plain, tUs, count),
    values: packed.map((payload) => decodeSingles(payload, count)),
  }
}

function columnPayloads(db: ReadDb, id: number): Uint8Array[] {
  return all<{ payload: Uint8Array }>(
    db,
    'SELECT payload FROM feature_column WHERE id >= ? AND id < ? ORDER BY id',
    id * featuresPerChunk,
    (id + 1) * featuresPerChunk,
  ).map(({ payload }) => payload)
}

/** Chunks of a compaction that was cut before its last step: their rows still are rows. */
export function removePendingFeatures(db: WriteDb): number {
  const through = throughSeq(db)
  const pending: number[] = []
  const newest = iterate<{ id: number; lastSeq: number }>(
    db,
    'SELECT id, last_seq AS lastSeq FROM feature_chunk ORDER BY id DESC',
  )
  for (const { id, lastSeq } of newest) {
    if (lastSeq <= through) break
    pending.push(id)
  }
  for (const id of pending) deleteFeatureChunk(db, id)
  return pending.length
}
