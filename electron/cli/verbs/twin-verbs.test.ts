import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveLocalSocket } from '../../engine/local-socket.ts'
import { openTwin, openTwinForReading } from '../../store/api.ts'
import { openForReading, pageSize } from '../../store/database.ts'
import { SmallDisk } from '../../store/faults/full-disk.ts'
import { capture, startUs, tick, workers } from '../../store/twin-fixtures.ts'
import { answerTwinVerb } from '../../store/verbs.ts'
import { UsageError } from '../io.ts'
import { runExport } from './export.ts'
import { runVerify } from './verify.ts'

const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'millwright-verbs-'))
const data = path.join(dir, 'data')
const file = path.join(data, 'twin.db')
const key = Uint8Array.from(randomBytes(32))
const withKey = ['--data', 'data', '--key-file', 'key']

beforeAll(async () => {
  fs.writeFileSync(path.join(dir, 'key'), `${Buffer.from(key).toString('hex')}\n`)
  const twin = await openTwin({ file, key, workers })
  await twin.points([
    { id: 'speed', assetId: 'pump', kind: 'scalar' },
    { id: 'accel', assetId: 'pump', kind: 'waveform' },
  ])
  await twin.commitConfig({ hash: 'hash-1', text: '{}', author: 'a', reason: 'r', atUs: 1 })
  await twin.sessionStart(startUs)
  const rows = [
    { pointKey: 1, sourceUs: startUs + 2_000_000, sourceTick: 7, serverUs: startUs + 2_000_001, value: 0.1 + 0.2 },
    { pointKey: 1, sourceUs: startUs + 1_000_000, value: -0, status: 0x40900480 },
    { pointKey: 1, sourceUs: startUs + 3_000_000, value: Number.NaN, status: 0x81ff0000 },
  ]
  await twin.commitTick(tick(1, rows))
  await twin.putCapture(capture('k1', 2, { samples: Float32Array.of(0.5, -1.25, 3), sourceUs: startUs + 5 }))
  await twin.close()
})
afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

async function run(
  verb: typeof runExport,
  argv: string[],
  json = false,
  stdoutBytes?: (bytes: Uint8Array) => void,
): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const texts = { stdout: (t: string) => void (out += t), stderr: (t: string) => void (err += t) }
  const io = { ...texts, cwd: dir, json, ...(stdoutBytes ? { stdoutBytes } : {}) }
  try {
    return { code: await verb(argv, io), out, err }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { code: 2, out, err: error.message }
  }
}

function parquetRows(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    file: Uint8Array.from(bytes).buffer,
    compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    parsers: { timestampFromNanoseconds: (ns: bigint) => ns },
  })
}

const startNs = BigInt(startUs) * 1000n
const scalarRows = [
  { sourceTime: startNs + 1_000_000_000n, serverTime: null, value: -0, status: 'UncertainLastUsableValue' },
  { sourceTime: startNs + 2_000_000_700n, serverTime: startNs + 2_000_001_000n, value: 0.1 + 0.2, status: 'Good' },
  { sourceTime: startNs + 3_000_000_000n, serverTime: null, value: Number.NaN, status: '0x81FF0000' },
]

const scalarLines = [
  'sourceTime,serverTime,value,status',
  '2026-03-01T00:00:01.0000000Z,,-0,UncertainLastUsableValue',
  '2026-03-01T00:00:02.0000007Z,2026-03-01T00:00:02.0000010Z,0.30000000000000004,Good',
  '2026-03-01T00:00:03.0000000Z,,NaN,0x81FF0000',
]

