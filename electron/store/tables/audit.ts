import { hash } from 'node:crypto'
import type { ActorRole } from '../../../shared/domain/access.ts'
import {
  auditText,
  noHash,
  type AuditAction,
  type AuditEntry,
  type AuditFact,
  type AuditQuery,
  type AuditRow,
  type StoredAuditRow,
} from '../../../shared/domain/audit-trail.ts'
import type { Fault } from '../../../shared/domain/fault.ts'
import { all, get, iterate, run, whereOf, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { stopIfCancelled } from '../query/cancel.ts'
import { leaveNote, note } from './meta.ts'

const columns = 'seq, t_us AS tUs, actor, role, action, subject, before, after, reason, previous, hash'

/** Appends, in order, within the caller's transaction: what is recorded and its record stand or fall together. */
export function appendAudit(db: WriteDb, entries: readonly AuditEntry[]): void {
  if (entries.length === 0) return
  let previous = last(db)?.hash ?? noHash
  // Numbers are given here, since the hash covers them; AUTOINCREMENT keeps one from being given twice.
  let seq = auditHead(db)
  for (const entry of entries) {
    seq += 1
    const row = {
      seq,
      tUs: wholeUs(entry.tUs, 'An entry of the audit trail'),
      actor: entry.actor,
      role: entry.role,
      action: entry.action,
      subject: entry.subject,
      before: JSON.stringify(entry.before),
      after: JSON.stringify(entry.after),
      reason: entry.reason,
      previous,
    }
    previous = hashOf(row)
    run(
      db,
      `INSERT INTO audit (seq, t_us, actor, role, action, subject, before, after, reason, previous, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...Object.values(row),
      previous,
    )
  }
}

function hashOf(row: Omit<StoredAuditRow, 'hash'>): string {
  return hash('sha256', auditText(row), 'hex')
}

function last(db: ReadDb): { seq: number; hash: string } | undefined {
  return get<{ seq: number; hash: string }>(db, 'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1')
}

/** Highest number ever given. */
function auditHead(db: ReadDb): number {
  return get<{ seq: number }>(db, "SELECT seq FROM sqlite_sequence WHERE name = 'audit'")?.seq ?? 0
}

/** Newest first. */
export function readAudit(db: ReadDb, query: AuditQuery): AuditRow[] {
  const { where, values } = whereOf({
    'seq < ?': query.beforeSeq,
    'actor = ?': query.actor,
    'action = ?': query.action,
    'instr(lower(subject), lower(?)) > 0': query.subject,
  })
  const rows = all<StoredAuditRow>(
    db,
    `SELECT ${columns} FROM audit ${where} ORDER BY seq DESC LIMIT ?`,
    ...values,
    query.limit,
  )
  return rows.map((row) => ({
    ...row,
    // Written by appendAudit above, from these very types.
    role: row.role as ActorRole,
    action: row.action as AuditAction,
    before: JSON.parse(row.before) as AuditFact,
    after: JSON.parse(row.after) as AuditFact,
  }))
}

export function auditActors(db: ReadDb): string[] {
  return all<{ actor: string }>(db, 'SELECT DISTINCT actor FROM audit ORDER BY actor').map(({ actor }) => actor)
}

interface Break {
  seq: number
  code: 'audit-altered' | 'audit-broken' | 'audit-missing'
  message: string
}

/** Where the chain does not hold, in order. */
function* breaks(db: ReadDb): Generator<Break> {
  let expected = noHash
  let due = 1
  for (const row of iterate<StoredAuditRow>(db, `SELECT ${columns} FROM audit ORDER BY seq`)) {
    stopIfCancelled()
    const { seq } = row
    if (seq !== due) {
      yield { seq, code: 'audit-missing', message: `Entries ${due} to ${seq - 1} of the audit trail are missing.` }
    } else if (row.previous !== expected) {
      const message = `Entry ${seq} of the audit trail does not follow entry ${seq - 1}: one of the two was replaced.`
      yield { seq, code: 'audit-broken', message }
    }
    if (hashOf(row) !== row.hash) {
      const message = `Entry ${seq} of the audit trail (${row.action} by ${row.actor}) was altered: it does not match its hash.`
      yield { seq, code: 'audit-altered', message }
    }
    expected = row.hash
    due = seq + 1
  }
  const head = auditHead(db)
  if (due <= head) {
    const message = `Entries ${due} to ${head} at the end of the audit trail are missing.`
    yield { seq: head + 1, code: 'audit-missing', message }
  }
}

const remedy =
  'Do not trust the trail from there on: compare it with the latest backup or an exported copy, and find out who had the file and its key.'

/** Breaks that a recovery made are told by its report, not here. */
export function* checkAudit(db: ReadDb): Iterable<Fault> {
  const joints = new Set(note<number[]>(db, 'audit-joints'))
  for (const { seq, code, message } of breaks(db)) {
    if (code !== 'audit-altered' && joints.has(seq)) continue
    yield { path: `audit[${seq}]`, code, message, remedy }
  }
}

/** After rows were brought back from damage: what is missing now is the damage's doing. */
export function noteAuditJoints(db: WriteDb): void {
  const joints = [...breaks(db)].filter(({ code }) => code !== 'audit-altered').map(({ seq }) => seq)
  if (joints.length > 0) leaveNote(db, 'audit-joints', joints)
}
