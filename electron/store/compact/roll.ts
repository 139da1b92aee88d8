import { Chunk, orderUs, type PointColumns } from '../chunk-codec.ts'
import { all, inTransaction, type WriteDb } from '../database.ts'
import { BucketMaker, bucketWidths, widen, type Buckets } from '../rollup-codec.ts'
import { isWhole, storedChunk, throughTick, type StoredChunk } from '../tables/chunks.ts'
import {
  adopt,
  bucketsOf,
  insertNode,
  isWholeNode,
  moveThroughChunk,
  rootsOf,
  throughChunk,
  type RollupNode,
} from '../tables/rollups.ts'

/** A leaf bucket stands for at least as many samples on average; finer ones cost more room than reading the chunk costs time. */
const samplesPerBucket = 32
const nodesPerParent = 16
/** Buckets of a parent; what does not fit takes the next width. */
const mostBuckets = 512
const chunksAtOnce = 16

/** Leaves for closed chunks that have none, in the order of their ids; parents as they fill. */
export function* roll(db: WriteDb): Generator<void> {
  for (;;) {
    const due = all<{ id: number }>(
      db,
      'SELECT id FROM chunk WHERE id > ? AND closed = 1 AND last_tick <= ? ORDER BY id LIMIT ?',
      throughChunk(db),
      throughTick(db),
      chunksAtOnce,
    )
    if (due.length === 0) return
    const leaves: { chunk: StoredChunk; buckets: Buckets }[] = []
    for (const { id } of due) {
      const chunk = storedChunk(db, id)
      // A damaged chunk ends it: what is behind it is read as chunks, and verify names it.
      if (!chunk || !isWhole(chunk)) break
      leaves.push({ chunk, buckets: leafOf(chunk) })
      yield
    }
    const last = leaves.at(-1)?.chunk.id
    if (last === undefined) return
    inTransaction(db, () => {
      for (const { chunk, buckets } of leaves) {
        insertNode(
          db,
          { pointKey: chunk.pointKey, level: 0, chunk: chunk.id, minUs: chunk.minUs, maxUs: chunk.maxUs },
          buckets,
        )
      }
      moveThroughChunk(db, last)
    })
    for (const pointKey of new Set(leaves.map(({ chunk }) => chunk.pointKey))) {
      raise(db, pointKey)
      yield
    }
  }
}

function leafOf(stored: StoredChunk): Buckets {
  const columns = new Chunk(stored.payload).columns()
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

/** Sixteen roots of a level get a parent, the oldest first. */
function raise(db: WriteDb, pointKey: number): void {
  for (;;) {
    const roots = rootsOf(db, pointKey)
    const levels = new Map<number, RollupNode[]>()
    for (const node of roots) levels.set(node.level, [...(levels.get(node.level) ?? []), node])
    const full = [...levels.values()].find((nodes) => nodes.length >= nodesPerParent)
    const children = full?.slice(0, nodesPerParent)
    const first = children?.[0]
    if (!children || !first || !children.every(isWholeNode)) return
    const buckets = parentOf(children.map(bucketsOf))
    const minUs = Math.min(...children.map((node) => node.minUs))
    const maxUs = Math.max(...children.map((node) => node.maxUs))
    inTransaction(db, () => {
      const place = { pointKey, level: first.level + 1, chunk: null, minUs, maxUs }
      adopt(db, insertNode(db, place, buckets), children)
    })
  }
}

function parentOf(parts: readonly Buckets[]): Buckets {
  const least = Math.max(...parts.map(({ widthUs }) => widthUs))
  const wider = bucketWidths.filter((width) => width > least)
  for (const width of wider) {
    const buckets = widen(parts, width)
    if (buckets.start.length <= mostBuckets) return buckets
  }
  return widen(parts, bucketWidths.at(-1) ?? least)
}
