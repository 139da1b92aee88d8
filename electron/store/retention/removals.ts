import type { Gap } from '../../../shared/domain/intake.ts'
import type { RetentionTier } from '../../../shared/domain/plant-captures.ts'
import type { Removal, RemovalCause } from '../../../shared/domain/retention.ts'
import { all, get, run, type ReadDb, type WriteDb } from '../database.ts'

/** What one bite took. */
export interface Removed {
  fromUs: number
  toUs: number
  rows: number
  /** Of scalars the samples, of features the rows that were in the chunks; verify counts on them. */
  samples: number
  bytes: number
  /** Last sequence number among them; 0 where there are none. */
  toSeq: number
}

const oneDayUs = 86_400e6

/** In the transaction that removes; bites of a day are one row. */
export function recordRemoval(
  db: WriteDb,
  tier: RetentionTier,
  why: RemovalCause,
  removed: Removed,
  nowUs: number,
): void {
  const last = get<{ id: number; firstAtUs: number }>(
    db,
    'SELECT id, first_at_us AS firstAtUs FROM removal WHERE tier = ? AND why = ? ORDER BY id DESC LIMIT 1',
    tier,
    why,
  )
  const { fromUs, toUs, rows, samples, bytes, toSeq } = removed
  if (last && nowUs >= last.firstAtUs && nowUs - last.firstAtUs < oneDayUs) {
    run(
      db,
      `UPDATE removal SET from_us = min(from_us, ?), to_us = max(to_us, ?), rows = rows + ?, samples = samples + ?,
         bytes = bytes + ?, to_seq = max(to_seq, ?), last_at_us = ? WHERE id = ?`,
      fromUs,
      toUs,
      rows,
      samples,
      bytes,
      toSeq,
      nowUs,
      last.id,
    )
    return
  }
  run(
    db,
    `INSERT INTO removal (tier, why, from_us, to_us, rows, samples, bytes, to_seq, first_at_us, last_at_us)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    tier,
    why,
    fromUs,
    toUs,
    rows,
    samples,
    bytes,
    toSeq,
    nowUs,
    nowUs,
  )
}

/** Newest first. */
export function readRemovals(db: ReadDb, limit: number): Removal[] {
  return all<Removal>(
    db,
    `SELECT tier, why, from_us AS fromUs, to_us AS toUs, rows, samples, bytes, first_at_us AS firstAtUs,
       last_at_us AS lastAtUs FROM removal ORDER BY last_at_us DESC, id DESC LIMIT ?`,
    limit,
  )
}

/** Last row of a log that was removed, ever; what comes after it is whole. */
export function removedThroughSeq(db: ReadDb, tier: 'events' | 'features'): number {
  return get<{ seq: number }>(db, 'SELECT ifnull(max(to_seq), 0) AS seq FROM removal WHERE tier = ?', tier)?.seq ?? 0
}

/** Latest time that was removed of a tier; -Infinity when nothing was. */
export function removedThroughUs(db: ReadDb, tier: RetentionTier): number {
  return get<{ us: number | null }>(db, 'SELECT max(to_us) AS us FROM removal WHERE tier = ?', tier)?.us ?? -Infinity
}

export function removedSamples(db: ReadDb, tier: RetentionTier): number {
  return get<{ sum: number }>(db, 'SELECT ifnull(sum(samples), 0) AS sum FROM removal WHERE tier = ?', tier)?.sum ?? 0
}

const words: Record<RetentionTier, string> = {
  captures: 'Waveforms that nobody had pinned',
  scalars: 'Values',
  features: 'Features of waveforms',
  aggregates: 'Minimum, mean and maximum',
  events: 'Alerts, gaps, run states or what was said of deliveries',
}

/** A gap a tier, so that whoever reads history is told that something was there. */
export function removalGaps(db: ReadDb, tiers: readonly RetentionTier[]): Gap[] {
  const rows = all<{ tier: RetentionTier; startUs: number; endUs: number; count: number }>(
    db,
    `SELECT tier, min(from_us) AS startUs, max(to_us) AS endUs, sum(rows) AS count FROM removal GROUP BY tier ORDER BY 2, 1`,
  )
  return rows
    .filter(({ tier }) => tiers.includes(tier))
    .map(({ tier, startUs, endUs, count }) => ({
      pointKey: null,
      serverId: null,
      cause: 'retention' as const,
      startUs,
      endUs,
      count,
      detail: `${words[tier]} of that time were removed by retention, as the plant file asks.`,
    }))
}
