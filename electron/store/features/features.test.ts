import fs from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runStates, type FeatureRow } from '../../../shared/domain/twin.ts'
import { openTwinForReading } from '../api.ts'
import { openForWriting, run, type ReadDb, type WriteDb } from '../database.ts'
import { packScalars } from '../scalars-message.ts'
import { featureRowsAfter, lastFeatures, readFeatures } from '../tables/features.ts'
import { random, startUs, testTwin, tick, type TestTwin } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods, type WriterMethods } from '../writer-methods.ts'
import { deleteFeatureChunk } from './feature-chunks.ts'
import { decodeSingles, encodeSingles } from './feature-codec.ts'
import type { FeatureCompactionLimits } from './feature-compactor.ts'
import { featureTrend } from './feature-trend.ts'

const { made } = testTwins()

const names = ['rms', 'peak', 'bpfo']
const small: Partial<FeatureCompactionLimits> = { rows: 20, chunkRows: 48, fanOut: 3, sliceMs: 0 }
const never: Partial<FeatureCompactionLimits> = { rows: 1e9 }

interface Writing {
  where: TestTwin
  writer: WriterMethods
  db: WriteDb
  commit: (rows: FeatureRow[]) => void
}

function begin(featureCompaction: Partial<FeatureCompactionLimits>, where = testTwin()): Writing {
  made.push(where)
  const writer = writerMethods()
  const { file, key } = where
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: names, featureCompaction })
  writer.points([1, 2, 3].map((i) => ({ id: `w${i}`, assetId: 'a', kind: 'waveform' })))
  for (const hash of ['hash-1', 'hash-2']) {
    writer.commitConfig({ hash, text: '{}', author: 'test', reason: 'test', atUs: 1 })
  }
  writer.sessionStart(startUs)
  let number = 0
  const commit = (features: FeatureRow[]): void => {
    const given = tick(++number, [], { features })
    writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
  }
  return { where, writer, db: writer.connection(), commit }
}

const settle = (writer: WriterMethods): void => {
  while (writer.compactStep());
}

const counted = (db: ReadDb, table: string): number =>
  Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0)

async function faults(where: TestTwin): Promise<string[]> {
  const twin = openTwinForReading(where)
  const found = await twin.verify()
  await twin.close()
  return found.map(({ code }) => code)
}

/** Words, since `toEqual` takes every NaN for the same. */
const bits = (rows: readonly FeatureRow[]): unknown[] =>
  rows.map(({ values, ...row }) => ({ ...row, values: [...new Uint32Array(new Float32Array(values).buffer)] }))

/** Two and a half days of three points: gaps, late rows, features that are not available, odd bit patterns, one spike. */
function history(seed: number, count: number): FeatureRow[][] {
  const next = random(seed)
  let atUs = startUs
  const words = new Uint32Array(3)
  return Array.from({ length: count }, (_, i) => {
    atUs += next() < 0.002 ? 6 * 3600e6 : Math.floor(next() * 20e6)
    return [1, 2, 3].slice(0, 1 + Math.floor(next() * 3)).map((pointKey): FeatureRow => {
      for (let at = 0; at < 3; at++) words[at] = Math.floor(next() * 2 ** 32)
      const odd = next() < 0.03
      const values = odd
        ? new Float32Array(words.slice().buffer)
        : Float32Array.of(1 + next() * 0.01, Math.round(next() * 100) / 10, next() < 0.5 ? Number.NaN : 3)
      if (i === 777) values[0] = 1e9
      const late = next() < 0.05 ? Math.floor(next() * 7200e6) : 0
      return {
        pointKey,
        tUs: atUs - late,
        spanUs: 341_333,
        values,
        rpm: next() < 0.2 ? Number.NaN : 1480 + next(),
        runState: runStates[Math.floor(next() * 4)] ?? 'unknown',
        configHash: next() < 0.5 ? 'hash-1' : 'hash-2',
      }
    })
  })
}

describe('a column of features', () => {
  it('comes back with every bit', () => {
    fc.assert(
      fc.property(fc.uint32Array({ minLength: 1, maxLength: 600 }), fc.boolean(), (words, creeping) => {
        const near = creeping ? words.map((word, i) => 0x4000_0000 + i * 3 + (word & 7)) : words
        const column = new Float32Array(new Uint32Array(near).buffer)
        const back = decodeSingles(encodeSingles(column), column.length)
        expect(new Uint32Array(back.buffer)).toEqual(new Uint32Array(column.buffer))
      }),
      { numRuns: 200 },
    )
  })
})

