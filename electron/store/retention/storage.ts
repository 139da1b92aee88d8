import fs from 'node:fs'
import { retentionTiers, type RetentionTier } from '../../../shared/domain/plant-captures.ts'
import type { StorageState, TierState } from '../../../shared/domain/retention.ts'
import { all, get, pageSize, type ReadDb } from '../database.ts'
import { canShrink, freePages } from './retention.ts'

/** Each is answered from an index or the first row of a table. */
const oldest: Record<RetentionTier, string> = {
  captures: 'SELECT min(source_us) AS us FROM capture',
  scalars: `SELECT min(us) AS us FROM (
    SELECT min_us AS us FROM (SELECT min_us FROM chunk INDEXED BY chunk_by_age WHERE closed = 1 ORDER BY max_us LIMIT 1)
    UNION ALL SELECT min(min_us) FROM chunk WHERE closed = 0
    UNION ALL SELECT min(min_us) FROM segment
    UNION ALL SELECT min_us FROM (SELECT min_us FROM tick_batch WHERE count > 0 ORDER BY tick_id LIMIT 1))`,
  features: `SELECT min(us) AS us FROM (
    SELECT min_us AS us FROM
      (SELECT min_us FROM feature_chunk INDEXED BY feature_chunk_by_age WHERE closed = 1 ORDER BY max_us LIMIT 1)
    UNION ALL SELECT min(min_us) FROM feature_chunk WHERE closed = 0
    UNION ALL SELECT t_us FROM (SELECT t_us FROM feature ORDER BY seq LIMIT 1))`,
  aggregates: `SELECT min(us) AS us FROM (
    SELECT min_us AS us FROM (SELECT min_us FROM rollup INDEXED BY rollup_by_age WHERE parent IS NULL ORDER BY max_us LIMIT 1)
    UNION ALL SELECT min_us FROM
      (SELECT min_us FROM feature_rollup INDEXED BY feature_rollup_by_age WHERE parent IS NULL ORDER BY max_us LIMIT 1))`,
  events: 'SELECT created_us AS us FROM event ORDER BY seq LIMIT 1',
}

/** What each tier holds, from when, and what was removed of it; and how the file stands. */
export function readStorage(db: ReadDb, file: string): StorageState {
  const sizes = new Map(
    all<{ tier: string; rows: number; bytes: number }>(db, 'SELECT tier, rows, bytes FROM tier_size').map(
      ({ tier, ...size }) => [tier, size],
    ),
  )
  const removed = new Map(
    all<{ tier: string; rows: number; bytes: number; throughUs: number }>(
      db,
      'SELECT tier, sum(rows) AS rows, sum(bytes) AS bytes, max(to_us) AS throughUs FROM removal GROUP BY tier',
    ).map(({ tier, ...sum }) => [tier, sum]),
  )
  const hot = hotBytes(db)
  const tiers = retentionTiers.map((tier): TierState => {
    const { rows = 0, bytes = 0 } = sizes.get(tier) ?? {}
    return {
      tier,
      rows,
      bytes: bytes + (tier === 'scalars' ? hot.scalars : tier === 'features' ? hot.features : 0),
      fromUs: get<{ us: number | null }>(db, oldest[tier])?.us ?? null,
      pinned: tier === 'captures' ? pinnedCaptures(db) : null,
      removed: removed.get(tier) ?? null,
    }
  })
  return {
    tiers,
    fileBytes: sizeOf(file),
    walBytes: sizeOf(`${file}-wal`),
    freeBytes: freePages(db) * pageSize,
    canShrink: canShrink(db),
  }
}

/** Rows that are not in chunks yet: some minutes, so that they can be looked at. */
function hotBytes(db: ReadDb): { scalars: number; features: number } {
  const sql = `SELECT (SELECT ifnull(sum(length(payload)), 0) FROM tick_batch)
      + (SELECT ifnull(sum(length(payload)), 0) FROM segment) AS scalars,
    (SELECT ifnull(sum(length(payload) + 120), 0) FROM feature) AS features`
  return get<{ scalars: number; features: number }>(db, sql) ?? { scalars: 0, features: 0 }
}

function pinnedCaptures(db: ReadDb): { rows: number; bytes: number } {
  const sql =
    'SELECT count(*) AS rows, ifnull(sum(length(payload)), 0) AS bytes FROM capture INDEXED BY capture_pinned WHERE pinned = 1'
  return get<{ rows: number; bytes: number }>(db, sql) ?? { rows: 0, bytes: 0 }
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
