import { all, get, iterate, run, type ReadDb, type WriteDb } from '../database.ts'
import { decodeBuckets, encodeBuckets, rollupChecksum, type Buckets } from '../rollup-codec.ts'

/** A node of a point's pyramid, its buckets still packed. */
export interface RollupNode {
  id: number
  pointKey: number
  level: number
  /** The chunk a leaf was made of. */
  chunk: number | null
  minUs: number
  maxUs: number
  widthUs: number
  count: number
  checksum: number
  payload: Uint8Array
}

export const nodeColumns = `id, point_key AS pointKey, level, chunk, min_us AS minUs, max_us AS maxUs, width_us AS widthUs, count,
  checksum, payload`

export function throughChunk(db: ReadDb): number {
  return get<{ through: number }>(db, 'SELECT through_chunk AS through FROM rolled')?.through ?? 0
}

/** Leaves of chunks that do not count yet are none. */
export function rootsOf(db: ReadDb, pointKey: number): RollupNode[] {
  return all<RollupNode>(
    db,
    `SELECT ${nodeColumns} FROM rollup INDEXED BY rollup_roots
     WHERE point_key = ? AND parent IS NULL AND (chunk IS NULL OR chunk <= ?) ORDER BY level, id`,
    pointKey,
    throughChunk(db),
  )
}

/** A level with at least so many nodes that have no parent, from the index alone. */
export function fullLevel(db: ReadDb, pointKey: number, least: number): number | null {
  const row = get<{ level: number }>(
    db,
    `SELECT level FROM rollup INDEXED BY rollup_roots WHERE point_key = ? AND parent IS NULL
     GROUP BY level HAVING count(*) >= ? ORDER BY level LIMIT 1`,
    pointKey,
    least,
  )
  return row?.level ?? null
}

/** Those that may hold samples of [fromUs, toUs). */
export function childrenOf(db: ReadDb, node: RollupNode, fromUs: number, toUs: number): RollupNode[] {
  return all<RollupNode>(
    db,
    `SELECT ${nodeColumns} FROM rollup WHERE parent = ? AND max_us >= ? AND min_us < ? ORDER BY id`,
    node.id,
    fromUs,
    toUs,
  )
}

export function firstChild(db: ReadDb, node: RollupNode): RollupNode | undefined {
  return get<RollupNode>(db, `SELECT ${nodeColumns} FROM rollup WHERE parent = ? ORDER BY id LIMIT 1`, node.id)
}

export function allNodes(db: ReadDb, afterId: number, limit: number): RollupNode[] {
  return all<RollupNode>(db, `SELECT ${nodeColumns} FROM rollup WHERE id > ? ORDER BY id LIMIT ?`, afterId, limit)
}

export function bucketsOf(node: RollupNode): Buckets {
  return decodeBuckets(node.payload, node.widthUs, node.count)
}

export function isWholeNode(n: RollupNode): boolean {
  return (
    rollupChecksum([n.pointKey, n.level, n.chunk ?? -1, n.minUs, n.maxUs, n.widthUs, n.count], n.payload) === n.checksum
  )
}

export type NewNode = Omit<RollupNode, 'id' | 'checksum'>

type NodePlace = Pick<RollupNode, 'pointKey' | 'level' | 'chunk' | 'minUs' | 'maxUs'>

/** Encodes; no lock is held meanwhile. */
export function makeNode(place: NodePlace, buckets: Buckets): NewNode {
  // Copied out of Node's pool, which would go with it to another thread.
  const payload = new Uint8Array(encodeBuckets(buckets))
  return { ...place, widthUs: buckets.widthUs, count: buckets.start.length, payload }
}

export function insertNode(
  db: WriteDb,
  { pointKey, level, chunk, minUs, maxUs, widthUs, count, payload }: NewNode,
): number {
  return run(
    db,
    `INSERT INTO rollup (point_key, level, chunk, min_us, max_us, width_us, count, checksum, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    pointKey,
    level,
    chunk,
    minUs,
    maxUs,
    widthUs,
    count,
    rollupChecksum([pointKey, level, chunk ?? -1, minUs, maxUs, widthUs, count], payload),
    payload,
  )
}

export function adopt(db: WriteDb, parent: number, children: readonly number[]): void {
  for (const id of children) run(db, 'UPDATE rollup SET parent = ? WHERE id = ?', parent, id)
}

/** Leaves of chunks from `chunk` on: the newest nodes, since nothing else is written while such chunks do not count. */
export function removeLeavesFrom(db: WriteDb, chunk: number): void {
  let from: number | null = null
  for (const node of iterate<{ id: number; chunk: number | null }>(
    db,
    'SELECT id, chunk FROM rollup ORDER BY id DESC',
  )) {
    if (node.chunk === null || node.chunk < chunk) break
    from = node.id
  }
  if (from !== null) run(db, 'DELETE FROM rollup WHERE id >= ?', from)
}

export function moveThroughChunk(db: WriteDb, chunk: number): void {
  run(db, 'UPDATE rolled SET through_chunk = ?', chunk)
}
