import fs from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { openTwinForReading } from '../api.ts'
import { all, get, openForReading, openForWriting } from '../database.ts'
import { open, startUs } from '../twin-fixtures.ts'
import { testTwins } from '../test-twins.ts'
import { writerMethods } from '../writer-methods.ts'
import { migrate, schemaVersion, versionOf } from './index.ts'

const { fresh } = testTwins()

describe('the schema', () => {
  it('only grows: this list may get longer, but no line of it may change', async () => {
    const { file, key } = fresh()
    const db = openForWriting(file, key)
    migrate(db, file)
    const tables = all<{ name: string; sql: string }>(
      db,
      `SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name`,
    )
    db.close()
    const text = tables.map(({ sql }) => `${sql.replaceAll(/\s+/g, ' ')};\n`).join('')
    await expect(text).toMatchFileSnapshot('schema.snapshot.sql')
  })

  it('is reached step by step, and a second run changes nothing', () => {
    const { file, key } = fresh()
    const db = openForWriting(file, key)
    for (let version = 0; version <= schemaVersion; version++) {
      migrate(db, file, version)
      expect(versionOf(db)).toBe(version)
    }
    migrate(db, file)
    expect(versionOf(db)).toBe(schemaVersion)
    db.close()
  })

  it('is reached from a stored file of layout 1 with all that it held, which then becomes chunks', async () => {
    const { file, dir } = fresh()
    const stored = path.join(import.meta.dirname, '..', 'fixtures', 'layout-1.db.gz')
    fs.writeFileSync(file, gunzipSync(fs.readFileSync(stored)))
    const before = openForReading(file, null)
    expect(versionOf(before)).toBe(1)
    before.close()
    const writer = writerMethods()
    const compaction = { ticks: 10, chunkSamples: 16, fanOut: 2, sliceMs: 0 }
    writer.open({ file, key: null, createIfMissing: false, maxPages: null, featureNames: null, compaction })
    const check = async (): Promise<void> => {
      const twin = openTwinForReading({ file, key: null })
      expect(await twin.verify()).toEqual([])
      const a = await twin.scalars(1, -Infinity, Infinity, null, 1000)
      const numbers = Array.from({ length: 40 }, (_, i) => i + 1)
      expect([...a.sourceUs]).toEqual(numbers.map((n) => startUs + n * 1000))
      expect([...a.sourceTick]).toEqual(numbers.map((n) => n % 10))
      expect([...a.value]).toEqual(numbers.map((n) => n / 4))
      const b = await twin.scalars(2, -Infinity, Infinity, null, 1000)
      expect([...b.serverUs]).toEqual(numbers.map((n) => startUs + n * 1000 + 2))
      expect([...b.status]).toEqual(numbers.map((n) => (n % 9 === 0 ? 0x80050000 : 0)))
      const counts = { points: 3, sessions: 1, ticks: 40, scalars: 80, features: 10, gaps: 1, occurrences: 1 }
      expect(await twin.counts()).toMatchObject(counts)
      expect((await twin.heads()).map(({ value }) => value)).toEqual([10, 0])
      await twin.close()
    }
    await check()
    while (writer.compactStep());
    expect(get(writer.connection(), 'SELECT count(*) AS n FROM tick_batch')).toEqual({ n: 0 })
    await check()
    writer.close()
    expect(fs.readdirSync(dir).filter((name) => name.startsWith('damaged'))).toEqual([])
  })

  it('of a newer Millwright is refused with one sentence and left alone', async () => {
    const twin = fresh()
    await (await open(twin)).close()
    const db = openForWriting(twin.file, twin.key)
    db.pragma(`user_version=${schemaVersion + 7}`)
    db.close()
    const refused = await open(twin).catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'TwinError', code: 'future-version' })
    expect(String(refused)).toContain(`layout ${schemaVersion + 7}`)
    const again = openForReading(twin.file, twin.key)
    expect(versionOf(again)).toBe(schemaVersion + 7)
    again.close()
    expect(fs.readdirSync(twin.dir).filter((name) => name.startsWith('damaged'))).toEqual([])
  })
})
