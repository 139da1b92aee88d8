import fs from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openTwinForReading } from '../api.ts'
import { all, inTransaction, openForWriting, run, type WriteDb } from '../database.ts'
import { testTwin, type TestTwin } from '../twin-fixtures.ts'
import { frameBytes, walHeaderBytes } from '../wal-layout.ts'
import { writerMethods } from '../writer-methods.ts'
import { copyTwin } from './scenario.ts'
import { StatementFault } from './statement-fault.ts'

const made: TestTwin[] = []
afterEach(() => {
  vi.restoreAllMocks()
  for (const { dir } of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
})

const put = (db: WriteDb, name: string, pages: number): void => {
  inTransaction(db, () => run(db, 'INSERT INTO config_text VALUES (?, ?)', name, 'x'.repeat(pages * 4000)))
}
const names = (db: WriteDb): string[] =>
  all<{ hash: string }>(db, 'SELECT hash FROM config_text').map((row) => row.hash)

/** A twin with one commit of its own, and what a commit of so many pages would put behind it in the log. */
function begun(): {
  where: TestTwin
  db: WriteDb
  end: number
  framesOf: (pages: number) => Buffer
  close: () => void
} {
  const where = testTwin()
  made.push(where)
  const writer = writerMethods()
  writer.open({ file: where.file, key: where.key, createIfMissing: true, maxPages: null, featureNames: null })
  const db = writer.connection()
  put(db, 'kept', 1)
  const wal = `${where.file}-wal`
  const end = fs.statSync(wal).size
  let copies = 0
  const framesOf = (pages: number): Buffer => {
    const copy = copyTwin(where, `copy-${copies++}`)
    const other = openForWriting(copy.file, copy.key)
    put(other, 'refused', pages)
    const bytes = fs.readFileSync(`${copy.file}-wal`)
    other.close()
    expect(bytes.subarray(0, end).equals(fs.readFileSync(wal).subarray(0, end))).toBe(true)
    return bytes.subarray(end)
  }
  return { where, db, end, framesOf, close: () => writer.close() }
}

/** As a disk does that takes all writes of a commit and refuses its sync: frames and mark are there, and the commit is not. */
function refuse(db: WriteDb, left: Buffer, end: number): void {
  const fault = new StatementFault(true)
  // The second statement that writes, behind the INSERT, is the COMMIT.
  fault.arm(2)
  try {
    const wal = fs.openSync(`${db.name}-wal`, 'r+')
    fs.writeSync(wal, left, 0, left.length, end)
    fs.closeSync(wal)
    expect(() => put(db, 'refused', 1)).toThrow('disk is full')
  } finally {
    expect(fault.disarm()).toBe(true)
  }
}

async function verified(killed: TestTwin): Promise<string[]> {
  const twin = openTwinForReading(killed)
  const faults = await twin.verify()
  await twin.close()
  return faults.map(({ message }) => message)
}

describe('what a refused commit left in the log', () => {
  it('is gone before the next is written, so that a kill behind it leaves nothing that looks like damage', async () => {
    const { where, db, end, framesOf, close } = begun()
    const [large, small] = [framesOf(12), framesOf(6)]
    expect(large.length).toBeGreaterThan(small.length + 3 * frameBytes)
    refuse(db, large, end)
    expect(fs.statSync(`${where.file}-wal`).size).toBe(end)
    refuse(db, small, end)
    put(db, 'next', 1)
    const killed = copyTwin(where, 'killed')
    expect(await verified(killed)).toEqual([])
    expect(names(db)).toEqual(['kept', 'next'])
    close()
    const next = writerMethods()
    const { opened } = next.open({ ...killed, createIfMissing: false, maxPages: null, featureNames: null })
    expect(opened).toMatchObject({ kind: 'existing', message: `The twin ${killed.file} was opened.` })
    expect(names(next.connection())).toEqual(['kept', 'next'])
    next.close()
  })

  it('is not written over while the disk refuses to cut it off; the next commit is refused instead', async () => {
    const { where, db, end, framesOf, close } = begun()
    const left = framesOf(6)
    const cut = vi.spyOn(fs, 'truncateSync').mockImplementation(() => {
      throw Object.assign(new Error('EIO: i/o error, ftruncate'), { code: 'EIO' })
    })
    refuse(db, left, end)
    expect(() => put(db, 'next', 1)).toThrow('EIO')
    expect(fs.readFileSync(`${where.file}-wal`).subarray(end).equals(left)).toBe(true)
    cut.mockRestore()
    put(db, 'next', 1)
    expect(await verified(copyTwin(where, 'killed'))).toEqual([])
    expect(names(db)).toEqual(['kept', 'next'])
    close()
  })

  it('goes too when the log has just begun anew and nothing else is in it', async () => {
    const { where, db, close } = begun()
    db.pragma('wal_checkpoint(TRUNCATE)')
    const copy = copyTwin(where, 'empty-log')
    const other = openForWriting(copy.file, copy.key)
    put(other, 'refused', 6)
    refuse(db, fs.readFileSync(`${copy.file}-wal`), 0)
    other.close()
    expect(fs.statSync(`${where.file}-wal`).size).toBe(walHeaderBytes)
    put(db, 'next', 1)
    expect(await verified(copyTwin(where, 'killed'))).toEqual([])
    expect(names(db)).toEqual(['kept', 'next'])
    close()
  })
})
