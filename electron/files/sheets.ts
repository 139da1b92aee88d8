import path from 'node:path'
import Papa from 'papaparse'
import readWorkbook from 'read-excel-file/node'
import writeWorkbook from 'write-excel-file/node'
import type { Cell, Sheet } from '../../shared/domain/sheet.ts'

export class SheetError extends Error {
  override readonly name = 'SheetError'
}

/** The sheets of an XLSX workbook, or the one of a CSV file (named as the file is). Throws SheetError in one sentence. */
export async function readSheets(fileName: string, bytes: Buffer): Promise<Sheet[]> {
  const { name, ext } = path.parse(fileName)
  if (ext.toLowerCase() === '.csv') return [{ name, rows: csvRows(fileName, bytes) }]
  if (ext.toLowerCase() !== '.xlsx')
    throw new SheetError(`${fileName} is neither XLSX nor CSV. Save it as one of the two.`)
  try {
    const sheets = await readWorkbook(bytes)
    return sheets.map(({ sheet, data }) => ({ name: sheet, rows: data.map((row) => row.map(plainCell)) }))
  } catch (cause) {
    throw new SheetError(`${fileName} is no XLSX workbook that can be read. Open it and save it anew.`, { cause })
  }
}

export async function writeXlsx(sheets: readonly Sheet[]): Promise<Buffer> {
  const workbook = sheets.map(({ name, rows: [titles = [], ...rows] }) => ({
    sheet: name,
    stickyRowsCount: 1,
    data: [
      titles.map((title) => ({ value: String(title), fontWeight: 'bold' as const })),
      ...rows.map((row) => row.map((cell) => (cell instanceof Date ? { value: cell, format: 'yyyy-mm-dd' } : cell))),
    ],
  }))
  return await writeWorkbook(workbook).toBuffer()
}

export function writeCsv({ rows }: Sheet): string {
  const cells = rows.map((row) => row.map((cell) => (cell instanceof Date ? isoDate(cell) : cell)))
  // Spreadsheets run a cell that begins with = + - or @ as a formula; ids and words must stay what they are.
  return `${Papa.unparse(cells, { escapeFormulae: true, newline: '\n' })}\n`
}

function csvRows(fileName: string, bytes: Buffer): Cell[][] {
  const text = new TextDecoder('utf-8', { fatal: true })
  let content: string
  try {
    content = text.decode(bytes)
  } catch (cause) {
    throw new SheetError(`${fileName} is not UTF-8. Save it as "CSV UTF-8".`, { cause })
  }
  const { data, errors, meta } = Papa.parse<string[]>(content, { skipEmptyLines: 'greedy' })
  const first = errors.find(({ type }) => type === 'Quotes')
  if (first) throw new SheetError(`${fileName}, row ${(first.row ?? 0) + 1}: ${first.message}. Close the quotes.`)
  // Where columns are parted by semicolons, the comma is the decimal sign.
  const hasDecimalComma = meta.delimiter === ';'
  return data.map((row) => row.map((cell) => csvCell(cell, hasDecimalComma)))
}

function csvCell(cell: string, hasDecimalComma: boolean): Cell {
  const text = cell.trim()
  if (text === '') return null
  // What was written against formulas.
  const plain = /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text
  return hasDecimalComma && /^-?\d+,\d+$/.test(plain) ? plain.replace(',', '.') : plain
}

function plainCell(cell: unknown): Cell {
  if (typeof cell === 'string') return cell.trim() === '' ? null : cell.trim()
  return typeof cell === 'number' || typeof cell === 'boolean' || cell instanceof Date ? cell : null
}

export function isoDate(date: Date): string {
  return date.toISOString().slice(0, 10)
}
