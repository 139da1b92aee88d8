import { randomUUID } from 'node:crypto'
import { all, get, run, type SqlValue, type WriteDb } from '../database.ts'
import {
  beginEpoch,
  leaveNote,
  leaveResumption,
  readIdentity,
  hasIdentity,
  writeIdentity,
  type TwinIdentity,
} from '../tables/meta.ts'
import { takeFromBackup, takeTables, type Source, type Taken } from './collect.ts'
import { noteAuditJoints } from '../tables/audit.ts'
import { countTiersAgain } from '../migrations/0008-retention.ts'
import { mendLogs } from './mend-logs.ts'
import { mendReferences, namesFromIndexes } from './references.ts'
import { layouts, rowsOfTable } from './rescue.ts'

/** Tables that are large; they come later, from a file that is made beside the new twin. */
export const bulkTables = [
  'chunk',
  'segment',
  'rollup',
  'feature_chunk',
  'feature_column',
  'feature_rollup',
  'capture',
  'capture_detail',
  'capture_pin',
  'capture_note',
  'capture_fault',
]
/** Tables that say what the runs of the engine have committed; so do they. */
export const ledgerTables = [
  'session',
  'session_software',
  'compaction',
  'compacted',
  'rolled',
  'feature_compaction',
  'tick_batch',
  'feature',
]

/** Where a number cannot be read, numbers go on well behind any that may have been given. */
const safeJump = 1_000_000

/** Tables whose rows other tables and indexes know as well; what stays missing of them is told row by row. */
const mended = new Set([
  'point',
  'config_ref',
  'feature_names',
  'occurrence',
  'transition',
  'gap',
  'condition_event',
  'event',
  'head_snapshot',
])

/** Left in the new twin until what was collected joins it. */
export interface Salvaging {
  fromUs: number | null
  /** Small tables that have lost rows. */
  holed: string[]
}

export interface Begun {
  identity: TwinIdentity
  /** Small tables that have lost rows, by name. */
  holed: string[]
  lastTickUs: number | null
}

/**
 * Gives a new, empty twin what it needs to go on from a damaged one at once: points under their keys, configurations, alerts,
 * gaps, the outbox with its cursors, and numbers that begin where those of the old one ended. Seconds, whatever the size.
 */
export function beginFrom(db: WriteDb, source: Source, backup: Source | null, known: Partial<TwinIdentity>): Begun {
  const small = layouts(db).filter(({ name }) => !bulkTables.includes(name) && !ledgerTables.includes(name))
  const initial = new Map(small.map(({ name }) => [name, all<Record<string, SqlValue>>(db, `SELECT * FROM "${name}"`)]))
  for (const { name } of small) run(db, `DELETE FROM "${name}"`)
  const taken = drain(takeTables(source, db, small))
  const holed = taken.filter(({ holes, torn }) => holes.size > 0 || torn.length > 0)
  if (backup) for (const { layout } of holed) drain(takeFromBackup(backup, db, layout, () => true))
  namesFromIndexes(db, source)
  for (const { layout } of taken) putBack(db, layout.name, initial.get(layout.name) ?? [])
  const present = hasIdentity(db) ? readIdentity(db) : { installation: randomUUID(), epoch: randomUUID() }
  writeIdentity(db, { ...present, ...known })
  const heads = continueNumbers(db, source, taken)
  mendLogs(db, heads.event)
  mendReferences(db)
  noteAuditJoints(db)
  for (const sql of countTiersAgain) run(db, sql)
  const epoch = randomUUID()
  beginEpoch(db, epoch, { events: heads.event, features: heads.feature })
  const lastTickUs = lastTickOf(source)
  const names = holed.map(({ layout }) => layout.name).filter((name) => !mended.has(name))
  leaveNote(db, 'salvaging', { fromUs: lastTickUs, holed: names } satisfies Salvaging)
  return { identity: { ...readIdentity(db), epoch }, holed: names, lastTickUs }
}

export function leaveDamage(db: WriteDb, detail: string, fromUs: number | null): void {
  leaveResumption(db, { cause: 'twin-damaged', detail, ...(fromUs === null ? {} : { fromUs }) })
}

export function drain<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** A table of one row that is lost begins anew. */
function putBack(db: WriteDb, name: string, rows: readonly Record<string, SqlValue>[]): void {
  if (rows.length === 0 || get(db, `SELECT 1 AS one FROM "${name}" LIMIT 1`)) return
  for (const row of rows) {
    const names = Object.keys(row)
    const sql = `INSERT INTO "${name}" (${names.map((each) => `"${each}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    run(db, sql, ...Object.values(row))
  }
}

/** Numbers are never given twice. Returns the highest ones given. */
function continueNumbers(db: WriteDb, source: Source, taken: readonly Taken[]): { event: number; feature: number } {
  const heads = sequencesOf(source)
  const root = source.roots.get('sqlite_sequence')
  const isKnown = root !== undefined && heads.size > 0
  // Only tables with AUTOINCREMENT may stand in sqlite_sequence.
  const counted = all<{ name: string }>(
    db,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'",
  )
  const found = new Map<string, number>()
  for (const { name } of counted) {
    const rows = taken.find(({ layout }) => layout.name === name)
    const alias = rows?.layout.columns[rows.layout.alias]
    const sql = `SELECT max("${alias}") AS head FROM "${name}"`
    const highest = alias === undefined ? 0 : (get<{ head: number | null }>(db, sql)?.head ?? 0)
    const head = Math.max(heads.get(name) ?? 0, highest) + (isKnown || name === 'event' ? 0 : safeJump)
    found.set(name, head)
    run(db, 'DELETE FROM sqlite_sequence WHERE name = ?', name)
    run(db, 'INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', name, head)
  }
  const at = (name: string): number => found.get(name) ?? 0
  run(
    db,
    // Ledgers of this twin alone, until the old rows join it.
    "UPDATE compaction SET through_tick = ?, duplicates = -(SELECT ifnull(sum(samples), 0) FROM removal WHERE tier = 'scalars')",
    at('tick_batch'),
  )
  run(db, 'UPDATE rolled SET through_chunk = ?', at('chunk'))
  run(
    db,
    'UPDATE feature_compaction SET through_seq = ?, rolled_chunk = ?, removed_rows = ?',
    at('feature'),
    at('feature_chunk'),
    at('feature'),
  )
  return { event: at('event'), feature: at('feature') }
}

function sequencesOf({ file, roots }: Source): Map<string, number> {
  const heads = new Map<string, number>()
  const root = roots.get('sqlite_sequence')
  if (root === undefined) return heads
  for (const { values } of rowsOfTable(file, root, { torn: [], holes: new Set() })) {
    const [name, seq] = values ?? []
    if (typeof name === 'string' && typeof seq === 'number') heads.set(name, seq)
  }
  return heads
}

/** Column 5 of `session` (migrations/0001); the newest that can be read. */
function lastTickOf({ file, roots }: Source): number | null {
  const root = roots.get('session')
  let last: number | null = null
  if (root === undefined) return last
  for (const { values } of rowsOfTable(file, root, { torn: [], holes: new Set() })) {
    const at = values?.[5]
    if (typeof at === 'number' && at > (last ?? 0)) last = at
  }
  return last
}
