import { all, get, run, type ReadDb, type SqlValue, type WriteDb } from '../database.ts'
import { freePages, isTableLeaf, pagesUnder, rowsOn, type Row } from './btree.ts'
import type { DamagedFile } from './damaged-file.ts'

/** A table of the layout this program knows, and how its records lie on disk. */
export interface Layout {
  name: string
  /** In the order of the record. */
  columns: string[]
  /** Place of the column that is the row's number, which the record leaves out; -1 without one. */
  alias: number
  isIndex: boolean
}

export function layouts(db: ReadDb): Layout[] {
  const tables = all<{ name: string; sql: string }>(
    db,
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
  )
  return tables.map(({ name, sql }) => {
    const columns = all<{ name: string; type: string; pk: number }>(
      db,
      `SELECT name, type, pk FROM pragma_table_info(?)`,
      name,
    )
    const isIndex = /WITHOUT\s+ROWID/i.test(sql)
    const keys = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
    // A table without rowid is stored as an index of its key, the other columns behind it (fileformat2, 2.4).
    const ordered = isIndex ? [...keys, ...columns.filter(({ pk }) => pk === 0)] : columns
    const alias = !isIndex && keys.length === 1 ? columns.findIndex(({ pk, type }) => pk > 0 && type === 'INTEGER') : -1
    return { name, columns: ordered.map((column) => column.name), alias, isIndex }
  })
}

/** Where each table and index begins, from page 1 if that can be read, else as `known` remembers it. */
export function rootsOf(file: DamagedFile, known: Record<string, number>): Map<string, number> {
  const roots = new Map(Object.entries(known))
  for (const page of pagesUnder(file, 1)) {
    for (const { values } of rowsOn(file, page)) {
      const [, name, , root] = values ?? []
      if (typeof name === 'string' && typeof root === 'number' && root > 0) roots.set(name, root)
    }
  }
  return roots
}

export interface Walked {
  /** Rows that are there but whose payload is not, by number. */
  torn: number[]
  /** Pages of its tree that cannot be read: which rows were on them, only an index can tell. */
  holes: Set<number>
}

/** Every row of a table that can be read, in no order. */
export function* rowsOfTable(file: DamagedFile, root: number, walked: Walked): Generator<Row> {
  for (const page of pagesUnder(file, root, walked.holes)) {
    for (const row of rowsOn(file, page)) {
      if (row.values) yield row
      else walked.torn.push(row.rowid)
    }
  }
}

/** The values of a row by column, its number put in. */
export function complete({ columns, alias }: Layout, { rowid, values }: Row): SqlValue[] | null {
  if (!values || values.length > columns.length) return null
  const row = [...values]
  if (alias >= 0 && alias < row.length) row[alias] = rowid
  return row
}

export class Inserter {
  readonly #db: WriteDb
  readonly #layout: Layout
  constructor(db: WriteDb, layout: Layout) {
    this.#db = db
    this.#layout = layout
  }

  /** False when a row with this key is there already, or the table does not take it. */
  put(row: readonly SqlValue[]): boolean {
    const { name, columns } = this.#layout
    const named = columns.slice(0, row.length)
    const sql = `INSERT OR IGNORE INTO "${name}" (${named.map((column) => `"${column}"`).join(', ')})
      VALUES (${named.map(() => '?').join(', ')})`
    try {
      run(this.#db, sql, ...row)
      return (get<{ n: number }>(this.#db, 'SELECT changes() AS n')?.n ?? 0) > 0
    } catch {
      // A page of another table, or of an older layout that this one cannot hold.
      return false
    }
  }
}

/**
 * Leaves of tables that no tree leads to, because a page above them is damaged. Pages on the free list hold rows that were
 * deleted; where that list cannot be followed nothing is taken, since a deleted row must not come back.
 */
export function* strayLeaves(file: DamagedFile, roots: Iterable<number>): Generator<number> {
  const free = freePages(file)
  if (!free) return
  const reached = new Set<number>()
  for (const root of roots) for (const page of pagesUnder(file, root)) reached.add(page)
  for (let number = 2; number <= file.pageCount; number++) {
    if (reached.has(number) || free.has(number)) continue
    const page = file.page(number)
    if (page && isTableLeaf(page)) yield number
  }
}

/** Entries of an index; the last column is the row's number. */
export function* indexEntries(file: DamagedFile, root: number, holes: Set<number>): Generator<SqlValue[]> {
  for (const page of pagesUnder(file, root, holes)) {
    for (const { values } of rowsOn(file, page)) if (values) yield values
  }
}
