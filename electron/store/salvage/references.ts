import { featureNames } from '../../../shared/domain/features.ts'
import { all, get, run, type WriteDb } from '../database.ts'
import type { Source } from './collect.ts'
import { indexEntries } from './rescue.ts'

/** Well above the number of points of any plant: keys from here on were never given. */
const freshPointKeys = 100_000
const lostConfig = '// The text of this configuration was lost to damage of the twin.\n'

/**
 * Names by which other rows are known (points, configurations, lists of features) stand in the index of their table as well. A
 * point that came back under another key would give its samples to somebody else.
 */
export function namesFromIndexes(db: WriteDb, source: Source): void {
  const named = (table: string, put: (name: string, key: number) => void): boolean => {
    const root = source.roots.get(`sqlite_autoindex_${table}_1`)
    const holes = new Set<number>()
    if (root === undefined) return false
    for (const [name, key] of indexEntries(source.file, root, holes)) {
      if (typeof name === 'string' && typeof key === 'number') put(name, key)
    }
    return holes.size === 0
  }
  const before = count(db, 'point')
  // Asset and kind are set when the plant file is put in force.
  const isWhole = named('point', (id, key) =>
    run(db, "INSERT OR IGNORE INTO point (key, id, asset_id, kind) VALUES (?, ?, '', 'scalar')", key, id),
  )
  named('config_ref', (hash, id) => run(db, 'INSERT OR IGNORE INTO config_ref (id, hash) VALUES (?, ?)', id, hash))
  named('feature_names', (names, id) =>
    run(db, 'INSERT OR IGNORE INTO feature_names (id, names) VALUES (?, ?)', id, names),
  )
  if (isWhole || count(db, 'point') > before || before > 0) return
  run(
    db,
    "INSERT OR IGNORE INTO point (key, id, asset_id, kind) VALUES (?, 'lost to damage', '', 'scalar')",
    freshPointKeys,
  )
}

function count(db: WriteDb, table: string): number {
  return get<{ n: number }>(db, `SELECT count(*) AS n FROM "${table}"`)?.n ?? 0
}

/** Rows that name one that is lost: the name is kept where it can be, else the row that says nothing without it goes. */
export function mendReferences(db: WriteDb): void {
  sessionsFromTicks(db)
  run(db, 'DELETE FROM capture_detail WHERE id NOT IN (SELECT id FROM capture)')
  run(db, 'DELETE FROM capture_pin WHERE id NOT IN (SELECT id FROM capture)')
  run(db, 'DELETE FROM capture_note WHERE capture_id NOT IN (SELECT id FROM capture)')
  run(db, 'DELETE FROM capture_fault WHERE capture_id NOT IN (SELECT id FROM capture)')
  const names = JSON.stringify(featureNames)
  const rows = db.pragma('foreign_key_check') as { table: string; rowid: number | null; parent: string; fkid: number }[]
  for (const { table, rowid, parent, fkid } of rows) {
    if (rowid === null) continue
    const key = all<{ id: number; from: string }>(db, 'SELECT id, "from" FROM pragma_foreign_key_list(?)', table)
    const column = key.find(({ id }) => id === fkid)?.from
    if (column === undefined) continue
    const value = get<{ value: number }>(
      db,
      `SELECT "${column}" AS value FROM "${table}" WHERE rowid = ?`,
      rowid,
    )?.value
    if (value === undefined) continue
    if (parent === 'config_ref') {
      run(db, 'INSERT OR IGNORE INTO config_ref (id, hash) VALUES (?, ?)', value, `lost-${value}`)
    } else if (parent === 'feature_names') {
      // Vectors have had this list since the first version.
      run(db, 'INSERT OR IGNORE INTO feature_names (id, names) VALUES (?, ?)', value, names)
    } else if (parent === 'rollup' || parent === 'feature_rollup') {
      run(db, `UPDATE "${table}" SET "${column}" = NULL WHERE rowid = ?`, rowid)
    } else run(db, `DELETE FROM "${table}" WHERE rowid = ?`, rowid)
  }
  run(
    db,
    'INSERT OR IGNORE INTO config_text (hash, text) SELECT hash, ? FROM config_ref WHERE hash NOT IN (SELECT hash FROM config_text)',
    lostConfig,
  )
  run(
    db,
    'INSERT OR IGNORE INTO config_text (hash, text) SELECT hash, ? FROM config_revision WHERE hash NOT IN (SELECT hash FROM config_text)',
    lostConfig,
  )
}

/** A run of the engine that only its ticks remember. */
function sessionsFromTicks(db: WriteDb): void {
  run(
    db,
    `INSERT OR IGNORE INTO session (id, started_us, stopped_us, first_number, last_number, last_tick_us, ticks, scalars)
     SELECT id, min(at_us), max(at_us), min(first_number), max(last_number), max(at_us), max(last_number) - min(first_number) + 1,
       sum(scalars) FROM
       (SELECT session AS id, at_us, number AS first_number, number AS last_number, count AS scalars FROM tick_batch
        UNION ALL SELECT session, 0, first_number, last_number, scalars FROM compacted)
     WHERE id NOT IN (SELECT id FROM session) GROUP BY id`,
  )
}
