import type { DeliveryCursor } from '../../../shared/domain/outbox.ts'
import { get, run, type ReadDb, type WriteDb } from '../database.ts'
import { readCursors, streamHead } from '../tables/cursors.ts'

/** What had been recorded and what had been confirmed at a time. A destination without a cursor has confirmed nothing. */
export interface Deliveries {
  asOfUs: number
  heads: { events: number; features: number }
  cursors: DeliveryCursor[]
}

/** Once in five minutes: 8 MB a year with four cursors, until `limits.stateLogRows.deliveries`. */
export const deliveryLogUs: number = 300 * 1e6

export function deliveriesNow(db: ReadDb, nowUs: number): Deliveries {
  return {
    asOfUs: nowUs,
    heads: { events: streamHead(db, 'events'), features: streamHead(db, 'features') },
    cursors: readCursors(db),
  }
}

/** Call within a tick's transaction; true when it was time to log. */
export function logDeliveries(db: WriteDb, lastUs: number, atUs: number): boolean {
  if (Math.abs(atUs - lastUs) < deliveryLogUs) return false
  const { heads, cursors } = deliveriesNow(db, atUs)
  run(db, 'INSERT INTO delivery_log (at_us, payload) VALUES (?, ?)', atUs, JSON.stringify({ heads, cursors }))
  return true
}

/** The last entry at or before `atUs`; null before the first. */
export function deliveriesAt(db: ReadDb, atUs: number): Deliveries | null {
  const row = get<{ atUs: number; payload: string }>(
    db,
    'SELECT at_us AS atUs, payload FROM delivery_log WHERE at_us <= ? ORDER BY at_us DESC, id DESC LIMIT 1',
    Math.min(atUs, Number.MAX_SAFE_INTEGER),
  )
  // Written above, by this very room.
  return row ? { asOfUs: row.atUs, ...(JSON.parse(row.payload) as Omit<Deliveries, 'asOfUs'>) } : null
}
