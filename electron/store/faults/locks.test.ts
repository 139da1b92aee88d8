import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { backUpHere, listBackups, openTwinForReading } from '../api.ts'
import { get, openForReading } from '../database.ts'
import { startUs, testTwin, tick, type TestTwin } from '../twin-fixtures.ts'
import { packScalars } from '../scalars-message.ts'
import { writerMethods } from '../writer-methods.ts'

/** What this process does with the twin's files while it has them open: closing one of them may take SQLite's locks away. */
const doings: Record<string, (where: TestTwin) => Promise<unknown>> = {
  async nothing() {},
  async verify(where) {
    const reader = openTwinForReading(where)
    expect(await reader.verify()).toEqual([])
    await reader.close()
  },
  async 'another key'({ file }) {
    expect(() => openTwinForReading({ file, key: new Uint8Array(32) })).toThrow('another key')
  },
  async 'a backup'({ file, key, dir }) {
    const out = path.join(dir, 'backups', 'a.mwbackup')
    const request = { file, key, out, kind: 'asked', plantId: null, appVersion: '1', nowUs: startUs } as const
    backUpHere(request, () => {})
    expect(listBackups(path.dirname(out)).length).toBe(1)
  },
}

/** What another process finds that wants to begin the log anew. */
async function another({ file, key }: TestTwin): Promise<string> {
  const child = path.join(import.meta.dirname, 'restart-child.ts')
  const { stdout } = await promisify(execFile)('node', [child, file, Buffer.from(key).toString('hex')])
  return stdout
}

// fcntl(2): closing any descriptor of a file drops every lock that the process has on it.
describe('a reader whose log another process wants to begin anew', () => {
  it.each(Object.keys(doings))('keeps its locks through %s', async (name) => {
    const where = testTwin()
    const writer = writerMethods()
    writer.open({ ...where, createIfMissing: true, maxPages: null, featureNames: null })
    writer.points([{ id: 'p1', assetId: 'a', kind: 'scalar' }])
    writer.sessionStart(startUs)
    const commit = (number: number): void => {
      const given = tick(number, [{ pointKey: 1, sourceUs: startUs + number, value: number }])
      writer.commitTick({ ...given, scalars: packScalars(given.scalars) })
    }
    commit(1)
    const reader = openForReading(where.file, where.key)
    try {
      const ticks = (): unknown => get(reader, 'SELECT count(*) AS count, max(payload) AS last FROM tick_batch')
      reader.exec('BEGIN')
      const before = ticks()
      for (let number = 2; number <= 20; number++) commit(number)
      await doings[name]?.(where)
      expect(await another(where)).toBe('kept out')
      expect(ticks()).toEqual(before)
      reader.exec('ROLLBACK')
      expect(ticks()).toMatchObject({ count: 20 })
      expect(await another(where)).toBe('begun anew')
    } finally {
      reader.close()
      writer.close()
      fs.rmSync(where.dir, { recursive: true, force: true })
    }
  })
})
