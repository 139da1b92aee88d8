import fs from 'node:fs'
import path from 'node:path'
import { get, openForCopy, openForReading, type ReadDb } from '../database.ts'
import { sqliteCode, toTwinError, TwinError } from '../errors.ts'
import { makeKeyCheck } from '../identity-file.ts'
import { refuseOther, versionOf } from '../migrations/index.ts'
import { explainUnreadable } from '../key-judgement.ts'
import { readIdentity } from '../tables/meta.ts'
import { verifySteps } from '../verify/index.ts'
import { appendFacts, type BackupFacts } from './bundle.ts'
import { copyTables } from './copy.ts'

export interface BackupRequest {
  /** The twin; a running engine may write it meanwhile. */
  file: string
  key: Uint8Array | null
  /** The backup's own name; whoever looks there sees nothing or the whole backup. */
  out: string
  kind: BackupFacts['kind']
  plantId: string | null
  appVersion: string
  nowUs: number
}

export interface JobProgress {
  step: 'copying' | 'verifying' | 'preparing'
  /** 0 to 1, of this step. */
  done: number
}

export const partSuffix = '.part'

/**
 * A copy of one moment of the twin, encrypted with the same key, checked like the twin itself (SQLite's integrity and
 * everything `verify` promises) before it gets its name. Whatever ends it half-way leaves at most `out` with `.part`.
 */
export function* makeBackup(request: BackupRequest): Generator<JobProgress, BackupFacts> {
  const { file, key, out } = request
  const part = out + partSuffix
  try {
    fs.mkdirSync(path.dirname(out), { recursive: true, mode: 0o700 })
    fs.rmSync(part, { force: true })
    const facts = yield* copyTwin(request, part)
    yield { step: 'verifying', done: 0 }
    yield* proveCopy(part, key, `the backup ${out}`)
    const whole = { ...facts, twinBytes: fs.statSync(part).size }
    appendFacts(part, whole, key)
    fs.chmodSync(part, 0o600)
    fs.renameSync(part, out)
    return whole
  } catch (error) {
    if (fs.existsSync(part)) fs.rmSync(part)
    throw backupError(error, file, out, key)
  }
}

function* copyTwin(request: BackupRequest, part: string): Generator<JobProgress, Omit<BackupFacts, 'twinBytes'>> {
  const { file, key, kind, plantId, appVersion, nowUs } = request
  const source = openForReading(file, key)
  try {
    refuseOther(source, file)
    source.exec('BEGIN')
    const lastTickUs = lastTick(source)
    const target = openForCopy(part, key)
    try {
      for (const { doneBytes, totalBytes } of copyTables(source, target)) {
        yield { step: 'copying', done: Math.min(1, doneBytes / Math.max(1, totalBytes)) }
      }
    } finally {
      target.close()
    }
    const secretsFile = path.join(path.dirname(file), 'secrets.json')
    return {
      schema: 'millwright/backup@1',
      kind,
      ...readIdentity(source),
      plantId,
      madeUs: nowUs,
      lastTickUs,
      layout: versionOf(source),
      appVersion,
      ...makeKeyCheck(key),
      secrets: fs.existsSync(secretsFile) ? fs.readFileSync(secretsFile, 'utf8') : null,
    }
  } finally {
    source.close()
  }
}

/** Throws `damaged` when a copy does not hold what the twin promises. */
export function* proveCopy(file: string, key: Uint8Array | null, name: string): Generator<JobProgress> {
  const db = openForReading(file, key)
  try {
    const steps = verifySteps(db, file)
    for (;;) {
      const step = steps.next()
      if (!step.done) {
        yield { step: 'verifying', done: step.value }
        continue
      }
      const [first] = step.value
      if (!first) return
      const more = step.value.length > 1 ? ` (and ${step.value.length - 1} more faults)` : ''
      const message = `What was copied to ${name} is not whole: ${first.message}${more} Run millwright verify on the twin; the copy was not kept.`
      throw new TwinError('damaged', message)
    }
  } finally {
    db.close()
  }
}

export function lastTick(db: ReadDb): number | null {
  return get<{ at: number | null }>(db, 'SELECT max(last_tick_us) AS at FROM session')?.at ?? null
}

function backupError(error: unknown, file: string, out: string, key: Uint8Array | null): TwinError {
  if (error instanceof TwinError) return error
  const code = sqliteCode(error)
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    const message = `There is no room for the backup ${out}: it was not made; free space there or name another folder.`
    return new TwinError('disk-full', message, { cause: error, retryable: true })
  }
  if (code.startsWith('E')) {
    const why = error instanceof Error ? error.message : String(error)
    return new TwinError('disk-error', `The backup ${out} cannot be written (${why}); name another folder.`, {
      cause: error,
      retryable: true,
    })
  }
  const explained = explainUnreadable(file, key, error)
  return explained instanceof TwinError ? explained : toTwinError(error, `the backup ${out}`)
}
