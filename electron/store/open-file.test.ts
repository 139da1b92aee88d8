import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3-multiple-ciphers'
import { describe, expect, it } from 'vitest'
import { openTwinForReading, type Twin, type TwinOptions } from './api.ts'
import { pageSize } from './database.ts'
import { open, tick, type TestTwin } from './twin-fixtures.ts'
import { testTwins } from './test-twins.ts'

const { fresh, opened } = testTwins()

async function use(where: TestTwin, more: Partial<TwinOptions> = {}): Promise<Twin> {
  const twin = await open(where, more)
  opened.push(twin)
  return twin
}
const refusal = (where: TestTwin, more: Partial<TwinOptions> = {}): Promise<unknown> =>
  open(where, more).then(
    (twin) => twin.close(),
    (error: unknown) => error,
  )
const folders = (dir: string): string[] => fs.readdirSync(dir).filter((name) => name.startsWith('damaged-'))
const otherKey = (): Uint8Array => Uint8Array.from(randomBytes(32))

/** A twin with one tick, closed; returns its epoch. */
async function filled(where: TestTwin): Promise<{ installation: string; epoch: string }> {
  const twin = await open(where)
  await twin.points([{ id: 'a', assetId: 'x', kind: 'scalar' }])
  await twin.sessionStart(1)
  await twin.commitTick(tick(1, [{ pointKey: 1, sourceUs: 1000, value: 42.5 }]))
  await twin.close()
  return twin
}

