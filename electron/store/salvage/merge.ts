import { isoFromUs } from '../../../shared/domain/time.ts'
import type { Recovery } from '../../../shared/domain/recovery.ts'
import {
  all,
  get,
  inSnapshot,
  inTransaction,
  openForReading,
  openForWriting,
  run,
  type ReadDb,
  type SqlValue,
  type WriteDb,
} from '../database.ts'
import { writeGap } from '../tables/gaps.ts'
import { leaveNote, note, removeNote } from '../tables/meta.ts'
import { addRecovery } from '../tables/recoveries.ts'
import type { Salvaging } from './begin.ts'
import { mendReferences } from './references.ts'
import { layouts } from './rescue.ts'
import { keptRows, namedLosses, type Loss } from './losses.ts'
import { settleLedgers } from './settle.ts'
import type { SalvageOrder } from './order.ts'

export interface MergeReport {
  losses: Loss[]
  backup: string | null
}

/**
 * Puts the rows of the new twin, which was in use meanwhile, into what was collected: their numbers begin behind the old ones, so
 * both lie side by side. In one transaction; a second call finds it done. Seconds: the new twin is minutes old.
 */
export function mergeInto(
  collected: string,
  live: string,
  key: Uint8Array | null,
  order: SalvageOrder,
  report: MergeReport,
  nowUs: number,
): void {
  const db = openForWriting(collected, key)
  try {
    if (note<string>(db, 'merged') === order.folder) return
    const source = openForReading(live, key)
    try {
      db.pragma('foreign_keys=OFF')
      inSnapshot(source, () => inTransaction(db, () => merge(db, source, order, report, nowUs)))
    } finally {
      source.close()
    }
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.pragma('journal_mode=DELETE')
  } finally {
    db.close()
  }
}

function merge(db: WriteDb, live: ReadDb, order: SalvageOrder, report: MergeReport, nowUs: number): void {
  const before = note<Salvaging>(live, 'salvaging')
  run(db, 'DELETE FROM meta')
  for (const { name } of layouts(db)) copyOver(db, live, name)
  for (const { name, seq } of all<{ name: string; seq: number }>(live, 'SELECT name, seq FROM sqlite_sequence')) {
    run(db, 'DELETE FROM sqlite_sequence WHERE name = ?', name)
    run(db, 'INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', name, seq)
  }
  settleLedgers(db)
  mendReferences(db)
  removeNote(db, 'salvaging')
  const losses = report.losses
  for (const loss of losses) writeLoss(db, loss, order, nowUs)
  addRecovery(db, recoveryOf(db, order, report, before, nowUs))
  leaveNote(db, 'merged', order.folder)
}

function copyOver(db: WriteDb, live: ReadDb, name: string): void {
  const columns = live
    .prepare(`SELECT * FROM "${name}" LIMIT 0`)
    .columns()
    .map((column) => column.name)
  const sql = `INSERT OR REPLACE INTO "${name}" (${columns.map((each) => `"${each}"`).join(', ')})
    VALUES (${columns.map(() => '?').join(', ')})`
  const insert = db.prepare(sql)
  const rows = live.prepare(`SELECT * FROM "${name}"`).raw().iterate() as IterableIterator<SqlValue[]>
  for (const row of rows) insert.run(...row)
}

function writeLoss(
  db: WriteDb,
  { what, pointKey, fromUs, toUs, count }: Loss,
  order: SalvageOrder,
  nowUs: number,
): void {
  if (fromUs === null || toUs === null) return
  const detail = `Damage to the twin found on ${isoFromUs(order.atUs)} has taken ${what} of this span; no backup had them.`
  writeGap(
    db,
    { pointKey, serverId: null, cause: 'twin-damaged', startUs: fromUs, endUs: Math.max(fromUs, toUs), count, detail },
    nowUs,
  )
}

function recoveryOf(
  db: WriteDb,
  order: SalvageOrder,
  { losses, backup }: MergeReport,
  before: Salvaging | null,
  nowUs: number,
): Recovery {
  const lost = namedLosses(db, losses)
  const holes = note<[number, number][]>(db, 'event-holes') ?? []
  for (const [from, to] of holes)
    lost.push({ what: 'events', pointId: null, fromUs: null, toUs: null, count: to - from + 1 })
  for (const table of before?.holed ?? []) {
    lost.push({ what: 'records', table, pointId: null, fromUs: null, toUs: null, count: null })
  }
  const lastTickUs = before?.fromUs ?? null
  const times = losses.flatMap(({ fromUs, toUs }) => [fromUs, toUs]).filter((each) => each !== null)
  const outage = get<{ atUs: number | null }>(
    db,
    "SELECT max(end_us) AS atUs FROM gap WHERE cause = 'twin-damaged' AND point_key IS NULL",
  )
  const what =
    lost.length === 0
      ? 'nothing that was committed is lost'
      : `${lost.length} ${lost.length === 1 ? 'span is' : 'spans are'} lost and recorded as gaps`
  const from = backup === null ? '' : ' Missing rows were taken from the latest backup as far as it has them.'
  return {
    schema: 'millwright/recovery@1',
    kind: 'salvaged',
    atUs: nowUs,
    message: `The twin was damaged (${order.why}); what could be proven was brought back, and ${what}.${from}`,
    source: order.folder,
    fromUs: times.length > 0 ? Math.min(...times) : lastTickUs,
    toUs: times.length > 0 ? Math.max(...times) : (outage?.atUs ?? lastTickUs),
    lost,
    kept: keptRows(db),
  }
}
