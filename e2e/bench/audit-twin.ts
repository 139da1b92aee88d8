import { canonicalJson } from '../../electron/assets/index.ts'
import { openTwin } from '../../electron/store/api.ts'
import type { PointColumns } from '../../electron/store/chunk-codec.ts'
import { leafOf } from '../../electron/store/compact/roll.ts'
import { inTransaction, openForCopy, openForWriting, run, type WriteDb } from '../../electron/store/database.ts'
import { bucketWidths, nodesPerParent, parentOf, type Buckets } from '../../electron/store/rollup-codec.ts'
import { insertChunk, makeChunk, type NewChunk } from '../../electron/store/tables/chunks.ts'
import { adopt, insertNode, makeNode, moveThroughChunk, type NewNode } from '../../electron/store/tables/rollups.ts'
import { AuditPlant, chunkS, plantOf, startUs } from './audit-plant.ts'
import { workers, type Where } from './store-twin.ts'

/** Tags that are made value by value; the others have the chunks of one of these. */
const patterns = 50
/** Chunks of a tag to a transaction: each commit writes every page of the indexes once more, since each tag has a place of its own. */
const slotsPerCommit = 63

/**
 * A week of `tags` tags as compaction leaves it: a chunk of twenty minutes each, in the order of time, with its roll-ups. Written
 * past the engine, which would take an hour of compaction for 3 x 10^9 values; rows, checksums and their order are the same.
 */
export async function fillWeek({ file, key }: Where, tags: number): Promise<{ values: number }> {
  const keys = await emptyTwin({ file, key }, tags)
  const db = openForCopy(file, key)
  // A cut leaves nothing that anybody needs.
  db.pragma('synchronous = OFF')
  db.pragma('journal_mode = MEMORY')
  db.pragma(`cache_size = -${768 * 1024}`)
  const plant = new AuditPlant(Math.min(tags, patterns))
  const pyramids = Array.from({ length: Math.min(tags, patterns) }, () => new PatternPyramid())
  const places = keys.map((pointKey) => new TagPlace(pointKey))
  const slots = Math.floor((7 * 86_400) / chunkS)
  const fillSlot = (): void => {
    const made = plant.next().map((columns, i) => (pyramids[i] as PatternPyramid).next(columns))
    const of = (i: number): PatternSlot => made[i % made.length] as PatternSlot
    for (const [i, place] of places.entries()) place.putChunk(db, of(i))
    for (const [i, place] of places.entries()) place.putParents(db, of(i))
  }
  for (let slot = 0; slot < slots; slot += slotsPerCommit) {
    inTransaction(db, () => {
      for (let i = slot; i < Math.min(slots, slot + slotsPerCommit); i++) fillSlot()
    })
  }
  run(db, 'UPDATE compaction SET through_tick = 1')
  moveThroughChunk(db, slots * tags)
  db.close()
  // With a write-ahead log, as the engine leaves it.
  openForWriting(file, key).close()
  return { values: tags * slots * chunkS }
}

/** Points, plant file and session through the store itself; gives the points' keys. */
async function emptyTwin({ file, key }: Pick<Where, 'file' | 'key'>, tags: number): Promise<number[]> {
  const plant = plantOf(tags)
  const twin = await openTwin({ file, key, workers })
  const refs = await twin.points(plant.points.map(({ id, assetId, kind }) => ({ id, assetId, kind })))
  await twin.commitConfig({
    hash: 'bench',
    text: canonicalJson(plant),
    author: 'bench',
    reason: 'bench',
    atUs: startUs,
  })
  await twin.sessionStart(startUs)
  await twin.close()
  return refs.map((ref) => ref.key)
}

/** What one chunk of a pattern brings: itself, its leaf, and the parents that are full with it, the lowest first. */
interface PatternSlot {
  chunk: NewChunk
  leaf: NewNode
  parents: NewNode[]
}

interface Part {
  buckets: Buckets
  minUs: number
  maxUs: number
}

/** The roll-ups of a pattern, made once for all tags that have its chunks. */
class PatternPyramid {
  readonly #open: Part[][] = []

  next(columns: PointColumns): PatternSlot {
    const chunk = makeChunk(columns, { pointKey: 0, level: 1, closed: true, lastTick: 1 })
    const { minUs, maxUs } = chunk.head
    let part: Part = { buckets: leafOf(columns), minUs, maxUs }
    const leaf = nodeOf(part, 0)
    const parents: NewNode[] = []
    for (let level = 0; ; level++) {
      const open = (this.#open[level] ??= [])
      open.push(part)
      if (open.length < nodesPerParent) return { chunk, leaf, parents }
      this.#open[level] = []
      const buckets = parentOf(
        open.map((each) => each.buckets),
        bucketWidths,
      )
      part = { buckets, minUs: (open[0] as Part).minUs, maxUs: part.maxUs }
      parents.push(nodeOf(part, level + 1))
    }
  }
}

function nodeOf({ buckets, minUs, maxUs }: Part, level: number): NewNode {
  return makeNode({ pointKey: 0, level, chunk: null, minUs, maxUs }, buckets)
}

/** One tag: the ids of its nodes that have no parent yet, by level. */
class TagPlace {
  readonly #pointKey: number
  readonly #open: number[][] = []

  constructor(pointKey: number) {
    this.#pointKey = pointKey
  }

  #put(db: WriteDb, node: NewNode): number {
    const id = insertNode(db, node)
    const open = (this.#open[node.level] ??= [])
    open.push(id)
    return id
  }

  putChunk(db: WriteDb, { chunk, leaf }: PatternSlot): void {
    const pointKey = this.#pointKey
    this.#put(db, { ...leaf, pointKey, chunk: insertChunk(db, { ...chunk, pointKey }) })
  }

  putParents(db: WriteDb, { parents }: PatternSlot): void {
    for (const node of parents) {
      const children = this.#open[node.level - 1] ?? []
      this.#open[node.level - 1] = []
      adopt(db, this.#put(db, { ...node, pointKey: this.#pointKey }), children)
    }
  }
}
