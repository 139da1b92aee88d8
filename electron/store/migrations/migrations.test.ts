import fs from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { all, openForReading, openForWriting } from '../database.ts'
import { open, testTwin, type TestTwin } from '../twin-fixtures.ts'
import { migrate, schemaVersion, versionOf } from './index.ts'

const made: TestTwin[] = []
afterEach(() => {
  for (const { dir } of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
})
function fresh(): TestTwin {
  const twin = testTwin()
  made.push(twin)
  return twin
}

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
