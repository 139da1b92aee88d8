import fs from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Actor } from '../../shared/domain/access.ts'
import { auditEntry } from '../../shared/domain/audit-trail.ts'
import { inTransaction, openForCopy, openForReading, openForWriting } from './database.ts'
import { copyTables } from './backup/copy.ts'
import { proveCopy, type JobProgress } from './backup/make.ts'
import { swapIn } from './backup/restore.ts'
import { sqliteCode, toTwinError, TwinError } from './errors.ts'
import { announceKey, keepIdentityFile, readIdentityFile } from './identity-file.ts'
import { refuseOther } from './migrations/index.ts'
import { rootPages, takeLock } from './open-file.ts'
import { readOrder } from './salvage/order.ts'
import { provesKey } from './salvage/replace.ts'
import { appendAudit } from './tables/audit.ts'
import { readIdentity } from './tables/meta.ts'

export interface RekeyRequest {
  file: string
  oldKey: Uint8Array
  newKey: Uint8Array
  /** Who does it, for the audit trail. */
  by?: Actor
  /** Passwords and the like, sealed under the twin's key: written for the new one before the twin changes. */
  beforeSwap?: () => void
  afterSwap?: () => void
}

const rekeyed = { action: 'twin.rekey', subject: 'twin' } as const
const copyName = (file: string): string => `${file}.rekeyed`

/**
 * Gives the twin another key. SQLite's own rekey refuses a file in WAL mode and writes page over page in place; here a whole copy
 * under the new key is made and verified, and one rename decides. Before it the twin opens with the old key, behind it with the
 * new one, and twin.id knows both in between. Without an engine; says `done` when it was changed before.
 */
export function rekeyHere(request: RekeyRequest, progress: (at: JobProgress) => void): 'changed' | 'done' {
  const { file, oldKey, newKey } = request
  if (isDeepStrictEqual(Buffer.from(oldKey), Buffer.from(newKey))) {
    throw new TwinError('wrong-key', 'The new key is the old one; give another. Nothing was changed.')
  }
  const release = takeLock(file, false)
  try {
    swapIn(file)
    if (readOrder(file)) {
      throw new TwinError(
        'in-use',
        `The twin ${file} is being salvaged; start the engine until that is done, then change the key.`,
      )
    }
    if (provesKey(file, newKey)) {
      finish(request)
      return 'done'
    }
    if (fs.existsSync(file) && !provesKey(file, oldKey)) {
      throw new TwinError(
        'wrong-key',
        `The twin ${file} opens neither with the old nor with the new key. Nothing was changed.`,
      )
    }
    const copy = copyName(file)
    makeCopy(file, copy, oldKey, newKey, request.by, progress)
    request.beforeSwap?.()
    // Without a log nothing of the old file can be taken for the new one's.
    const old = openForWriting(file, oldKey)
    try {
      old.pragma('wal_checkpoint(TRUNCATE)')
      old.pragma('journal_mode=DELETE')
    } finally {
      old.close()
    }
    announceKey(file, newKey)
    fs.renameSync(copy, file)
    finish(request)
    return 'changed'
  } catch (error) {
    if (sqliteCode(error) === 'SQLITE_FULL' || sqliteCode(error) === 'ENOSPC') {
      const message = `There is no room beside ${file} for a copy under the new key; free space there. The twin still has the old key.`
      throw new TwinError('disk-full', message, { cause: error, retryable: true })
    }
    throw toTwinError(error, `changing the key of ${file}`)
  } finally {
    for (const suffix of ['', '-wal', '-shm']) fs.rmSync(copyName(file) + suffix, { force: true })
    release()
  }
}

function makeCopy(
  file: string,
  copy: string,
  oldKey: Uint8Array,
  newKey: Uint8Array,
  by: Actor | undefined,
  progress: (at: JobProgress) => void,
): void {
  fs.rmSync(copy, { force: true })
  const source = openForReading(file, oldKey)
  try {
    refuseOther(source, file)
    source.exec('BEGIN')
    const target = openForCopy(copy, newKey)
    try {
      for (const { doneBytes, totalBytes } of copyTables(source, target)) {
        progress({ step: 'copying', done: Math.min(1, doneBytes / Math.max(1, totalBytes)) })
      }
      if (by) inTransaction(target, () => appendAudit(target, [auditEntry(by, Date.now() * 1000, rekeyed)]))
    } finally {
      target.close()
    }
  } finally {
    source.close()
  }
  for (const at of proveCopy(copy, newKey, `${file} under its new key`)) progress(at)
}

function finish({ file, newKey, afterSwap }: RekeyRequest): void {
  const db = openForReading(file, newKey)
  try {
    keepIdentityFile(file, readIdentity(db), newKey, rootPages(db))
  } finally {
    db.close()
  }
  afterSwap?.()
  if (readIdentityFile(file)?.next !== undefined)
    throw new TwinError('failed', `twin.id of ${file} could not be written.`)
}
