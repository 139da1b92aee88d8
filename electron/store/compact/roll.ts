import { Chunk, orderUs, type PointColumns } from '../chunk-codec.ts'
import { all, type ReadDb } from '../database.ts'
import { BucketMaker, bucketWidths, nodesPerParent, parentOf, type Buckets } from '../rollup-codec.ts'
import { isWhole, storedChunk, throughTick } from '../tables/chunks.ts'
import { bucketsOf, fullLevel, isWholeNode, makeNode, rootsOf, throughChunk, type NewNode } from '../tables/rollups.ts'
import type { Parent, WorkStep } from './writes.ts'

/** A leaf bucket stands for at least as many samples on average; finer ones cost more room than reading the chunk costs time. */
const samplesPerBucket = 32
const chunksAtOnce = 16
/** Points of a plant fill a level in the same run, and each write is waited for, its sync included. */
const parentsAtOnce = 16

/**
 * Leaves for closed chunks that have none, in the order of their ids; parents as they fill. False when a damaged chunk is in the
 * way: what is behind it is read as chunks, and verify names it.
 */
export function* roll(db: ReadDb): Generator<WorkStep, boolean> {
  for (;;) {
    const due = all<{ id: number }>(
      db,
      'SELECT id FROM chunk WHERE id > ? AND closed = 1 AND last_tick <= ? ORDER BY id LIMIT ?',
      throughChunk(db),
      throughTick(db),
      chunksAtOnce,
    )
    const leaves: NewNode[] = []
    for (const { id } of due) {
      const chunk = storedChunk(db, id)
      if (!chunk || !isWhole(chunk)) break
      const { pointKey, minUs, maxUs } = chunk
      leaves.push(makeNode({ pointKey, level: 0, chunk: id, minUs, maxUs }, leafOf(new Chunk(chunk.payload).columns())))
      yield null
    }
    const last = leaves.at(-1)?.chunk ?? null
    if (last === null) return due.length === 0
    yield { kind: 'leaves', leaves, throughChunk: last }
    yield* raiseAll(db, new Set(leaves.map((leaf) => leaf.pointKey)))
  }
}

/** Buckets of a closed chunk. */
export function leafOf(columns: PointColumns): Buckets {
  const most = Math.max(1, columns.count / samplesPerBucket)
  for (const widthUs of bucketWidths.slice(0, -1)) {
    const buckets = bucketsWithin(columns, widthUs, most)
    if (buckets) return buckets
  }
  return bucketsWithin(columns, bucketWidths.at(-1) ?? 1, Infinity) ?? new BucketMaker(1).finish()
}

/** null when more than `most` would be needed. */
function bucketsWithin(columns: PointColumns, widthUs: number, most: number): Buckets | null {
  const maker = new BucketMaker(widthUs)
  for (let i = 0; i < columns.count; i++) {
    const tUs = orderUs(columns, i)
    // No time: in no trend.
    if (tUs === -Infinity) continue
    maker.addSample(tUs, columns.value[i] as number, columns.status[i] as number)
    if (maker.size > most) return null
  }
  return maker.finish()
}

/** Sixteen roots of a level get a parent, the oldest first; a level a turn, since parents may fill one of their own. */
export function* raiseAll(db: ReadDb, points: Iterable<number>): Generator<WorkStep> {
  let due = [...points]
  while (due.length > 0) {
    const raised: number[] = []
    let parents: Parent[] = []
    for (const pointKey of due) {
      const parent = parentDue(db, pointKey)
      if (parent) {
        parents.push(parent)
        raised.push(pointKey)
      }
      if (parents.length >= parentsAtOnce) {
        yield { kind: 'parents', parents }
        parents = []
      } else yield null
    }
    if (parents.length > 0) yield { kind: 'parents', parents }
    due = raised
  }
}

function parentDue(db: ReadDb, pointKey: number): Parent | null {
  const level = fullLevel(db, pointKey, nodesPerParent)
  if (level === null) return null
  const children = rootsOf(db, pointKey)
    .filter((node) => node.level === level)
    .slice(0, nodesPerParent)
  if (!children.every(isWholeNode)) return null
  const buckets = parentOf(children.map(bucketsOf), bucketWidths)
  const minUs = Math.min(...children.map((node) => node.minUs))
  const maxUs = Math.max(...children.map((node) => node.maxUs))
  const node = makeNode({ pointKey, level: level + 1, chunk: null, minUs, maxUs }, buckets)
  return { node, children: children.map(({ id }) => id) }
}
