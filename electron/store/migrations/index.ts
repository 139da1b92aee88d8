import { type ReadDb, type WriteDb, inTransaction } from '../database.ts'
import { TwinError } from '../errors.ts'
import { firstTables } from './0001-first-tables.ts'

/** One numbered step. The schema only grows: nothing is dropped, renamed or retyped, and a shipped step is never edited. */
export interface Migration {
  version: number
  sql: string
}

const migrations: readonly Migration[] = [firstTables]

export const schemaVersion: number = migrations.at(-1)?.version ?? 0

export function versionOf(db: ReadDb): number {
  return Number(db.pragma('user_version', { simple: true }))
}

export function refuseFuture(db: ReadDb, file: string): void {
  const version = versionOf(db)
  if (version <= schemaVersion) return
  const message = `${file} was written by a newer Millwright (layout ${version}, this one knows ${schemaVersion}); install the newer version.`
  throw new TwinError('future-version', message)
}

/** Each step in its own transaction together with its number: a kill in between leaves a file of the step before. */
export function migrate(db: WriteDb, file: string, upTo = schemaVersion): void {
  refuseFuture(db, file)
  for (const { version, sql } of migrations) {
    if (version <= versionOf(db) || version > upTo) continue
    inTransaction(db, () => {
      db.exec(sql)
      db.pragma(`user_version=${version}`)
    })
  }
}
