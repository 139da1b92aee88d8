import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3-multiple-ciphers'
import { outboxStreams } from '../../shared/domain/outbox.ts'
import { get, inTransaction, openForReading, openForWriting, run, type ReadDb, type WriteDb } from './database.ts'
import { swapIn } from './backup/restore.ts'
import { isDamage, sqliteCode, toTwinError, TwinError } from './errors.ts'
import { keepIdentityFile, keyFits, readIdentityFile } from './identity-file.ts'
import { cannotTell, checkKey, wrongKey } from './key-judgement.ts'
import { migrate, refuseFuture, versionOf } from './migrations/index.ts'
import { streamHead } from './tables/cursors.ts'
import { lostCommits } from './wal-file.ts'
import { beginEpoch, hasIdentity, readIdentity, writeIdentity, type TwinIdentity } from './tables/meta.ts'
import { loadHeads, type Heads } from './tables/heads.ts'

export interface OpenReport {
  /** `replaced`: committed rows were lost to damage, what is left of them was set aside, and the epoch is new. */
  kind: 'new' | 'existing' | 'replaced'
  /** One sentence for the operator; for `replaced` it names where the damaged file was put. */
  message: string
}

export interface OpenedForWriting {
  db: WriteDb
  identity: TwinIdentity
  heads: Heads
  opened: OpenReport
  release(): void
}

const sidecars = ['', '-wal', '-shm'] as const

/**
 * Opens, creates or replaces the twin, in this order: take the lock; compare the key with twin.id before SQLite sees the file;
 * open and migrate; only a file that fails although the key is proven right is moved aside, with its -wal and -shm.
 */
export function openTwinFile(file: string, key: Uint8Array | null, createIfMissing: boolean): OpenedForWriting {
  checkKey(key)
  const release = takeLock(file, createIfMissing)
  try {
    const aside = swapIn(file)
    const opened = openLocked(file, key, createIfMissing)
    if (aside !== null)
      opened.opened.message = `The twin ${file} was restored from a backup; the one before is in ${aside}.`
    return { ...opened, release }
  } catch (error) {
    release()
    throw toTwinError(error, `opening ${file}`)
  }
}

type Opened = Omit<OpenedForWriting, 'release'>

function openLocked(file: string, key: Uint8Array | null, createIfMissing: boolean): Opened {
  const id = readIdentityFile(file)
  if (id === null || keyFits(id, key)) finishRollback(file, key)
  const size = fs.existsSync(file) ? fs.statSync(file).size : -1
  if (size <= 0 && id === null) {
    if (size < 0) leftovers(file)
    return create(file, key, createIfMissing, randomUUID(), {
      kind: 'new',
      message: `A new twin was created at ${file}.`,
    })
  }
  // Its creation was interrupted, or someone removed it; twin.id knows that there was one.
  if (size < 0) {
    const message = `The twin ${file} was gone and a new one was created; its records start again.`
    leftovers(file)
    return create(file, key, createIfMissing, id?.installation ?? randomUUID(), { kind: 'new', message })
  }
  if (id !== null && !keyFits(id, key)) throw wrongKey(file, id.keyCheck === null, key === null)
  try {
    if (size === 0) throw new TwinError('damaged', `${file} is empty.`)
    return openExisting(file, key, id !== null)
  } catch (error) {
    if (!isDamage(error) && !(error instanceof TwinError && error.code === 'damaged')) throw error
    if (id === null) throw cannotTell(file, error)
    return replace(file, key, id.installation, error)
  }
}

/**
 * A twin has a rollback journal only until it is in WAL mode: one that is there is of a creation that was cut. Connections that
 * only read refuse such a file (SQLITE_READONLY_ROLLBACK), so without this no start would ever succeed.
 */
function finishRollback(file: string, key: Uint8Array | null): void {
  const journal = `${file}-journal`
  if (!fs.existsSync(file) || !fs.existsSync(journal) || fs.statSync(journal).size === 0) return
  try {
    openForWriting(file, key).close()
  } catch (error) {
    // What is damaged is judged where files are opened.
    if (!isDamage(error)) throw error
  }
}

/** Reads first through a connection that cannot write: a failed open must leave the file and its WAL as they were. */
function openExisting(file: string, key: Uint8Array | null, wasInUse: boolean): Opened {
  const lost = probe(file, key, wasInUse)
  const kept = lost > 0 ? keepWal(file) : ''
  const db = openForWriting(file, key)
  try {
    migrate(db, file)
    // Migrated but without identity: the creation was cut between the two; there are no rows yet.
    if (!hasIdentity(db)) inTransaction(db, () => writeIdentity(db, newIdentity(randomUUID())))
    if (lost > 0) beginEpochAfterLoss(db)
    const identity = readIdentity(db)
    const heads = readEverythingNeeded(db)
    keepIdentityFile(file, identity, key)
    return { db, identity, heads, opened: openedReport(file, lost, kept) }
  } catch (error) {
    db.close()
    throw error
  }
}