describe('millwright export', () => {
  it('prints the samples of a point in order of source time', async () => {
    const { code, out } = await run(runExport, [...withKey, '--point', 'speed', '--format', 'csv'])
    expect(code).toBe(0)
    expect(out.split('\n')).toEqual([...scalarLines, ''])
  })

  it('cuts to the asked time, the end not included', async () => {
    const range = ['--from', '2026-03-01T00:00:02Z', '--to', '2026-03-01T01:00:03+01:00']
    const { out } = await run(runExport, [...withKey, '--point', 'speed', ...range])
    expect(out.split('\n')).toEqual([scalarLines[0], scalarLines[2], ''])
  })

  it('gives the captures of a waveform point, each sample at its own time', async () => {
    const { out } = await run(runExport, [...withKey, '--point', 'accel', '--format', 'csv'])
    expect(out.split('\n')).toEqual([
      'captureId,sourceTime,index,value',
      'k1,2026-03-01T00:00:00.0000050Z,0,0.5',
      'k1,2026-03-01T00:00:00.0000441Z,1,-1.25',
      'k1,2026-03-01T00:00:00.0000831Z,2,3',
      '',
    ])
  })

  it('writes a file whole or not at all', async () => {
    const out = path.join(dir, 'speed.csv')
    const done = await run(runExport, [...withKey, '--point', 'speed', '--out', 'speed.csv'], true)
    expect(JSON.parse(done.out)).toEqual({ schema: 'millwright/export@1', point: 'speed', rows: 3, out })
    expect(fs.readFileSync(out, 'utf8').split('\n')).toEqual([...scalarLines, ''])
    const before = fs.readFileSync(out, 'utf8')
    expect((await run(runExport, [...withKey, '--point', 'nobody', '--out', 'speed.csv'])).code).toBe(2)
    expect(fs.readFileSync(out, 'utf8')).toBe(before)
    expect(fs.readdirSync(dir).filter((name) => name.includes('part'))).toEqual([])
  })

  it('writes the same as Parquet: to a file, to standard output that is none to look at, and for a waveform', async () => {
    const parquet = [...withKey, '--format', 'parquet']
    const done = await run(runExport, [...parquet, '--point', 'speed', '--out', 'speed.parquet'], true)
    expect(JSON.parse(done.out)).toMatchObject({ schema: 'millwright/export@1', point: 'speed', rows: 3 })
    const bytes = fs.readFileSync(path.join(dir, 'speed.parquet'))
    expect(await parquetRows(bytes)).toEqual(scalarRows)
    const pieces: Uint8Array[] = []
    expect(await run(runExport, [...parquet, '--point', 'speed'], false, (piece) => pieces.push(piece))).toMatchObject({
      code: 0,
      out: '',
      err: '',
    })
    expect(Buffer.compare(Buffer.concat(pieces), bytes)).toBe(0)
    const range = ['--from', '2026-03-01T00:00:02Z', '--to', '2026-03-01T00:00:03Z', '--out', 'cut.parquet']
    await run(runExport, [...parquet, '--point', 'speed', ...range])
    expect(await parquetRows(fs.readFileSync(path.join(dir, 'cut.parquet')))).toEqual([scalarRows[1]])
    await run(runExport, [...parquet, '--point', 'accel', '--out', 'accel.parquet'])
    expect(await parquetRows(fs.readFileSync(path.join(dir, 'accel.parquet')))).toEqual([
      { captureId: 'k1', sourceTime: startNs + 5000n, index: 0, value: 0.5 },
      { captureId: 'k1', sourceTime: startNs + 5000n + 39_063n, index: 1, value: -1.25 },
      { captureId: 'k1', sourceTime: startNs + 5000n + 78_125n, index: 2, value: 3 },
    ])
  })

  it('leaves nothing behind when the disk of the file is full', async () => {
    // Without root, a folder that refuses its new name in the end stands for a disk that is full in the end.
    fs.mkdirSync(path.join(dir, 'taken', 'x'), { recursive: true })
    for (const format of ['csv', 'parquet']) {
      const { code, err } = await run(runExport, [...withKey, '--point=speed', '--format', format, '--out=taken'])
      expect([code, err]).toEqual([2, expect.stringMatching(/taken cannot be written .*choose another --out\.$/)])
    }
    expect(fs.readdirSync(dir).filter((name) => name.includes('part'))).toEqual([])
  })

  it('leaves nothing behind on a disk that is full (needs root)', async ({ skip }) => {
    const disk = SmallDisk.mount(1)
    if (!disk) return skip('a small disk can be mounted by root only')
    try {
      disk.fill(0)
      const out = path.join(disk.folder, 'speed')
      for (const format of ['csv', 'parquet']) {
        const { code, err } = await run(runExport, [...withKey, '--point=speed', '--format', format, '--out', out])
        expect([code, err]).toEqual([2, expect.stringMatching(/ENOSPC.*; make room or choose another --out\.$/)])
        expect(fs.readdirSync(disk.folder)).toEqual(['filler'])
      }
    } finally {
      disk.unmount()
    }
  })

  it('answers wrong usage with exit 2 and one sentence that says how to mend it', async () => {
    const wrongs: [string[], RegExp][] = [
      [[...withKey], /needs --point/],
      [[...withKey, '--point', 'nobody'], /no point "nobody"; it has 2 points, such as speed, accel/],
      [[...withKey, '--point', 'speed', '--format', 'parquet'], /a terminal cannot show: give --out/],
      [[...withKey, '--point', 'nobody', '--format', 'parquet', '--out', 'x'], /no point "nobody"/],
      [[...withKey, '--point', 'speed', '--format', 'xml'], /no format "xml"/],
      [[...withKey, '--point', 'speed', '--from', 'yesterday'], /--from "yesterday" is no time/],
      [
        [...withKey, '--point', 'speed', '--from', '2026-03-02T00:00:00Z', '--to', '2026-03-01T00:00:00Z'],
        /later than/,
      ],
      [[...withKey, '--point', 'speed', '--out', 'no/such/folder.csv'], /cannot be written/],
      [['--data', 'nowhere', '--key-file', 'key', '--point', 'speed'], /no twin at/],
      [['--data', 'data', '--key-file', 'none', '--point', 'speed'], /key file/],
      [['--data', 'data', '--point', 'speed'], /give --key-file/],
      [[...withKey, '--point', 'speed', '--wrong'], /--wrong/],
    ]
    for (const [argv, sentence] of wrongs) {
      const { code, out, err } = await run(runExport, argv)
      expect([code, out], argv.join(' ')).toEqual([2, ''])
      expect(err).toMatch(sentence)
      expect(err.trim()).not.toContain('\n')
    }
  })
})

