import { Chunk, chunkChecksum, encodeChunk, headOf, type ChunkHead, type PointColumns } from '../chunk-codec.ts'
import { all, get, iterate, real, run, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { stopIfCancelled } from '../query/cancel.ts'
import { identity } from '../samples.ts'
import { clamp, classOf, lastEnd } from '../span-class.ts'

/** A chunk without its samples. */
export interface ChunkSpan extends ChunkHead {
  id: number
  closed: number
}

/** Last tick whose samples are in chunks. */
export function throughTick(db: ReadDb): number {
  return get<{ through: number }>(db, 'SELECT through_tick AS through FROM compaction')?.through ?? 0
}

export interface NewChunk {
  pointKey: number
  level: number
  closed: boolean
  lastTick: number
  head: ChunkHead
  payload: Uint8Array
}

/** Encodes; no lock is held meanwhile. */
export function makeChunk(
  columns: PointColumns,
  place: { pointKey: number; level: number; closed: boolean; lastTick: number },
): NewChunk {
  return { ...place, head: headOf(columns), payload: encodeChunk(columns) }
}

export function insertChunk(db: WriteDb, { pointKey, level, closed, lastTick, head, payload }: NewChunk): number {
  return run(
    db,
    `INSERT INTO chunk (point_key, level, closed, last_tick, span_class, min_us, max_us, count, bad_count, min_value,
       max_value, sum_value, checksum, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    pointKey,
    level,
    closed ? 1 : 0,
    lastTick,
    classOf(head.maxUs - head.minUs),
    head.minUs,
    head.maxUs,
    head.count,
    head.badCount,
    head.min,
    head.max,
    head.sum,
    chunkChecksum([pointKey, lastTick], head, payload),
    payload,
  )
}

interface StoredSpan {
  id: number
  closed: number
  count: number
  badCount: number
  minUs: number
  maxUs: number
  min: number | null
  max: number | null
  sum: number | null
}

function toSpan(row: StoredSpan): ChunkSpan {
  return { ...row, min: real(row.min), max: real(row.max), sum: real(row.sum) }
}

const headColumns = `id, closed, count, bad_count AS badCount, min_us AS minUs, max_us AS maxUs, min_value AS min,
  max_value AS max, sum_value AS sum`

/** Those of [fromUs, toUs) that no roll-up covers: still open, or closed behind chunk `rolled`. */
export function unrolledChunks(
  db: ReadDb,
  pointKey: number,
  fromUs: number,
  toUs: number,
  rolled: number,
): ChunkSpan[] {
  const through = throughTick(db)
  const rows = all<StoredSpan>(
    db,
    `SELECT ${headColumns} FROM chunk INDEXED BY chunk_open
       WHERE closed = 0 AND point_key = ? AND max_us >= ? AND min_us <= ? AND last_tick <= ?
     UNION ALL
     SELECT ${headColumns} FROM chunk INDEXED BY chunk_by_point
       WHERE point_key = ? AND id > ? AND closed = 1 AND max_us >= ? AND min_us <= ? AND last_tick <= ?`,
    pointKey,
    fromUs,
    toUs,
    through,
    pointKey,
    rolled,
    fromUs,
    toUs,
    through,
  )
  return rows.map(toSpan)
}

/** Chunks that may hold samples of [fromUs, toUs), in no order. */
export function chunksBetween(db: ReadDb, pointKey: number, fromUs: number, toUs: number): ChunkSpan[] {
  const through = throughTick(db)
  const from = clamp(Math.floor(fromUs))
  const to = clamp(Math.ceil(toUs))
  const spans: ChunkSpan[] = []
  for (let k = nextClass(db, pointKey, -1); k !== null; k = nextClass(db, pointKey, k)) {
    const rows = all<StoredSpan>(
      db,
      `SELECT ${headColumns} FROM chunk WHERE point_key = ? AND span_class = ? AND max_us BETWEEN ? AND ?
         AND min_us <= ? AND last_tick <= ?`,
      pointKey,
      k,
      from,
      lastEnd(to, k),
      to,
      through,
    )
    for (const row of rows) spans.push(toSpan(row))
  }
  return spans
}

function nextClass(db: ReadDb, pointKey: number, after: number): number | null {
  const sql = 'SELECT min(span_class) AS k FROM chunk WHERE point_key = ? AND span_class > ?'
  return get<{ k: number | null }>(db, sql, pointKey, after)?.k ?? null
}

/** False when retention has removed it. */
export function hasChunk(db: ReadDb, id: number): boolean {
  return get(db, 'SELECT 1 FROM chunk WHERE id = ?', id) !== undefined
}

export function readChunk(db: ReadDb, id: number): Chunk {
  stopIfCancelled()
  const row = get<{ payload: Uint8Array }>(db, 'SELECT payload FROM chunk WHERE id = ?', id)
  if (!row) throw new TwinError('failed', `Chunk ${id} was merged while it was read; read again.`, { retryable: true })
  return new Chunk(row.payload)
}

/** Identities of the samples with a source time in [fromUs, toUs] that chunks of the point hold. */
export function knownIdentities(db: ReadDb, pointKey: number, fromUs: number, toUs: number): Set<string> {
  const known = new Set<string>()
  if (!(toUs >= fromUs)) return known
  for (const { id } of chunksBetween(db, pointKey, fromUs, toUs)) {
    const chunk = readChunk(db, id)
    const source = chunk.sourceUs()
    const ticks = chunk.sourceTick()
    const values = chunk.value()
    const statuses = chunk.status()
    for (let row = 0; row < chunk.count; row++) {
      const sourceUs = source[row] as number
      if (!(sourceUs >= fromUs && sourceUs <= toUs)) continue
      const same = identity(sourceUs, ticks[row] as number, values[row] as number, statuses[row] as number)
      if (same !== null) known.add(same)
    }
  }
  return known
}

export interface StoredChunk extends ChunkSpan {
  pointKey: number
  lastTick: number
  checksum: number
  payload: Uint8Array
}

export function storedChunk(db: ReadDb, id: number): StoredChunk | null {
  stopIfCancelled()
  const row = get<StoredSpan & Omit<StoredChunk, keyof ChunkHead>>(
    db,
    `SELECT ${headColumns}, point_key AS pointKey, last_tick AS lastTick, checksum, payload FROM chunk WHERE id = ?`,
    id,
  )
  return row ? { ...row, ...toSpan(row) } : null
}

export function isWhole(chunk: StoredChunk): boolean {
  return chunkChecksum([chunk.pointKey, chunk.lastTick], chunk, chunk.payload) === chunk.checksum
}

/** From the index of points, so that one unreadable payload does not end the walk. */
export function chunkIds(db: ReadDb): number[] {
  return all<{ id: number }>(db, 'SELECT id FROM chunk INDEXED BY chunk_by_point ORDER BY point_key, id').map(
    ({ id }) => id,
  )
}

/**
 * Chunks of a compaction that was cut before its last step: the newest ones, whose ticks are not through. Their samples are
 * still in the batches. Gives the id of the first that was removed.
 */
export function removePending(db: WriteDb): number | null {
  const through = throughTick(db)
  let from: number | null = null
  for (const { id, lastTick } of iterate<{ id: number; lastTick: number }>(
    db,
    'SELECT id, last_tick AS lastTick FROM chunk ORDER BY id DESC',
  )) {
    if (lastTick <= through) break
    from = id
  }
  if (from !== null) run(db, 'DELETE FROM chunk WHERE id >= ?', from)
  return from
}
