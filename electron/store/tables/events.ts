import { crc32 } from 'node:zlib'
import type { OutboxRow } from '../../../shared/domain/outbox.ts'
import { all, get, run, type ReadDb, type WriteDb } from '../database.ts'

export type EventKind = 'alert' | 'acknowledge' | 'label' | 'gap' | 'condition' | 'note'

/** `ref` is the id of the transition, gap or condition event that the row reports; 0 of a note, which carries its own. Call within the transaction that writes that row. */
export function appendEvent(db: WriteDb, kind: EventKind, ref: number, createdUs: number, body: object): number {
  const payload = JSON.stringify(body)
  return run(
    db,
    'INSERT INTO event (kind, ref, created_us, checksum, payload) VALUES (?, ?, ?, ?, ?)',
    kind,
    ref,
    createdUs,
    crc32(payload),
    payload,
  )
}

export function eventsAfter(db: ReadDb, afterSeq: number, limit: number): OutboxRow[] {
  return all<OutboxRow>(
    db,
    'SELECT seq, kind, created_us AS createdUs, payload FROM event WHERE seq > ? ORDER BY seq LIMIT ?',
    afterSeq,
    limit,
  )
}

/** Highest sequence ever given; it survives the removal of rows. */
export function sequenceHead(db: ReadDb, table: 'event' | 'feature'): number {
  return get<{ seq: number }>(db, 'SELECT seq FROM sqlite_sequence WHERE name = ?', table)?.seq ?? 0
}
