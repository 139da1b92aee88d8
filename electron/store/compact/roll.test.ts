import fs from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openTwinForReading } from '../api.ts'
import { openForWriting, run, type WriteDb } from '../database.ts'
import { packScalars } from '../scalars-message.ts'
import { scalarTrend } from '../trend.ts'
import { random, startUs, testTwin, tick, type ScalarRow, type TestTwin } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods, type WriterMethods } from '../writer-methods.ts'

const { made } = testTwins()

interface Filled {
  where: TestTwin
  writer: WriterMethods
  db: WriteDb
  rows: ScalarRow[]
}

/** About three days of one point: gaps, bad samples, late ones, one spike. */
function filled(seed: number, count: number): Filled {
  const where = testTwin()
  made.push(where)
  const writer = writerMethods()
  const compaction = { ticks: 10, chunkSamples: 64, fanOut: 3, sliceMs: 1e9 }
  const { file, key } = where
  writer.open({ file, key, createIfMissing: true, maxPages: null, featureNames: null, compaction })
  writer.points([{ id: 'p', assetId: 'a', kind: 'scalar' }])
  writer.sessionStart(startUs)
  const next = random(seed)
  const rows: ScalarRow[] = []
  let atUs = startUs
  for (let number = 1; rows.length < count; number++) {
    const batch: ScalarRow[] = []
    for (let i = 0; i < 30; i++) {
      atUs += next() < 0.002 ? 4 * 3600e6 : Math.floor(next() * 3e6)
      const late = next() < 0.02 ? Math.floor(next() * 7200e6) : 0
      const value = next() < 0.001 ? 1e6 : Math.round(next() * 1000) / 10
      batch.push({ pointKey: 1, sourceUs: atUs - late, value, status: next() < 0.05 ? 0x80050000 : 0 })
    }
    rows.push(...batch)
    const given = tick(number, batch)
    writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    while (writer.compactStep());
  }
  return { where, writer, db: writer.connection(), rows }
}

/** The columns that the answer names, from the samples themselves. */
function expectRecomputed(
  db: WriteDb,
  rows: readonly ScalarRow[],
  fromUs: number,
  toUs: number,
  columns: number,
): void {
  const trend = scalarTrend(db, 1, fromUs, toUs, columns)
  expect(trend.tUs[0]).toBe(fromUs)
  const perColumnUs = (toUs - fromUs) / columns
  for (let i = 0; i < columns; i++) {
    const start = trend.tUs[i] ?? 0
    expect(Math.abs(start - fromUs - i * perColumnUs)).toBeLessThanOrEqual(perColumnUs / 4 + 1)
    const end = trend.tUs[i + 1] ?? toUs
    const inside = rows.filter(({ sourceUs }) => sourceUs >= start && sourceUs < end)
    const usable = inside.filter(({ status }) => status === 0).map(({ value }) => value)
    expect([trend.count[i], trend.badCount[i]]).toEqual([usable.length, inside.length - usable.length])
    expect(trend.min[i]).toBe(usable.length > 0 ? Math.min(...usable) : Number.NaN)
    expect(trend.max[i]).toBe(usable.length > 0 ? Math.max(...usable) : Number.NaN)
    const mean = usable.reduce((sum, value) => sum + value, 0) / usable.length
    if (usable.length > 0) expect(trend.mean[i]).toBeCloseTo(mean, 6)
  }
}

describe('roll-ups', () => {
  it('give the trend of any span as recomputed from the samples, gaps, bad ones and a spike included', async () => {
    const { where, writer, db, rows } = filled(21, 9000)
    const levels = db.prepare('SELECT level, count(*) AS n FROM rollup GROUP BY level ORDER BY level').all()
    // Leaves, parents and their parents take part.
    expect(levels.length).toBeGreaterThanOrEqual(2)
    const endUs = rows.at(-1)?.sourceUs ?? startUs
    expectRecomputed(db, rows, startUs - 7200e6, endUs + 1, 13)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: endUs - startUs }),
        fc.integer({ min: 4000, max: endUs - startUs + 3600e6 }),
        fc.integer({ min: 1, max: 40 }),
        (offset, spanUs, columns) => {
          expectRecomputed(db, rows, startUs - 3600e6 + offset, startUs - 3600e6 + offset + spanUs, columns)
        },
      ),
      { numRuns: 60 },
    )
    const all = scalarTrend(db, 1, startUs - 7200e6, endUs + 1, 50)
    expect(Math.max(...all.max.filter((value) => !Number.isNaN(value)))).toBe(1e6)
    expect(all.count.includes(0)).toBe(true)
    writer.close()
    const twin = openTwinForReading(where)
    expect(await twin.verify()).toEqual([])
    await twin.close()
  }, 60_000)

  it('that are damaged or missing are named by verify', async () => {
    const { where, writer } = filled(4, 1500)
    writer.close()
    const whole = fs.readFileSync(where.file)
    for (const [code, sql] of [
      ['checksum', 'UPDATE rollup SET payload = zeroblob(length(payload)) WHERE id = 2'],
      ['checksum', 'UPDATE rollup SET max_us = max_us + 1 WHERE id = 2'],
      ['rollup-missing', 'DELETE FROM rollup WHERE id = (SELECT max(id) FROM rollup WHERE level = 0)'],
    ] as const) {
      fs.writeFileSync(where.file, whole)
      const db = openForWriting(where.file, where.key)
      run(db, sql)
      db.close()
      const twin = openTwinForReading(where)
      expect(
        (await twin.verify()).map((fault) => fault.code),
        sql,
      ).toContain(code)
      await twin.close()
    }
  })
})
