import type { DeliveryCursor, OutboxStream } from '../../../shared/domain/outbox.ts'
import { all, get, run, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { removedThroughSeq } from '../retention/removals.ts'
import { sequenceHead } from './events.ts'

export function streamHead(db: ReadDb, stream: OutboxStream): number {
  return sequenceHead(db, stream === 'events' ? 'event' : 'feature')
}

export function readCursor(db: ReadDb, destinationId: string, stream: OutboxStream): DeliveryCursor {
  const row = get<DeliveryCursor>(db, `${select} WHERE destination_id = ? AND stream = ?`, destinationId, stream)
  // Rows that retention removed were delivered to every destination then in force; a newer one begins behind them.
  const seq = Math.max(row?.seq ?? 0, removedThroughSeq(db, stream))
  return { destinationId, stream, seq, confirmedUs: row?.confirmedUs ?? 0 }
}

const select = 'SELECT destination_id AS destinationId, stream, seq, confirmed_us AS confirmedUs FROM delivery_cursor'

export function readCursors(db: ReadDb): DeliveryCursor[] {
  return all<DeliveryCursor>(db, `${select} ORDER BY destination_id, stream`)
}

/** Only forward: a late receipt of an older batch changes nothing. What was never committed cannot have been confirmed. */
export function advanceCursor(db: WriteDb, { destinationId, stream, seq, confirmedUs }: DeliveryCursor): void {
  const head = streamHead(db, stream)
  if (seq > head || !Number.isSafeInteger(seq)) {
    const message = `Destination ${destinationId} confirmed row ${seq} of ${stream}, but the twin's last is ${head}: it holds rows of another twin.`
    throw new TwinError('cursor-beyond-head', message)
  }
  run(
    db,
    `INSERT INTO delivery_cursor (destination_id, stream, seq, confirmed_us) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, confirmed_us = excluded.confirmed_us WHERE excluded.seq > seq`,
    destinationId,
    stream,
    seq,
    wholeUs(confirmedUs, 'A receipt'),
  )
}
