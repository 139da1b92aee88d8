import type { Fault } from '../../../shared/domain/fault.ts'
import type { ReadDb } from '../database.ts'
import { lostCommits } from '../wal-file.ts'
import { found } from './found.ts'

export function* checkWal(db: ReadDb, file: string): Iterable<Fault> {
  const lost = lostCommits(db, file)
  if (lost === 0) return
  const message = `The write-ahead log ${file}-wal is damaged: ${lost} commits behind the damage cannot be read.`
  yield found('wal', 'wal-damaged', message)
}
