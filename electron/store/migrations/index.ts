import { type ReadDb, type WriteDb, inTransaction } from '../database.ts'
import { TwinError } from '../errors.ts'
import type { Migration } from './migration.ts'
import { firstTables } from './0001-first-tables.ts'
import { chunks } from './0002-chunks.ts'
import { rollups } from './0003-rollups.ts'
import { featureChunks } from './0004-feature-chunks.ts'
import { captureDetails } from './0005-capture-details.ts'
import { recoveries } from './0006-recoveries.ts'
import { moments } from './0007-moments.ts'
import { retention } from './0008-retention.ts'
import { access } from './0009-access.ts'
import { conditions } from './0010-conditions.ts'
import { configChanges } from './0011-config-changes.ts'
import { captureNotes } from './0012-capture-notes.ts'
import { health } from './0013-health.ts'
import { segments } from './0014-segments.ts'
import { captureFaults } from './0015-capture-faults.ts'
import { gapsByPoint } from './0016-gaps-by-point.ts'

const migrations: readonly Migration[] = [
  firstTables,
  chunks,
  rollups,
  featureChunks,
  captureDetails,
  recoveries,
  moments,
  retention,
  access,
  conditions,
  configChanges,
  captureNotes,
  health,
  segments,
  captureFaults,
  gapsByPoint,
]

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

/** For a connection that may not migrate: only a file of this very layout can be read. */
export function refuseOther(db: ReadDb, file: string): void {
  refuseFuture(db, file)
  const version = versionOf(db)
  if (version === schemaVersion) return
  if (version === 0) throw new TwinError('damaged', `${file} has no tables: its write-ahead log is damaged or missing.`)
  const message = `${file} was written by an older Millwright (layout ${version}); start the engine on it once to bring it up to date.`
  throw new TwinError('old-version', message)
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
