import type { RetentionTier } from '../../../shared/domain/plant-captures.ts'
import { all, get, run, type WriteDb } from '../database.ts'
import { deleteFeatureChunk, rolledChunk } from '../features/feature-chunks.ts'
import { throughChunk } from '../tables/rollups.ts'
import type { Removed } from './removals.ts'

/** What may go in one bite: what ends before `beforeUs`, and of logs what every destination has confirmed. */
export interface BiteLimits {
  beforeUs: number
  /** Times after it cannot be: a clock that ran ahead. What they stamp goes by when it began. */
  nowUs: number
  confirmed: { events: number; features: number }
  /** Enough when as many have gone. */
  bytes: number
}

/**
 * Removes some of the oldest of a tier, within the transaction the caller opens; null when there is nothing that may go. Bites
 * are small: a commit may have to wait for one.
 */
export type Bite = (db: WriteDb, limits: BiteLimits) => Removed | null

const chunksAtOnce = 32
const featureChunksAtOnce = 2
/** A pyramid goes at once unless it has more; 4369 are three levels of sixteen. */
const nodesAtOnce = 4500
const eventsAtOnce = 256
const mostEventsAtOnce = 8192
const captureBytesAtOnce = 4e6
const capturesAtOnce = 64
/** A clock that is a day ahead is wrong. */
const aheadUs = 86_400e6

interface Spanned {
  id: number
  fromUs: number
  toUs: number
  samples: number
}

/** As the triggers count a payload (migration 8). */
function storedBytes(length: number): number {
  return length + (length > 3900 ? 2300 : 200)
}

/** The first rows, until as many bytes are among them. */
function enough<T extends { length: number }>(rows: readonly T[], bytes: number): T[] {
  let sum = 0
  const end = rows.findIndex(({ length }) => (sum += storedBytes(length)) >= bytes)
  return rows.slice(0, end < 0 ? rows.length : end + 1)
}

function totalOf(rows: readonly Spanned[], bytes: number, toSeq = 0): Removed {
  return {
    fromUs: Math.min(...rows.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...rows.map(({ toUs }) => toUs)),
    rows: rows.length,
    samples: rows.reduce((sum, { samples }) => sum + samples, 0),
    bytes,
    toSeq,
  }
}

function sizeOf(db: WriteDb, tier: RetentionTier): number {
  return get<{ bytes: number }>(db, 'SELECT bytes FROM tier_size WHERE tier = ?', tier)?.bytes ?? 0
}

/** The triggers of the tables know what a row takes; the difference is what was freed. */
function freeing(db: WriteDb, tier: RetentionTier, body: () => void): number {
  const before = sizeOf(db, tier)
  body()
  return before - sizeOf(db, tier)
}

/** Oldest closed chunks that have their roll-ups: those stay when the values go. */
const scalars: Bite = (db, { beforeUs, nowUs, bytes: wanted }) => {
  const sql = `SELECT id, min_us AS fromUs, max_us AS toUs, count AS samples, length(payload) AS length
    FROM chunk INDEXED BY chunk_by_age WHERE closed = 1 AND id <= ? AND`
  type Row = Spanned & { length: number }
  const rolled = throughChunk(db)
  let rows = all<Row>(db, `${sql} max_us < ? ORDER BY max_us LIMIT ${chunksAtOnce}`, rolled, beforeUs)
  if (rows.length === 0) {
    rows = all<Row>(db, `${sql} max_us > ? AND min_us < ? LIMIT ${chunksAtOnce}`, rolled, nowUs + aheadUs, beforeUs)
  }
  if (rows.length === 0) return null
  rows = enough(rows, wanted)
  const bytes = freeing(db, 'scalars', () => {
    for (const { id } of rows) run(db, 'DELETE FROM chunk WHERE id = ?', id)
  })
  return totalOf(rows, bytes)
}

