import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3-multiple-ciphers'
import { all, get, inTransaction, openForReading, openForWriting, type ReadDb, type WriteDb } from './database.ts'
import { swapIn } from './backup/restore.ts'
import { isDamage, sqliteCode, toTwinError, TwinError } from './errors.ts'
import { keepIdentityFile, keyFits, readIdentityFile } from './identity-file.ts'
import { cannotTell, checkKey, keyBeingChanged, wrongKey } from './key-judgement.ts'
import { migrate, refuseFuture, versionOf } from './migrations/index.ts'
import { readOrder, writeOrder, type SalvageOrder } from './salvage/order.ts'
import { isRepairAsked, repairFile, repairReason } from './salvage/repair.ts'
import { applyLog, hiddenCommits, joinCollected, provesKey, replaceDamaged } from './salvage/replace.ts'
import { hasIdentity, readIdentity, writeIdentity, type TwinIdentity } from './tables/meta.ts'
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
export function openTwinFile(
  file: string,
  key: Uint8Array | null,
  createIfMissing: boolean,
  backups?: string,
): OpenedForWriting {
  checkKey(key)
  const release = takeLock(file, createIfMissing)
  try {
    const nowUs = Date.now() * 1000
    const aside = swapIn(file)
    const isJoined = joinCollected(file, key, nowUs)
    const opened = openLocked(file, key, {
      createIfMissing,
      backups: backups ?? path.join(path.dirname(file), 'backups'),
      nowUs,
    })
    if (isJoined)
      opened.opened.message = `What was salvaged is back in the twin ${file}; Settings, Backups says what is lost.`
    if (aside !== null)
      opened.opened.message = `The twin ${file} was restored from a backup; the one before is in ${aside}.`
    return { ...opened, release }
  } catch (error) {
    release()
    throw toTwinError(error, `opening ${file}`)
  }
}

type Opened = Omit<OpenedForWriting, 'release'>

interface Circumstances {
  createIfMissing: boolean
  /** Where backups are that may fill in. */
  backups: string
  nowUs: number
}

