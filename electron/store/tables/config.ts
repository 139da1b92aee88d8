import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { ConfigQuery, ConfigRevision } from '../../../shared/domain/config-history.ts'
import type { AuditEntry } from '../../../shared/domain/audit-trail.ts'
import { all, get, run, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { appendAudit } from './audit.ts'

export interface ConfigCommit {
  hash: string
  /** The plant file as the person wrote it, comments included. */
  text: string
  author: string
  reason: string
  atUs: number
  /** From the revision before. */
  changes?: readonly PlantChange[]
  /** Of a text that was not in force before. */
  audit?: AuditEntry
}

/** Every load or edit is a revision; a text that comes again is kept once. */
export function commitConfig(db: WriteDb, { hash, text, author, reason, atUs, changes, audit }: ConfigCommit): void {
  run(db, 'INSERT INTO config_text (hash, text) VALUES (?, ?) ON CONFLICT DO NOTHING', hash, text)
  const revision = run(
    db,
    'INSERT INTO config_revision (hash, author, reason, at_us) VALUES (?, ?, ?, ?)',
    hash,
    author,
    reason,
    wholeUs(atUs, 'A configuration revision'),
  )
  const byEntry = Map.groupBy(changes ?? [], ({ section, id }) => JSON.stringify([section, id ?? '']))
  for (const [key, fields] of byEntry) {
    const [section, entry] = JSON.parse(key) as [string, string]
    const stored = fields.map(({ kind, field, before, after }) => ({ kind, field, before, after }))
    run(
      db,
      'INSERT INTO config_change (section, entry, revision, changes) VALUES (?, ?, ?, ?)',
      section,
      entry,
      revision,
      JSON.stringify(stored),
    )
  }
  if (audit) appendAudit(db, [audit])
}

interface HistoryRow {
  id: number
  hash: string
  author: string
  reason: string
  atUs: number
  changes: string
}

/** Revisions that changed an entry, newest first, with what they changed of it. */
export function readConfigHistory(db: ReadDb, { section, id, beforeRevision, limit }: ConfigQuery): ConfigRevision[] {
  const rows = all<HistoryRow>(
    db,
    `SELECT r.id, r.hash, r.author, r.reason, r.at_us AS atUs, c.changes
     FROM config_change c JOIN config_revision r ON r.id = c.revision
     WHERE c.section = ? AND c.entry = ? AND c.revision < ? ORDER BY c.revision DESC LIMIT ?`,
    section,
    id ?? '',
    beforeRevision ?? Number.MAX_SAFE_INTEGER,
    limit,
  )
  return rows.map(({ changes, ...revision }) => ({
    ...revision,
    changes: (JSON.parse(changes) as Omit<PlantChange, 'section' | 'id'>[]).map((change) => ({
      ...change,
      section,
      id,
      before: change.before,
      after: change.after,
    })),
  }))
}

/** The revision the twin begins with: what no later one changed is from there. */
export function firstRevision(db: ReadDb): Omit<ConfigRevision, 'changes'> | null {
  const row = get<Omit<HistoryRow, 'changes'>>(
    db,
    'SELECT id, hash, author, reason, at_us AS atUs FROM config_revision ORDER BY id LIMIT 1',
  )
  return row ?? null
}

/** The newest revision of this hash, or null when the twin never saw it. */
export function readConfig(db: ReadDb, hash: string): ConfigCommit | null {
  const row = get<ConfigCommit>(
    db,
    `SELECT r.hash, t.text, r.author, r.reason, r.at_us AS atUs FROM config_revision r JOIN config_text t USING (hash)
     WHERE r.hash = ? ORDER BY r.id DESC LIMIT 1`,
    hash,
  )
  return row ?? null
}

/** Revisions within [fromUs, toUs), led by the one that was in force at `fromUs`; oldest first. */
export function revisionsBetween(db: ReadDb, fromUs: number, toUs: number): { hash: string; atUs: number }[] {
  const columns = 'hash, at_us AS atUs'
  const led = get<{ hash: string; atUs: number }>(
    db,
    `SELECT ${columns} FROM config_revision WHERE at_us <= ? ORDER BY at_us DESC, id DESC LIMIT 1`,
    fromUs,
  )
  const within = all<{ hash: string; atUs: number }>(
    db,
    `SELECT ${columns} FROM config_revision WHERE at_us > ? AND at_us < ? ORDER BY at_us, id`,
    fromUs,
    toUs,
  )
  return led ? [led, ...within] : within
}

/** Small integer of a hash, since every feature row names one. */
export function configRef(db: WriteDb, hash: string): number {
  const known = get<{ id: number }>(db, 'SELECT id FROM config_ref WHERE hash = ?', hash)
  return known?.id ?? run(db, 'INSERT INTO config_ref (hash) VALUES (?)', hash)
}