describe('opening the twin', () => {
  it('creates it encrypted and finds it again under the same installation and epoch', async () => {
    const where = fresh()
    const first = await filled(where)
    expect(fs.readFileSync(where.file).subarray(0, 15).toString('latin1')).not.toBe('SQLite format 3')
    const twin = await use(where)
    expect(twin.opened.kind).toBe('existing')
    expect([twin.installation, twin.epoch]).toEqual([first.installation, first.epoch])
    expect(await twin.heads()).toEqual([{ pointKey: 1, tUs: 1000, value: 42.5, status: 0 }])
  })

  it('can keep a twin without encryption, and names the mistake when a key is given for it', async () => {
    const where = fresh()
    const twin = await open(where, { key: null })
    await twin.close()
    expect(fs.readFileSync(where.file).subarray(0, 15).toString('latin1')).toBe('SQLite format 3')
    expect(await refusal(where)).toMatchObject({ code: 'wrong-key' })
    const again = await use(where, { key: null })
    expect(again.epoch).toBe(twin.epoch)
  })

  it('refuses another key, or none, in one sentence and changes nothing', async () => {
    const where = fresh()
    await filled(where)
    const before = fs.readFileSync(where.file)
    for (const key of [otherKey(), null]) {
      const error = await refusal(where, { key })
      expect(error).toMatchObject({ name: 'TwinError', code: 'wrong-key' })
      expect(String(error)).toContain('Nothing was changed')
    }
    expect(await refusal(where, { key: new Uint8Array(5) })).toMatchObject({ code: 'wrong-key' })
    expect(folders(where.dir)).toEqual([])
    expect(fs.readFileSync(where.file).equals(before)).toBe(true)
    expect(() => openTwinForReading({ file: where.file, key: otherKey() })).toThrow(/another key/)
  })

  it('does not judge a file when twin.id is gone: it may be the key', async () => {
    const where = fresh()
    const { epoch } = await filled(where)
    fs.rmSync(path.join(where.dir, 'twin.id'))
    expect(await refusal(where, { key: otherKey() })).toMatchObject({ code: 'wrong-key-or-damaged' })
    expect(folders(where.dir)).toEqual([])
    const twin = await use(where)
    expect(twin.epoch).toBe(epoch)
    expect(fs.existsSync(path.join(where.dir, 'twin.id'))).toBe(true)
  })

  it('a wrong key does not harm the commits that a killed engine left in the write-ahead log', async () => {
    const where = fresh()
    const child = path.join(import.meta.dirname, 'kill-child.ts')
    spawnSync(process.execPath, [child, where.file, Buffer.from(where.key).toString('hex'), '1', '5'], {
      timeout: 20_000,
    })
    expect(fs.statSync(`${where.file}-wal`).size).toBeGreaterThan(0)
    fs.rmSync(path.join(where.dir, 'twin.id'))
    expect(await refusal(where, { key: otherKey() })).toMatchObject({ code: 'wrong-key-or-damaged' })
    const twin = await use(where)
    expect((await twin.counts()).ticks).toBe(5)
  })

  it('moves a damaged file aside with what belongs to it, never deletes it, and begins a new epoch', async () => {
    const where = fresh()
    const first = await filled(where)
    const garbage = randomBytes(50_000)
    fs.writeFileSync(where.file, garbage)
    fs.writeFileSync(`${where.file}-wal`, 'wal')
    const twin = await use(where)
    expect(twin.opened.kind).toBe('replaced')
    expect(twin.installation).toBe(first.installation)
    expect(twin.epoch).not.toBe(first.epoch)
    const [folder = ''] = folders(where.dir)
    expect(twin.opened.message).toContain(folder)
    expect(fs.readFileSync(path.join(where.dir, folder, 'twin.db')).equals(garbage)).toBe(true)
    expect(fs.readdirSync(path.join(where.dir, folder))).toContain('twin.db-wal')
    expect((await twin.counts()).ticks).toBe(0)
  })

  it('treats a damaged page of a table it needs like a damaged file', async () => {
    const where = fresh()
    await filled(where)
    const bytes = fs.readFileSync(where.file)
    for (let at = pageSize + 100; at < bytes.length; at += pageSize) bytes[at] = (bytes[at] ?? 0) ^ 1
    fs.writeFileSync(where.file, bytes)
    expect((await use(where)).opened.kind).toBe('replaced')
  })

  it('begins a new epoch of the same installation when the file was removed or emptied', async () => {
    const where = fresh()
    const first = await filled(where)
    fs.rmSync(where.file)
    const second = await open(where)
    await second.close()
    fs.truncateSync(where.file)
    const third = await use(where)
    expect([second.opened.kind, third.opened.kind]).toEqual(['new', 'replaced'])
    expect(new Set([first.installation, second.installation, third.installation]).size).toBe(1)
    expect(new Set([first.epoch, second.epoch, third.epoch]).size).toBe(3)
  })

  it('does not create where it was told not to, and says so', async () => {
    const where = fresh()
    expect(await refusal(where, { createIfMissing: false })).toMatchObject({ code: 'no-twin' })
    expect(fs.existsSync(where.file)).toBe(false)
    expect(() => openTwinForReading(where)).toThrow(/no twin/)
  })

  it('goes on with a creation that was cut before the file was in WAL mode', async () => {
    const where = fresh()
    // A transaction of SQLite's own first mode, as it lies on the disk when the process is killed in its midst.
    const making = path.join(where.dir, 'making.db')
    const db = new Database(making)
    db.pragma('cache_size=1')
    db.exec('BEGIN; CREATE TABLE t (x)')
    for (let i = 0; i < 50; i++) db.prepare('INSERT INTO t VALUES (?)').run(randomBytes(4000))
    fs.copyFileSync(making, where.file)
    fs.copyFileSync(`${making}-journal`, `${where.file}-journal`)
    db.exec('ROLLBACK')
    db.close()
    expect(fs.statSync(`${where.file}-journal`).size).toBeGreaterThan(512)
    const twin = await use(where, { key: null })
    expect(twin.opened.kind).not.toBe('replaced')
    expect(folders(where.dir)).toEqual([])
    await twin.points([{ id: 'a', assetId: 'x', kind: 'scalar' }])
    expect(await twin.verify()).toEqual([])
  })

  it('lets one engine in at a time', async () => {
    const where = fresh()
    await use(where)
    expect(await refusal(where)).toMatchObject({ code: 'in-use' })
  })
})
