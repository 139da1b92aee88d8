import type { Fault } from '../../../shared/domain/fault.ts'
import type { ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import { stopIfCancelled } from '../query/cancel.ts'
import { throughSeq } from '../features/feature-chunks.ts'
import { checkFeatureChunks, checkFeatureRollups } from '../features/verify-features.ts'
import { checkBatches, checkCaptures, checkChunks, checkHeadSnapshot, checkRollups, checkSegments } from './blobs.ts'
import { checkAudit } from '../tables/audit.ts'
import { removedThroughSeq } from '../retention/removals.ts'
import { checkTierSizes } from '../retention/verify-sizes.ts'
import { found, unreadable } from './found.ts'
import { checkLogs } from './logs.ts'
import { checkConfig, checkCursors, checkForeignKeys, checkOutbox } from './outbox.ts'
import { checkWal } from './wal.ts'

/** Everything the twin promises, all faults of one run. Reads every page, so it takes as long as reading the file. */
export function verifyTwin(db: ReadDb, file: string): Fault[] {
  const steps = verifySteps(db, file)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

type Check = [path: string, body: () => Iterable<Fault>]

/** The same, check by check: how much of it is done, 0 to 1, and the faults at the end. */
export function* verifySteps(db: ReadDb, file: string): Generator<number, Fault[]> {
  const checks: Check[] = [
    // First: where the log ends is told only to a connection that reads nothing yet.
    ['wal', () => checkWal(db, file)],
    ['file', () => checkPages(db)],
    ['tick_batch', () => checkBatches(db)],
    ['chunk', () => checkChunks(db)],
    ['segment', () => checkSegments(db)],
    ['rollup', () => checkRollups(db)],
    ['head_snapshot', () => checkHeadSnapshot(db)],
    ['capture', () => checkCaptures(db)],
    ['feature', () => checkLogs(db, 'feature', throughSeq(db))],
    ['feature_chunk', () => checkFeatureChunks(db)],
    ['feature_rollup', () => checkFeatureRollups(db)],
    ['event', () => checkLogs(db, 'event', removedThroughSeq(db, 'events'))],
    ['tier_size', () => checkTierSizes(db)],
    ['outbox', () => checkOutbox(db)],
    ['delivery_cursor', () => checkCursors(db)],
    ['config', () => checkConfig(db)],
    ['audit', () => checkAudit(db)],
    ['references', () => checkForeignKeys(db)],
  ]
  const faults: Fault[] = []
  for (const [index, [path, body]] of checks.entries()) {
    stopIfCancelled()
    try {
      for (const fault of body()) faults.push(fault)
    } catch (error) {
      // Each check stands alone: a page that cannot be read must not hide what the others find.
      if (!isDamage(error) && !(error instanceof RangeError)) throw error
      faults.push(unreadable(path, error))
    }
    yield (index + 1) / checks.length
  }
  return faults
}

function* checkPages(db: ReadDb): Iterable<Fault> {
  const rows = db.pragma('integrity_check(100)') as { integrity_check: string }[]
  for (const { integrity_check: message } of rows) {
    if (message === 'ok') continue
    yield found('file', 'integrity', `SQLite reports: ${message}.`)
  }
}
