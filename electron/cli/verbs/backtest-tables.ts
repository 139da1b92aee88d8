import fs from 'node:fs'
import path from 'node:path'
import type { HistoryTime } from '../../../shared/domain/backtest.ts'
import { isJson, isPositive, quote, type FaultList, type Json } from './backtest-faults.ts'
import { historySeconds } from './backtest-time.ts'

/** Rows in step, as a historian kept them; what is not a number is NaN. */
export interface HistoryTables {
  readonly rows: number
  readonly t: readonly HistoryTime[]
  readonly timeS: Float64Array
  readonly features: ReadonlyMap<string, Float64Array>
}

interface Csv {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly decimalComma: boolean
}

const unquote = (field: string): string => field.trim().replaceAll('"', '')

function readCsv(file: string): Csv | string {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return code === 'ENOENT'
      ? `${file} does not exist: put it there or correct the path`
      : `${file} cannot be read (${code}): check its rights`
  }
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const [head] = lines
  if (head === undefined || lines.length < 2) return `${file} holds no rows under a header: export the table again`
  const separator = [';', '\t', ','].find((one) => head.includes(one)) ?? ','
  const rows = lines.slice(1).map((line) => line.split(separator).map(unquote))
  return { columns: head.split(separator).map(unquote), rows, decimalComma: separator !== ',' }
}

const toNumber = (field: string | undefined, decimalComma: boolean): number => {
  if (field === undefined || field === '') return Number.NaN
  const value = Number(decimalComma ? field.replace(',', '.') : field)
  return Number.isFinite(value) ? value : Number.NaN
}

interface Table {
  readonly csv: Csv
  readonly where: string
  readonly features: ReadonlyMap<string, Float64Array>
  readonly timeColumn: string | null
}

function columnOf(csv: Csv, name: string): Float64Array | null {
  const at = csv.columns.indexOf(name)
  return at === -1 ? null : Float64Array.from(csv.rows, (row) => toNumber(row[at], csv.decimalComma))
}

function readTable(entry: unknown, i: number, folder: string, faults: FaultList): Table | null {
  const where = `tables[${i}]`
  if (!isJson(entry)) {
    faults.add(`${where} ${quote(entry)}: write { "file", "time", "features" }.`)
    return null
  }
  const { file, time, features } = entry
  if (typeof file !== 'string' || file === '') {
    faults.add(`${where}.file ${quote(file)}: name a CSV file, relative to the index.`)
    return null
  }
  const csv = readCsv(path.resolve(folder, file))
  if (typeof csv === 'string') {
    faults.add(`${where}.file: ${csv}.`)
    return null
  }
  if (!isJson(features) || Object.keys(features).length === 0) {
    faults.add(`${where}.features ${quote(features)}: map feature names to columns, such as { "rms": "ch1_rms" }.`)
    return null
  }
  const columns = new Map<string, Float64Array>()
  for (const [name, column] of Object.entries(features)) {
    const values = typeof column === 'string' ? columnOf(csv, column) : null
    if (values !== null) columns.set(name, values)
    else
      faults.add(
        `${where}.features.${name}: ${file} has no column ${JSON.stringify(column)}: use one of ${csv.columns.slice(0, 8).join(', ')}${csv.columns.length > 8 ? ', ...' : ''}.`,
      )
  }
  if (time !== undefined && time !== null && (typeof time !== 'string' || !csv.columns.includes(time))) {
    faults.add(`${where}.time ${quote(time)}: name a column of ${file}, or write null and give intervalS.`)
    return null
  }
  return { csv, where, features: columns, timeColumn: typeof time === 'string' ? time : null }
}

function timesOf(tables: readonly Table[], index: Json, rows: number, faults: FaultList) {
  const timed = tables.find((table) => table.timeColumn !== null)
  if (timed === undefined || timed.timeColumn === null) {
    const { intervalS } = index
    if (!isPositive(intervalS)) {
      faults.add(`intervalS ${quote(intervalS)}: no table has a time column, so give the seconds between two rows.`)
      return null
    }
    const t = Array.from({ length: rows }, (_, row) => row * intervalS)
    return { t, timeS: Float64Array.from(t) }
  }
  const at = timed.csv.columns.indexOf(timed.timeColumn)
  const t = timed.csv.rows.map((row): HistoryTime => {
    const field = row[at] ?? ''
    const number = toNumber(field, timed.csv.decimalComma)
    return Number.isNaN(number) ? field : number
  })
  const timeS = Float64Array.from(t, (value) => historySeconds(value))
  // One unreadable time is a missing row; where all are, the column is no time.
  const readable = timeS.reduce((total, value) => total + (Number.isNaN(value) ? 0 : 1), 0)
  if (2 * readable >= rows) return { t, timeS }
  faults.add(
    `${timed.where}.time: column "${timed.timeColumn}" holds ${JSON.stringify(t[0])}, which is neither an ISO time nor seconds: convert it.`,
  )
  return null
}

/** Reads `tables` of a history index; null when there were faults, which are added to the list. */
export function readTables(index: Json, folder: string, faults: FaultList): HistoryTables | null {
  const { tables: entries } = index
  if (!Array.isArray(entries) || entries.length === 0) {
    faults.add(`tables ${quote(entries)}: list at least one table.`)
    return null
  }
  const tables = entries.flatMap((entry: unknown, i) => readTable(entry, i, folder, faults) ?? [])
  const [first] = tables
  if (first === undefined) return null
  const rows = first.csv.rows.length
  for (const { where, csv } of tables) {
    if (csv.rows.length !== rows)
      faults.add(
        `${where} has ${csv.rows.length} rows and ${first.where} has ${rows}: rows must be in step, so export both over the same time.`,
      )
  }
  const features = new Map<string, Float64Array>()
  for (const { where, features: given } of tables) {
    for (const [name, values] of given) {
      if (features.has(name))
        faults.add(`${where}.features.${name} is given by another table too: keep one of the two.`)
      features.set(name, values)
    }
  }
  const times = timesOf(tables, index, rows, faults)
  return times === null || faults.any ? null : { rows, ...times, features }
}