describe('millwright verify', () => {
  it('finds a whole twin whole and a damaged one not, in words and as JSON', async () => {
    expect(await run(runVerify, withKey)).toMatchObject({ code: 0, out: 'The twin is whole: no faults.\n' })
    const fine = await run(runVerify, withKey, true)
    expect(JSON.parse(fine.out)).toEqual({ schema: 'millwright/verify@1', ok: true, faults: [] })
    const whole = fs.readFileSync(file)
    const bytes = Buffer.from(whole)
    const db = openForReading(file, key)
    const page = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'tick_batch'").pluck().get())
    db.close()
    const at = page * pageSize - 100
    bytes[at] = (bytes[at] ?? 0) ^ 1
    fs.writeFileSync(file, bytes)
    const damaged = await run(runVerify, withKey, true)
    expect(damaged.code).toBe(1)
    expect(JSON.parse(damaged.out)).toMatchObject({ schema: 'millwright/verify@1', ok: false })
    expect(damaged.out).toContain('cannot be read')
    fs.writeFileSync(file, whole.subarray(0, 0))
    const empty = await run(runVerify, withKey)
    expect([empty.code, empty.out.includes('1 fault.')]).toEqual([1, true])
    fs.writeFileSync(file, whole)
  })

  it('answers a wrong key or folder with exit 2, and changes nothing', async () => {
    fs.writeFileSync(path.join(dir, 'wrong'), 'ab'.repeat(32))
    const before = fs.readdirSync(data)
    expect((await run(runVerify, ['--data', 'data', '--key-file', 'wrong'])).err).toMatch(/another key/)
    expect((await run(runVerify, ['--data', 'nowhere', '--key-file', 'key'])).err).toMatch(/no twin/)
    expect((await run(runVerify, ['--data', 'data'])).err).toMatch(/give --key-file/)
    expect((await run(runVerify, [...withKey, 'more'])).err).toMatch(/"more"/)
    expect(fs.readdirSync(data)).toEqual(before)
  })
})

describe('without a key file', () => {
  it('the running engine answers both verbs', async () => {
    const twin = openTwinForReading({ file, key })
    const server = await serveLocalSocket(data, async ({ verb, argv, json }, io) =>
      verb !== 'verify' && verb !== 'export' ? 2 : answerTwinVerb(twin, { verb, argv, json }, (text) => io.out(text)),
    )
    try {
      expect(await run(runVerify, ['--data', 'data'], true)).toMatchObject({ code: 0, err: '' })
      const { out } = await run(runExport, ['--data', 'data', '--point', 'speed'])
      expect(out.split('\n')).toEqual([...scalarLines, ''])
      const toFile = await run(runExport, ['--data', 'data', '--point', 'accel', '--out', 'accel.csv'])
      expect(toFile.err).toContain('3 rows')
      for (const point of ['speed', 'accel']) {
        const asParquet = ['--point', point, '--format', 'parquet', '--out']
        await run(runExport, [...withKey, ...asParquet, 'by-key.parquet'])
        expect((await run(runExport, ['--data', 'data', ...asParquet, 'by-engine.parquet'])).err).toContain('3 rows')
        const [byKey, byEngine] = ['by-key.parquet', 'by-engine.parquet'].map((name) =>
          fs.readFileSync(path.join(dir, name)),
        )
        expect(byEngine?.equals(byKey ?? Buffer.of())).toBe(true)
      }
      const nobody = ['--data', 'data', '--point', 'nobody', '--format', 'parquet', '--out', 'none.parquet']
      expect(await run(runExport, nobody)).toMatchObject({ code: 2, err: expect.stringMatching(/no point "nobody"/) })
      expect(fs.existsSync(path.join(dir, 'none.parquet'))).toBe(false)
      expect(await run(runExport, ['--data', 'data', '--point', 'nobody'])).toMatchObject({ code: 2, out: '' })
    } finally {
      await server.close()
      await twin.close()
    }
  })
})
