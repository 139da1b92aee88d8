import { all, get, run, type WriteDb } from '../database.ts'
import { Compactor } from '../compact/compactor.ts'
import { promoteAll } from '../compact/work.ts'
import { applyWrite } from '../compact/writes.ts'
import { featuresPerChunk, isWholeFeatureChunk, storedFeatureChunk, throughSeq } from '../features/feature-chunks.ts'
import { putMissingColumn } from '../features/feature-chunks.ts'
import { FeatureCompactor } from '../features/feature-compactor.ts'
import { batchChecksum, type BatchHeader } from '../batch.ts'
import { crc32 } from 'node:zlib'
import { countTiersAgain } from '../migrations/0008-retention.ts'
import { isWhole, storedChunk, throughTick } from '../tables/chunks.ts'
import { loadHeads } from '../tables/heads.ts'
import { isWholeSegment, storedSegment } from '../tables/segments.ts'
import { isDamage, TwinError } from '../errors.ts'

/** Rows whose page was read but whose own checksum does not hold; they were wrong before they were written. */
export function removeUnproven(db: WriteDb): void {
  for (const { id } of all<{ id: number }>(db, 'SELECT id FROM chunk')) {
    const chunk = storedChunk(db, id)
    if (chunk && !isWhole(chunk)) run(db, 'DELETE FROM chunk WHERE id = ?', id)
  }
  for (const { id } of all<{ id: number }>(db, 'SELECT id FROM segment')) {
    const segment = storedSegment(db, id)
    if (segment && !isWholeSegment(segment)) run(db, 'DELETE FROM segment WHERE id = ?', id)
  }
  const batches = all<{ tickId: number }>(db, 'SELECT tick_id AS tickId FROM tick_batch')
  for (const { tickId } of batches) {
    const row = get<BatchHeader & { checksum: number; payload: Uint8Array }>(
      db,
      `SELECT session, number, at_us AS atUs, min_us AS minUs, max_us AS maxUs, count, checksum, payload FROM tick_batch
       WHERE tick_id = ?`,
      tickId,
    )
    if (row && batchChecksum(row, row.payload) !== row.checksum)
      run(db, 'DELETE FROM tick_batch WHERE tick_id = ?', tickId)
  }
  const rows = all<{ seq: number; checksum: number; payload: Uint8Array }>(
    db,
    'SELECT seq, checksum, payload FROM feature',
  )
  for (const { seq, checksum, payload } of rows) {
    if (crc32(payload) !== checksum) run(db, 'DELETE FROM feature WHERE seq = ?', seq)
  }
  try {
    loadHeads(db)
  } catch (error) {
    if (!isDamage(error) && !(error instanceof RangeError) && !(error instanceof TwinError)) throw error
    run(db, 'DELETE FROM head_snapshot')
  }
}

/** Columns that a closed feature chunk has lost are filled with "no value"; answers how many. */
export function fillColumns(db: WriteDb): number {
  let filled = 0
  const chunks = all<{ id: number }>(db, 'SELECT id FROM feature_chunk WHERE closed = 1')
  for (const { id } of chunks) {
    const chunk = storedFeatureChunk(db, id)
    if (!chunk || !isWholeFeatureChunk(chunk)) {
      run(db, 'DELETE FROM feature_chunk WHERE id = ?', id)
      continue
    }
    const names = get<{ names: string }>(db, 'SELECT names FROM feature_names WHERE id = ?', chunk.namesRef)
    const wanted = names ? (JSON.parse(names.names) as unknown[]).length : 0
    for (let feature = 0; feature < wanted; feature++) {
      const columnId = id * featuresPerChunk + feature
      if (get(db, 'SELECT 1 AS one FROM feature_column WHERE id = ?', columnId)) continue
      putMissingColumn(db, columnId, chunk.count)
      filled++
    }
  }
  // In the text, since a bound number is a REAL and the division would be too.
  run(db, `DELETE FROM feature_column WHERE id / ${featuresPerChunk} NOT IN (SELECT id FROM feature_chunk)`)
  return filled
}

