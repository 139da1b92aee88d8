import { get, inTransaction, run, type WriteDb } from '../database.ts'
import { BucketMaker, nodesPerParent, parentOf, type Buckets } from '../rollup-codec.ts'
import { bucketsOf } from '../tables/rollups.ts'
import {
  isWholeFeatureChunk,
  rolledChunk,
  rowsOfFeatureChunk,
  storedFeatureChunk,
  throughSeq,
  type FeatureSpan,
} from './feature-chunks.ts'
import type { FeatureColumns } from './feature-codec.ts'
import {
  adoptFeatureNodes,
  featureRoots,
  featureWidths,
  insertFeatureNode,
  isWholeFeatureNode,
  type FeatureNode,
} from './feature-rollups.ts'

/** A leaf bucket stands for at least as many rows on average; finer ones cost more room than reading the chunk costs time. */
const rowsPerBucket = 32
const goodStatus = 0

/** Leaves for closed chunks that have none, in the order of their ids; parents as they fill. */
export function* rollFeatures(db: WriteDb): Generator<void> {
  for (;;) {
    const due = get<{ id: number }>(
      db,
      'SELECT id FROM feature_chunk WHERE id > ? AND closed = 1 AND last_seq <= ? ORDER BY id LIMIT 1',
      rolledChunk(db),
      throughSeq(db),
    )
    const chunk = due ? storedFeatureChunk(db, due.id) : null
    // A damaged chunk ends it: what is behind it is read as chunks, and verify names it.
    if (!chunk || !isWholeFeatureChunk(chunk)) return
    const rows = rowsOfFeatureChunk(db, chunk.id)
    const leaves: Buckets[] = []
    for (const column of rows.values) {
      leaves.push(leafOf(rows, column))
      if (leaves.length % 4 === 0) yield
    }
    inTransaction(db, () => {
      for (const [feature, buckets] of leaves.entries()) {
        insertFeatureNode(db, { ...placeOf(chunk), feature, level: 0, chunk: chunk.id }, buckets)
      }
      run(db, 'UPDATE feature_compaction SET rolled_chunk = ?', chunk.id)
    })
    yield
    for (const feature of leaves.keys()) yield* raise(db, chunk.pointKey, feature)
  }
}

function placeOf({ pointKey, minUs, maxUs }: FeatureSpan): Pick<FeatureNode, 'pointKey' | 'minUs' | 'maxUs'> {
  return { pointKey, minUs, maxUs }
}

function leafOf(rows: FeatureColumns, column: Float32Array): Buckets {
  const most = Math.max(1, rows.count / rowsPerBucket)
  for (const widthUs of featureWidths.slice(0, -1)) {
    const buckets = bucketsWithin(rows, column, widthUs, most)
    if (buckets) return buckets
  }
  return bucketsWithin(rows, column, featureWidths.at(-1) ?? 1, Infinity) ?? new BucketMaker(1).finish()
}

/** null when more than `most` would be needed. */
function bucketsWithin(rows: FeatureColumns, column: Float32Array, widthUs: number, most: number): Buckets | null {
  const maker = new BucketMaker(widthUs)
  for (let i = 0; i < rows.count; i++) {
    maker.addSample(rows.tUs[i] as number, column[i] as number, goodStatus)
    if (maker.size > most) return null
  }
  return maker.finish()
}

/** Sixteen roots of a level get a parent, the oldest first. */
function* raise(db: WriteDb, pointKey: number, feature: number): Generator<void> {
  for (;;) {
    const full = get<{ level: number }>(
      db,
      `SELECT level FROM feature_rollup INDEXED BY feature_rollup_roots WHERE point_key = ? AND feature = ? AND parent IS NULL
       GROUP BY level HAVING count(*) >= ${nodesPerParent} ORDER BY level LIMIT 1`,
      pointKey,
      feature,
    )
    if (!full) return
    const children = featureRoots(db, pointKey, feature)
      .filter(({ level }) => level === full.level)
      .slice(0, nodesPerParent)
    if (!children.every(isWholeFeatureNode)) return
    const buckets = parentOf(children.map(bucketsOf), featureWidths)
    const minUs = Math.min(...children.map((node) => node.minUs))
    const maxUs = Math.max(...children.map((node) => node.maxUs))
    inTransaction(db, () => {
      const place = { pointKey, feature, level: full.level + 1, chunk: null, minUs, maxUs }
      adoptFeatureNodes(db, insertFeatureNode(db, place, buckets), children)
    })
    yield
  }
}
