import fs from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { inTransaction, openForReading, openForWriting, run } from './database.ts'
import { testTwin } from './twin-fixtures.ts'
import { lostCommits } from './wal-file.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

it('a log that begins anew while it is looked at is not taken for a damaged one', () => {
  const where = testTwin()
  const db = openForWriting(where.file, where.key)
  const reader = openForReading(where.file, where.key)
  try {
    db.exec('CREATE TABLE t (a)')
    const commit = (a: number): unknown => inTransaction(db, () => run(db, 'INSERT INTO t VALUES (?)', a))
    for (let i = 0; i < 20; i++) commit(i)
    expect(lostCommits(reader, where.file)).toBe(0)
    const { readSync } = fs
    let reads = 0
    vi.spyOn(fs, 'readSync').mockImplementation((...args: unknown[]) => {
      const read = Reflect.apply(readSync, fs, args) as number
      // Behind the header and some frames of the round before.
      if (++reads === 10) {
        db.pragma('wal_checkpoint(RESTART)')
        commit(99)
      }
      return read
    })
    expect(lostCommits(reader, where.file)).toBe(0)
    expect(reads).toBeGreaterThan(30)
  } finally {
    reader.close()
    db.close()
    fs.rmSync(where.dir, { recursive: true, force: true })
  }
})
