import fs from 'node:fs'
import { provenFacts } from '../backup/bundle.ts'
import { listBackups } from '../backup/list.ts'
import type { JobProgress } from '../backup/make.ts'
import { all, get, inTransaction, openForCopy, openForWriting, run, type SqlValue, type WriteDb } from '../database.ts'
import { readIdentityFile } from '../identity-file.ts'
import { migrate } from '../migrations/index.ts'
import { missingBy, takeFromBackup, takeTables, type Missing, type Source, type Taken } from './collect.ts'
import { DamagedFile } from './damaged-file.ts'
import { chunkLoss, joined, pointLoss, segmentLosses, tickLoss, type Loss } from './losses.ts'
import { mendReferences, namesFromIndexes } from './references.ts'
import { layouts, rootsOf, type Layout } from './rescue.ts'
import { compactAll, fillColumns, forgetRollups, removeUnproven, settleLedgers } from './settle.ts'

export interface SalvageRequest {
  /** The damaged twin, in its folder, with its log. */
  damaged: string
  key: Uint8Array | null
  /** The file to make. */
  out: string
  /** Where backups are; the newest one of this installation and key fills in what is lost. */
  backups: string
}

export interface Salvaged {
  losses: Loss[]
  /** The backup that filled in, if one did. */
  backup: string | null
}

/** A damaged twin as a source of rows. Throws nothing for what cannot be read. */
export function openSource(file: string, key: Uint8Array | null, bytes?: number): Source {
  const damaged = new DamagedFile(file, key, bytes)
  const known = readIdentityFile(file)?.roots ?? {}
  return { file: damaged, roots: rootsOf(damaged, known) }
}

/** The newest backup of this installation that the key opens; null without one. */
export function openLatestBackup(
  folder: string,
  key: Uint8Array | null,
  installation: string | null,
): { source: Source; name: string } | null {
  for (const { file, facts } of listBackups(folder)) {
    if (!facts || (installation !== null && facts.installation !== installation)) continue
    try {
      provenFacts(file, key)
      const damaged = new DamagedFile(file, key, facts.twinBytes)
      return { source: { file: damaged, roots: rootsOf(damaged, {}) }, name: file }
    } catch {
      // Of another key, or not whole: an older one may do.
    }
  }
  return null
}

/**
 * Everything of a damaged twin that can be proven, as a whole twin of its own: rows by their pages' MACs and their own checksums,
 * what is missing from the latest backup, the ledgers settled, everything compacted. What is lost is named by the indexes
 * that still know it. Works beside the new twin, which is in use.
 */
export function* salvage(request: SalvageRequest): Generator<JobProgress, Salvaged> {
  const { damaged, key, out } = request
  removeTwin(out)
  const source = openSource(damaged, key)
  try {
    const collected = yield* collect(source, request)
    const db = openForWriting(out, key)
    try {
      // Nobody else reads it, and a cut begins anew.
      db.pragma('synchronous=OFF')
      for (const _ of compactAll(db)) yield { step: 'preparing', done: 0.5 }
      inTransaction(db, () => settleLedgers(db))
      db.pragma('synchronous=FULL')
      db.pragma('wal_checkpoint(TRUNCATE)')
      db.pragma('journal_mode=DELETE')
    } finally {
      db.close()
    }
    return collected
  } finally {
    source.file.close()
  }
}

/** Into a file without a journal: a cut begins anew. */
function* collect(source: Source, { damaged, key, out, backups }: SalvageRequest): Generator<JobProgress, Salvaged> {
  const db = openForCopy(out, key)
  try {
    migrate(db, out)
    db.pragma('synchronous=OFF')
    const tables = layouts(db)
    for (const { name } of tables) run(db, `DELETE FROM "${name}"`)
    // What they count is counted at the end.
    const triggers = all<{ name: string; sql: string }>(
      db,
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
    )
    for (const { name } of triggers) db.exec(`DROP TRIGGER "${name}"`)
    const taken = yield* inSlices(db, takeTables(source, db, tables), source)
    const unknown: Loss[] = []
    const missing = missingOf(source, taken, unknown)
    const installation = readIdentityFile(damaged)?.installation ?? null
    const backup = hasLosses(taken) ? openLatestBackup(backups, key, installation) : null
    if (backup) yield* inSlices(db, fillIn(backup.source, db, taken, missing), source)
    backup?.source.file.close()
    yield { step: 'preparing', done: 0 }
    const losses = inTransaction(db, () => {
      namesFromIndexes(db, source)
      return settle(db, taken, missing)
    })
    for (const { sql } of triggers) db.exec(sql)
    db.pragma('synchronous=FULL')
    return { losses: [...losses, ...unknown], backup: backup?.name ?? null }
  } finally {
    db.close()
  }
}

