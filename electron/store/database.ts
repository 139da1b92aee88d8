import fs from 'node:fs'
import Database, { type Options, type Statement } from 'better-sqlite3-multiple-ciphers'
import { isDamage, TwinError } from './errors.ts'
import { frameBytes, pageSize, walHeaderBytes } from './wal-layout.ts'

export { pageSize } from './wal-layout.ts'

declare const readBrand: unique symbol
declare const writeBrand: unique symbol

/** A connection that may read. Functions that only read ask for this one. */
export type ReadDb = Database & { readonly [readBrand]: true }
/** The one connection that may write; only the writer worker holds it. */
export type WriteDb = ReadDb & { readonly [writeBrand]: true }

export type SqlValue = number | string | Uint8Array | null
type Row = Record<string, SqlValue>

/** Older versions can corrupt a WAL file when two connections write and checkpoint at once (sqlite.org, "WAL-reset bug"). */
const oldestSqlite = [3, 51, 3] as const

/**
 * ChaCha20-Poly1305 (RFC 8439), SQLite3MC's own default: every page carries a MAC, so a flipped bit is found on reading.
 * Measured here with 300 kB rows, synchronous=FULL: 80 MB/s written, 310 read, against 61-67 and 260 for sqlcipher
 * (AES-256-CBC + HMAC-SHA512); aegis reaches 205 and 1500 but its specification is still a draft. Ticks are compressed before
 * they are encrypted, so that 80 MB/s is far above need.
 */
const cipher = 'chacha20'
export const cipherName: string = cipher

