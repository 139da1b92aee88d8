import type { Actor, ActorRole } from './access.ts'

/** What the trail records. Names only get more: rows of years ago carry them. */
export const auditActions = [
  'config.revision',
  'template.offer',
  'alert.acknowledge',
  'alert.shelve',
  'alert.label',
  'alert.comment',
  'alert.confirm',
  'capture.pin',
  'capture.note',
  'capture.import',
  'certificate.trust',
  'certificate.reject',
  'certificate.revoke',
  'certificate.exception',
  'certificate.renew',
  'secret.set',
  'backup.make',
  'backup.restore',
  'twin.repair',
  'twin.restored',
  'twin.salvaged',
  'twin.rekey',
  'account.create',
  'account.change',
  'account.password',
  'account.recover',
  'access.settings',
  'access.sign-in',
  'access.sign-out',
  'access.failed',
  'access.denied',
  'write.asked',
  'write.confirmed',
  'write.done',
  'write.failed',
  'write.void',
  'baseline.approve',
  'baseline.relearn',
  'baseline.epoch',
  'baseline.keep',
] as const
export type AuditAction = (typeof auditActions)[number]

/** Anything JSON can carry. Never a secret. */
export type AuditFact = string | number | boolean | null | AuditFact[] | { [key: string]: AuditFact }

export interface AuditEntry {
  tUs: number
  actor: string
  role: ActorRole
  action: AuditAction
  /** What it was done to: an occurrence, a thumbprint, an account, a point. */
  subject: string
  before: AuditFact
  after: AuditFact
  reason: string | null
}

export interface AuditRow extends AuditEntry {
  seq: number
  previous: string
  hash: string
}

/** What a desk knows when it records something; who and when are put in by the engine. */
export interface AuditFacts {
  action: AuditAction
  subject: string
  before?: AuditFact
  after?: AuditFact
  reason?: string | null
}

export function auditEntry(by: Actor, tUs: number, facts: AuditFacts): AuditEntry {
  const { action, subject, before = null, after = null, reason = null } = facts
  return { tUs, actor: by.name, role: by.role, action, subject, before, after, reason }
}

export interface AuditQuery {
  /** Rows before this number; continue a list with the last row's. */
  beforeSeq?: number
  limit: number
  /** Exact. */
  actor?: string
  action?: AuditAction
  /** A part of it, in any case. */
  subject?: string
}

/** Where a chain begins. */
export const noHash: string = '0'.repeat(64)

/** A row as stored: facts stay the text they were written as. */
export interface StoredAuditRow {
  seq: number
  tUs: number
  actor: string
  role: string
  action: string
  subject: string
  before: string
  after: string
  reason: string | null
  previous: string
  hash: string
}

/** What the hash of a row is taken of: every column but the hash, in an order and form that never change. */
export function auditText(row: Omit<StoredAuditRow, 'hash'>): string {
  const { seq, tUs, actor, role, action, subject, before, after, reason, previous } = row
  return JSON.stringify([seq, tUs, actor, role, action, subject, before, after, reason, previous])
}