const features: Bite = (db, { beforeUs, nowUs, confirmed, bytes: wanted }) => {
  const sql = `SELECT id, min_us AS fromUs, max_us AS toUs, count AS samples, last_seq AS lastSeq FROM feature_chunk
    INDEXED BY feature_chunk_by_age WHERE closed = 1 AND id <= ? AND last_seq <= ? AND`
  const rolled = rolledChunk(db)
  type Row = Spanned & { lastSeq: number }
  const limit = `LIMIT ${Number.isFinite(wanted) ? 1 : featureChunksAtOnce}`
  let rows = all<Row>(db, `${sql} max_us < ? ORDER BY max_us ${limit}`, rolled, confirmed.features, beforeUs)
  if (rows.length === 0) {
    const ahead = nowUs + aheadUs
    rows = all<Row>(db, `${sql} max_us > ? AND min_us < ? ${limit}`, rolled, confirmed.features, ahead, beforeUs)
  }
  if (rows.length === 0) return null
  const bytes = freeing(db, 'features', () => {
    for (const { id } of rows) deleteFeatureChunk(db, id)
  })
  const removed = totalOf(rows, bytes, Math.max(...rows.map(({ lastSeq }) => lastSeq)))
  run(db, 'UPDATE feature_compaction SET removed_rows = removed_rows + ?', removed.samples)
  return removed
}

/** Captures that nobody has pinned. */
const captures: Bite = (db, { beforeUs, bytes: wanted }) => {
  const rows = all<{ rowid: number; fromUs: number; rateHz: number; samples: number; length: number }>(
    db,
    `SELECT rowid, source_us AS fromUs, sample_rate_hz AS rateHz, sample_count AS samples, length(payload) AS length
     FROM capture INDEXED BY capture_by_age WHERE pinned = 0 AND source_us < ? ORDER BY source_us LIMIT ${capturesAtOnce}`,
    beforeUs,
  )
  const taken = enough(rows, Math.min(wanted, captureBytesAtOnce))
  if (taken.length === 0) return null
  const bytes = freeing(db, 'captures', () => {
    for (const { rowid } of taken) run(db, 'DELETE FROM capture WHERE rowid = ?', rowid)
  })
  return totalOf(
    taken.map(({ rowid: id, fromUs, rateHz, samples }) => ({
      id,
      fromUs,
      toUs: Math.ceil(fromUs + (samples * 1e6) / rateHz),
      samples,
    })),
    bytes,
  )
}

interface Pyramid {
  table: 'rollup' | 'feature_rollup'
  chunk: 'chunk' | 'feature_chunk'
}

const pyramids: readonly Pyramid[] = [
  { table: 'rollup', chunk: 'chunk' },
  { table: 'feature_rollup', chunk: 'feature_chunk' },
]

/**
 * Whole pyramids, oldest first and from below, once all of what they stand for has gone: a coarse bucket over fine ones that are
 * missing would say two things at once.
 */
const aggregates: Bite = (db, limits) => {
  for (const pyramid of pyramids) {
    const removed = pyramidBite(db, pyramid, limits.beforeUs)
    if (removed) return removed
  }
  return null
}

function pyramidBite(db: WriteDb, { table, chunk }: Pyramid, beforeUs: number): Removed | null {
  const roots = all<{ id: number }>(
    db,
    `SELECT id FROM ${table} INDEXED BY ${table}_by_age WHERE parent IS NULL AND max_us < ? ORDER BY max_us LIMIT 8`,
    beforeUs,
  )
  for (const root of roots) {
    const nodes = all<Spanned & { needed: number }>(
      db,
      `WITH RECURSIVE below (id) AS (SELECT ? UNION ALL SELECT c.id FROM ${table} c JOIN below b ON c.parent = b.id)
       SELECT n.id, n.min_us AS fromUs, n.max_us AS toUs, 0 AS samples,
         n.chunk IS NOT NULL AND EXISTS (SELECT 1 FROM ${chunk} k WHERE k.id = n.chunk) AS needed
       FROM ${table} n WHERE n.id IN below ORDER BY n.level, n.id`,
      root.id,
    )
    if (nodes.some(({ needed }) => needed === 1)) continue
    const some = nodes.slice(0, nodesAtOnce)
    const bytes = freeing(db, 'aggregates', () => {
      for (const { id } of some) run(db, `DELETE FROM ${table} WHERE id = ?`, id)
    })
    return totalOf(some, bytes)
  }
  return null
}

