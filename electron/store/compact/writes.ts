import { get, inTransaction, run, type ReadDb, type WriteDb } from '../database.ts'
import { insertChunk, removePending, throughTick, type NewChunk } from '../tables/chunks.ts'
import { moveThrough, type Compacted } from '../tables/compacted.ts'
import type { Heads } from '../tables/heads.ts'
import { hasPendingSegments, insertSegment, removePendingSegments, type NewSegment } from '../tables/segments.ts'
import { adopt, insertNode, moveThroughChunk, removeLeavesFrom, type NewNode } from '../tables/rollups.ts'

export interface Made {
  chunk: NewChunk
  /** Of a closed chunk; its id is known only when it is written. */
  leaf: Omit<NewNode, 'chunk'> | null
}

export interface Merged {
  chunk: NewChunk
  /** Ids of what it takes the place of. */
  young: readonly number[]
}

export interface Parent {
  node: NewNode
  children: readonly number[]
}

/**
 * What compaction wants written: the work between two of these only reads. Each is one short transaction of the one writer, and
 * a cut between any two leaves what readers see whole.
 */
export type CompactionWrite =
  | { kind: 'remove-pending' }
  | { kind: 'remove-batches' }
  /** They and their leaves count for nothing until `through`. */
  | { kind: 'chunks'; made: readonly Made[] }
  | {
      kind: 'through'
      lastTick: number
      samples: number
      kept: number
      /** Every closed chunk has its leaf. */
      rolled: boolean
      parts: readonly Compacted[]
    }
  | { kind: 'segments'; segments: readonly NewSegment[] }
  /** Chunks that take the place of all segments of a range; `repeats` of their samples were there before. */
  | { kind: 'promote'; made: readonly Made[]; segments: readonly number[]; repeats: number; rolled: boolean }
  | { kind: 'replace'; merged: readonly Merged[] }
  | { kind: 'leaves'; leaves: readonly NewNode[]; throughChunk: number }
  | { kind: 'parents'; parents: readonly Parent[] }

/**
 * A step of work: what the writer shall write, `wait` where what comes next reads what was handed out before, or null, a moment at
 * which others may have their turn.
 */
export type WorkStep = CompactionWrite | 'wait' | null

/** A deleted batch's pages are read once more to be freed: with more at once a commit would wait for it. */
const batchesAtOnce = 16

/** How many writes it takes to remove the batches that chunks have taken the place of. */
export function oldBatches(db: ReadDb): number {
  const sql = 'SELECT count(*) AS count FROM tick_batch WHERE tick_id <= ?'
  return Math.ceil((get<{ count: number }>(db, sql, throughTick(db))?.count ?? 0) / batchesAtOnce)
}

export function hasPending(db: ReadDb): boolean {
  const newest = get<{ lastTick: number }>(db, 'SELECT last_tick AS lastTick FROM chunk ORDER BY id DESC LIMIT 1')
  return (newest !== undefined && newest.lastTick > throughTick(db)) || hasPendingSegments(db)
}

export function applyWrite(db: WriteDb, heads: Heads, write: CompactionWrite): void {
  inTransaction(db, () => {
    if (write.kind === 'remove-pending') removeHalfMade(db)
    else if (write.kind === 'remove-batches') removeBatches(db)
    else if (write.kind === 'chunks') for (const made of write.made) insertMade(db, made)
    else if (write.kind === 'segments') for (const segment of write.segments) insertSegment(db, segment)
    else if (write.kind === 'promote') promote(db, write)
    else if (write.kind === 'through') cutOver(db, heads, write)
    else if (write.kind === 'replace') for (const merged of write.merged) replace(db, merged)
    else if (write.kind === 'leaves') insertLeaves(db, write)
    else for (const parent of write.parents) insertParent(db, parent)
  })
}

function removeHalfMade(db: WriteDb): void {
  removePendingSegments(db)
  const from = removePending(db)
  if (from !== null) removeLeavesFrom(db, from)
}

function removeBatches(db: WriteDb): void {
  const sql = `DELETE FROM tick_batch WHERE tick_id IN
    (SELECT tick_id FROM tick_batch WHERE tick_id <= ? ORDER BY tick_id LIMIT ${batchesAtOnce})`
  run(db, sql, throughTick(db))
}

type Of<K extends CompactionWrite['kind']> = Extract<CompactionWrite, { kind: K }>

function insertMade(db: WriteDb, { chunk, leaf }: Made): void {
  const id = insertChunk(db, chunk)
  if (leaf) insertNode(db, { ...leaf, chunk: id })
}

function cutOver(db: WriteDb, heads: Heads, { lastTick, samples, kept, rolled, parts }: Of<'through'>): void {
  // The heads in memory are those of the last commit; behind a snapshot no batch may be missing.
  const last = get<{ tickId: number }>(db, 'SELECT max(tick_id) AS tickId FROM tick_batch')?.tickId ?? lastTick
  heads.save(db, last)
  moveThrough(db, lastTick, samples - kept, parts)
  if (rolled) rolledToNewest(db)
}

function rolledToNewest(db: WriteDb): void {
  const newest = get<{ id: number | null }>(db, 'SELECT max(id) AS id FROM chunk')?.id ?? null
  if (newest !== null) moveThroughChunk(db, newest)
}

/** In one transaction: whoever reads sees the samples in segments or in chunks. */
function promote(db: WriteDb, { made, segments, repeats, rolled }: Of<'promote'>): void {
  if (!segments.every((id) => get(db, 'SELECT id FROM segment WHERE id = ?', id))) return
  for (const each of made) insertMade(db, each)
  for (const id of segments) run(db, 'DELETE FROM segment WHERE id = ?', id)
  if (repeats > 0) run(db, 'UPDATE compaction SET duplicates = duplicates + ?', repeats)
  if (rolled) rolledToNewest(db)
}

/** Since they were read, others may have removed some (retention): then what is left stays as it is. */
function replace(db: WriteDb, { chunk, young }: Merged): void {
  if (!young.every((id) => get(db, 'SELECT id FROM chunk WHERE id = ?', id))) return
  insertChunk(db, chunk)
  for (const id of young) run(db, 'DELETE FROM chunk WHERE id = ?', id)
}

function insertLeaves(db: WriteDb, { leaves, throughChunk }: Of<'leaves'>): void {
  for (const leaf of leaves) {
    if (get(db, 'SELECT id FROM chunk WHERE id = ?', leaf.chunk)) insertNode(db, leaf)
  }
  moveThroughChunk(db, throughChunk)
}

function insertParent(db: WriteDb, { node, children }: Parent): void {
  const free = (id: number): boolean =>
    get(db, 'SELECT id FROM rollup WHERE id = ? AND parent IS NULL', id) !== undefined
  if (children.every(free)) adopt(db, insertNode(db, node), children)
}
