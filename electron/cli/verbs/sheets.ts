import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Fault } from '../../../shared/domain/fault.ts'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { applyChanges, checkPlantFile, plantSheets, readPlantSheets } from '../../assets/index.ts'
import { readSheets, SheetError, writeCsv, writeXlsx } from '../../files/sheets.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readOptions, resolveFrom } from '../options.ts'
import { knownBearings, readPlant } from '../plant-source.ts'
import { writeWhole } from './whole-file.ts'

const usage =
  'write: millwright sheets PLANT --out F.xlsx (or F.csv --sheet points), or sheets PLANT --from F.xlsx [--apply]'

/**
 * `millwright sheets`: assets, points and alerts of a plant file as a spreadsheet, and back. Without `--apply` it is a dry run
 * that lists every change and every fault. Exit 0 done, 1 the sheet or what it leads to has faults (nothing is written), 2 usage.
 */
export async function runSheets(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('sheets', argv, {
    out: { type: 'string' },
    from: { type: 'string' },
    sheet: { type: 'string' },
    apply: { type: 'boolean' },
  })
  const [plantFile] = positionals
  if (plantFile === undefined || positionals.length > 1) throw new UsageError(`sheets takes one plant file; ${usage}.`)
  if ((values.out === undefined) === (values.from === undefined))
    throw new UsageError(`sheets takes either --out or --from; ${usage}.`)
  const source = await readPlant(plantFile, io.cwd)
  if (values.out !== undefined) return await exportSheets(source, values.out, values.sheet, io)
  return await importSheets({ source, plantFile, from: values.from ?? '', isApplied: values.apply === true }, io)
}

async function exportSheets(source: string, out: string, only: string | undefined, io: CliIo): Promise<number> {
  const { plant, faults } = checkPlantFile(source, { bearings: await knownBearings() })
  if (!plant) {
    tell(io, { changes: [], faults, applied: false })
    return 1
  }
  const file = resolveFrom(io.cwd, out)
  const sheets = plantSheets(plant)
  const isCsv = path.extname(file).toLowerCase() === '.csv'
  const wanted = sheets.find(({ name }) => name === only)
  if (isCsv !== (wanted !== undefined))
    throw new UsageError(
      `A CSV file holds one sheet: name it with --sheet ${sheets.map(({ name }) => name).join(', ')}.`,
    )
  const bytes = wanted ? writeCsv(wanted) : await writeXlsx(sheets)
  await writeWhole('sheets', file, (write) => {
    write(bytes)
    return Promise.resolve()
  })
  const rows = (wanted ? [wanted] : sheets).map(({ name, rows: { length } }) => ({ sheet: name, rows: length - 1 }))
  if (io.json) io.stdout(`${JSON.stringify({ schema: 'millwright/sheets@1', file, sheets: rows })}\n`)
  else io.stdout(`${file}: ${rows.map(({ sheet, rows: count }) => `${count} ${sheet}`).join(', ')}\n`)
  return 0
}

interface Import {
  source: string
  plantFile: string
  from: string
  isApplied: boolean
}

async function importSheets({ source, plantFile, from, isApplied }: Import, io: CliIo): Promise<number> {
  const edit = readPlantSheets(source, await sheetsOf(resolveFrom(io.cwd, from)))
  const text = edit.faults.length > 0 ? source : applyChanges(source, edit.changes)
  const faults = [...edit.faults, ...checkPlantFile(text, { bearings: await knownBearings() }).faults]
  const applied = isApplied && faults.length === 0 && edit.changes.length > 0
  if (applied)
    await writeWhole('sheets', resolveFrom(io.cwd, plantFile), (write) => {
      write(text)
      return Promise.resolve()
    })
  tell(io, { changes: edit.changes, faults, applied })
  return faults.length === 0 ? 0 : 1
}

async function sheetsOf(file: string) {
  let bytes: Buffer
  try {
    bytes = await readFile(file)
  } catch (cause) {
    throw new UsageError(`The file ${file} cannot be read; name an XLSX or CSV file.`, { cause })
  }
  try {
    return await readSheets(path.basename(file), bytes)
  } catch (cause) {
    if (cause instanceof SheetError) throw new UsageError(cause.message, { cause })
    throw cause
  }
}

interface Told {
  changes: readonly PlantChange[]
  faults: readonly Fault[]
  applied: boolean
}

function tell(io: CliIo, { changes, faults, applied }: Told): void {
  const ok = faults.length === 0
  if (io.json) {
    io.stdout(`${JSON.stringify({ schema: 'millwright/sheets@1', ok, changes, faults, applied }, null, 2)}\n`)
    return
  }
  for (const { kind, section, id, field, before, after } of changes) {
    const what = [section, id, field].filter((part) => part !== null && part !== '').join(' ')
    const values = kind === 'changed' ? `: ${JSON.stringify(before)} -> ${JSON.stringify(after)}` : ''
    io.stdout(`${kind} ${what}${values}\n`)
  }
  for (const { path: place, message, remedy } of faults) io.stdout(`${place}\n  ${message}\n  ${remedy}\n`)
  const end = applied ? 'written' : ok ? 'nothing is written without --apply' : 'nothing is written'
  io.stdout(`${changes.length} changes, ${faults.length} faults; ${end}\n`)
}
