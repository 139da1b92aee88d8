import { crc32 } from 'node:zlib'
import type { ConditionEntry } from '../../../shared/domain/condition.ts'
import type { Gap } from '../../../shared/domain/intake.ts'
import type { AlertOccurrence, AlertTransition } from '../../../shared/domain/alert.ts'
import { all, run, type WriteDb } from '../database.ts'
import { removedThroughSeq } from '../retention/removals.ts'
import { gapPayload } from '../tables/gaps.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import { readOccurrence, readTransitions, writeOccurrence } from '../tables/alerts.ts'
import { putEntry } from '../tables/conditions.ts'
import { leaveNote } from '../tables/meta.ts'

interface EventRow {
  seq: number
  kind: string
  ref: number
  payload: string
}

type AlertPayload = AlertTransition & { occurrence: AlertOccurrence }

/**
 * The outbox and the tables it reports from say the same twice: what one has lost is written anew from the other. What neither
 * has is a known hole of the log, for `verify`. `head`: the highest number given.
 */
export function mendLogs(db: WriteDb, head: number): void {
  for (const { seq, checksum, payload } of all<{ seq: number; checksum: number; payload: string }>(
    db,
    'SELECT seq, checksum, payload FROM event',
  )) {
    if (crc32(payload) !== checksum) run(db, 'DELETE FROM event WHERE seq = ?', seq)
  }
  occurrencesFromEvents(db)
  transitionsFromEvents(db)
  gapsFromEvents(db)
  conditionsFromEvents(db)
  eventsFromTransitions(db)
  eventsFromGaps(db)
  run(db, 'UPDATE rule_state SET occurrence_id = NULL WHERE occurrence_id NOT IN (SELECT id FROM occurrence)')
  knownHoles(db, head)
}

function occurrencesFromEvents(db: WriteDb): void {
  const rows = all<EventRow>(
    db,
    "SELECT seq, kind, ref, payload FROM event WHERE kind IN ('alert', 'acknowledge', 'label') ORDER BY seq DESC",
  )
  const seen = new Set(all<{ id: string }>(db, 'SELECT id FROM occurrence').map(({ id }) => id))
  for (const { payload } of rows) {
    const { occurrence } = JSON.parse(payload) as AlertPayload
    if (seen.has(occurrence.id)) continue
    seen.add(occurrence.id)
    writeOccurrence(db, occurrence)
  }
}

function transitionsFromEvents(db: WriteDb): void {
  const rows = all<EventRow>(
    db,
    `SELECT e.seq, e.kind, e.ref, e.payload FROM event e LEFT JOIN transition t ON t.event_seq = e.seq
     WHERE e.kind IN ('alert', 'acknowledge', 'label') AND t.id IS NULL`,
  )
  for (const { seq, ref, payload } of rows) {
    const t = JSON.parse(payload) as AlertPayload
    insertTransition(db, ref, seq, t)
  }
}

