import fs from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openTwinForReading, type TwinReader } from '../api.ts'
import { openForReading, openForWriting, run, type WriteDb } from '../database.ts'
import { packScalars } from '../scalars-message.ts'
import { readScalars, type ScalarCursor } from '../scalars.ts'
import { loadHeads } from '../tables/heads.ts'
import { scalarTrend } from '../trend.ts'
import { feature, random, startUs, testTwin, tick, type ScalarRow, type TestTwin } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods, type WriterMethods } from '../writer-methods.ts'
import type { CompactionLimits } from './compactor.ts'

const { made } = testTwins()

const small: Partial<CompactionLimits> = { ticks: 5, chunkSamples: 16, fanOut: 3, segmentRuns: 2, sliceMs: 0 }
const never: Partial<CompactionLimits> = { ticks: 1e9, samples: 1e9 }

interface Writing {
  where: TestTwin
  writer: WriterMethods
  db: WriteDb
  commit: (rows: readonly ScalarRow[]) => void
}

function begin(compaction: Partial<CompactionLimits>, where = testTwin()): Writing {
  made.push(where)
  const writer = writerMethods()
  const { file, key } = where
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: null, compaction })
  writer.points([1, 2, 3].map((i) => ({ id: `p${i}`, assetId: 'a', kind: 'scalar' })))
  writer.commitConfig({ hash: 'hash-1', text: '{}', author: 'test', reason: 'test', atUs: 1 })
  writer.sessionStart(startUs)
  let number = 0
  const commit = (rows: readonly ScalarRow[]): void => {
    const given = tick(++number, rows, { features: number % 7 === 0 ? [feature(3, startUs + number, number)] : [] })
    writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
  }
  return { where, writer, db: writer.connection(), commit }
}

function settle(writer: WriterMethods): number {
  let steps = 0
  while (writer.compactStep()) steps++
  return steps
}

const codes = async (twin: TwinReader): Promise<string[]> => (await twin.verify()).map(({ code }) => code)

async function wholeness(where: TestTwin): Promise<string[]> {
  const twin = openTwinForReading(where)
  const faults = await codes(twin)
  await twin.close()
  return faults
}

/** All samples, a page of `limit` at a time. */
function readAll(db: WriteDb, key: number, limit = 50_000): ScalarRow[] {
  const rows: ScalarRow[] = []
  let cursor: ScalarCursor | null = null
  do {
    const page = readScalars(db, key, -Infinity, Infinity, cursor, limit)
    for (let i = 0; i < page.count; i++) {
      const [sourceUs = 0, serverUs = 0, value = 0] = [page.sourceUs[i], page.serverUs[i], page.value[i]]
      rows.push({
        pointKey: key,
        sourceUs,
        serverUs,
        value,
        status: page.status[i] ?? 0,
        sourceTick: page.sourceTick[i] ?? 0,
      })
    }
    cursor = page.next
  } while (cursor !== null)
  return rows
}

/** What verify says of a twin that something is done to. */
async function ruined(compaction: Partial<CompactionLimits>, ways: readonly [string, string][]): Promise<void> {
  const { where, writer, commit } = begin(compaction)
  for (let i = 0; i < 8; i++) commit([{ pointKey: 1, sourceUs: startUs + i, value: i }])
  settle(writer)
  writer.close()
  expect(await wholeness(where)).toEqual([])
  const whole = fs.readFileSync(where.file)
  for (const [code, sql] of ways) {
    fs.writeFileSync(where.file, whole)
    const broken = openForWriting(where.file, where.key)
    run(broken, sql)
    broken.close()
    expect(await wholeness(where), sql).toContain(code)
  }
}

const segmentCount = (db: WriteDb): number => Number(db.prepare('SELECT count(*) FROM segment').pluck().get())
const chunkCount = (db: WriteDb): number => Number(db.prepare('SELECT count(*) FROM chunk').pluck().get())
const batchCount = (db: WriteDb): number => Number(db.prepare('SELECT count(*) FROM tick_batch').pluck().get())

const sample = fc.record({
  pointKey: fc.integer({ min: 1, max: 2 }),
  // Narrow, so that late samples, equal times and repeats are common; sometimes far off, sometimes no time at all.
  sourceUs: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 60 }).map((us) => startUs + us) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, startUs + 1e13, -5, 0.5) },
  ),
  sourceTick: fc.constantFrom(0, 0, 7),
  serverUs: fc.constantFrom(Number.NaN, startUs + 9),
  receiveUs: fc.constantFrom(startUs + 11, startUs + 12),
  value: fc.constantFrom(1, 2.5, -0, Number.NaN, Infinity),
  status: fc.constantFrom(0, 0, 0x80050000),
})
const ticks = fc.array(fc.array(sample, { maxLength: 6 }), { minLength: 1, maxLength: 40 })

