import type { OutboxRow } from '../../../shared/domain/outbox.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import type { FeatureRow, RunState } from '../../../shared/domain/twin.ts'
import { bytesOf } from '../codec.ts'
import { all, get, real, run, wholeUsOr, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import {
  featureChunksBetween,
  featureChunksBySeq,
  lastFeatureChunk,
  nextFeatureSeq,
  rowsOfFeatureChunk,
  throughSeq,
  type FeatureSpan,
} from '../features/feature-chunks.ts'
import type { FeatureColumns } from '../features/feature-codec.ts'
import { checksumOfPayload, valuesOf } from '../features/feature-values.ts'
import { configRef } from './config.ts'

interface StoredFeature {
  seq: number
  pointKey: number
  tUs: number
  spanUs: number
  rpm: number | null
  runState: RunState
  configHash: string
  names: string
  createdUs: number
  payload: Uint8Array
}

const select = `SELECT f.seq, f.point_key AS pointKey, f.t_us AS tUs, f.span_us AS spanUs, f.rpm, f.run_state AS runState,
    c.hash AS configHash, n.names, f.created_us AS createdUs, f.payload
  FROM feature f JOIN config_ref c ON c.id = f.config_ref JOIN feature_names n ON n.id = f.names_ref`

export function appendFeature(db: WriteDb, row: FeatureRow, names: readonly string[], createdUs: number): number {
  if (row.values.length !== names.length) {
    const message = `A feature row of point ${row.pointKey} has ${row.values.length} values where ${names.length} features are named.`
    throw new TwinError('bad-row', message)
  }
  const payload = bytesOf(row.values)
  return run(
    db,
    `INSERT INTO feature (point_key, t_us, span_us, rpm, run_state, config_ref, names_ref, created_us, checksum, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row.pointKey,
    wholeUsOr(row.tUs, createdUs),
    Math.round(row.spanUs),
    row.rpm,
    row.runState,
    configRef(db, row.configHash),
    namesRef(db, names),
    createdUs,
    checksumOfPayload(payload),
    payload,
  )
}

/** Rows name the list that was in force when they were written, so that an older row never gets a newer name. */
function namesRef(db: WriteDb, names: readonly string[]): number {
  const text = JSON.stringify(names)
  const known = get<{ id: number }>(db, 'SELECT id FROM feature_names WHERE names = ?', text)
  return known?.id ?? run(db, 'INSERT INTO feature_names (names) VALUES (?)', text)
}

/** A feature row wherever it is kept. */
interface AnyRow {
  seq: number
  pointKey: number
  tUs: number
  spanUs: number
  rpm: number
  runState: RunState
  configHash: string
  names: string
  createdUs: number
  values: Float32Array
}

function toFeatureRow({ pointKey, tUs, spanUs, values, rpm, runState, configHash }: AnyRow): FeatureRow {
  return { pointKey, tUs, spanUs, values, rpm, runState, configHash }
}

function fromStored(row: StoredFeature): AnyRow {
  return { ...row, rpm: real(row.rpm), values: valuesOf(row.payload) }
}

/** The newest block's features, by source time; with `atUs` the newest of then: rows after it do not count. */
export function lastFeatures(db: ReadDb, pointKey: number, atUs = Infinity): FeatureRow | null {
  const at = Math.min(atUs, Number.MAX_SAFE_INTEGER)
  const stored = get<StoredFeature>(
    db,
    `${select} WHERE f.point_key = ? AND f.t_us <= ? AND f.seq > (SELECT through_seq FROM feature_compaction)
     ORDER BY f.t_us DESC, f.seq DESC LIMIT 1`,
    pointKey,
    at,
  )
  let newest = stored ? fromStored(stored) : null
  const before = lastFeatureChunk(db, pointKey, at)
  // Of a chunk that ends before another begins only the last row matters; around `atUs` any may hold the newest.
  const spans = [...(before ? [before] : []), ...featureChunksBetween(db, pointKey, at, at + 1)]
  for (const span of spans) {
    if (newest !== null && Math.min(span.maxUs, at) < newest.tUs) continue
    for (const row of rowsOfSpan(db, span, (tUs) => tUs <= at, 1)) {
      if (newest === null || row.tUs > newest.tUs || (row.tUs === newest.tUs && row.seq > newest.seq)) newest = row
    }
  }
  return newest ? toFeatureRow(newest) : null
}

/** Rows of a chunk whose time passes; with `last` only so many of the newest. */
function rowsOfSpan(db: ReadDb, span: FeatureSpan, passes: (tUs: number) => boolean, last = Infinity): AnyRow[] {
  const columns = rowsOfFeatureChunk(db, span.id)
  const names = namesText(db, span.namesRef)
  const rows: AnyRow[] = []
  for (let i = columns.count - 1; i >= 0 && rows.length < last; i--) {
    if (passes(columns.tUs[i] as number)) rows.push(rowAt(db, columns, i, span.pointKey, names))
  }
  return rows.reverse()
}

function rowAt(db: ReadDb, columns: FeatureColumns, i: number, pointKey: number, names: string): AnyRow {
  const values = new Uint32Array(columns.values.length)
  for (const [feature, column] of columns.values.entries()) values[feature] = wordsOf(column)[i] as number
  return {
    seq: columns.seq[i] as number,
    pointKey,
    tUs: columns.tUs[i] as number,
    spanUs: columns.spanUs[i] as number,
    rpm: columns.rpm[i] as number,
    runState: columns.runState[i] ?? 'unknown',
    configHash: configHash(db, columns.configRef[i] as number),
    names,
    createdUs: columns.createdUs[i] as number,
    values: new Float32Array(values.buffer),
  }
}

function wordsOf(column: Float32Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, column.length)
}

function namesText(db: ReadDb, ref: number): string {
  return get<{ names: string }>(db, 'SELECT names FROM feature_names WHERE id = ?', ref)?.names ?? '[]'
}

function configHash(db: ReadDb, ref: number): string {
  return get<{ hash: string }>(db, 'SELECT hash FROM config_ref WHERE id = ?', ref)?.hash ?? ''
}

/** In order of source time; `toUs` is not included. */
export function readFeatures(db: ReadDb, pointKey: number, fromUs: number, toUs: number, limit: number): FeatureRow[] {
  const stored = all<StoredFeature>(
    db,
    `${select} WHERE f.point_key = ? AND f.t_us >= ? AND f.t_us < ? AND f.seq > ? ORDER BY f.t_us, f.seq LIMIT ?`,
    pointKey,
    fromUs,
    toUs,
    throughSeq(db),
    limit,
  )
  let rows = stored.map(fromStored)
  const spans = featureChunksBetween(db, pointKey, fromUs, toUs).sort((a, b) => a.minUs - b.minUs)
  for (const span of spans) {
    // Sorted and cut after each chunk, so that a long range never holds more than a page and a chunk.
    const last = rows[limit - 1]
    if (last && span.minUs > last.tUs) break
    rows.push(...rowsOfSpan(db, span, (tUs) => tUs >= fromUs && tUs < toUs))
    rows = rows.sort((a, b) => a.tUs - b.tUs || a.seq - b.seq).slice(0, limit)
  }
  return rows.map(toFeatureRow)
}

/** Feature rows as they leave the plant; what is not available is null. */
export function featureRowsAfter(db: ReadDb, afterSeq: number, limit: number): OutboxRow[] {
  const through = throughSeq(db)
  const rows = chunkedRowsAfter(db, afterSeq, through, limit)
  if (rows.length < limit) {
    const stored = all<StoredFeature>(
      db,
      `${select} WHERE f.seq > ? ORDER BY f.seq LIMIT ?`,
      Math.max(afterSeq, through),
      limit - rows.length,
    )
    rows.push(...stored.map(fromStored))
  }
  const points = new Map<number, { id: string; assetId: string } | undefined>()
  return rows.map((row) => {
    if (!points.has(row.pointKey)) points.set(row.pointKey, pointOf(db, row.pointKey))
    const payload = featurePayload(row, points.get(row.pointKey))
    return { seq: row.seq, kind: 'features' as const, createdUs: row.createdUs, payload }
  })
}

function pointOf(db: ReadDb, key: number): { id: string; assetId: string } | undefined {
  return get<{ id: string; assetId: string }>(db, 'SELECT id, asset_id AS assetId FROM point WHERE key = ?', key)
}

/** Chunks that a connection has unpacked lately: a page of the outbox has a few rows of each of many. */
const recent = new WeakMap<ReadDb, { chunks: Map<number, FeatureColumns>; cells: number }>()
/** Four bytes each. */
const mostCells = 4_000_000

function unpacked(db: ReadDb, span: FeatureSpan): FeatureColumns {
  let cache = recent.get(db)
  if (!cache) recent.set(db, (cache = { chunks: new Map(), cells: 0 }))
  const known = cache.chunks.get(span.id)
  if (known) return known
  const columns = rowsOfFeatureChunk(db, span.id)
  const cells = (c: FeatureColumns): number => c.count * (c.values.length + 14)
  cache.chunks.set(span.id, columns)
  cache.cells += cells(columns)
  for (const [oldest, held] of cache.chunks) {
    if (cache.cells <= mostCells || oldest === span.id) break
    cache.chunks.delete(oldest)
    cache.cells -= cells(held)
  }
  return columns
}

/** The next rows up to `throughSeq`. Where nothing was removed sequences have no holes, so that one turn fills a page. */
function chunkedRowsAfter(db: ReadDb, afterSeq: number, throughSeq: number, limit: number): AnyRow[] {
  const rows: AnyRow[] = []
  let from = afterSeq
  while (rows.length < limit && from < throughSeq) {
    const to = Math.min(from + limit, throughSeq)
    const found = chunkedRows(db, from, to)
    rows.push(...found)
    from = found.length > 0 ? to : nextFeatureSeq(db, to, throughSeq)
  }
  return rows.slice(0, limit)
}

function chunkedRows(db: ReadDb, afterSeq: number, toSeq: number): AnyRow[] {
  const rows: AnyRow[] = []
  for (const span of featureChunksBySeq(db, afterSeq, toSeq)) {
    const columns = unpacked(db, span)
    const names = namesText(db, span.namesRef)
    for (let i = 0; i < columns.count; i++) {
      const seq = columns.seq[i] as number
      if (seq > afterSeq && seq <= toSeq) rows.push(rowAt(db, columns, i, span.pointKey, names))
    }
  }
  return rows.sort((a, b) => a.seq - b.seq)
}

const namesByText = new Map<string, string[]>()

function namesOf(text: string): string[] {
  let names = namesByText.get(text)
  if (!names) namesByText.set(text, (names = JSON.parse(text) as string[]))
  return names
}

function featurePayload(row: AnyRow, point: { id: string; assetId: string } | undefined): string {
  return JSON.stringify({
    schema: 'millwright/features@1',
    pointId: point?.id ?? null,
    assetId: point?.assetId ?? null,
    time: isoFromUs(row.tUs),
    tUs: row.tUs,
    spanUs: row.spanUs,
    rpm: row.rpm,
    runState: row.runState,
    configHash: row.configHash,
    features: Object.fromEntries(namesOf(row.names).map((name, index) => [name, row.values[index] ?? null])),
  })
}
