import type { SqlValue, WriteDb } from '../database.ts'
import { rowsOn, type Row } from './btree.ts'
import type { DamagedFile } from './damaged-file.ts'
import { complete, indexEntries, Inserter, rowsOfTable, strayLeaves, type Layout, type Walked } from './rescue.ts'

/** A file to take rows from: the damaged one, or a backup. */
export interface Source {
  file: DamagedFile
  roots: Map<string, number>
}

/** What became of a table. */
export interface Taken extends Walked {
  layout: Layout
  kept: number
  /** Numbers of the rows that came through; only kept where something is missing. */
  ids: Set<number>
}

const sliceRows = 4096
const sliceBytes = 8 * 1024 * 1024

/** Copies every row of the tables that can be read, each page proven by its MAC. Yields where a commit is due. */
export function* takeTables(source: Source, db: WriteDb, wanted: readonly Layout[]): Generator<void, Taken[]> {
  const taken: Taken[] = []
  for (const layout of wanted) {
    const result: Taken = { layout, kept: 0, ids: new Set(), torn: [], holes: new Set() }
    taken.push(result)
    const root = source.roots.get(layout.name)
    // A table of a later layout than the file's.
    if (root === undefined) continue
    yield* put(db, layout, rowsOfTable(source.file, root, result), result)
  }
  const holed = taken.filter(({ holes }) => holes.size > 0)
  if (holed.length > 0) yield* takeStrays(source, db, holed)
  return taken
}

function* put(db: WriteDb, layout: Layout, rows: Iterable<Row>, result: Taken): Generator<void> {
  const inserter = new Inserter(db, layout)
  let waiting = 0
  let bytes = 0
  for (const row of rows) {
    const values = complete(layout, row)
    if (!values || !inserter.put(values)) continue
    result.kept++
    result.ids.add(row.rowid)
    waiting++
    for (const value of values) bytes += value instanceof Uint8Array ? value.byteLength : 8
    if (waiting < sliceRows && bytes < sliceBytes) continue
    waiting = 0
    bytes = 0
    yield
  }
}

/** Leaves below a page that is lost belong to a table that has lost one. */
function* takeStrays({ file, roots }: Source, db: WriteDb, holed: readonly Taken[]): Generator<void> {
  for (const number of strayLeaves(file, roots.values())) {
    for (const row of rowsOn(file, number)) {
      if (!row.values) continue
      for (const result of holed) {
        if (row.values.length !== result.layout.columns.length) continue
        if (result.layout.alias >= 0 && row.values[result.layout.alias] !== null) continue
        const values = complete(result.layout, row)
        if (!values || !new Inserter(db, result.layout).put(values)) continue
        result.kept++
        result.ids.add(row.rowid)
        break
      }
    }
    yield
  }
}

/** A row that an index names and its table no longer has. */
export interface Missing {
  id: number
  entry: SqlValue[]
}

/**
 * What is missing of a table, by an index whose last column is the row's number. Not `isAll` when the index itself has lost
 * pages: then more may be missing than anybody knows.
 */
export function missingBy(source: Source, index: string, taken: Taken): { rows: Missing[]; isAll: boolean } {
  const { torn, holes, ids } = taken
  if (torn.length === 0 && holes.size === 0) return { rows: [], isAll: true }
  const root = source.roots.get(index)
  if (root === undefined) return { rows: [], isAll: false }
  const rows: Missing[] = []
  const lost = new Set<number>()
  for (const entry of indexEntries(source.file, root, lost)) {
    const id = entry.at(-1)
    if (typeof id === 'number' && !ids.has(id)) rows.push({ id, entry })
  }
  return { rows, isAll: lost.size === 0 }
}

/** Rows of one table of a backup that pass `wanted`. */
export function* takeFromBackup(
  source: Source,
  db: WriteDb,
  layout: Layout,
  wanted: (row: SqlValue[], rowid: number) => boolean,
): Generator<void, SqlValue[][]> {
  const root = source.roots.get(layout.name)
  const taken: SqlValue[][] = []
  if (root === undefined) return taken
  const inserter = new Inserter(db, layout)
  for (const row of rowsOfTable(source.file, root, { torn: [], holes: new Set() })) {
    const values = complete(layout, row)
    if (!values || !wanted(values, row.rowid) || !inserter.put(values)) continue
    taken.push(values)
    if (taken.length % sliceRows === 0) yield
  }
  return taken
}