/**
 * A beginning of the log with what it reports. An alert goes when the last thing said about it goes, never while it is open, and a
 * gap not before it has ended; both hold back everything behind them.
 */
const events: Bite = (db, { beforeUs, confirmed, bytes: wanted }) => {
  const most = Math.min(confirmed.events, oldestHeldEvent(db) - 1)
  // An alert whose last word lies further on needs a longer beginning.
  for (let rows = eventsAtOnce; rows <= mostEventsAtOnce; rows *= 4) {
    const found = all<{ id: number; fromUs: number; length: number }>(
      db,
      `SELECT seq AS id, created_us AS fromUs, length(payload) + 100 AS length FROM event WHERE seq <= ? ORDER BY seq LIMIT ?`,
      most,
      rows,
    )
    const young = found.findIndex(({ fromUs }) => fromUs >= beforeUs)
    const old = young < 0 ? found : found.slice(0, young)
    const last = wholeAlerts(db, enough(old, wanted).at(-1)?.id ?? 0, old.at(-1)?.id ?? 0)
    const taken = old.filter(({ id }) => id <= last)
    if (taken.length > 0) return eventsBite(db, taken, last)
    if (old.length < rows) return null
  }
  return null
}

function eventsBite(db: WriteDb, taken: readonly { id: number; fromUs: number }[], last: number): Removed {
  const bytes = freeing(db, 'events', () => {
    const alerts = all<{ id: string }>(
      db,
      'SELECT DISTINCT occurrence_id AS id FROM transition WHERE event_seq <= ?',
      last,
    )
    run(db, 'DELETE FROM transition WHERE event_seq <= ?', last)
    for (const { id } of alerts) run(db, 'DELETE FROM occurrence WHERE id = ?', id)
    run(db, 'DELETE FROM gap WHERE event_seq <= ?', last)
    run(db, 'DELETE FROM condition_event WHERE event_seq <= ?', last)
    run(db, 'DELETE FROM event WHERE seq <= ?', last)
  })
  return totalOf(
    taken.map(({ id, fromUs }) => ({ id, fromUs, toUs: fromUs, samples: 0 })),
    bytes,
    last,
  )
}

/** First row that an open alert, a rule that names an alert, or an open gap still needs. */
export function oldestHeldEvent(db: WriteDb): number {
  const sql = `SELECT min(seq) AS seq FROM (
    SELECT min(t.event_seq) AS seq FROM occurrence o JOIN transition t ON t.occurrence_id = o.id WHERE o.state <> 'normal'
    UNION ALL SELECT min(t.event_seq) FROM rule_state s JOIN transition t ON t.occurrence_id = s.occurrence_id
    UNION ALL SELECT min(event_seq) FROM gap WHERE end_us IS NULL)`
  return get<{ seq: number | null }>(db, sql)?.seq ?? Number.MAX_SAFE_INTEGER
}

/** A row near `wanted`, at most `most`, behind which no alert of before goes on; 0 when there is none. */
function wholeAlerts(db: WriteDb, wanted: number, most: number): number {
  const ahead = `SELECT max(u.event_seq) AS seq FROM transition t JOIN transition u ON u.occurrence_id = t.occurrence_id
    WHERE t.event_seq <= ?`
  let up = wanted
  for (let next = 0; next !== up && up <= most;) {
    next = up
    up = Math.max(up, get<{ seq: number | null }>(db, ahead, up)?.seq ?? up)
  }
  if (up <= most) return up
  const cut = `SELECT min(t.event_seq) AS seq FROM transition t WHERE t.event_seq <= ? AND EXISTS
    (SELECT 1 FROM transition u WHERE u.occurrence_id = t.occurrence_id AND u.event_seq > ?)`
  let down = wanted
  for (;;) {
    const seq = get<{ seq: number | null }>(db, cut, down, down)?.seq ?? null
    if (seq === null) return down
    down = seq - 1
  }
}

export const bites: Record<RetentionTier, Bite> = { captures, scalars, features, aggregates, events }
