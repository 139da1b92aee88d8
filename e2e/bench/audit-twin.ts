import { canonicalJson } from '../../electron/assets/index.ts'
import { raiseAll, leafOf } from '../../electron/store/compact/roll.ts'
import { applyWrite, type Made } from '../../electron/store/compact/writes.ts'
import { inTransaction, openForWriting, run } from '../../electron/store/database.ts'
import { openTwin } from '../../electron/store/api.ts'
import { makeChunk } from '../../electron/store/tables/chunks.ts'
import { loadHeads } from '../../electron/store/tables/heads.ts'
import { makeNode, moveThroughChunk } from '../../electron/store/tables/rollups.ts'
import type { PointColumns } from '../../electron/store/chunk-codec.ts'
import { AuditPlant, chunkS, plantOf, startUs } from './audit-plant.ts'
import { workers, type Where } from './store-twin.ts'

/** Tags that are made value by value; the others have the chunks of one of these. */
const patterns = 50
const slotsPerParent = 16

/**
 * A week of `tags` tags as compaction leaves it: a chunk of twenty minutes each, in the order of time, with its roll-ups. Written
 * past the engine, which would take an hour of compaction for 3 x 10^9 values; the rows are the same.
 */
export async function fillWeek({ file, key }: Where, tags: number): Promise<{ values: number }> {
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
  const db = openForWriting(file, key)
  // A cut leaves nothing that anybody needs.
  db.pragma('synchronous = OFF')
  const heads = loadHeads(db)
  const made = new AuditPlant(Math.min(tags, patterns))
  const keys = refs.map((ref) => ref.key)
  const slots = Math.floor((7 * 86_400) / chunkS)
  run(db, 'UPDATE compaction SET through_tick = 1')
  for (let slot = 0; slot < slots; slot++) {
    const chunks = made.next().map(patternOf)
    inTransaction(db, () => {
      const rows = keys.map((pointKey, i) => ofTag(chunks[i % chunks.length] as Made, pointKey))
      applyWrite(db, heads, { kind: 'chunks', made: rows })
      moveThroughChunk(db, (slot + 1) * tags)
      if ((slot + 1) % slotsPerParent !== 0) return
      for (const step of raiseAll(db, keys)) if (step) applyWrite(db, heads, step)
    })
  }
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return { values: tags * slots * chunkS }
}

function patternOf(columns: PointColumns): Made {
  const chunk = makeChunk(columns, { pointKey: 0, level: 1, closed: true, lastTick: 1 })
  const { minUs, maxUs } = chunk.head
  return { chunk, leaf: makeNode({ pointKey: 0, level: 0, chunk: null, minUs, maxUs }, leafOf(columns)) }
}

function ofTag({ chunk, leaf }: Made, pointKey: number): Made {
  return { chunk: { ...chunk, pointKey }, leaf: leaf ? { ...leaf, pointKey } : null }
}
