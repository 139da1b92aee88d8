import type { Gap, GapCause } from '../../../shared/domain/intake.ts'
import { retentionTiers, type RetentionTier } from '../../../shared/domain/plant-captures.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import { all, get, run, wholeUsOr, type ReadDb, type WriteDb } from '../database.ts'
import { removalGaps } from '../retention/removals.ts'
import { clamp, firstStart, spanClasses, spanClassSql } from '../span-class.ts'
import { appendEvent } from './events.ts'

export interface GapQuery {
  /** Gaps that overlap [fromUs, toUs). */
  fromUs?: number
  toUs?: number
  /** Gaps of this point, and those of its server or of everything. */
  pointKey?: number
  serverId?: string
  openOnly?: boolean
  /** Tiers whose removal by retention is told as a gap; all of those that concern the point, if left out. */
  removed?: readonly RetentionTier[]
  /** Newest first are kept when there are more. */
  limit?: number
}

interface GapRow {
  id: number
  pointKey: number | null
  serverId: string | null
  cause: GapCause
  startUs: number
  endUs: number | null
  count: number | null
  detail: string
}

const columns =
  'id, point_key AS pointKey, server_id AS serverId, cause, start_us AS startUs, end_us AS endUs, count, detail'

/**
 * A gap is known by point, server, cause and start: the same one handed in again (to close it, or with a better count) updates
 * its row, and each change is an event of its own, so that the far side sees it open and close.
 */
export function writeGap(db: WriteDb, gap: Gap, createdUs: number): void {
  const startUs = wholeUsOr(gap.startUs, createdUs)
  // Set back between the two, a clock gives an end before the start.
  const endUs = gap.endUs === null ? null : Math.max(startUs, wholeUsOr(gap.endUs, createdUs))
  const count = gap.count === null ? null : Math.round(gap.count)
  const known = get<{ id: number }>(
    db,
    `SELECT id FROM gap WHERE start_us = ? AND cause = ? AND ifnull(point_key, -1) = ifnull(?, -1)
       AND ifnull(server_id, '') = ifnull(?, '')`,
    startUs,
    gap.cause,
    gap.pointKey,
    gap.serverId,
  )
  const id =
    known?.id ??
    run(
      db,
      `INSERT INTO gap (point_key, server_id, cause, start_us, end_us, count, detail, event_seq)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0)`,
      gap.pointKey,
      gap.serverId,
      gap.cause,
      startUs,
      endUs,
      count,
      gap.detail,
    )
  const eventSeq = appendEvent(db, 'gap', id, createdUs, gapPayload(db, { ...gap, startUs, endUs, count }))
  run(
    db,
    'UPDATE gap SET end_us = ?, count = ?, detail = ?, event_seq = ? WHERE id = ?',
    endUs,
    count,
    gap.detail,
    eventSeq,
    id,
  )
}

export function gapPayload(db: ReadDb, gap: Gap): object {
  const point =
    gap.pointKey === null
      ? null
      : get<{ id: string; asset: string }>(db, 'SELECT id, asset_id AS asset FROM point WHERE key = ?', gap.pointKey)
  return {
    schema: 'millwright/gap@1',
    pointId: point?.id ?? null,
    assetId: point?.asset ?? null,
    serverId: gap.serverId,
    cause: gap.cause,
    start: isoFromUs(gap.startUs),
    end: gap.endUs === null ? null : isoFromUs(gap.endUs),
    startUs: gap.startUs,
    endUs: gap.endUs,
    count: gap.count,
    detail: gap.detail,
  }
}

/** The very text of the indexes. */
const gapClass = spanClassSql('end_us', 'start_us')

/**
 * A bounded range of starts in each class of spans, of a point's own gaps and of those without a point: neither old gaps nor those
 * of other points are walked.
 */
export function readGaps(db: ReadDb, query: GapQuery): Gap[] {
  const { fromUs = -Infinity, toUs = Infinity, pointKey, serverId, openOnly = false, limit = 10_000 } = query
  const own: [string, number[]][] = [
    ['point_key IS NULL AND', []],
    ['point_key = ? AND', [pointKey ?? 0]],
  ]
  const points = pointKey === undefined ? [['', []] as const] : own
  // By itself SQLite takes the other one for the sake of the order, and walks the gaps of all points.
  const index = pointKey === undefined ? 'gap_by_span' : 'gap_of_point_by_span'
  const most = clamp(Math.ceil(toUs))
  const rows: GapRow[] = []
  for (const k of openOnly ? [-1] : spanClasses) {
    const least = k < 0 ? clamp(-Infinity) : firstStart(clamp(Math.floor(fromUs)), k)
    for (const [point, key] of points) {
      const sql = `SELECT ${columns} FROM gap INDEXED BY ${index} WHERE ${point} ${gapClass} = ${k} AND start_us BETWEEN ? AND ?
        AND start_us < ? AND (end_us IS NULL OR end_us >= ?) AND (? IS NULL OR server_id IS NULL OR server_id = ?)
        ORDER BY start_us DESC, id DESC LIMIT ?`
      rows.push(...all<GapRow>(db, sql, ...key, least, most, toUs, fromUs, serverId ?? null, serverId ?? null, limit))
    }
  }
  const newest = rows.sort((a, b) => b.startUs - a.startUs || b.id - a.id).slice(0, limit)
  const gaps = newest.reverse().map(({ id: _id, ...gap }) => gap)
  return openOnly ? gaps : [...removedOf(db, query), ...gaps]
}

function removedOf(db: ReadDb, { pointKey, fromUs, toUs, removed }: GapQuery): Gap[] {
  const tiers = removed ?? (pointKey === undefined ? retentionTiers : tiersOf(db, pointKey))
  return removalGaps(db, tiers).filter(
    ({ startUs, endUs }) => (toUs === undefined || startUs < toUs) && (fromUs === undefined || (endUs ?? 0) >= fromUs),
  )
}

function tiersOf(db: ReadDb, pointKey: number): RetentionTier[] {
  const kind = get<{ kind: string }>(db, 'SELECT kind FROM point WHERE key = ?', pointKey)?.kind
  return kind === 'waveform' ? ['captures', 'features', 'aggregates', 'events'] : ['scalars', 'aggregates', 'events']
}

/** By start. */
export function gapsWhere(db: ReadDb, ids: readonly number[]): Gap[] {
  const rows = ids.flatMap((id) => get<GapRow>(db, `SELECT ${columns} FROM gap WHERE id = ?`, id) ?? [])
  return rows.sort((a, b) => a.startUs - b.startUs || a.id - b.id).map(({ id: _id, ...gap }) => gap)
}

/** Gaps left open by a run that ended: what follows `atUs` is told by the gap of the stop or kill itself. */
export function closeOpenGaps(db: WriteDb, atUs: number, createdUs: number): void {
  const open = all<GapRow>(db, `SELECT ${columns} FROM gap WHERE end_us IS NULL ORDER BY id`)
  for (const { id: _id, ...gap } of open) writeGap(db, { ...gap, endUs: Math.max(gap.startUs, atUs) }, createdUs)
}