/** What the answer names, from the rows themselves. */
function expectRecomputed(
  db: ReadDb,
  rows: readonly FeatureRow[],
  feature: number,
  fromUs: number,
  toUs: number,
  columns: number,
): void {
  const trend = featureTrend(db, 1, feature, fromUs, toUs, columns)
  for (let i = 0; i < columns; i++) {
    const start = trend.tUs[i] ?? 0
    expect(Math.abs(start - fromUs - (i * (toUs - fromUs)) / columns)).toBeLessThanOrEqual(
      (toUs - fromUs) / columns / 8 + 1,
    )
    const end = trend.tUs[i + 1] ?? toUs
    const inside = rows.filter(({ tUs }) => tUs >= start && tUs < end).map(({ values }) => values[feature] ?? 0)
    const usable = inside.filter((value) => Number.isFinite(value))
    expect([trend.count[i], trend.badCount[i]]).toEqual([usable.length, inside.length - usable.length])
    expect(trend.min[i]).toBe(usable.length > 0 ? Math.min(...usable) + 0 : Number.NaN)
    expect(trend.max[i]).toBe(usable.length > 0 ? Math.max(...usable) + 0 : Number.NaN)
    const mean = usable.reduce((sum, value) => sum + value, 0) / usable.length
    if (usable.length > 0 && Math.abs(mean) < 1e12) expect(trend.mean[i]).toBeCloseTo(mean, 3)
  }
}

