import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import type { Actor } from '../../../shared/domain/access.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import { get, inTransaction, openForReading, openForWriting, run, type WriteDb } from '../database.ts'
import { sqliteCode, TwinError } from '../errors.ts'
import { identityPath } from '../identity-file.ts'
import { migrate } from '../migrations/index.ts'
import { beginEpoch, leaveResumption, readIdentity } from '../tables/meta.ts'
import { streamHead } from '../tables/cursors.ts'
import { addRecovery } from '../tables/recoveries.ts'
import { provenFacts, type BackupFacts } from './bundle.ts'
import { lastTick, proveCopy, type JobProgress } from './make.ts'

export interface RestoreRequest {
  /** The backup. */
  from: string
  /** Where the twin is, or will be. */
  file: string
  key: Uint8Array | null
  nowUs: number
  /** The twin there may hold more than the backup. */
  discardNewer?: boolean
  /** The twin there may be another installation's. */
  replaceOther?: boolean
  /** Who asked for it, for the audit trail of the restored twin. */
  by?: Actor
}

export interface Staged {
  facts: BackupFacts
  /** Verified, brought up to date and under its new epoch; `swapIn` gives it its name. */
  staged: string
}

/** Names beside the twin. */
const stagedName = (file: string): string => `${file}.restored`
const copyName = (file: string): string => `${file}.restoring`
const orderName = (file: string): string => path.join(path.dirname(file), 'restore.json')
const copyBytes = 8 * 1024 * 1024

/**
 * Everything of a restore that takes time and can fail, beside a twin in use: the bytes are copied, checked like a twin,
 * brought to this layout, and given a new epoch and the reason of the hole behind their last tick. Nothing of the present
 * twin is touched.
 */
export function* stageRestore(request: RestoreRequest): Generator<JobProgress, Staged> {
  const { from, file, key } = request
  const facts = provenFacts(from, key)
  refuse(request, facts)
  const copy = copyName(file)
  const staged = stagedName(file)
  try {
    removeTwin(copy)
    removeTwin(staged)
    for (const done of copyFirst(from, copy, facts.twinBytes)) yield { step: 'copying', done }
    yield { step: 'verifying', done: 0 }
    bringUpToDate(copy, key)
    yield* proveCopy(copy, key, `${file} from the backup ${from}`)
    yield { step: 'preparing', done: 0 }
    prepare(copy, request, facts)
    fs.renameSync(copy, staged)
    return { facts, staged }
  } catch (error) {
    removeTwin(copy)
    throw restoreError(error, from, file)
  }
}

/** Whether this backup may take the place of the twin that is there. */
function refuse({ from, file, key, discardNewer, replaceOther }: RestoreRequest, facts: BackupFacts): void {
  if (!fs.existsSync(file)) return
  const present = presentTwin(file, key)
  // Damaged, or under another key: there is nothing to compare, and it is only moved aside.
  if (!present) return
  if (present.installation !== facts.installation && replaceOther !== true) {
    const message = `The backup ${from} is of another twin (installation ${facts.installation}, plant ${facts.plantId ?? 'unknown'}) than the one at ${file} (${present.installation}); say that it may replace it (--replace-other) or name another backup. Nothing was changed.`
    throw new TwinError('not-this-twin', message)
  }
  const { lastTickUs } = present
  if (lastTickUs === null || lastTickUs <= (facts.lastTickUs ?? 0) || discardNewer === true) return
  const message = `The twin at ${file} goes on to ${isoFromUs(lastTickUs)}, but the backup ${from} ends at ${facts.lastTickUs === null ? 'its beginning' : isoFromUs(facts.lastTickUs)}: what lies between would be missing; say that it may (--discard-newer; the present twin is moved aside, not deleted). Nothing was changed.`
  throw new TwinError('newer-twin', message)
}

function presentTwin(file: string, key: Uint8Array | null): { installation: string; lastTickUs: number | null } | null {
  try {
    const db = openForReading(file, key)
    try {
      return { installation: readIdentity(db).installation, lastTickUs: lastTick(db) }
    } finally {
      db.close()
    }
  } catch {
    return null
  }
}

/** The first `bytes` of a file, each write on the disk before the next (see identity-file.ts on fsync). */
function* copyFirst(from: string, to: string, bytes: number): Generator<number> {
  const { O_WRONLY, O_CREAT, O_TRUNC } = fs.constants
  const synchronous = 'O_SYNC' in fs.constants ? fs.constants.O_SYNC : 0
  const input = fs.openSync(from, 'r')
  try {
    const output = fs.openSync(to, O_WRONLY | O_CREAT | O_TRUNC | synchronous, 0o600)
    try {
      const buffer = Buffer.alloc(Math.min(copyBytes, Math.max(1, bytes)))
      for (let at = 0; at < bytes;) {
        const read = fs.readSync(input, buffer, 0, Math.min(buffer.length, bytes - at), at)
        if (read === 0) throw new TwinError('no-backup', `${from} ends before its time; name another file.`)
        fs.writeSync(output, buffer, 0, read)
        at += read
        yield at / bytes
      }
    } finally {
      fs.closeSync(output)
    }
  } finally {
    fs.closeSync(input)
  }
}

