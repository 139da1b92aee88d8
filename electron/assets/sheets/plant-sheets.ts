import type { Cell, Sheet } from '../../../shared/domain/sheet.ts'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { isRaw } from '../raw.ts'
import { sheetLayouts, type SheetColumn } from './columns.ts'

/** A plant as sheets to edit: one row an asset, point or alert. */
export function plantSheets(plant: PlantFile): Sheet[] {
  return sheetLayouts.map(({ name, columns }) => ({
    name,
    rows: [
      columns.map(({ title }) => title),
      ...plant[name].map((entry) => columns.map((column) => cellOf(entry, column))),
    ],
  }))
}

function cellOf(entry: unknown, { path, type }: SheetColumn): Cell {
  let value: unknown = entry
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step] as unknown
    else if (isRaw(value)) value = value[step]
    else return null
  }
  if (type === 'list') return Array.isArray(value) && value.length > 0 ? value.join('; ') : null
  return typeof value === 'string' || typeof value === 'number' ? value : null
}