function openedReport(file: string, lost: number, kept: string): OpenReport {
  if (lost === 0) return { kind: 'existing', message: `The twin ${file} was opened.` }
  const message = `The write-ahead log of ${file} is damaged and its last ${lost} commits are lost; it was copied to ${kept} for repair, and the twin goes on as a new epoch.`
  return { kind: 'replaced', message }
}

/** Commits that a damaged WAL takes back; throws what makes the file unusable. */
function probe(file: string, key: Uint8Array | null, wasInUse: boolean): number {
  const reader = openForReading(file, key)
  try {
    refuseFuture(reader, file)
    if (wasInUse && versionOf(reader) === 0) throw new TwinError('damaged', `${file} has lost its tables.`)
    return lostCommits(file)
  } finally {
    reader.close()
  }
}

/** The next commit overwrites what is behind the damage, so a copy is kept. */
function keepWal(file: string): string {
  const folder = datedFolder(file)
  fs.copyFileSync(`${file}-wal`, path.join(folder, `${path.basename(file)}-wal`))
  return folder
}

/** Sequences fall back to what survived; under the old epoch the far side would take new rows for ones it already has. */
function beginEpochAfterLoss(db: WriteDb): void {
  inTransaction(db, () => {
    beginEpoch(db, randomUUID(), { events: streamHead(db, 'events'), features: streamHead(db, 'features') })
    for (const stream of outboxStreams) {
      run(db, 'UPDATE delivery_cursor SET seq = min(seq, ?) WHERE stream = ?', streamHead(db, stream), stream)
    }
  })
  // Empties the WAL, so that verify does not find the old damage again.
  db.pragma('wal_checkpoint(TRUNCATE)')
}

/** What every run needs must be readable now, not fail at the first tick. */
function readEverythingNeeded(db: ReadDb): Heads {
  for (const table of ['session', 'tick_batch', 'chunk', 'event', 'feature', 'transition', 'capture']) {
    get(db, `SELECT * FROM ${table} ORDER BY rowid DESC LIMIT 1`)
  }
  try {
    return loadHeads(db)
  } catch (error) {
    if (error instanceof RangeError) throw new TwinError('damaged', error.message, { cause: error })
    throw error
  }
}

function newIdentity(installation: string): TwinIdentity {
  return { installation, epoch: randomUUID() }
}

function create(
  file: string,
  key: Uint8Array | null,
  allowed: boolean,
  installation: string,
  opened: OpenReport,
): Opened {
  if (!allowed) throw new TwinError('no-twin', `There is no twin at ${file}; check the data folder.`)
  const db = openForWriting(file, key)
  try {
    migrate(db, file)
    inTransaction(db, () => writeIdentity(db, newIdentity(installation)))
    const identity = readIdentity(db)
    keepIdentityFile(file, identity, key)
    return { db, identity, heads: loadHeads(db), opened }
  } catch (error) {
    db.close()
    throw error
  }
}

function replace(file: string, key: Uint8Array | null, installation: string, cause: unknown): Opened {
  const folder = moveAside(file)
  const why = sqliteCode(cause) || (cause instanceof Error ? cause.message : String(cause))
  const message = `The twin ${file} is damaged (${why}) although its key is right; it was moved to ${folder} and a new twin was begun: keep that folder for repair, or restore a backup.`
  return create(file, key, true, installation, { kind: 'replaced', message })
}

/** Never deletes: what belongs to the file goes with it, since a WAL without its file (or beside another) is worthless. */
function moveAside(file: string): string {
  const folder = datedFolder(file)
  for (const suffix of sidecars) {
    if (fs.existsSync(file + suffix)) fs.renameSync(file + suffix, path.join(folder, path.basename(file) + suffix))
  }
  return folder
}

function datedFolder(file: string): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
  return fs.mkdtempSync(path.join(path.dirname(file), `damaged-${stamp}-`))
}

/** A WAL whose file is gone must not be taken for the new file's own. */
function leftovers(file: string): void {
  if (sidecars.some((suffix) => fs.existsSync(file + suffix))) moveAside(file)
}

/**
 * One engine a data folder. The lock is SQLite's own on an empty file beside the twin: the kernel drops it with the process,
 * so a kill leaves nothing to clean up.
 */
export function takeLock(file: string, createIfMissing: boolean): () => void {
  const folder = path.dirname(file)
  if (!fs.existsSync(folder)) {
    if (!createIfMissing) throw new TwinError('no-twin', `There is no data folder ${folder}; check the path.`)
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  }
  // Two seconds: a supervisor may start the next engine while the killed one is still being torn down.
  const lock = new Database(`${file}.lock`, { timeout: 2000 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!sqliteCode(error).startsWith('SQLITE_BUSY')) throw toTwinError(error, `locking ${file}`)
    throw new TwinError('in-use', `The twin ${file} is in use by another engine; stop that one first.`, {
      cause: error,
    })
  }
  return () => {
    lock.close()
  }
}