/** Everything that waits becomes chunks, so that the numbers of the new twin begin behind all of it. */
export function* compactAll(db: WriteDb): Generator<void> {
  for (;;) {
    const hot = waiting(db, 'SELECT count(*) AS n FROM tick_batch WHERE tick_id > ?', throughTick(db))
    const compactor = new Compactor(db, loadHeads(db), { ticks: Math.max(1, Math.min(hot, 600)) })
    while (compactor.step()) yield
    if (hot === 0 || compactor.state().problem !== null) break
  }
  const heads = loadHeads(db)
  for (const step of promoteAll(db)) {
    if (step !== null && step !== 'wait') applyWrite(db, heads, step)
    yield
  }
  for (;;) {
    const hot = waiting(db, 'SELECT count(*) AS n FROM feature WHERE seq > ?', throughSeq(db))
    const compactor = new FeatureCompactor(db, { rows: Math.max(1, Math.min(hot, 4096)) })
    while (compactor.step()) yield
    if (hot === 0 || compactor.state().problem !== null) break
  }
}

function waiting(db: WriteDb, sql: string, through: number): number {
  return get<{ n: number }>(db, sql, through)?.n ?? 0
}

/**
 * Roll-ups that have lost rows are made anew, all of them: which of a pyramid's nodes are missing cannot be told. Those of a
 * chunk that is lost stay: minimum, maximum and mean of what is gone are worth having.
 */
export function forgetRollups(db: WriteDb, of: 'rollup' | 'feature_rollup'): void {
  run(db, `DELETE FROM ${of}`)
  run(db, of === 'rollup' ? 'UPDATE rolled SET through_chunk = 0' : 'UPDATE feature_compaction SET rolled_chunk = 0')
}

/**
 * The ledgers say what was committed and what of it is in chunks. What was lost is told by the recovery's report and by gaps, so
 * that from here on `verify` finds what goes missing after it.
 */
export function settleLedgers(db: WriteDb): void {
  run(
    db,
    `INSERT OR IGNORE INTO session (id, started_us, stopped_us, first_number, last_number, ticks, scalars)
     SELECT session, 0, 0, first_number, last_number, last_number - first_number + 1, scalars FROM compacted`,
  )
  const through = throughTick(db)
  run(
    db,
    `INSERT INTO compacted (session, first_number, last_number, ticks, scalars)
     SELECT id, first_number, last_number, last_number - first_number + 1, scalars FROM session
     WHERE first_number IS NOT NULL AND id NOT IN (SELECT session FROM tick_batch WHERE tick_id > ?)
     ON CONFLICT DO UPDATE SET first_number = excluded.first_number, last_number = excluded.last_number,
       ticks = excluded.ticks, scalars = excluded.scalars`,
    through,
  )
  run(
    db,
    `UPDATE session SET ticks = last_number - first_number + 1 WHERE first_number IS NOT NULL
       AND id NOT IN (SELECT session FROM tick_batch WHERE tick_id > ?)`,
    through,
  )
  run(
    db,
    `UPDATE compaction SET duplicates = (SELECT ifnull(sum(scalars), 0) FROM compacted)
       - (SELECT ifnull(sum(count), 0) FROM chunk WHERE last_tick <= through_tick)
       - (SELECT ifnull(sum(count), 0) FROM segment WHERE last_tick <= through_tick)
       - (SELECT ifnull(sum(samples), 0) FROM removal WHERE tier = 'scalars')`,
  )
  run(
    db,
    `UPDATE feature_compaction SET removed_rows = max(0, through_seq
       - (SELECT ifnull(sum(count), 0) FROM feature_chunk WHERE last_seq <= through_seq))`,
  )
  for (const sql of countTiersAgain) run(db, sql)
}
