import fs from 'node:fs'
import { get, type ReadDb } from '../database.ts'
import { readIdentity, type TwinIdentity } from './meta.ts'

/** How much the twin holds. */
export interface TwinCounts extends TwinIdentity {
  points: number
  sessions: number
  ticks: number
  scalars: number
  /** Ticks whose scalars are in chunks. */
  compactedTicks: number
  features: number
  captures: number
  gaps: number
  occurrences: number
  transitions: number
  events: number
  fileBytes: number
  walBytes: number
}

function sizeOf(file: string): number {
  return fs.existsSync(file) ? fs.statSync(file).size : 0
}

export function readCounts(db: ReadDb, file: string): TwinCounts {
  // Totals of ticks and scalars come from the sessions' ledger: counting batches would walk the whole index.
  const counts = get<Omit<TwinCounts, keyof TwinIdentity | 'fileBytes' | 'walBytes'>>(
    db,
    `SELECT (SELECT count(*) FROM point) AS points, (SELECT count(*) FROM session) AS sessions,
       (SELECT ifnull(sum(ticks), 0) FROM session) AS ticks, (SELECT ifnull(sum(scalars), 0) FROM session) AS scalars,
       (SELECT ifnull(sum(ticks), 0) FROM compacted) AS compactedTicks,
       (SELECT count(*) FROM feature WHERE seq > (SELECT through_seq FROM feature_compaction))
         + (SELECT through_seq - removed_rows FROM feature_compaction) AS features, (SELECT count(*) FROM capture) AS captures,
       (SELECT count(*) FROM gap) AS gaps, (SELECT count(*) FROM occurrence) AS occurrences,
       (SELECT count(*) FROM transition) AS transitions, (SELECT count(*) FROM event) AS events`,
  )
  if (!counts) throw new Error('A query of counts gives one row.')
  return { ...readIdentity(db), ...counts, fileBytes: sizeOf(file), walBytes: sizeOf(`${file}-wal`) }
}
