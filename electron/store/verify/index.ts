import type { Fault } from '../../../shared/domain/fault.ts'
import type { ReadDb } from '../database.ts'
import { isDamage, sqliteCode } from '../errors.ts'
import { checkBatches, checkCaptures, checkHeadSnapshot } from './blobs.ts'
import { checkLogs } from './logs.ts'
import { checkConfig, checkCursors, checkForeignKeys, checkOutbox } from './outbox.ts'
import { checkWal } from './wal.ts'

export const restoreRemedy =
  'Restore the last good backup, or keep the file for repair; what is missing since then is in the cloud as far as it was delivered.'

/** Everything the twin promises, all faults of one run. Reads every page, so it takes as long as reading the file. */
export function verifyTwin(db: ReadDb, file: string): Fault[] {
  const faults: Fault[] = []
  const check = (path: string, body: () => Iterable<Fault>): void => {
    try {
      for (const fault of body()) faults.push(fault)
    } catch (error) {
      // Each check stands alone: a page that cannot be read must not hide what the others find.
      if (!isDamage(error) && !(error instanceof RangeError)) throw error
      faults.push(unreadable(path, error))
    }
  }
  check('file', () => checkPages(db))
  check('tick_batch', () => checkBatches(db))
  check('head_snapshot', () => checkHeadSnapshot(db))
  check('capture', () => checkCaptures(db))
  check('feature', () => checkLogs(db, 'feature'))
  check('event', () => checkLogs(db, 'event'))
  check('outbox', () => checkOutbox(db))
  check('delivery_cursor', () => checkCursors(db))
  check('config', () => checkConfig(db))
  check('references', () => checkForeignKeys(db))
  check('wal', () => checkWal(file))
  return faults
}

export function unreadable(path: string, error: unknown): Fault {
  const why = sqliteCode(error) || (error instanceof Error ? error.message : String(error))
  return { path, code: 'page-damaged', message: `${path} cannot be read (${why}).`, remedy: restoreRemedy }
}

function* checkPages(db: ReadDb): Iterable<Fault> {
  const rows = db.pragma('integrity_check(100)') as { integrity_check: string }[]
  for (const { integrity_check: message } of rows) {
    if (message === 'ok') continue
    yield { path: 'file', code: 'integrity', message: `SQLite reports: ${message}.`, remedy: restoreRemedy }
  }
}
