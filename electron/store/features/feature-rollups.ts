import { all, run, type ReadDb, type WriteDb } from '../database.ts'
import { encodeBuckets, rollupChecksum, type Buckets } from '../rollup-codec.ts'
import { nodeColumns, type RollupNode } from '../tables/rollups.ts'

/** A node of the pyramid of one feature of a point. */
export interface FeatureNode extends RollupNode {
  feature: number
}

const columns = `${nodeColumns}, feature`

/** Seconds; each divides the next. Finer steps than those of scalars: a row of features stands for a whole block. */
export const featureWidths: readonly number[] = [
  1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 86_400, 604_800,
].map((s) => s * 1e6)

export function featureRoots(db: ReadDb, pointKey: number, feature: number): FeatureNode[] {
  return all<FeatureNode>(
    db,
    `SELECT ${columns} FROM feature_rollup INDEXED BY feature_rollup_roots
     WHERE point_key = ? AND feature = ? AND parent IS NULL ORDER BY level, id`,
    pointKey,
    feature,
  )
}

/** Those that may hold rows of [fromUs, toUs). */
export function featureChildren(
  db: ReadDb,
  { id }: Pick<FeatureNode, 'id'>,
  fromUs: number,
  toUs: number,
): FeatureNode[] {
  return all<FeatureNode>(
    db,
    `SELECT ${columns} FROM feature_rollup WHERE parent = ? AND max_us >= ? AND min_us < ? ORDER BY id`,
    id,
    fromUs,
    toUs,
  )
}

export function allFeatureNodes(db: ReadDb, afterId: number, limit: number): FeatureNode[] {
  return all<FeatureNode>(db, `SELECT ${columns} FROM feature_rollup WHERE id > ? ORDER BY id LIMIT ?`, afterId, limit)
}

function checksumOfNode(n: Omit<FeatureNode, 'id' | 'checksum'>): number {
  const { pointKey, feature, level, chunk, minUs, maxUs, widthUs, count, payload } = n
  return rollupChecksum([pointKey, feature, level, chunk ?? -1, minUs, maxUs, widthUs, count], payload)
}

export function isWholeFeatureNode(node: FeatureNode): boolean {
  return checksumOfNode(node) === node.checksum
}

type NewNode = Pick<FeatureNode, 'pointKey' | 'feature' | 'level' | 'chunk' | 'minUs' | 'maxUs'>

export function insertFeatureNode(db: WriteDb, place: NewNode, buckets: Buckets): number {
  const payload = encodeBuckets(buckets)
  const node = { ...place, widthUs: buckets.widthUs, count: buckets.start.length, payload }
  return run(
    db,
    `INSERT INTO feature_rollup (point_key, feature, level, chunk, min_us, max_us, width_us, count, checksum, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    node.pointKey,
    node.feature,
    node.level,
    node.chunk,
    node.minUs,
    node.maxUs,
    node.widthUs,
    node.count,
    checksumOfNode(node),
    payload,
  )
}

export function adoptFeatureNodes(db: WriteDb, parent: number, children: readonly FeatureNode[]): void {
  for (const { id } of children) run(db, 'UPDATE feature_rollup SET parent = ? WHERE id = ?', parent, id)
}
