import fs from 'node:fs'
import path from 'node:path'
import { isoFromUs } from '../../../shared/domain/time.ts'
import { inTransaction, logFrames, openForWriting, type ReadDb } from '../database.ts'
import { commitsBehindEnd } from '../wal-file.ts'
import { pageSize } from '../wal-layout.ts'
import { identityPath, readIdentityFile } from '../identity-file.ts'
import { migrate } from '../migrations/index.ts'
import { beginFrom, leaveDamage, type Begun } from './begin.ts'
import { DamagedFile } from './damaged-file.ts'
import { readLog } from './log-chain.ts'
import { mergeInto } from './merge.ts'
import { collectedPath, damagedPath, readOrder, removeOrder, writeOrder, type SalvageOrder } from './order.ts'
import { openPage } from './page-cipher.ts'
import { openLatestBackup, openSource } from './salvage.ts'

const sidecars = ['', '-wal', '-shm'] as const

/**
 * Puts the damaged twin aside and a new one in its place that goes on from it. Each step is found again after a kill: the order is
 * written first, and the new twin gets its name last.
 */
export function replaceDamaged(
  file: string,
  key: Uint8Array | null,
  order: SalvageOrder,
  backups: string,
): Begun | null {
  if (order.phase !== 'begin') return null
  const damaged = damagedPath(file, order)
  const isNew = fs.existsSync(damaged) && fs.existsSync(file)
  let begun: Begun | null = null
  if (!isNew) {
    for (const suffix of sidecars) {
      if (fs.existsSync(file + suffix)) fs.renameSync(file + suffix, damaged + suffix)
    }
    const identity = identityPath(file)
    if (fs.existsSync(identity)) fs.copyFileSync(identity, identityPath(damaged))
    begun = makeSuccessor(file, key, order, backups)
  }
  writeOrder(file, { ...order, phase: 'collect' })
  return begun
}

function makeSuccessor(file: string, key: Uint8Array | null, order: SalvageOrder, backups: string): Begun {
  const part = `${file}.successor`
  for (const suffix of sidecars) fs.rmSync(part + suffix, { force: true })
  const damaged = damagedPath(file, order)
  const known = readIdentityFile(damaged)
  const source = openSource(damaged, key)
  const backup = openLatestBackup(backups, key, known?.installation ?? null)
  const db = openForWriting(part, key)
  try {
    migrate(db, part)
    db.pragma('foreign_keys=OFF')
    const identity = known === null ? {} : { installation: known.installation, epoch: known.epoch }
    const begun = inTransaction(db, () => {
      const done = beginFrom(db, source, backup?.source ?? null, identity)
      const detail = `The twin was found damaged on ${isoFromUs(order.atUs)} (${order.why}) and a new one was begun; nothing was recorded in between.`
      leaveDamage(db, detail, done.lastTickUs)
      return done
    })
    db.pragma('wal_checkpoint(TRUNCATE)')
    db.pragma('journal_mode=DELETE')
    return begun
  } finally {
    db.close()
    source.file.close()
    backup?.source.file.close()
    if (fs.existsSync(part) && isSettled(part)) fs.renameSync(part, file)
  }
}

function isSettled(part: string): boolean {
  return !fs.existsSync(`${part}-wal`)
}

/** Joins what was collected with the new twin, and puts it in its place. False when there is nothing to join. */
export function joinCollected(file: string, key: Uint8Array | null, nowUs: number): boolean {
  const order = readOrder(file)
  if (order?.phase !== 'merge') return false
  const collected = collectedPath(file)
  if (fs.existsSync(collected)) {
    mergeInto(collected, file, key, order, order.report ?? { losses: [], backup: null }, nowUs)
    const between = path.join(path.dirname(damagedPath(file, order)), 'between-')
    for (const suffix of sidecars) {
      if (fs.existsSync(file + suffix)) fs.renameSync(file + suffix, between + path.basename(file) + suffix)
    }
    fs.renameSync(collected, file)
  }
  removeOrder(file)
  return true
}

/**
 * Whether the key opens any of the first pages: then it is the right one, whatever else is wrong. Never while this process has a
 * connection to the file: see DamagedFile.
 */
export function provesKey(file: string, key: Uint8Array | null): boolean {
  if (key === null || !fs.existsSync(file)) return false
  const descriptor = fs.openSync(file, 'r')
  try {
    const stored = Buffer.alloc(pageSize)
    for (let number = 1; number <= 16; number++) {
      if (fs.readSync(descriptor, stored, 0, pageSize, (number - 1) * pageSize) < pageSize) return false
      if (openPage(stored, number, key) !== null) return true
    }
    return false
  } finally {
    fs.closeSync(descriptor)
  }
}

/**
 * Commits of a damaged log that SQLite does not see any more. `db` says where SQLite stopped; without a look at the log's salts
 * first it would be read whole at each start.
 */
export function hiddenCommits(db: ReadDb, file: string, key: Uint8Array | null): number {
  if (commitsBehindEnd(db, file) === 0) return 0
  const { log: end } = logFrames(db)
  const log = fs.openSync(`${file}-wal`, 'r')
  try {
    return readLog(log, key).commits.filter((number) => number > end).length
  } finally {
    fs.closeSync(log)
  }
}

/**
 * Puts the pages of a damaged log into the file, so that no commit of it is lost. False, and nothing changed, when the newest state
 * of a page cannot be read. Synchronous writes, and the log stays until all of it is in the file: a cut begins anew.
 */
export function applyLog(file: string, key: Uint8Array | null): boolean {
  const source = new DamagedFile(file, key)
  try {
    const { newest, pageCount } = source.log
    if (pageCount === 0 || [...newest.values()].includes(null)) return false
    const { O_RDWR } = fs.constants
    const synchronous = 'O_SYNC' in fs.constants ? fs.constants.O_SYNC : 0
    const descriptor = fs.openSync(file, O_RDWR | synchronous)
    try {
      for (const number of newest.keys()) {
        const bytes = number <= pageCount ? source.logBytes(number) : null
        if (bytes) fs.writeSync(descriptor, bytes, 0, pageSize, (number - 1) * pageSize)
      }
    } finally {
      fs.closeSync(descriptor)
    }
    return true
  } finally {
    source.close()
  }
}
