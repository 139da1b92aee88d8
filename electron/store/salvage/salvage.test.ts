import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { Recovery } from '../../../shared/domain/recovery.ts'
import { backUpHere } from '../backup/here.ts'
import { all, get, openForReading, pageSize, type ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import { packScalars } from '../scalars-message.ts'
import { readScalars } from '../scalars.ts'
import { readIdentity } from '../tables/meta.ts'
import { readRecoveries } from '../tables/recoveries.ts'
import {
  capture,
  feature,
  gap,
  occurrence,
  random,
  ruleState,
  startUs,
  tick,
  transition,
  type TestTwin,
} from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { verifyTwin } from '../verify/index.ts'
import { writerMethods } from '../writer-methods.ts'
import { drain } from './begin.ts'
import { DamagedFile } from './damaged-file.ts'
import { orderJoin, pendingSalvage } from './index.ts'
import { readLog } from './log-chain.ts'
import { mergeInto } from './merge.ts'
import { readOrder, writeOrder } from './order.ts'
import { salvage } from './salvage.ts'

vi.setConfig({ testTimeout: 300_000 })

// Hundreds of twins are opened and closed here; what a disk takes to sync is no part of it.
if (fs.existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm'

const { fresh } = testTwins()

const compaction = { ticks: 20, samples: 1e9, chunkSamples: 128, fanOut: 4, sliceMs: 0 }
const featureCompaction = { rows: 40, chunkRows: 32, fanOut: 4, sliceMs: 0 }
type Writer = ReturnType<typeof writerMethods>

interface Opened {
  writer: Writer
  kind: string
  message: string
}

function opened(where: TestTwin, createIfMissing = true, chunkSamples = compaction.chunkSamples): Opened {
  const writer = writerMethods()
  const limits = { maxPages: null, featureNames: null, compaction: { ...compaction, chunkSamples }, featureCompaction }
  const { opened: report } = writer.open({ file: where.file, key: where.key, createIfMissing, ...limits })
  return { writer, ...report }
}

const pointCount = 6
/** Values that tell their point and time, so that a wrong one is seen. */
const valueOf = (pointKey: number, sourceUs: number): number => pointKey * 1e6 + ((sourceUs - startUs) % 999_983) / 7

function commit(writer: Writer, number: number): void {
  const rows = Array.from({ length: pointCount * 8 }, (_, i) => {
    const pointKey = 1 + (i % pointCount)
    const sourceUs = startUs + number * 200_000 + Math.floor(i / pointCount) * 25_000
    return { pointKey, sourceUs, value: valueOf(pointKey, sourceUs) }
  })
  const features = [
    feature(1, startUs + number * 200_000, number),
    feature(2, startUs + number * 200_000, number + 0.5),
  ]
  const gaps = number % 9 === 0 ? [gap({ startUs: startUs + number, endUs: startUs + number + 5 })] : []
  const given = tick(number, rows, { features, gaps })
  writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
}

function settle(writer: Writer): void {
  while (writer.compactStep());
}

/** Rows in every table: closed and open chunks, roll-ups, hot batches, features, captures, alerts, gaps. */
function fill(
  where: TestTwin,
  ticks: number,
  between: (number: number) => void = () => {},
  chunkSamples?: number,
): void {
  const { writer } = opened(where, true, chunkSamples)
  writer.points(
    Array.from({ length: pointCount }, (_, i) => ({ id: `p${i + 1}`, assetId: 'a', kind: 'scalar' as const })),
  )
  writer.commitConfig({ hash: 'hash-1', text: '{ "plant": 1 }', author: 'test', reason: 'test', atUs: 1 })
  writer.sessionStart(startUs, '{"version":"1"}')
  for (let number = 1; number <= ticks; number++) {
    commit(writer, number)
    settle(writer)
    if (number % 40 === 0)
      writer.putCaptures([capture(`k${number}`, 1 + (number % 3), { sourceUs: startUs + number * 1e6 })])
    if (number % 50 === 0) {
      const id = `o${number}`
      writer.commitAlerts({
        states: [ruleState(id)],
        occurrences: [occurrence(id)],
        transitions: [transition(id, { atUs: startUs + number })],
      })
    }
    between(number)
  }
  writer.advance({ destinationId: 'now', stream: 'events', seq: 1, confirmedUs: 1 })
  writer.close()
}

interface Sample {
  sourceUs: number
  value: number
}

function samplesOf(db: ReadDb, pointKey: number): Sample[] {
  const page = readScalars(db, pointKey, -Infinity, Infinity, null, 50_000)
  return Array.from({ length: page.count }, (_, i) => ({
    sourceUs: page.sourceUs[i] as number,
    value: page.value[i] as number,
  }))
}

interface After {
  kind: string
  faults: string[]
  recovery: Recovery | undefined
  /** Samples per point that are there. */
  samples: Map<number, Sample[]>
  gaps: { pointKey: number | null; startUs: number; endUs: number; cause: string }[]
  counts: Record<string, number>
  installation: string
}

const counted = ['event', 'transition', 'occurrence', 'gap', 'capture', 'point', 'config_text', 'rule_state']

function lookAt(where: TestTwin, kind: string): After {
  const db = openForReading(where.file, where.key)
  try {
    const samples = new Map(Array.from({ length: pointCount }, (_, i) => [i + 1, samplesOf(db, i + 1)] as const))
    return {
      kind,
      faults: verifyTwin(db, where.file).map(({ path: at, message }) => `${at}: ${message}`),
      recovery: readRecoveries(db, 1)[0],
      samples,
      gaps: all(db, 'SELECT point_key AS pointKey, start_us AS startUs, end_us AS endUs, cause FROM gap'),
      counts: Object.fromEntries(
        counted.map((name) => [name, get<{ n: number }>(db, `SELECT count(*) AS n FROM ${name}`)?.n ?? 0]),
      ),
      installation: readIdentity(db).installation,
    }
  } finally {
    db.close()
  }
}

/** Opens the twin as an engine does, records on in the new one, salvages beside it, and joins the two. */
function recover(where: TestTwin, ticksMeanwhile = 3): After {
  const first = opened(where)
  if (first.kind !== 'replaced') {
    first.writer.sessionStart(startUs + 3600e6, null)
    first.writer.close()
    return lookAt(where, first.kind)
  }
  // Acquisition goes on before anything was salvaged.
  first.writer.points(
    Array.from({ length: pointCount }, (_, i) => ({ id: `p${i + 1}`, assetId: 'a', kind: 'scalar' as const })),
  )
  first.writer.commitConfig({ hash: 'hash-1', text: '{ "plant": 1 }', author: 'test', reason: 'test', atUs: 2 })
  first.writer.sessionStart(startUs + 3600e6, '{"version":"1"}')
  for (let number = 1; number <= ticksMeanwhile; number++) commit(first.writer, 100_000 + number)
  settle(first.writer)
  const pending = pendingSalvage(where.file, where.key, path.join(where.dir, 'backups'))
  if (!pending) throw new Error('There is nothing to salvage.')
  const salvaged = drain(salvage(pending))
  commit(first.writer, 100_000 + ticksMeanwhile + 1)
  first.writer.close()
  orderJoin(where.file, salvaged)
  const second = opened(where, false)
  expect(second.kind).toBe('existing')
  second.writer.sessionStart(startUs + 7200e6, '{"version":"1"}')
  second.writer.close()
  return lookAt(where, 'replaced')
}

/** What must hold whatever was damaged: nothing wrong, nothing twice, and each missing sample within a gap that says so. */
function holds(before: After, after: After, what: string): void {
  expect(after.faults, what).toEqual([])
  for (const [pointKey, samples] of before.samples) {
    const found = new Set<number>()
    for (const { sourceUs, value } of after.samples.get(pointKey) ?? []) {
      expect(value, what).toBe(valueOf(pointKey, sourceUs))
      expect(found.has(sourceUs), `${what}: ${sourceUs} twice`).toBe(false)
      found.add(sourceUs)
    }
    // The last commit before a kill may be one that a power cut ended; the gap of the kill tells of it.
    const told = after.gaps.filter(
      (g) => ['twin-damaged', 'engine-killed'].includes(g.cause) && (g.pointKey === null || g.pointKey === pointKey),
    )
    const missing = samples.filter(({ sourceUs }) => !found.has(sourceUs))
    const untold = missing.filter(({ sourceUs }) => !told.some((g) => g.startUs <= sourceUs && sourceUs <= g.endUs))
    expect(untold.length, `${what}: of point ${pointKey} ${missing.length} samples are missing, untold`).toBe(0)
  }
}

const lost = (before: After, after: After): number =>
  [...before.samples].reduce((sum, [key, samples]) => {
    const found = new Set((after.samples.get(key) ?? []).map(({ sourceUs }) => sourceUs))
    return sum + samples.filter(({ sourceUs }) => !found.has(sourceUs)).length
  }, 0)

function flip(file: string, at: number, bit = 3): void {
  const bytes = fs.readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
  fs.writeFileSync(file, bytes)
}

/** What is on each page, from a whole file. */
function pagesByKind({ file, key }: TestTwin): Map<string, number[]> {
  const db = openForReading(file, key)
  const rows = all<{ name: string; pageno: number; pagetype: string }>(db, 'SELECT name, pageno, pagetype FROM dbstat')
  db.close()
  const kinds = new Map<string, number[]>()
  for (const { name, pageno, pagetype } of rows) {
    const kind = `${name}, ${pagetype}`
    kinds.set(kind, [...(kinds.get(kind) ?? []), pageno])
  }
  const used = new Set(rows.map(({ pageno }) => pageno))
  const total = fs.statSync(file).size / pageSize
  const free = Array.from({ length: total }, (_, i) => i + 1).filter((page) => !used.has(page))
  if (free.length > 0) kinds.set('free', free)
  return kinds
}

describe('a page of a twin', () => {
  it('is read as SQLite wrote it, or not at all', () => {
    const where = fresh()
    fill(where, 30)
    const whole = new DamagedFile(where.file, where.key)
    for (let number = 1; number <= whole.pageCount; number++)
      expect(whole.page(number), `page ${number}`).not.toBe(null)
    whole.close()
    const next = random(5)
    for (let number = 1; number <= whole.pageCount; number++) {
      // The page size in plain text (bytes 16 to 23 of the file) is covered as well.
      const at = (number - 1) * pageSize + Math.floor(next() * pageSize)
      flip(where.file, at, Math.floor(next() * 8))
      const damaged = new DamagedFile(where.file, where.key)
      expect(damaged.page(number), `byte ${at}`).toBe(null)
      damaged.close()
      flip(where.file, at, 0)
    }
  })
})

/** Every kind of content; MILLWRIGHT_ALL_PAGES=1 takes each table and index there is, which takes minutes. */
const kindsTried = [
  'sqlite_schema, internal',
  'sqlite_schema, leaf',
  'sqlite_sequence, leaf',
  'meta, leaf',
  'point, leaf',
  'session, leaf',
  'tick_batch, leaf',
  'capture, overflow',
  'chunk, internal',
  'chunk, leaf',
  'chunk_by_time, leaf',
  'rollup, leaf',
  'feature_chunk, leaf',
  'feature_column, leaf',
  'config_text, leaf',
  'occurrence, leaf',
  'event, leaf',
  'free',
]
function* sampled(kinds: Map<string, number[]>): Generator<[string, number[]]> {
  for (const [kind, pages] of kinds) {
    if (process.env['MILLWRIGHT_ALL_PAGES'] === '1' || kindsTried.includes(kind)) yield [kind, pages]
  }
}

describe('a flipped byte', () => {
  it('in any kind of page is found, nothing provable is lost, and what is lost is told', () => {
    const where = fresh()
    fill(where, 70)
    const before = lookAt(where, 'existing')
    expect(before.faults).toEqual([])
    const whole = fs.readFileSync(where.file)
    const id = fs.readFileSync(path.join(where.dir, 'twin.id'))
    const next = random(17)
    const seen: string[] = []
    for (const [kind, pages] of sampled(pagesByKind(where))) {
      const page = pages[Math.floor(next() * pages.length)] ?? 1
      const stage = fresh()
      const at = { ...stage, key: where.key }
      fs.writeFileSync(at.file, whole)
      fs.writeFileSync(path.join(at.dir, 'twin.id'), id)
      flip(at.file, (page - 1) * pageSize + 30 + Math.floor(next() * (pageSize - 30)), Math.floor(next() * 8))
      const db = kind === 'free' ? null : faultsOf(at)
      if (db !== null) expect(db, kind).toBeGreaterThan(0)
      // Damage that opening does not meet is found by verify or a read; a repair is then asked for.
      fs.writeFileSync(path.join(at.dir, 'repair.request'), `page ${page}\n`)
      const after = recover(at)
      expect(after.kind).toBe('replaced')
      holds(before, after, kind)
      expect(after.recovery).toMatchObject({ kind: 'salvaged' })
      expect(after.recovery?.message).toContain('was damaged')
      expect(after.installation).toBe(before.installation)
      const order = fs.readdirSync(at.dir).filter((name) => name.startsWith('damaged-'))
      expect(order.length).toBe(1)
      // One page holds few rows: whatever it was, nearly everything comes back.
      expect(lost(before, after), kind).toBeLessThan(2000)
      for (const name of ['event', 'transition', 'occurrence', 'point']) {
        const least = (before.counts[name] ?? 0) - (after.recovery?.lost.length ?? 0) * 200
        if (!kind.startsWith(`${name},`)) expect(after.counts[name], `${kind}: ${name}`).toBeGreaterThanOrEqual(least)
      }
      seen.push(kind)
      fs.rmSync(at.dir, { recursive: true, force: true })
    }
    expect(seen).toEqual(expect.arrayContaining(kindsTried))
  })
})

describe('a flipped byte in a segment', () => {
  it('is found, nothing provable is lost, and what is lost is told of each of its points', () => {
    const where = fresh()
    // Chunks that never fill: all that was compacted waits in segments.
    fill(where, 70, () => {}, 4096)
    const before = lookAt(where, 'existing')
    expect(before.faults).toEqual([])
    const whole = fs.readFileSync(where.file)
    const id = fs.readFileSync(path.join(where.dir, 'twin.id'))
    const next = random(23)
    const kinds = [...pagesByKind(where)].filter(([kind]) => kind.startsWith('segment'))
    expect(kinds.map(([kind]) => kind)).toContain('segment, leaf')
    let most = 0
    for (const [kind, pages] of kinds) {
      const page = pages[Math.floor(next() * pages.length)] ?? 1
      const at = { ...fresh(), key: where.key }
      fs.writeFileSync(at.file, whole)
      fs.writeFileSync(path.join(at.dir, 'twin.id'), id)
      flip(at.file, (page - 1) * pageSize + 30 + Math.floor(next() * (pageSize - 30)))
      expect(faultsOf(at), kind).toBeGreaterThan(0)
      fs.writeFileSync(path.join(at.dir, 'repair.request'), `page ${page}\n`)
      const after = recover(at)
      expect(after.kind).toBe('replaced')
      holds(before, after, kind)
      most = Math.max(most, lost(before, after))
    }
    expect(most).toBeGreaterThan(0)
  })
})

function faultsOf({ file, key }: TestTwin): number {
  try {
    const db = openForReading(file, key)
    try {
      return verifyTwin(db, file).length
    } finally {
      db.close()
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    return 1
  }
}

/** A twin whose last commits are in the log only, as after a kill. */
function killed(ticks: number): { where: TestTwin; before: After } {
  const where = fresh()
  const { writer } = opened(where)
  writer.points(
    Array.from({ length: pointCount }, (_, i) => ({ id: `p${i + 1}`, assetId: 'a', kind: 'scalar' as const })),
  )
  writer.commitConfig({ hash: 'hash-1', text: '{ "plant": 1 }', author: 'test', reason: 'test', atUs: 1 })
  writer.sessionStart(startUs, '{"version":"1"}')
  writer.connection().pragma('wal_autocheckpoint=0')
  for (let number = 1; number <= ticks; number++) commit(writer, number)
  const copy = fresh()
  for (const name of ['twin.db', 'twin.db-wal', 'twin.id']) {
    fs.copyFileSync(path.join(where.dir, name), path.join(copy.dir, name))
  }
  const before = lookAt(where, 'existing')
  writer.close()
  return { where: { ...copy, key: where.key }, before }
}

describe('a flipped byte of the write-ahead log', () => {
  it('takes back no commit: pages behind it are proven one by one, and a page that is lost is salvaged around', () => {
    const { where, before } = killed(12)
    const wal = fs.readFileSync(`${where.file}-wal`)
    const file = fs.readFileSync(where.file)
    const frame = pageSize + 24
    const frames = Math.floor((wal.length - 32) / frame)
    const next = random(23)
    const spots: [string, number][] = [0, 5, 9, 13, 17, 21, 25, 30].map((at) => [`log header, byte ${at}`, at])
    for (const part of [1, 6, 10, 14, 18, 23])
      spots.push([`frame header, byte ${part}`, 32 + Math.floor(next() * frames * 0.8) * frame + part])
    for (let turn = 0; turn < 8; turn++)
      spots.push(['frame', 32 + Math.floor(next() * frames) * frame + 24 + Math.floor(next() * pageSize)])
    const kinds: string[] = []
    for (const [what, at] of spots) {
      for (const name of fs.readdirSync(where.dir))
        if (name !== 'twin.id') fs.rmSync(path.join(where.dir, name), { recursive: true })
      fs.writeFileSync(where.file, file)
      const bytes = Buffer.from(wal)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(next() * 8))
      fs.writeFileSync(`${where.file}-wal`, bytes)
      const after = recover(where)
      holds(before, after, `${what} at ${at}`)
      kinds.push(after.kind)
    }
    expect(kinds.filter((kind) => kind === 'existing').length).toBeGreaterThan(6)
  })
})

describe('a flipped high bit of a page in the write-ahead log', () => {
  // The log's checksum adds words modulo 2^32: such a flip is often undone by one in the frame's header.
  it('is never taken for one in the header of its frame', () => {
    const { where } = killed(3)
    const wal = fs.readFileSync(`${where.file}-wal`)
    const read = (bytes: Buffer): ReturnType<typeof readLog> => {
      fs.writeFileSync(`${where.file}-wal`, bytes)
      const descriptor = fs.openSync(`${where.file}-wal`, 'r')
      try {
        return readLog(descriptor, where.key)
      } finally {
        fs.closeSync(descriptor)
      }
    }
    const whole = read(wal)
    const next = random(37)
    const places = [...whole.newest].flatMap(([page, at]) => (at === null ? [] : [{ page, at }]))
    // Nothing follows the last frame: damage there looks like a write that was cut.
    const spots = places.filter(({ at }) => at < Math.max(...places.map((place) => place.at)))
    for (const { page, at } of spots) {
      for (const bit of [6, 7]) {
        const bytes = Buffer.from(wal)
        const spot = at + 4 * Math.floor((next() * pageSize) / 4) + 3
        bytes[spot] = (bytes[spot] ?? 0) ^ (1 << bit)
        const found = read(bytes).newest
        const wrong = [...found].filter(([each, place]) => each !== page && place !== whole.newest.get(each))
        expect(wrong, `bit ${bit} at ${spot}`).toEqual([])
        expect(found.get(page) ?? null, `bit ${bit} at ${spot}`).toBe(null)
      }
    }
    expect(spots.length).toBeGreaterThan(50)
  })
})

describe('a flipped byte of twin.id', () => {
  it('anywhere is no reason to doubt the key, and is mended', () => {
    const where = fresh()
    fill(where, 12)
    const whole = fs.readFileSync(path.join(where.dir, 'twin.id'))
    const next = random(29)
    for (let turn = 0; turn < 25; turn++) {
      const bytes = Buffer.from(whole)
      const at = Math.floor(next() * bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(next() * 8))
      fs.writeFileSync(path.join(where.dir, 'twin.id'), bytes)
      const { writer, kind } = opened(where, false)
      writer.close()
      expect(kind, `byte ${at}`).toBe('existing')
      const { installation, epoch, roots } = JSON.parse(
        fs.readFileSync(path.join(where.dir, 'twin.id'), 'utf8'),
      ) as Record<string, unknown>
      const first = JSON.parse(whole.toString()) as Record<string, unknown>
      expect({ installation, epoch, roots }).toEqual({
        installation: first['installation'],
        epoch: first['epoch'],
        roots: first['roots'],
      })
    }
  })
})

describe('a salvage', () => {
  it('takes from the latest backup what the damage has taken', () => {
    const where = fresh()
    fs.mkdirSync(path.join(where.dir, 'backups'))
    const request = {
      file: where.file,
      key: where.key,
      kind: 'daily',
      plantId: null,
      appVersion: '0',
      nowUs: startUs,
    } as const
    fill(where, 70, (number) => {
      if (number === 60) backUpHere({ ...request, out: path.join(where.dir, 'backups', 'a.mwbackup') }, () => {})
    })
    const before = lookAt(where, 'existing')
    const whole = fs.readFileSync(where.file)
    const kinds = pagesByKind(where)
    for (const kind of [
      'chunk, leaf',
      'feature_chunk, leaf',
      'capture, leaf',
      'config_text, leaf',
      'feature_column, leaf',
    ]) {
      const page = kinds.get(kind)?.[0] ?? 0
      const stage = fresh()
      const at = { ...stage, key: where.key }
      fs.cpSync(path.join(where.dir, 'backups'), path.join(at.dir, 'backups'), { recursive: true })
      fs.copyFileSync(path.join(where.dir, 'twin.id'), path.join(at.dir, 'twin.id'))
      fs.writeFileSync(at.file, whole)
      flip(at.file, (page - 1) * pageSize + 100)
      fs.writeFileSync(path.join(at.dir, 'repair.request'), 'test\n')
      const after = recover(at)
      holds(before, after, kind)
      expect(lost(before, after), kind).toBe(0)
      expect(after.counts['capture'], kind).toBe(before.counts['capture'])
    }
  })

  it('that is cut at any point is taken up again', () => {
    const where = fresh()
    fill(where, 40)
    const before = lookAt(where, 'existing')
    flip(where.file, 200)
    const order = {
      schema: 'millwright/salvage@1',
      phase: 'begin',
      folder: 'damaged-x',
      why: 'test',
      atUs: startUs,
    } as const
    const stage = (): TestTwin => {
      const copy = fresh()
      for (const name of ['twin.db', 'twin.id']) fs.copyFileSync(path.join(where.dir, name), path.join(copy.dir, name))
      fs.mkdirSync(path.join(copy.dir, 'damaged-x'))
      writeOrder(copy.file, order)
      return { ...copy, key: where.key }
    }
    const moved = (at: TestTwin): void => fs.renameSync(at.file, path.join(at.dir, 'damaged-x', 'twin.db'))
    const cuts: [string, (at: TestTwin) => void][] = [
      ['before anything', () => {}],
      ['behind the move', moved],
      ['with half a new twin', (at) => (moved(at), fs.writeFileSync(`${at.file}.successor`, 'half'))],
    ]
    for (const [what, cut] of cuts) {
      const at = stage()
      cut(at)
      const after = recover(at)
      holds(before, after, what)
      expect(lost(before, after), what).toBe(0)
    }
  })

  it('joins once, however often it is cut', () => {
    const where = fresh()
    fill(where, 40)
    const before = lookAt(where, 'existing')
    flip(where.file, 200)
    const { writer } = opened(where)
    writer.sessionStart(startUs + 3600e6, null)
    commit(writer, 100_001)
    const pending = pendingSalvage(where.file, where.key, where.dir)
    if (!pending) throw new Error('There is nothing to salvage.')
    const salvaged = drain(salvage(pending))
    writer.close()
    orderJoin(where.file, salvaged)
    const order = readOrder(where.file)
    if (!order) throw new Error('There is no order.')
    // Joined, and cut before the files changed places.
    mergeInto(pending.out, where.file, where.key, order, salvaged, startUs)
    const { writer: second } = opened(where, false)
    second.close()
    const after = lookAt(where, 'existing')
    holds(before, after, 'joined twice')
    expect(all(openForReading(where.file, where.key), 'SELECT id FROM recovery').length).toBe(1)
    expect(readOrder(where.file)).toBe(null)
    expect(fs.readdirSync(path.join(where.dir, order.folder)).some((name) => name.startsWith('between-'))).toBe(true)
  })
})
