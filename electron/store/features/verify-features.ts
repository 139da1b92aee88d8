import type { Fault } from '../../../shared/domain/fault.ts'
import { all, get, type ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import { found, unreadable } from '../verify/found.ts'
import {
  featuresPerChunk,
  isWholeFeatureChunk,
  isWholeFeatureColumn,
  rolledChunk,
  rowsOfFeatureChunk,
  storedFeatureChunk,
  storedFeatureColumn,
  throughSeq,
} from './feature-chunks.ts'
import { allFeatureNodes, isWholeFeatureNode } from './feature-rollups.ts'

/** Checksums of every chunk and column; together they hold each row up to the last that was made into a chunk, once. */
export function* checkFeatureChunks(db: ReadDb): Iterable<Fault> {
  const through = throughSeq(db)
  const removed = get<{ rows: number }>(db, 'SELECT removed_rows AS rows FROM feature_compaction')?.rows ?? 0
  let rows = 0
  // Rows that are missing and rows that are there twice could balance in a count, not also in the sum of their numbers.
  let sum = 0n
  // From the index, so that one unreadable payload does not end the walk.
  const ids = all<{ id: number }>(
    db,
    'SELECT id FROM feature_chunk INDEXED BY feature_chunk_by_point ORDER BY point_key, id',
  )
  for (const { id } of ids) {
    const path = `feature_chunk[${id}]`
    try {
      const chunk = storedFeatureChunk(db, id)
      if (!chunk || !isWholeFeatureChunk(chunk)) {
        yield found(path, 'checksum', `Feature chunk ${id} does not match its checksum.`)
        continue
      }
      if (chunk.lastSeq > through) continue
      rows += chunk.count
      if (chunk.closed === 1) yield* checkColumns(db, id)
      for (const seq of rowsOfFeatureChunk(db, id).seq) sum += BigInt(seq)
    } catch (error) {
      if (!isDamage(error) && !(error instanceof RangeError)) throw error
      yield unreadable(path, error)
    }
  }
  const wanted = (BigInt(through) * BigInt(through + 1)) / 2n
  if (rows + removed === through && (removed > 0 || sum === wanted)) return
  const message = `Feature rows up to ${through} were made into chunks and ${removed} were removed since; the chunks hold ${rows}.`
  yield found('feature_chunk', 'count', message)
}

function* checkColumns(db: ReadDb, chunk: number): Iterable<Fault> {
  const names = get<{ names: string }>(
    db,
    'SELECT names FROM feature_names WHERE id = (SELECT names_ref FROM feature_chunk WHERE id = ?)',
    chunk,
  )
  const wanted = (JSON.parse(names?.names ?? '[]') as unknown[]).length
  for (let feature = 0; feature < wanted; feature++) {
    const id = chunk * featuresPerChunk + feature
    const column = storedFeatureColumn(db, id)
    if (column && isWholeFeatureColumn(id, column)) continue
    const message = `Feature ${feature} of chunk ${chunk} ${column ? 'does not match its checksum' : 'is missing'}.`
    yield found(`feature_column[${id}]`, 'checksum', message)
  }
}

/** Checksums of every roll-up; each closed chunk that should have its leaves has them. */
export function* checkFeatureRollups(db: ReadDb): Iterable<Fault> {
  let after = 0
  for (;;) {
    const nodes = allFeatureNodes(db, after, 256)
    for (const node of nodes) {
      if (isWholeFeatureNode(node)) continue
      yield found(`feature_rollup[${node.id}]`, 'checksum', `Feature roll-up ${node.id} does not match its checksum.`)
    }
    const last = nodes.at(-1)
    if (!last) break
    after = last.id
  }
  const without = all<{ id: number }>(
    db,
    `SELECT id FROM feature_chunk WHERE closed = 1 AND id <= ?
       AND id NOT IN (SELECT chunk FROM feature_rollup WHERE chunk IS NOT NULL) ORDER BY id LIMIT 100`,
    rolledChunk(db),
  )
  for (const { id } of without) {
    yield found(
      `feature_chunk[${id}]`,
      'rollup-missing',
      `Feature chunk ${id} has no roll-up: long trends leave its rows out.`,
    )
  }
}
