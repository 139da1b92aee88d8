import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Sheet } from '../../../shared/domain/sheet.ts'
import { readSheets, writeXlsx } from '../../files/sheets.ts'
import { UsageError, type CliIo } from '../io.ts'
import { runSheets } from './sheets.ts'

const example = path.resolve(import.meta.dirname, '../../../resources/examples/full-plant.json')
let folder = ''

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sheets-'))
  fs.copyFileSync(example, path.join(folder, 'plant.json'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

async function run(...argv: string[]): Promise<{ code: number; report: Report }> {
  let out = ''
  const io: CliIo = { cwd: folder, json: true, stdout: (text) => void (out += text), stderr: () => undefined }
  const code = await runSheets(argv, io)
  return { code, report: JSON.parse(out) as Report }
}

interface Report {
  ok: boolean
  applied: boolean
  changes: { kind: string; section: string; id: string; field: string; before: unknown; after: unknown }[]
  faults: { path: string; code: string; message: string }[]
}

async function edited(change: (sheets: Sheet[]) => void): Promise<void> {
  const file = path.join(folder, 'plant.xlsx')
  const sheets = await readSheets('plant.xlsx', fs.readFileSync(file))
  change(sheets)
  fs.writeFileSync(file, await writeXlsx(sheets))
}

function cell(sheet: Sheet | undefined, id: string, title: string): { row: unknown[]; at: number } {
  const [titles, ...rows] = (sheet?.rows ?? []) as unknown[][]
  const row = rows.find((one) => one[0] === id)
  if (!row || !titles?.includes(title)) throw new Error(`There is no ${title} of ${id}.`)
  return { row, at: titles.indexOf(title) }
}

function set(sheets: Sheet[], name: string, id: string, title: string, value: unknown): void {
  const { row, at } = cell(
    sheets.find((sheet) => sheet.name === name),
    id,
    title,
  )
  row[at] = value
}

describe('millwright sheets', () => {
  test('a workbook that nobody touched changes nothing, nor do the three CSV files', async () => {
    expect((await run('plant.json', '--out', 'plant.xlsx')).code).toBe(0)
    for (const name of ['assets', 'points', 'alerts']) {
      await run('plant.json', '--out', `${name}.csv`, '--sheet', name)
      expect(await run('plant.json', '--from', `${name}.csv`)).toMatchObject({ code: 0, report: { changes: [] } })
    }
    const { code, report } = await run('plant.json', '--from', 'plant.xlsx', '--apply')
    expect({ code, ...report }).toMatchObject({ code: 0, ok: true, applied: false, changes: [], faults: [] })
    expect(fs.readFileSync(path.join(folder, 'plant.json'), 'utf8')).toBe(fs.readFileSync(example, 'utf8'))
  })

  test('a dry run lists every change and writes nothing; --apply writes them', async () => {
    await run('plant.json', '--out', 'plant.xlsx')
    await edited((sheets) => {
      set(sheets, 'assets', 'pump-101', 'criticality', 5)
      set(sheets, 'assets', 'pump-101', 'commissionedOn', new Date('2020-02-29T00:00:00Z'))
      set(sheets, 'assets', 'pump-101', 'operatingContext', null)
      set(sheets, 'assets', 'pump-101', 'failureModes', 'bearing.outer-race; rotor.unbalance')
    })
    const dry = await run('plant.json', '--from', 'plant.xlsx')
    expect(dry.report.changes.map(({ kind, id, field, after }) => [kind, id, field, after])).toEqual([
      ['changed', 'pump-101', 'commissionedOn', '2020-02-29'],
      ['changed', 'pump-101', 'criticality', 5],
      ['changed', 'pump-101', 'failureModes', ['bearing.outer-race', 'rotor.unbalance']],
      ['removed', 'pump-101', 'operatingContext', undefined],
    ])
    expect(dry.report.applied).toBe(false)
    expect(fs.readFileSync(path.join(folder, 'plant.json'), 'utf8')).toBe(fs.readFileSync(example, 'utf8'))
    expect((await run('plant.json', '--from', 'plant.xlsx', '--apply')).report.applied).toBe(true)
    const plant = JSON.parse(fs.readFileSync(path.join(folder, 'plant.json'), 'utf8')) as PlantFile
    const pump = plant.assets.find(({ id }) => id === 'pump-101')
    expect(pump).toMatchObject({ criticality: 5, commissionedOn: '2020-02-29' })
    expect(pump?.operatingContext).toBeUndefined()
    expect(pump?.components?.length).toBeGreaterThan(0)
  })

  test('every fault of sheet and plant is named by its cell or path, and nothing is written', async () => {
    await run('plant.json', '--out', 'plant.xlsx')
    await edited((sheets) => {
      set(sheets, 'assets', 'pump-101', 'criticality', 'high')
      const points = sheets.find(({ name }) => name === 'points')
      const [titles, first] = (points?.rows ?? []) as unknown[][]
      titles?.push('colour')
      const rows = (points?.rows ?? []) as unknown[][]
      rows.push([...(first ?? [])])
      sheets.push({ name: 'pionts', rows: [['id']] })
    })
    const { code, report } = await run('plant.json', '--from', 'plant.xlsx', '--apply')
    expect(code).toBe(1)
    expect(report.faults.map((fault) => fault.code)).toEqual([
      'bad-cell',
      'unknown-column',
      'duplicate-id',
      'unknown-sheet',
    ])
    expect(report.faults[0]).toMatchObject({ message: 'criticality is "high", which is no number.' })
    expect(report.faults[0]?.path).toMatch(/^assets![A-Z]+\d+$/)
    expect(fs.readFileSync(path.join(folder, 'plant.json'), 'utf8')).toBe(fs.readFileSync(example, 'utf8'))
  })

  test('a breach of a contract is found before anything is written', async () => {
    await run('plant.json', '--out', 'plant.xlsx')
    await edited((sheets) => {
      const points = sheets.find(({ name }) => name === 'points')
      const id = String(points?.rows[1]?.[0])
      set(sheets, 'points', id, 'contract.unit', 'furlong')
    })
    const { code, report } = await run('plant.json', '--from', 'plant.xlsx', '--apply')
    expect(code).toBe(1)
    expect(report.changes).toHaveLength(1)
    expect(report.faults.map((fault) => fault.code)).toEqual(['unknown-unit'])
  })

  test('CSV with semicolons has decimal commas', async () => {
    fs.writeFileSync(path.join(folder, 'assets.csv'), 'id;powerKw;name\npump-101;22,5;"Feed; pump"\n')
    const { report } = await run('plant.json', '--from', 'assets.csv')
    expect(report.changes.map(({ field, after }) => [field, after])).toEqual([
      ['name', 'Feed; pump'],
      ['powerKw', 22.5],
    ])
  })

  test.each([
    [['plant.json'], 'either --out or --from'],
    [[], 'takes one plant file'],
    [['plant.json', '--out', 'x.csv'], 'holds one sheet'],
    [['plant.json', '--from', 'plant.json'], 'neither XLSX nor CSV'],
    [['plant.json', '--from', 'not-there.xlsx'], 'cannot be read'],
  ])('%j is refused in one sentence', async (argv, sentence) => {
    await expect(run(...argv)).rejects.toThrow(UsageError)
    await expect(run(...argv)).rejects.toThrow(sentence)
  })

  test('garbage in the place of a workbook is refused', async () => {
    fs.writeFileSync(path.join(folder, 'bad.xlsx'), Buffer.from('PK\u0003\u0004 not a workbook'))
    await expect(run('plant.json', '--from', 'bad.xlsx')).rejects.toThrow(/is no XLSX workbook/)
  })
})
