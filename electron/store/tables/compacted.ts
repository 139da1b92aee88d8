import { all, get, run, type ReadDb, type WriteDb } from '../database.ts'

/** What the batches of a session held that chunks have taken over. */
export interface Compacted {
  session: number
  firstNumber: number
  lastNumber: number
  ticks: number
  scalars: number
}

const columns = 'session, first_number AS firstNumber, last_number AS lastNumber, ticks, scalars'

export function compactedOf(db: ReadDb, session: number): Compacted | undefined {
  return get<Compacted>(db, `SELECT ${columns} FROM compacted WHERE session = ?`, session)
}

export function compactedTotals(db: ReadDb): { scalars: number; duplicates: number } {
  const totals = all<{ scalars: number; duplicates: number }>(
    db,
    `SELECT (SELECT ifnull(sum(scalars), 0) FROM compacted) AS scalars, duplicates FROM compaction`,
  )
  return totals[0] ?? { scalars: 0, duplicates: 0 }
}

/**
 * Chunks with ticks up to `throughTick` count from here on, and the batches up to it no longer do. Call within a transaction.
 */
export function moveThrough(db: WriteDb, throughTick: number, duplicates: number, parts: Iterable<Compacted>): void {
  run(db, 'UPDATE compaction SET through_tick = ?, duplicates = duplicates + ?', throughTick, duplicates)
  for (const { session, firstNumber, lastNumber, ticks, scalars } of parts) {
    run(
      db,
      `INSERT INTO compacted (session, first_number, last_number, ticks, scalars) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last_number = excluded.last_number, ticks = ticks + excluded.ticks,
         scalars = scalars + excluded.scalars`,
      session,
      firstNumber,
      lastNumber,
      ticks,
      scalars,
    )
  }
}
