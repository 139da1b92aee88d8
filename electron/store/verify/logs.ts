import { crc32 } from 'node:zlib'
import type { Fault } from '../../../shared/domain/fault.ts'
import { iterate, type ReadDb } from '../database.ts'
import { stopIfCancelled } from '../query/cancel.ts'
import { sequenceHead } from '../tables/events.ts'
import { eventHoles } from '../tables/meta.ts'
import { restoreRemedy } from './found.ts'

/** A log's sequence has no hole from `after` + 1 to the highest number ever given, and each row matches its checksum. */
export function* checkLogs(db: ReadDb, table: 'event' | 'feature', after = 0): Iterable<Fault> {
  // What a recovery has reported as lost is told there.
  const known = table === 'event' ? eventHoles(db) : []
  const isKnown = (from: number, to: number): boolean => known.some(([first, last]) => first <= from && to <= last)
  const rows = iterate<{ seq: number; checksum: number; payload: string | Uint8Array }>(
    db,
    `SELECT seq, checksum, payload FROM ${table} WHERE seq > ? ORDER BY seq`,
    after,
  )
  let due = after + 1
  for (const { seq, checksum, payload } of rows) {
    stopIfCancelled()
    if (seq !== due && !isKnown(due, seq - 1)) yield hole(table, due, seq - 1)
    due = seq + 1
    if (crc32(payload) === checksum) continue
    const message = `Row ${seq} of the ${table} log does not match its checksum.`
    yield { path: `${table}[${seq}]`, code: 'checksum', message, remedy: restoreRemedy }
  }
  const head = sequenceHead(db, table)
  if (due !== head + 1 && !isKnown(due, head)) yield hole(table, due, head)
}

function hole(table: string, from: number, to: number): Fault {
  const message = `Rows ${from} to ${to} of the ${table} log are missing.`
  return { path: `${table}[${from}]`, code: 'sequence-hole', message, remedy: restoreRemedy }
}