describe('feature rows', () => {
  it('give the same rows, outbox and last values whether they are rows or chunks, in any order of arrival', async () => {
    const plain = begin(never)
    const compacted = begin(small)
    for (const rows of history(5, 700)) {
      plain.commit(rows)
      compacted.commit(rows)
      settle(compacted.writer)
    }
    expect(counted(compacted.db, 'feature')).toBeLessThan(20)
    expect(counted(compacted.db, 'feature_column')).toBeGreaterThan(0)
    const endUs = startUs + 10 * 86_400e6
    for (const key of [1, 2, 3]) {
      const all = readFeatures(plain.db, key, 0, endUs, 50_000)
      expect(bits(readFeatures(compacted.db, key, 0, endUs, 50_000))).toEqual(bits(all))
      const from = all[100]?.tUs ?? 0
      const some = readFeatures(plain.db, key, from, endUs, 33)
      expect(bits(readFeatures(compacted.db, key, from, endUs, 33))).toEqual(bits(some))
      for (const atUs of [
        Infinity,
        from,
        from - 1,
        startUs - 9000e6,
        ...all.slice(0, 60).map(({ tUs }) => tUs + 3e6),
      ]) {
        const wanted = lastFeatures(plain.db, key, atUs)
        expect(bits([lastFeatures(compacted.db, key, atUs) ?? []].flat())).toEqual(bits([wanted ?? []].flat()))
      }
    }
    let after = 0
    for (;;) {
      const wanted = featureRowsAfter(plain.db, after, 97)
      expect(featureRowsAfter(compacted.db, after, 97)).toEqual(wanted)
      const last = wanted.at(-1)
      if (!last) break
      after = last.seq
    }
    expect(after).toBeGreaterThan(1000)
    for (const { where, writer } of [plain, compacted]) {
      writer.close()
      expect(await faults(where)).toEqual([])
    }
    const twin = openTwinForReading(compacted.where)
    expect((await twin.counts()).features).toBe(after)
    await twin.close()
  }, 60_000)

  it('give the trend of any span as recomputed from the rows, gaps, missing ones and a spike included', async () => {
    const { where, writer, db, commit } = begin(small)
    const rows: FeatureRow[] = []
    for (const batch of history(9, 3000)) {
      rows.push(...batch.filter(({ pointKey }) => pointKey === 1))
      commit(batch)
      settle(writer)
    }
    const levels = db.prepare('SELECT DISTINCT level FROM feature_rollup').all()
    expect(levels.length).toBeGreaterThanOrEqual(2)
    const endUs = Math.max(...rows.map(({ tUs }) => tUs)) + 1
    expectRecomputed(db, rows, 0, startUs - 7200e6, endUs, 9)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: endUs - startUs }),
        fc.integer({ min: 4000, max: endUs - startUs }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 2 }),
        (offset, spanUs, columns, feature) => {
          expectRecomputed(db, rows, feature, startUs - 3600e6 + offset, startUs - 3600e6 + offset + spanUs, columns)
        },
      ),
      { numRuns: 40 },
    )
    const whole = featureTrend(db, 1, 0, startUs - 7200e6, endUs, 40)
    expect(whole.max.some((value) => value >= 1e9)).toBe(true)
    expect(whole.count.includes(0)).toBe(true)
    writer.close()
    expect(await faults(where)).toEqual([])
  }, 60_000)

  it('lose nothing by a cut between any two steps', async () => {
    const { where, writer, db, commit } = begin({ ...small, rows: 60 })
    for (const rows of history(3, 90)) commit(rows)
    const wanted = bits(readFeatures(db, 1, 0, startUs * 2, 50_000))
    const outbox = featureRowsAfter(db, 0, 50_000)
    let halfMade = 0
    for (let steps = 1; ; steps++) {
      const finished = !writer.compactStep()
      const copy = testTwin()
      copy.key = where.key
      for (const name of ['twin.db', 'twin.db-wal', 'twin.id']) {
        fs.copyFileSync(`${where.dir}/${name}`, `${copy.dir}/${name}`)
      }
      const again = begin({ ...small, rows: 60 }, copy)
      if (counted(again.db, 'feature_chunk') > 0 && counted(again.db, 'feature') > 0) halfMade++
      for (const turn of ['as found', 'gone on'] as const) {
        expect(bits(readFeatures(again.db, 1, 0, startUs * 2, 50_000)), turn).toEqual(wanted)
        expect(featureRowsAfter(again.db, 0, 50_000), turn).toEqual(outbox)
        settle(again.writer)
      }
      again.writer.close()
      expect(await faults(copy)).toEqual([])
      if (finished) break
      expect(steps).toBeLessThan(500)
    }
    expect(halfMade).toBeGreaterThan(2)
    writer.close()
  }, 60_000)

  it('that are left when older ones were removed all reach a destination that is new', () => {
    const { writer, db, commit } = begin(small)
    for (const rows of history(6, 400)) commit(rows)
    settle(writer)
    const all = featureRowsAfter(db, 0, 50_000)
    const removed = db.prepare('SELECT id FROM feature_chunk WHERE closed = 1 ORDER BY id LIMIT 5').pluck().all()
    for (const id of removed) deleteFeatureChunk(db, Number(id))
    const left = featureRowsAfter(db, 0, 50_000)
    expect(left.length).toBeGreaterThan(50)
    expect(left.length).toBeLessThan(all.length - 100)
    const seqs = new Set(left.map(({ seq }) => seq))
    expect(all.filter(({ seq }) => seqs.has(seq))).toEqual(left)
    const paged = []
    for (
      let page = featureRowsAfter(db, 0, 7);
      page.length > 0;
      page = featureRowsAfter(db, page.at(-1)?.seq ?? 0, 7)
    ) {
      paged.push(...page)
    }
    expect(paged).toEqual(left)
    writer.close()
  })

  it('that are damaged, missing or doubled are named by verify', async () => {
    const { where, writer, commit } = begin(small)
    for (const rows of history(4, 200)) commit(rows)
    settle(writer)
    writer.close()
    const whole = fs.readFileSync(where.file)
    for (const [code, sql] of [
      [
        'checksum',
        'UPDATE feature_chunk SET payload = zeroblob(length(payload)) WHERE id = (SELECT max(id) FROM feature_chunk)',
      ],
      ['checksum', 'UPDATE feature_chunk SET max_us = max_us + 1'],
      ['checksum', 'UPDATE feature_column SET payload = zeroblob(length(payload))'],
      ['checksum', 'UPDATE feature_column SET max_value = max_value + 1'],
      ['checksum', 'DELETE FROM feature_column WHERE id % 1024 = 1'],
      ['count', 'DELETE FROM feature_chunk WHERE id = (SELECT max(id) FROM feature_chunk)'],
      ['checksum', 'UPDATE feature_rollup SET max_us = max_us + 1'],
      ['rollup-missing', 'DELETE FROM feature_rollup'],
    ] as const) {
      fs.writeFileSync(where.file, whole)
      const db = openForWriting(where.file, where.key)
      run(db, sql)
      db.close()
      expect(await faults(where), sql).toContain(code)
    }
  })
})
