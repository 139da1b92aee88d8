import {
  type ConditionCommit,
  type ConditionEntry,
  type ConditionKey,
  keyOfCondition,
  type PresentCondition,
} from '../../../shared/domain/condition.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import { all, get, run, whereOf, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { appendAudit } from './audit.ts'
import { appendEvent, sequenceHead } from './events.ts'

/** The alarms of servers as they stand, their journal and its outbox rows; the caller opens the one transaction. */
export function writeConditions(db: WriteDb, commit: ConditionCommit, createdUs: number): { eventHead: number } {
  for (const { serverId, conditionId, branchId } of commit.removed)
    run(
      db,
      'DELETE FROM condition WHERE server_id = ? AND condition_id = ? AND branch_id = ?',
      serverId,
      conditionId,
      branchId,
    )
  for (const condition of commit.present)
    run(
      db,
      `INSERT INTO condition (server_id, condition_id, branch_id, payload) VALUES (?, ?, ?, ?)
       ON CONFLICT (server_id, condition_id, branch_id) DO UPDATE SET payload = excluded.payload`,
      condition.serverId,
      condition.conditionId,
      condition.branchId,
      JSON.stringify(condition),
    )
  for (const entry of commit.entries) writeEntry(db, entry, createdUs)
  appendAudit(db, commit.audit ?? [])
  return { eventHead: sequenceHead(db, 'event') }
}

function writeEntry(db: WriteDb, entry: ConditionEntry, createdUs: number): void {
  const atUs = wholeUs(entry.atUs, `An event of ${keyOfCondition(entry)}`)
  const id = (get<{ seq: number }>(db, "SELECT seq FROM sqlite_sequence WHERE name = 'condition_event'")?.seq ?? 0) + 1
  const body = { schema: 'millwright/server-alarm@1', ...entry, atUs, at: isoFromUs(atUs) }
  putEntry(db, id, entry, appendEvent(db, 'condition', id, createdUs, body))
}

/** The row of an entry whose words are in the outbox row `eventSeq`. */
export function putEntry(db: WriteDb, id: number, entry: ConditionEntry, eventSeq: number): void {
  run(
    db,
    `INSERT OR IGNORE INTO condition_event (id, server_id, condition_id, branch_id, at_us, heard_us, event_seq)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    id,
    entry.serverId,
    entry.conditionId,
    entry.branchId,
    wholeUs(entry.atUs, 'An event of an alarm'),
    wholeUs(entry.heardUs, 'An event of an alarm'),
    eventSeq,
  )
}

export function readConditions(db: ReadDb): PresentCondition[] {
  const rows = all<{ payload: string }>(db, 'SELECT payload FROM condition ORDER BY server_id, condition_id, branch_id')
  return rows.map(({ payload }) => JSON.parse(payload) as PresentCondition)
}

export interface ConditionQuery {
  /** Rows before this one; continue a list with the last row's `id`. */
  beforeId?: number
  limit?: number
  /** Of one condition with all its branches. */
  of?: Pick<ConditionKey, 'serverId' | 'conditionId'>
}

export type StoredConditionEntry = ConditionEntry & { id: number }

/** Newest first. */
export function readConditionEntries(db: ReadDb, query: ConditionQuery): StoredConditionEntry[] {
  const { where, values } = whereOf({
    'c.id < ?': query.beforeId,
    'c.server_id = ?': query.of?.serverId,
    'c.condition_id = ?': query.of?.conditionId,
  })
  const rows = all<{ id: number; payload: string }>(
    db,
    `SELECT c.id, e.payload FROM condition_event c JOIN event e ON e.seq = c.event_seq
     ${where} ORDER BY c.id DESC LIMIT ?`,
    ...values,
    query.limit ?? 1000,
  )
  return rows.map(({ id, payload }) => ({ ...(JSON.parse(payload) as ConditionEntry), id }))
}