function insertTransition(db: WriteDb, id: number, seq: number, t: AlertTransition): void {
  run(
    db,
    `INSERT OR IGNORE INTO transition (id, occurrence_id, rule_id, asset_id, point_id, kind, at_us, state, level, value, limit_value,
       by, comment, outcome, event_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    t.occurrenceId,
    t.ruleId,
    t.assetId,
    t.pointId,
    t.kind,
    t.atUs,
    t.state,
    t.level,
    t.value,
    t.limit,
    t.by,
    t.comment,
    t.outcome,
    seq,
  )
}

interface GapPayload {
  pointId: string | null
  serverId: string | null
  cause: string
  startUs: number
  endUs: number | null
  count: number | null
  detail: string
}

/** The last event of a gap is how it stands. */
function gapsFromEvents(db: WriteDb): void {
  const rows = all<EventRow>(
    db,
    `SELECT max(seq) AS seq, kind, ref, payload FROM event WHERE kind = 'gap' AND ref NOT IN (SELECT id FROM gap) GROUP BY ref`,
  )
  for (const { seq, ref, payload } of rows) {
    const gap = JSON.parse(payload) as GapPayload
    run(
      db,
      `INSERT OR IGNORE INTO gap (id, point_key, server_id, cause, start_us, end_us, count, detail, event_seq)
       VALUES (?, (SELECT key FROM point WHERE id = ?), ?, ?, ?, ?, ?, ?, ?)`,
      ref,
      gap.pointId,
      gap.serverId,
      gap.cause,
      gap.startUs,
      gap.endUs,
      gap.count,
      gap.detail,
      seq,
    )
  }
}

/** The words of the journal are in the outbox alone: a row without them says nothing. */
function conditionsFromEvents(db: WriteDb): void {
  run(db, "DELETE FROM condition_event WHERE event_seq NOT IN (SELECT seq FROM event WHERE kind = 'condition')")
  const rows = all<EventRow>(
    db,
    `SELECT seq, kind, ref, payload FROM event
     WHERE kind = 'condition' AND seq NOT IN (SELECT event_seq FROM condition_event)`,
  )
  for (const { seq, ref, payload } of rows) putEntry(db, ref, JSON.parse(payload) as ConditionEntry, seq)
}

function eventsFromTransitions(db: WriteDb): void {
  const kinds: Record<string, string> = { acknowledged: 'acknowledge', labelled: 'label' }
  const rows = all<{ id: number; eventSeq: number; kind: string; atUs: number; occurrenceId: string }>(
    db,
    `SELECT t.id, t.event_seq AS eventSeq, t.kind, t.at_us AS atUs, t.occurrence_id AS occurrenceId FROM transition t
     LEFT JOIN event e ON e.seq = t.event_seq WHERE e.seq IS NULL AND t.event_seq > ?`,
    removedThroughSeq(db, 'events'),
  )
  for (const { id, eventSeq, kind, atUs, occurrenceId } of rows) {
    const occurrence = readOccurrence(db, occurrenceId)
    // The transition of that moment, as `writeTransition` reported it; the occurrence is as it became since.
    const t = readTransitions(db, occurrenceId).find((each) => each.kind === kind && each.atUs === atUs)
    if (!occurrence || !t) continue
    const payload = JSON.stringify({ schema: 'millwright/alert@1', ...t, at: isoFromUs(atUs), occurrence })
    putEvent(db, eventSeq, kinds[kind] ?? 'alert', id, atUs, payload)
  }
}

function eventsFromGaps(db: WriteDb): void {
  const rows = all<Gap & { id: number; eventSeq: number }>(
    db,
    `SELECT g.id, g.event_seq AS eventSeq, g.point_key AS pointKey, g.server_id AS serverId, g.cause, g.start_us AS startUs,
       g.end_us AS endUs, g.count, g.detail FROM gap g LEFT JOIN event e ON e.seq = g.event_seq
     WHERE e.seq IS NULL AND g.event_seq > ?`,
    removedThroughSeq(db, 'events'),
  )
  for (const { id, eventSeq, ...gap } of rows) {
    putEvent(db, eventSeq, 'gap', id, gap.endUs ?? gap.startUs, JSON.stringify(gapPayload(db, gap)))
  }
}

function putEvent(db: WriteDb, seq: number, kind: string, ref: number, createdUs: number, payload: string): void {
  run(
    db,
    'INSERT OR IGNORE INTO event (seq, kind, ref, created_us, checksum, payload) VALUES (?, ?, ?, ?, ?, ?)',
    seq,
    kind,
    ref,
    createdUs,
    crc32(payload),
    payload,
  )
}

/** Numbers up to `head` that no row has. */
function knownHoles(db: WriteDb, head: number): void {
  const holes: [number, number][] = []
  // What retention removed is told by retention.
  let due = removedThroughSeq(db, 'events') + 1
  for (const { seq } of all<{ seq: number }>(db, 'SELECT seq FROM event ORDER BY seq')) {
    if (seq > due) holes.push([due, seq - 1])
    due = seq + 1
  }
  if (due <= head) holes.push([due, head])
  if (holes.length > 0) leaveNote(db, 'event-holes', holes)
}
