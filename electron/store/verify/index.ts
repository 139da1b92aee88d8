import type { Fault } from '../../../shared/domain/fault.ts'
import type { ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import { throughSeq } from '../features/feature-chunks.ts'
import { checkFeatureChunks, checkFeatureRollups } from '../features/verify-features.ts'
import { checkBatches, checkCaptures, checkChunks, checkHeadSnapshot, checkRollups } from './blobs.ts'
import { found, unreadable } from './found.ts'
import { checkLogs } from './logs.ts'
import { checkConfig, checkCursors, checkForeignKeys, checkOutbox } from './outbox.ts'
import { checkWal } from './wal.ts'

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
  check('chunk', () => checkChunks(db))
  check('rollup', () => checkRollups(db))
  check('head_snapshot', () => checkHeadSnapshot(db))
  check('capture', () => checkCaptures(db))
  check('feature', () => checkLogs(db, 'feature', throughSeq(db)))
  check('feature_chunk', () => checkFeatureChunks(db))
  check('feature_rollup', () => checkFeatureRollups(db))
  check('event', () => checkLogs(db, 'event'))
  check('outbox', () => checkOutbox(db))
  check('delivery_cursor', () => checkCursors(db))
  check('config', () => checkConfig(db))
  check('references', () => checkForeignKeys(db))
  check('wal', () => checkWal(file))
  return faults
}

function* checkPages(db: ReadDb): Iterable<Fault> {
  const rows = db.pragma('integrity_check(100)') as { integrity_check: string }[]
  for (const { integrity_check: message } of rows) {
    if (message === 'ok') continue
    yield found('file', 'integrity', `SQLite reports: ${message}.`)
  }
}