function connect(file: string, key: Uint8Array | null, options: Options): Database {
  const db = new Database(file, { timeout: 5000, ...options })
  try {
    if (key !== null) {
      db.pragma(`cipher='${cipher}'`)
      // A raw key: the 32 bytes are used as they are, without 64,007 rounds of PBKDF2 at every open.
      db.pragma(`key="raw:${Buffer.from(key).toString('hex')}"`)
    }
    assertSqliteVersion(db)
    // Sorting must not spill plain text into a temporary file.
    db.pragma('temp_store=MEMORY')
    db.pragma('foreign_keys=ON')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Cheap proof that the key fits and page 1 is whole; throws SQLite's NOTADB or CORRUPT otherwise. */
function prove(db: Database): void {
  db.prepare('SELECT count(*) FROM sqlite_schema').get()
}

/** `cacheMb`: pages kept decrypted; SQLite's own 2 MB where it is not given. */
export function openForReading(file: string, key: Uint8Array | null, cacheMb?: number): ReadDb {
  const db = connect(file, key, { readonly: true, fileMustExist: true })
  try {
    if (cacheMb !== undefined) db.pragma(`cache_size=-${cacheMb * 1024}`)
    prove(db)
    return db as ReadDb
  } catch (error) {
    db.close()
    throw error
  }
}

export function openForWriting(file: string, key: Uint8Array | null): WriteDb {
  const db = connect(file, key, {})
  try {
    db.pragma(`page_size=${pageSize}`)
    // Holds for a new file only: what retention frees can then be given back to a disk that is short of it.
    db.pragma('auto_vacuum=INCREMENTAL')
    prove(db)
    const mode = db.pragma('journal_mode=WAL', { simple: true })
    if (mode !== 'wal') {
      throw new TwinError(
        'disk-error',
        `The disk of ${file} does not support SQLite's write-ahead log; use a local disk.`,
      )
    }
    db.pragma('synchronous=FULL')
    db.pragma(`journal_size_limit=${64 * 1024 * 1024}`)
    db.pragma(`cache_size=-${16 * 1024}`)
    return db as WriteDb
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * A connection that reads and moves the log into the file; SQLite refuses it any change of data. A connection opened read-only
 * may not checkpoint.
 */
export function openForCheckpoints(file: string, key: Uint8Array | null): ReadDb {
  const db = connect(file, key, { fileMustExist: true })
  try {
    prove(db)
    db.pragma('query_only=ON')
    db.pragma('wal_autocheckpoint=0')
    // It reads each page once; what it saves here, the pages of the log that it moves need not.
    db.pragma(`cache_size=-${2 * 1024}`)
    return db as ReadDb
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * A new file that nobody else sees until it is renamed. Its journal is in memory: it is needed for a statement that fails, and a
 * cut leaves nothing but a file to remove. Without any (OFF) it cannot be: the binding opens its connections in SQLite's
 * defensive mode, which refuses that in silence and goes on with a journal on disk. A commit waits for the disk all the same,
 * which bounds what the disk owes when commits of the twin come along.
 */
export function openForCopy(file: string, key: Uint8Array | null): WriteDb {
  const db = connect(file, key, {})
  try {
    db.pragma(`page_size=${pageSize}`)
    db.pragma('locking_mode=EXCLUSIVE')
    db.pragma('journal_mode=MEMORY')
    db.pragma('synchronous=FULL')
    db.pragma('foreign_keys=OFF')
    return db as WriteDb
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Pages that the log holds since it last began anew, and how many of them are in the file; -1 without a log. Reads two words of
 * shared memory, also for a connection that only reads; refused (SQLITE_LOCKED) while this connection reads or writes.
 */
export function logFrames(db: ReadDb): { log: number; done: number } {
  const [row] = db.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[]
  return { log: row?.log ?? 0, done: row?.checkpointed ?? 0 }
}

/** Moves what it can without waiting for anyone; readers and commits go on meanwhile. */
export function passiveCheckpoint(db: ReadDb): void {
  db.pragma('wal_checkpoint(PASSIVE)')
}

/** Pages in the log from which on a commit checkpoints by itself. */
export function setAutoCheckpoint(db: WriteDb, pages: number): void {
  db.pragma(`wal_autocheckpoint=${pages}`)
}

function assertSqliteVersion(db: Database): void {
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get())
  const parts = version.split('.').map(Number)
  for (const [index, least] of oldestSqlite.entries()) {
    const part = parts[index] ?? 0
    if (part > least) return
    if (part < least) {
      const message = `SQLite ${version} can damage the twin; version ${oldestSqlite.join('.')} or newer is needed: reinstall the packages.`
      throw new TwinError('old-sqlite', message)
    }
  }
}

const cache = new WeakMap<object, Map<string, Statement>>()

function statement(db: ReadDb, sql: string): Statement {
  let statements = cache.get(db)
  if (!statements) cache.set(db, (statements = new Map()))
  let prepared = statements.get(sql)
  if (!prepared) statements.set(sql, (prepared = db.prepare(sql)))
  return prepared
}

/** `WHERE` of the conditions that have values, `[]` for one without a place for any; undefined leaves a condition out. */
export function whereOf(conditions: Record<string, SqlValue | readonly SqlValue[] | undefined>): {
  where: string
  values: SqlValue[]
} {
  const given: string[] = []
  const values: SqlValue[] = []
  for (const [condition, value] of Object.entries(conditions)) {
    if (value === undefined) continue
    given.push(condition)
    if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) values.push(...value)
    else values.push(value)
  }
  return { where: given.length > 0 ? `WHERE ${given.join(' AND ')}` : '', values }
}

/** A single row, or undefined. `T` is the caller's promise about the columns it selects. */
export function get<T = Row>(db: ReadDb, sql: string, ...values: SqlValue[]): T | undefined {
  return statement(db, sql).get(...values) as T | undefined
}

export function all<T = Row>(db: ReadDb, sql: string, ...values: SqlValue[]): T[] {
  return statement(db, sql).all(...values) as T[]
}

/**
 * Row by row; the statement is prepared anew since a cached one cannot be iterated twice at once.
 */
export function iterate<T = Row>(db: ReadDb, sql: string, ...values: SqlValue[]): IterableIterator<T> {
  return db.prepare(sql).iterate(...values) as IterableIterator<T>
}

/** Runs a statement that changes rows; returns the last row id. */
export function run(db: WriteDb, sql: string, ...values: SqlValue[]): number {
  return Number(statement(db, sql).run(...values).lastInsertRowid)
}

/** Connections whose last commit was refused and may have left something in the log that is still there. */
const owing = new WeakSet<WriteDb>()

/**
 * All or nothing. IMMEDIATE takes the write lock first, so a body never fails half-way on a lock. Every change of the twin goes
 * through here: what a refused commit leaves in the log has to go before anything is written over it.
 */
export function inTransaction<T>(db: WriteDb, body: () => T): T {
  // Throws while the disk does not take it: part of a refused commit under a later one would look like damage.
  if (owing.has(db)) dropRefused(db)
  const isOuter = !db.inTransaction
  let isCommitting = false
  try {
    return db
      .transaction(() => {
        const result = body()
        isCommitting = true
        return result
      })
      .immediate()
  } catch (error) {
    // The mark of a commit is in its last frame alone, which nothing but the commit itself writes.
    if (isCommitting && isOuter) {
      owing.add(db)
      tryToDropRefused(db)
    }
    throw error
  }
}

function tryToDropRefused(db: WriteDb): void {
  try {
    dropRefused(db)
  } catch {
    // A sick disk; the next transaction tries again first.
  }
}

/**
 * Cuts from the log what a commit that was refused at its last write or sync has left behind the committed part, its mark included.
 * Nobody else writes or restarts the log meanwhile: this is the one connection that may, the compactor's thread only copies
 * committed pages into the file, and no reader looks behind the committed part. SQLite holds no POSIX lock on the log, so
 * closing a descriptor of it takes none away.
 */
function dropRefused(db: WriteDb): void {
  const { log } = logFrames(db)
  if (log >= 0) {
    const wal = `${db.name}-wal`
    const end = walHeaderBytes + log * frameBytes
    if (fs.existsSync(wal) && fs.statSync(wal).size > end) fs.truncateSync(wal, end)
  }
  owing.delete(db)
}

/** One consistent view over several reads, without blocking the writer. */
export function inSnapshot<T>(db: ReadDb, body: () => T): T {
  db.exec('BEGIN')
  try {
    return body()
  } finally {
    // Nothing was written. COMMIT would complain about a damaged page that the body has met and reported.
    endSnapshot(db)
  }
}

function endSnapshot(db: ReadDb): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK')
  } catch (error) {
    if (!isDamage(error)) throw error
  }
}

/** SQLite has no NaN: it stores NULL, and every REAL column here reads NULL back as NaN. */
export function real(value: number | null): number {
  return value ?? Number.NaN
}

/** Times are integer microseconds; a time computed from a sample index may carry a fraction. */
export function wholeUs(tUs: number, what: string): number {
  if (!Number.isFinite(tUs)) throw new TwinError('bad-row', `${what} has no time (${tUs}).`)
  return Math.round(tUs)
}

/** For rows of a tick: one without a time of its own takes the tick's, since refusing it would hold up the whole tick for ever. */
export function wholeUsOr(tUs: number, otherwiseUs: number): number {
  return Number.isFinite(tUs) ? Math.round(tUs) : otherwiseUs
}

export function wholeUsOrNull(tUs: number | null, what: string): number | null {
  return tUs === null ? null : wholeUs(tUs, what)
}
