import type { Recovery } from '../../../shared/domain/recovery.ts'
import { engineActor, type Actor } from '../../../shared/domain/access.ts'
import { auditEntry } from '../../../shared/domain/audit-trail.ts'
import { all, run, type ReadDb, type WriteDb } from '../database.ts'
import { appendAudit } from './audit.ts'

/** What was restored or salvaged, and what is lost: a row each, never changed. */
export function addRecovery(db: WriteDb, recovery: Recovery, by: Actor = engineActor): void {
  run(
    db,
    'INSERT INTO recovery (at_us, kind, report) VALUES (?, ?, ?)',
    recovery.atUs,
    recovery.kind,
    JSON.stringify(recovery),
  )
  const { kind, atUs, source, message } = recovery
  const action = kind === 'restored' ? 'twin.restored' : 'twin.salvaged'
  appendAudit(db, [auditEntry(by, atUs, { action, subject: source, reason: message })])
}

/** Newest first. */
export function readRecoveries(db: ReadDb, limit: number): Recovery[] {
  const rows = all<{ report: string }>(db, 'SELECT report FROM recovery ORDER BY id DESC LIMIT ?', limit)
  return rows.map(({ report }) => JSON.parse(report) as Recovery)
}
