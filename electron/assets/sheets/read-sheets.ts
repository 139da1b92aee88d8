import type { Fault } from '../../../shared/domain/fault.ts'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { Cell, Sheet } from '../../../shared/domain/sheet.ts'
import { diffPlants } from '../plant-diff.ts'
import { isRaw, items, text, type Raw } from '../raw.ts'
import { readJson } from '../read-json.ts'
import { listed, meant } from '../suggest.ts'
import { sheetLayouts, type SheetColumn, type SheetLayout } from './columns.ts'

export interface SheetEdit {
  readonly changes: readonly PlantChange[]
  /** What cannot be read, by sheet and cell; with any of them nothing is to be applied. */
  readonly faults: readonly Fault[]
}

/**
 * What edited sheets change of the text of a plant file. Rows are found by id: a new id is a new entry, one that has
 * no row stays as it is, an empty cell takes the field away, and a column that is not there leaves its field alone.
 */
export function readPlantSheets(source: string, sheets: readonly Sheet[]): SheetEdit {
  const { value: plant, faults } = readJson(source)
  if (!isRaw(plant)) return { changes: [], faults }
  const edited = structuredClone(plant)
  for (const sheet of sheets) {
    const layout = sheetLayouts.find(({ name }) => name === sheet.name.trim().toLowerCase())
    if (layout) faults.push(...new SheetReading(sheet, layout).into(edited))
    else faults.push(unknownSheet(sheet.name))
  }
  return { changes: faults.length > 0 ? [] : diffPlants(plant, edited), faults }
}

function unknownSheet(name: string): Fault {
  const known = sheetLayouts.map((layout) => layout.name)
  const message = `There is no sheet "${name}" in a plant; known are ${listed(known, 9)}.`
  return { path: name, code: 'unknown-sheet', message, remedy: meant(name, known, 'Rename it, or take it out.') }
}

class SheetReading {
  readonly #sheet: Sheet
  readonly #layout: SheetLayout
  readonly #faults: Fault[] = []

  constructor(sheet: Sheet, layout: SheetLayout) {
    this.#sheet = sheet
    this.#layout = layout
  }

  into(plant: Raw): Fault[] {
    const [titles = [], ...rows] = this.#sheet.rows
    const columns = titles.map((title, at) => this.#column(title, at))
    const idAt = columns.findIndex((column) => column?.title === 'id')
    if (idAt < 0) {
      this.#fault(0, 0, 'missing-column', 'The sheet has no column "id".', 'Rows are found by it: put it back.')
      return this.#faults
    }
    const { name } = this.#layout
    const list = Array.isArray(plant[name]) ? (plant[name] as unknown[]) : (plant[name] = [] as unknown[])
    const known = new Map(items(plant, name).map(([entry]) => [text(entry, 'id'), entry]))
    const seen = new Set<string>()
    for (const [at, row] of rows.entries()) {
      if (row.every((cell) => cell === null)) continue
      const id = textOf(row[idAt] ?? null)
      if (id === null) {
        this.#fault(at + 1, idAt, 'missing-id', 'The row has no id.', 'Give it one, or empty the row.')
      } else if (seen.has(id)) {
        this.#fault(at + 1, idAt, 'duplicate-id', `There are two rows with the id "${id}".`, 'Keep one of them.')
      } else {
        seen.add(id)
        const entry = known.get(id) ?? {}
        if (!known.has(id)) list.push(entry)
        for (const [place, column] of columns.entries())
          if (column) this.#set(entry, column, row[place] ?? null, at + 1, place)
      }
    }
    return this.#faults
  }

  #column(title: Cell, at: number): SheetColumn | null {
    const wanted = textOf(title)
    if (wanted === null) return null
    const known = this.#layout.columns.map((column) => column.title)
    const found = this.#layout.columns.find((column) => column.title.toLowerCase() === wanted.toLowerCase())
    if (found) return found
    const remedy = meant(wanted, known, 'Take the column out, or begin its title with "x-" to keep it for yourselves.')
    if (!wanted.startsWith('x-')) this.#fault(0, at, 'unknown-column', `There is no column "${wanted}".`, remedy)
    return null
  }

  #set(entry: Raw, column: SheetColumn, cell: Cell, row: number, place: number): void {
    if (cell === null) {
      remove(entry, column.path)
      return
    }
    const value = valueOf(cell, column.type)
    if (value !== undefined) put(entry, column.path, value)
    else {
      const message = `${column.title} is "${String(cell)}", which is no ${column.type === 'date' ? 'date' : 'number'}.`
      const remedy = column.type === 'date' ? 'Write it like 2026-03-01.' : 'Write digits alone, without a unit.'
      this.#fault(row, place, 'bad-cell', message, remedy)
    }
  }

  #fault(row: number, column: number, code: string, message: string, remedy: string): void {
    this.#faults.push({ path: `${this.#sheet.name}!${letters(column)}${row + 1}`, code, message, remedy })
  }
}

function textOf(cell: Cell): string | null {
  return cell === null ? null : String(cell).trim()
}

function valueOf(cell: Exclude<Cell, null>, type: SheetColumn['type']): unknown {
  if (type === 'date') {
    if (cell instanceof Date) return cell.toISOString().slice(0, 10)
    return typeof cell === 'string' && !Number.isNaN(Date.parse(cell)) ? cell : undefined
  }
  if (type === 'number') {
    const value = typeof cell === 'string' ? Number(cell) : cell
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  }
  const words = cell instanceof Date ? cell.toISOString().slice(0, 10) : String(cell)
  if (type === 'text') return words
  return words
    .split(/[;\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function put(entry: Raw, path: SheetColumn['path'], value: unknown): void {
  const [step, ...deeper] = path
  if (step === undefined) return
  const [next] = deeper
  if (next === undefined) {
    entry[step] = value
    return
  }
  const inner = entry[step]
  if (typeof next === 'number') {
    const list = Array.isArray(inner) ? (inner as unknown[]) : []
    list[next] = value
    entry[step] = list
  } else {
    const object = isRaw(inner) ? inner : {}
    entry[step] = object
    put(object, deeper, value)
  }
}

/** With the objects and pairs that are empty then: a row without a contract has none. */
function remove(entry: Raw, path: SheetColumn['path']): void {
  const [step, ...deeper] = path
  if (step === undefined) return
  const inner = entry[step]
  const [next] = deeper
  if (next === undefined) delete entry[step]
  else if (Array.isArray(inner) && typeof next === 'number') {
    inner[next] = undefined
    if (inner.every((one) => one === undefined)) delete entry[step]
  } else if (isRaw(inner)) {
    remove(inner, deeper)
    if (Object.keys(inner).length === 0) delete entry[step]
  }
}

/** `A`, `Z`, `AA` as spreadsheets name columns. */
function letters(column: number): string {
  const rest = String.fromCharCode(65 + (column % 26))
  return column < 26 ? rest : letters(Math.floor(column / 26) - 1) + rest
}
