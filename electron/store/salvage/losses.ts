import type { LostRows } from '../../../shared/domain/recovery.ts'
import { all, get, type ReadDb, type SqlValue } from '../database.ts'
import { keysPerSegment } from '../tables/segments.ts'
import type { Missing } from './collect.ts'

/** A span that damage has taken of one point (null: of all), as the gap that will say so. */
export interface Loss {
  what: LostRows['what']
  pointKey: number | null
  fromUs: number | null
  toUs: number | null
  count: number | null
}

function number(value: SqlValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}

/** Entries of `chunk_by_time` and `feature_chunk_by_time`: point, class, latest, earliest, number. */
export function chunkLoss(what: 'samples' | 'features', { entry }: Missing): Loss {
  const [pointKey, , toUs, fromUs] = entry
  return { what, pointKey: number(pointKey), fromUs: number(fromUs), toUs: number(toUs), count: null }
}

/** Entries of `segment_by_range`: range of keys, latest, earliest; each point of the range may have lost samples. */
export function segmentLosses(db: ReadDb, { entry }: Missing): Loss[] {
  const [range, toUs, fromUs] = entry
  const first = (number(range) ?? 0) * keysPerSegment
  const sql = 'SELECT key FROM point WHERE key >= ? AND key < ?'
  return all<{ key: number }>(db, sql, first, first + keysPerSegment).map(({ key }) => ({
    what: 'samples',
    pointKey: key,
    fromUs: number(fromUs),
    toUs: number(toUs),
    count: null,
  }))
}

/** Entries of `tick_batch_by_time`: latest, earliest, count, number. */
export function tickLoss({ entry }: Missing): Loss {
  const [toUs, fromUs, count] = entry
  return { what: 'ticks', pointKey: null, fromUs: number(fromUs), toUs: number(toUs), count: number(count) }
}

/** Entries of `feature_by_point` and `capture_by_point`: point, time, number. */
export function pointLoss(what: 'features' | 'captures', { entry }: Missing): Loss {
  const [pointKey, atUs] = entry
  return { what, pointKey: number(pointKey), fromUs: number(atUs), toUs: number(atUs), count: 1 }
}

/** Spans of one point and kind that touch become one. */
export function joined(losses: readonly Loss[]): Loss[] {
  const sorted = [...losses].sort(
    (a, b) =>
      a.what.localeCompare(b.what) || (a.pointKey ?? -1) - (b.pointKey ?? -1) || (a.fromUs ?? 0) - (b.fromUs ?? 0),
  )
  const out: Loss[] = []
  for (const loss of sorted) {
    const last = out.at(-1)
    const same = last && last.what === loss.what && last.pointKey === loss.pointKey
    if (!same || last.toUs === null || loss.fromUs === null || loss.fromUs > last.toUs + touchUs) {
      out.push({ ...loss })
      continue
    }
    last.toUs = Math.max(last.toUs, loss.toUs ?? last.toUs)
    last.count = last.count === null || loss.count === null ? null : last.count + loss.count
  }
  return out
}

/** Chunks that follow each other leave a sampling interval between them. */
const touchUs = 10_000_000

export function namedLosses(db: ReadDb, losses: readonly Loss[]): LostRows[] {
  const ids = new Map(all<{ key: number; id: string }>(db, 'SELECT key, id FROM point').map(({ key, id }) => [key, id]))
  return losses.map(({ what, pointKey, fromUs, toUs, count }) => ({
    what,
    pointId: pointKey === null ? null : (ids.get(pointKey) ?? `#${pointKey}`),
    fromUs,
    toUs,
    count,
  }))
}

/** Rows by table, as a report shows them. */
export function keptRows(db: ReadDb): Record<string, number> {
  const count = (sql: string): number => get<{ n: number | null }>(db, sql)?.n ?? 0
  return {
    samples: count('SELECT sum(count) AS n FROM (SELECT count FROM chunk UNION ALL SELECT count FROM segment)'),
    features: count('SELECT (SELECT ifnull(sum(count), 0) FROM feature_chunk) + (SELECT count(*) FROM feature) AS n'),
    captures: count('SELECT count(*) AS n FROM capture'),
    events: count('SELECT count(*) AS n FROM event'),
    alerts: count('SELECT count(*) AS n FROM occurrence'),
    gaps: count('SELECT count(*) AS n FROM gap'),
  }
}