describe('compaction', () => {
  it('changes no answer: history, pages, heads and trend are those of the batches, in any order of arrival', () => {
    fc.assert(
      fc.property(ticks, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 6 }), (given, limit, steps) => {
        const plain = begin(never)
        const compacted = begin(small)
        for (const rows of given) {
          plain.commit(rows)
          compacted.commit(rows)
          for (let i = 0; i < steps; i++) compacted.writer.compactStep()
          for (const key of [1, 2]) expect(readAll(compacted.db, key, limit)).toEqual(readAll(plain.db, key))
        }
        settle(compacted.writer)
        expect(batchCount(compacted.db)).toBeLessThan(5)
        for (const key of [1, 2]) {
          expect(readAll(compacted.db, key, limit)).toEqual(readAll(plain.db, key))
          for (const columns of [1, 3, 16]) {
            expect(scalarTrend(compacted.db, key, startUs, startUs + 60, columns)).toEqual(
              scalarTrend(plain.db, key, startUs, startUs + 60, columns),
            )
          }
        }
        expect(loadHeads(compacted.db).list()).toEqual(loadHeads(plain.db).list())
        for (const { writer } of [plain, compacted]) writer.close()
      }),
      { numRuns: 40 },
    )
  }, 300_000)

  it('counts a repeat once, whether both are in batches, one in a chunk, or both in different chunks', async () => {
    const { where, writer, db, commit } = begin(small)
    const one = { pointKey: 1, sourceUs: startUs, value: 7 }
    const changed = { ...one, status: 0x80050000 }
    for (let i = 0; i < 23; i++) {
      commit([one, { pointKey: 1, sourceUs: startUs + i, value: i }, ...(i === 11 ? [changed] : [])])
      expect(readAll(db, 1).filter(({ value }) => value === 7 && i < 7)).toHaveLength(i < 7 ? 1 : 0)
      settle(writer)
      const same = readAll(db, 1).filter((row) => row.sourceUs === startUs && row.value === 7)
      expect(same.map(({ status }) => status)).toEqual(i < 11 ? [0] : [0, 0x80050000])
      expect(scalarTrend(db, 1, startUs, startUs + 1, 1)).toMatchObject({
        count: Uint32Array.of(2),
        badCount: Uint32Array.of(i < 11 ? 0 : 1),
      })
    }
    expect(await wholeness(where)).toEqual([])
    writer.close()
  })

  it('merges small chunks into few, keeps every bit, and leaves the file whole after each single step', async () => {
    const { where, writer, db, commit } = begin(small)
    const next = random(5)
    const rows: ScalarRow[] = []
    let most = 0
    for (let i = 0; i < 400; i++) {
      const row = { pointKey: 1, sourceUs: startUs + i * 1000, value: next(), serverUs: startUs + i * 1000 + 1 }
      rows.push({ ...row, status: 0, sourceTick: 0 })
      commit([row])
      if (i % 40 === 0) {
        while (writer.compactStep()) {
          expect(readAll(db, 1)).toEqual(rows)
          expect(await wholeness(where)).toEqual([])
        }
      } else settle(writer)
      most = Math.max(most, chunkCount(db))
    }
    expect(most).toBeLessThan(400 / 16 + 12)
    expect(readAll(db, 1)).toEqual(rows)
    expect(batchCount(db)).toBeLessThan(5)
    writer.close()
    expect(await wholeness(where)).toEqual([])
  })

  it('that was cut goes on after opening, and its half-made chunks are removed', async () => {
    const { where, writer, db, commit } = begin({ ...small, ticks: 30 })
    for (let i = 0; i < 30; i++) commit([1, 2, 3].map((pointKey) => ({ pointKey, sourceUs: startUs + i, value: i })))
    const wanted = readAll(db, 2)
    let cut = 0
    for (let steps = 1; ; steps++) {
      // The very state that a kill leaves: files copied as they are, opened elsewhere.
      const finished = !writer.compactStep()
      const copy = testTwin()
      copy.key = where.key
      for (const name of ['twin.db', 'twin.db-wal', 'twin.id']) {
        fs.copyFileSync(`${where.dir}/${name}`, `${copy.dir}/${name}`)
      }
      const again = begin({ ...small, ticks: 30 }, copy)
      if (chunkCount(again.db) > 0) cut++
      expect(readAll(again.db, 2)).toEqual(wanted)
      settle(again.writer)
      expect(readAll(again.db, 2)).toEqual(wanted)
      expect(await wholeness(copy)).toEqual([])
      again.writer.close()
      if (finished) break
      expect(steps).toBeLessThan(500)
    }
    expect(cut).toBeGreaterThan(3)
    writer.close()
  }, 300_000)

  it('leaves alone a batch or chunk that fails its checksum, and verify names it', async () => {
    const { where, writer, db, commit } = begin(small)
    for (let i = 0; i < 8; i++) commit([{ pointKey: 1, sourceUs: startUs + i, value: i }])
    run(db, 'UPDATE tick_batch SET checksum = checksum + 1 WHERE number = 3')
    settle(writer)
    expect(batchCount(db)).toBe(6)
    expect(await wholeness(where)).toEqual(['checksum'])
    writer.close()
    const ruin: [string, string][] = [
      ['checksum', 'UPDATE chunk SET payload = zeroblob(length(payload))'],
      ['checksum', 'UPDATE chunk SET max_value = 99'],
      ['count', 'DELETE FROM chunk'],
      ['count', 'UPDATE compaction SET duplicates = 4'],
      ['tick-missing', 'DELETE FROM compacted'],
      ['tick-missing', 'UPDATE compacted SET last_number = last_number - 1'],
    ]
    await ruined({ ...small, segmentRuns: 1 }, ruin)
    await ruined({ ...small, segmentRuns: 9 }, [
      ['checksum', 'UPDATE segment SET payload = zeroblob(length(payload))'],
      ['checksum', 'UPDATE segment SET max_us = max_us + 1'],
      ['checksum', 'UPDATE segment SET key_range = 7'],
      ['count', 'DELETE FROM segment'],
    ])
  })

  it('leaves the segments of a range alone when one of them is damaged, and goes on with the others', async () => {
    const { where, writer, db, commit } = begin({ ...small, segmentRuns: 2 })
    const value = (i: number): ScalarRow[] => [
      { pointKey: 1, sourceUs: startUs + i, value: i },
      { pointKey: 70, sourceUs: startUs + i, value: -i },
    ]
    for (let i = 0; i < 5; i++) commit(value(i))
    settle(writer)
    expect(segmentCount(db)).toBe(2)
    run(db, 'UPDATE segment SET checksum = checksum + 1 WHERE key_range = 0')
    for (let i = 5; i < 20; i++) {
      commit(value(i))
      settle(writer)
    }
    expect(segmentCount(db)).toBe(4)
    expect(readAll(db, 70)).toHaveLength(20)
    expect(readAll(db, 1)).toHaveLength(20)
    writer.close()
    expect(await wholeness(where)).toEqual(['checksum'])
  })

  it('gives way when the disk is full, and goes on later', async () => {
    const { where, writer, db, commit } = begin({ ...small, samples: 1e9 })
    const next = random(3)
    for (let i = 0; i < 20; i++) {
      commit(Array.from({ length: 300 }, (_, j) => ({ pointKey: 1, sourceUs: startUs + i * 300 + j, value: next() })))
    }
    const wanted = readAll(db, 1)
    const pages = Number(db.pragma('page_count', { simple: true }))
    db.pragma(`max_page_count=${pages + 3}`)
    settle(writer)
    expect(readAll(db, 1)).toEqual(wanted)
    expect(await wholeness(where)).toEqual([])
    db.pragma('max_page_count=1000000')
    writer.close()
    const again = begin(small, where)
    settle(again.writer)
    expect(readAll(again.db, 1)).toEqual(wanted)
    expect(batchCount(again.db)).toBeLessThan(20)
    again.writer.close()
    expect(await wholeness(where)).toEqual([])
  })

  it('shows a reader one state, whatever is compacted meanwhile', () => {
    const { where, writer, db, commit } = begin(small)
    for (let i = 0; i < 12; i++) commit([{ pointKey: 1, sourceUs: startUs + i, value: i }])
    const reader = openForReading(where.file, where.key)
    const wanted = readAll(db, 1)
    const first = readScalars(reader, 1, -Infinity, Infinity, null, 5)
    settle(writer)
    const rest = readScalars(reader, 1, -Infinity, Infinity, first.next, 100)
    expect([...first.value, ...rest.value]).toEqual(wanted.map(({ value }) => value))
    reader.close()
    writer.close()
  })
})