function* inSlices<T>(db: WriteDb, steps: Generator<void, T>, { file }: Source): Generator<JobProgress, T> {
  db.exec('BEGIN IMMEDIATE')
  for (;;) {
    const step = steps.next()
    if (step.done) {
      db.exec('COMMIT')
      return step.value
    }
    db.exec('COMMIT; BEGIN IMMEDIATE')
    yield { step: 'copying', done: Math.min(1, file.pagesRead / Math.max(1, file.pageCount)) }
  }
}

function hasLosses(taken: readonly Taken[]): boolean {
  return taken.some(({ holes, torn }) => holes.size > 0 || torn.length > 0)
}

interface MissingRows {
  chunk: Missing[]
  segment: Missing[]
  tick_batch: Missing[]
  feature: Missing[]
  feature_chunk: Missing[]
  capture: Missing[]
}
const indexes: Record<keyof MissingRows, string> = {
  chunk: 'chunk_by_time',
  segment: 'segment_by_range',
  tick_batch: 'tick_batch_by_time',
  feature: 'feature_by_point',
  feature_chunk: 'feature_chunk_by_time',
  capture: 'capture_by_point',
}

const kinds: Record<keyof MissingRows, Loss['what']> = {
  chunk: 'samples',
  segment: 'samples',
  tick_batch: 'ticks',
  feature: 'features',
  feature_chunk: 'features',
  capture: 'captures',
}

function missingOf(source: Source, taken: readonly Taken[], unknown: Loss[]): MissingRows {
  const of = (name: keyof MissingRows): Missing[] => {
    const table = taken.find(({ layout }) => layout.name === name)
    if (!table) return []
    const { rows, isAll } = missingBy(source, indexes[name], table)
    if (!isAll) unknown.push({ what: kinds[name], pointKey: null, fromUs: null, toUs: null, count: null })
    return rows
  }
  return {
    chunk: of('chunk'),
    segment: of('segment'),
    tick_batch: of('tick_batch'),
    feature: of('feature'),
    feature_chunk: of('feature_chunk'),
    capture: of('capture'),
  }
}

/**
 * What the backup still has of the missing rows. Chunks are merged as time goes by: one that is missing was made of younger
 * ones, and the backup may have those; they lie within its span.
 */
function* fillIn(backup: Source, db: WriteDb, taken: readonly Taken[], missing: MissingRows): Generator<void> {
  const layoutOf = (name: string): Layout | undefined => taken.find(({ layout }) => layout.name === name)?.layout
  for (const name of ['chunk', 'feature_chunk'] as const) {
    const layout = layoutOf(name)
    if (layout && missing[name].length > 0) missing[name] = yield* fillChunks(backup, db, layout, missing[name])
  }
  for (const name of ['segment', 'tick_batch', 'feature', 'capture'] as const) {
    const layout = layoutOf(name)
    const ids = new Set(missing[name].map(({ id }) => id))
    if (!layout || ids.size === 0) continue
    const found = new Set<number>()
    yield* takeFromBackup(backup, db, layout, (_, rowid) => ids.has(rowid) && found.add(rowid) !== undefined)
    missing[name] = missing[name].filter(({ id }) => !found.has(id))
  }
  const others = taken.filter(
    ({ layout, holes, torn }) =>
      !(layout.name in indexes) && (holes.size > 0 || torn.length > 0) && !derived.has(layout.name),
  )
  for (const { layout } of others) {
    const wanted = layout.name === 'feature_column' ? wantedColumn(db) : () => true
    yield* takeFromBackup(backup, db, layout, wanted)
  }
}

const derived = new Set([
  'rollup',
  'feature_rollup',
  'head_snapshot',
  'compaction',
  'rolled',
  'feature_compaction',
  'meta',
])

/** Of chunks that are here; the ids of others may have been given to other chunks since. */
function wantedColumn(db: WriteDb): (row: SqlValue[]) => boolean {
  const chunks = new Set(all<{ id: number }>(db, 'SELECT id FROM feature_chunk').map(({ id }) => id))
  return ([id]) => typeof id === 'number' && chunks.has(Math.floor(id / 1024))
}