function bringUpToDate(file: string, key: Uint8Array | null): void {
  const db = openForWriting(file, key)
  try {
    migrate(db, file)
    settle(db)
  } finally {
    db.close()
  }
}

function prepare(file: string, { key, from, nowUs, by }: RestoreRequest, facts: BackupFacts): void {
  const db = openForWriting(file, key)
  try {
    const ends = facts.lastTickUs === null ? 'before the first tick' : `at ${toTheSecond(facts.lastTickUs)}`
    const detail = `The twin was restored at ${toTheSecond(nowUs)} from a backup that ends ${ends}; what was recorded behind it is not in this twin.`
    inTransaction(db, () => {
      beginEpoch(db, randomUUID(), { events: streamHead(db, 'events'), features: streamHead(db, 'features') })
      leaveResumption(db, { cause: 'restored', detail })
      addRecovery(
        db,
        {
          schema: 'millwright/recovery@1',
          kind: 'restored',
          atUs: nowUs,
          message: detail,
          source: path.basename(from),
          fromUs: facts.lastTickUs,
          toUs: nowUs,
          lost: [],
          kept: {},
        },
        by,
      )
      // A later start of the same epoch must find the session closed where the backup closed it, not killed.
      const last = get<{ id: number }>(db, 'SELECT max(id) AS id FROM session WHERE stopped_us IS NULL')
      if (last?.id) run(db, 'UPDATE session SET stopped_us = ifnull(last_tick_us, started_us) WHERE id = ?', last.id)
    })
    settle(db)
  } finally {
    db.close()
  }
}

/** One file again, without a log beside it. */
function settle(db: WriteDb): void {
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.pragma('journal_mode=DELETE')
}

/** What is to be done at the next opening; written whole, and removed when it is done. */
interface Order {
  schema: 'millwright/restore@1'
  staged: string
  aside: string
}

/** From here on the swap happens, now or at the next start, whatever is killed in between. */
export function orderSwap(file: string, { staged }: Staged): void {
  const aside = fs.mkdtempSync(path.join(path.dirname(file), `replaced-${stamp()}-`))
  const order: Order = {
    schema: 'millwright/restore@1',
    staged: path.basename(staged),
    aside: path.basename(aside),
  }
  const target = orderName(file)
  fs.writeFileSync(`${target}.part`, `${JSON.stringify(order)}\n`, { mode: 0o600 })
  fs.renameSync(`${target}.part`, target)
}

/**
 * Moves the present twin aside and the staged one in its place. Call with the twin's lock held; does nothing without an order.
 * Each step finds out by itself whether it was done before: as long as the staged file is there, what stands in its place is the
 * old twin. Returns the folder the old twin is in.
 */
export function swapIn(file: string): string | null {
  const target = orderName(file)
  if (!fs.existsSync(target)) return null
  const order = JSON.parse(fs.readFileSync(target, 'utf8')) as Order
  const folder = path.dirname(file)
  const staged = path.join(folder, path.basename(order.staged))
  const aside = path.join(folder, path.basename(order.aside))
  if (fs.existsSync(staged)) {
    for (const suffix of ['', '-wal', '-shm']) {
      const from = file + suffix
      if (fs.existsSync(from)) fs.renameSync(from, path.join(aside, path.basename(from)))
    }
    // The key the new twin is read with is proven by the new twin alone.
    const identity = identityPath(file)
    if (fs.existsSync(identity)) fs.renameSync(identity, path.join(aside, path.basename(identity)))
    fs.renameSync(staged, file)
  }
  fs.rmSync(target)
  if (fs.readdirSync(aside).length === 0) fs.rmdirSync(aside)
  return fs.existsSync(aside) ? aside : null
}

export function stamp(): string {
  return new Date().toISOString().replaceAll(/[:.]/g, '-')
}

/** Files of an attempt that was cut: copies, never the twin itself. */
function removeTwin(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) fs.rmSync(file + suffix, { force: true })
}

function restoreError(error: unknown, from: string, file: string): TwinError {
  if (error instanceof TwinError) return error
  const code = sqliteCode(error)
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    const message = `There is no room beside ${file} for the twin of the backup ${from}; free space there. Nothing was changed.`
    return new TwinError('disk-full', message, { cause: error, retryable: true })
  }
  const why = error instanceof Error ? error.message : String(error)
  const message = `The backup ${from} cannot be restored (${code === '' ? why : `${code}: ${why}`}); name another backup. Nothing was changed.`
  return new TwinError('no-backup', message, { cause: error })
}

/** For a sentence; the gap has the exact times. */
function toTheSecond(tUs: number): string {
  return `${isoFromUs(tUs).slice(0, 19)}Z`
}
