import type { AuditEntry } from '../../../shared/domain/audit-trail.ts'
import type { CaptureNote } from '../../../shared/domain/capture-note.ts'
import { all, get, run, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { appendAudit } from './audit.ts'
import { pinCapture } from './captures.ts'
import { appendEvent } from './events.ts'

/** A note that is added, changed (the same id) or taken away, with its entry of the audit trail. */
export type NoteCommit = { audit: AuditEntry } & (
  | { put: CaptureNote }
  | { remove: { id: string; captureId: string; by: string; atUs: number } }
)

interface NoteRow {
  id: string
  captureId: string
  atUs: number
  by: string
  payload: string
}

const columns = 'id, capture_id AS captureId, at_us AS atUs, by, payload'

function fromRow({ payload, ...row }: NoteRow): CaptureNote {
  // Written by `commitNote` below, from this very type.
  return { ...(JSON.parse(payload) as Omit<CaptureNote, keyof NoteRow>), ...row }
}

/** In the order they were made. */
export function readNotes(db: ReadDb, captureId: string): CaptureNote[] {
  return all<NoteRow>(db, `SELECT ${columns} FROM capture_note WHERE capture_id = ? ORDER BY at_us, id`, captureId).map(
    fromRow,
  )
}

/**
 * Returns false when there is no such capture or note. What somebody took the trouble to annotate is evidence: the capture is
 * pinned with its first note, so that retention leaves both. Each change is an event, since notes leave the plant like labels.
 */
export function commitNote(db: WriteDb, commit: NoteCommit): boolean {
  const { audit } = commit
  if ('put' in commit) {
    const { id, captureId, atUs, by, ...payload } = commit.put
    const us = wholeUs(atUs, 'A note')
    if (!pinCapture(db, { id: captureId, pinned: true, by, atUs: us, reason: 'annotated' })) return false
    run(
      db,
      `INSERT INTO capture_note (id, capture_id, at_us, by, payload) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET at_us = excluded.at_us, by = excluded.by, payload = excluded.payload`,
      id,
      captureId,
      us,
      by,
      JSON.stringify(payload),
    )
    appendEvent(db, 'note', 0, us, { kind: 'note', captureId, note: commit.put })
  } else {
    const { id, captureId, by, atUs } = commit.remove
    const known = get(db, 'SELECT id FROM capture_note WHERE id = ? AND capture_id = ?', id, captureId)
    if (!known) return false
    run(db, 'DELETE FROM capture_note WHERE id = ?', id)
    appendEvent(db, 'note', 0, wholeUs(atUs, 'A note'), { kind: 'note-removed', captureId, noteId: id, by, atUs })
  }
  appendAudit(db, [audit])
  return true
}