function* fillChunks(backup: Source, db: WriteDb, layout: Layout, missing: Missing[]): Generator<void, Missing[]> {
  const column = (name: string): number => layout.columns.indexOf(name)
  const [pointAt, fromAt, toAt] = [column('point_key'), column('min_us'), column('max_us')]
  const byPoint = new Map<number, { id: number; fromUs: number; toUs: number; coveredUs: number }[]>()
  for (const { id, entry } of missing) {
    const [pointKey, , toUs, fromUs] = entry
    if (typeof pointKey !== 'number' || typeof fromUs !== 'number' || typeof toUs !== 'number') continue
    byPoint.set(pointKey, [...(byPoint.get(pointKey) ?? []), { id, fromUs, toUs, coveredUs: fromUs }])
  }
  const spanOf = (
    row: SqlValue[],
    rowid: number,
  ): { id: number; fromUs: number; toUs: number; coveredUs: number } | undefined => {
    const [point, from, to] = [Number(row[pointAt]), Number(row[fromAt]), Number(row[toAt])]
    return byPoint.get(point)?.find(({ id, fromUs, toUs }) => id === rowid || (from >= fromUs && to <= toUs))
  }
  const whole = new Set<number>()
  yield* takeFromBackup(backup, db, layout, (row, rowid) => {
    const span = spanOf(row, rowid)
    if (!span) return false
    if (span.id === rowid) whole.add(rowid)
    span.coveredUs = Math.max(span.coveredUs, Number(row[toAt]))
    return true
  })
  const left = [...byPoint.values()].flat().filter(({ id }) => !whole.has(id))
  return left.flatMap(({ id, coveredUs }) => {
    const found = missing.find((each) => each.id === id)
    // What is left begins where the backup's part ends.
    return found ? [{ id, entry: found.entry.map((value, index) => (index === 3 ? coveredUs : value)) }] : []
  })
}

function settle(db: WriteDb, taken: readonly Taken[], missing: MissingRows): Loss[] {
  removeUnproven(db)
  mendReferences(db)
  const filled = fillColumns(db)
  for (const name of ['rollup', 'feature_rollup'] as const) {
    if (taken.some(({ layout, holes, torn }) => layout.name === name && (holes.size > 0 || torn.length > 0))) {
      forgetRollups(db, name)
    }
  }
  singleRows(db)
  return joined([
    ...missing.chunk.map((each) => chunkLoss('samples', each)),
    ...missing.segment.flatMap((each) => segmentLosses(db, each)),
    ...missing.feature_chunk.map((each) => chunkLoss('features', each)),
    ...missing.tick_batch.map(tickLoss),
    ...missing.feature.map((each) => pointLoss('features', each)),
    ...missing.capture.map((each) => pointLoss('captures', each)),
    ...(filled > 0 ? [{ what: 'features' as const, pointKey: null, fromUs: null, toUs: null, count: null }] : []),
  ])
}

/** Tables of one row that were lost, from what they speak of. */
function singleRows(db: WriteDb): void {
  const has = (table: string): boolean => get(db, `SELECT 1 AS one FROM ${table}`) !== undefined
  if (!has('compaction')) {
    const through = `SELECT ifnull(max(last_tick), 0) FROM (SELECT last_tick FROM chunk UNION ALL SELECT last_tick FROM segment)
       WHERE last_tick < (SELECT ifnull(min(tick_id), 9e15) FROM tick_batch)`
    run(db, `INSERT INTO compaction (id, through_tick, duplicates) VALUES (1, (${through}), 0)`)
  }
  if (!has('rolled')) {
    run(db, 'INSERT INTO rolled (id, through_chunk) VALUES (1, 0)')
    run(db, 'DELETE FROM rollup')
  }
  if (!has('feature_compaction')) {
    const through =
      'SELECT ifnull(max(last_seq), 0) FROM feature_chunk WHERE last_seq < (SELECT ifnull(min(seq), 9e15) FROM feature)'
    run(
      db,
      `INSERT INTO feature_compaction (id, through_seq, rolled_chunk, removed_rows) VALUES (1, (${through}), 0, 0)`,
    )
    run(db, 'DELETE FROM feature_rollup')
  }
}

function removeTwin(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) fs.rmSync(file + suffix, { force: true })
}