function openLocked(file: string, key: Uint8Array | null, how: Circumstances): Opened {
  const order = readOrder(file)
  if (order?.phase === 'begin') return replace(file, key, order, how)
  const id = trustedIdentity(file, key)
  finishRollback(file, key)
  const size = fs.existsSync(file) ? fs.statSync(file).size : -1
  if (size <= 0 && id === null) {
    if (size < 0) leftovers(file)
    return create(file, key, how.createIfMissing, randomUUID(), {
      kind: 'new',
      message: `A new twin was created at ${file}.`,
    })
  }
  // Its creation was interrupted, or someone removed it; twin.id knows that there was one.
  if (size < 0) {
    const message = `The twin ${file} was gone and a new one was created; its records start again.`
    leftovers(file)
    return create(file, key, how.createIfMissing, id?.installation ?? randomUUID(), { kind: 'new', message })
  }
  try {
    if (size === 0) throw new TwinError('damaged', `${file} is empty.`)
    if (order?.phase === undefined && isRepairAsked(file)) throw new TwinError('damaged', repairReason(file))
    return openExisting(file, key, id !== null)
  } catch (error) {
    if (!isDamage(error) && !(error instanceof TwinError && error.code === 'damaged')) throw error
    if (id === null && !provesKey(file, key)) throw cannotTell(file, error)
    return replace(file, key, newOrder(file, reasonOf(error), how.nowUs), how)
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

/** twin.id, unless it is missing or itself damaged. A key that opens pages of the twin is right, whatever twin.id says. */
function trustedIdentity(file: string, key: Uint8Array | null): ReturnType<typeof readIdentityFile> {
  const id = readIdentityFile(file)
  if (id?.next && !provesKey(file, key)) throw keyBeingChanged(file)
  if (id === null || keyFits(id, key)) return id
  if (provesKey(file, key)) return null
  throw wrongKey(file, id.keyCheck === null, key === null)
}

/** Reads first through a connection that cannot write: a failed open must leave the file and its WAL as they were. */
function openExisting(file: string, key: Uint8Array | null, wasInUse: boolean): Opened {
  const behind = probe(file, key, wasInUse)
  const message = (behind > 0 ? keepBehind(file, key, behind) : null) ?? `The twin ${file} was opened.`
  const db = openForWriting(file, key)
  try {
    migrate(db, file)
    // Migrated but without identity: the creation was cut between the two; there are no rows yet.
    if (!hasIdentity(db)) inTransaction(db, () => writeIdentity(db, newIdentity(randomUUID())))
    const identity = readIdentity(db)
    const heads = readEverythingNeeded(db)
    keepIdentityFile(file, identity, key, rootPages(db))
    return { db, identity, heads, opened: { kind: 'existing', message } }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Commits that SQLite does not see any more are put into the file, and the damaged log aside. */
function keepBehind(file: string, key: Uint8Array | null, behind: number): string {
  if (!applyLog(file, key)) {
    throw new TwinError(
      'damaged',
      `The write-ahead log of ${file} is damaged, ${behind} commits lie behind the damage.`,
    )
  }
  const folder = datedFolder(file)
  for (const suffix of ['-wal', '-shm']) fs.renameSync(file + suffix, path.join(folder, path.basename(file) + suffix))
  const commits = behind === 1 ? 'the commit' : `the ${behind} commits`
  return `The write-ahead log of ${file} was damaged; ${commits} behind the damage could be proven one by one and nothing is lost. The damaged log is in ${folder}.`
}

export function rootPages(db: ReadDb): Record<string, number> {
  const rows = all<{ name: string; root: number }>(
    db,
    'SELECT name, rootpage AS root FROM sqlite_schema WHERE rootpage > 0 ORDER BY name',
  )
  return Object.fromEntries(rows.map(({ name, root }) => [name, root]))
}

/** Commits that SQLite does not see behind the end of the log; throws what makes the file unusable. */
function probe(file: string, key: Uint8Array | null, wasInUse: boolean): number {
  const reader = openForReading(file, key)
  try {
    refuseFuture(reader, file)
    if (wasInUse && versionOf(reader) === 0) throw new TwinError('damaged', `${file} has lost its tables.`)
    return hiddenCommits(reader, file, key)
  } finally {
    reader.close()
  }
}

/** What every run needs must be readable now, not fail at the first tick. */
function readEverythingNeeded(db: ReadDb): Heads {
  for (const table of ['session', 'tick_batch', 'segment', 'chunk', 'event', 'feature', 'transition', 'capture']) {
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
    keepIdentityFile(file, identity, key, rootPages(db))
    return { db, identity, heads: loadHeads(db), opened }
  } catch (error) {
    db.close()
    throw error
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof TwinError) return error.message.replace(/\.$/, '')
  return sqliteCode(error) || (error instanceof Error ? error.message : String(error))
}

function newOrder(file: string, why: string, atUs: number): SalvageOrder {
  const order: SalvageOrder = {
    schema: 'millwright/salvage@1',
    phase: 'begin',
    folder: path.basename(datedFolder(file)),
    why,
    atUs,
  }
  writeOrder(file, order)
  if (isRepairAsked(file)) fs.rmSync(repairFile(file))
  return order
}

/** A new twin goes on at once; what can be proven of the old one follows (salvage/). Nothing is ever deleted. */
function replace(file: string, key: Uint8Array | null, order: SalvageOrder, how: Circumstances): Opened {
  replaceDamaged(file, key, order, how.backups)
  const opened = openExisting(file, key, false)
  const folder = path.join(path.dirname(file), order.folder)
  const message = `The twin ${file} is damaged (${order.why}) although its key is right; it was moved to ${folder} and a new one goes on. What can be proven is being brought back; keep that folder.`
  return { ...opened, opened: { kind: 'replaced', message } }
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
