import { crc32 } from 'node:zlib'
import type { OutboxRow } from '../../../shared/domain/outbox.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import type { FeatureRow, RunState } from '../../../shared/domain/twin.ts'
import { bytesOf } from '../codec.ts'
import { all, get, real, run, wholeUsOr, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { configRef } from './config.ts'

interface StoredFeature {
  seq: number
  pointKey: number
  pointId: string | null
  assetId: string | null
  tUs: number
  spanUs: number
  rpm: number | null
  runState: RunState
  configHash: string
  names: string
  createdUs: number
  payload: Uint8Array
}

const select = `SELECT f.seq, f.point_key AS pointKey, p.id AS pointId, p.asset_id AS assetId, f.t_us AS tUs,
    f.span_us AS spanUs, f.rpm, f.run_state AS runState, c.hash AS configHash, n.names, f.created_us AS createdUs, f.payload
  FROM feature f LEFT JOIN point p ON p.key = f.point_key JOIN config_ref c ON c.id = f.config_ref
  JOIN feature_names n ON n.id = f.names_ref`

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
    crc32(payload),
    payload,
  )
}

/** Rows name the list that was in force when they were written, so that an older row never gets a newer name. */
function namesRef(db: WriteDb, names: readonly string[]): number {
  const text = JSON.stringify(names)
  const known = get<{ id: number }>(db, 'SELECT id FROM feature_names WHERE names = ?', text)
  return known?.id ?? run(db, 'INSERT INTO feature_names (names) VALUES (?)', text)
}

/** Copies, since a blob need not be aligned to four bytes. */
export function floatsOf(payload: Uint8Array): Float32Array<ArrayBuffer> {
  return new Float32Array(new Uint8Array(payload).buffer)
}

function toRow(stored: StoredFeature): FeatureRow {
  const { pointKey, tUs, spanUs, runState, configHash } = stored
  return { pointKey, tUs, spanUs, values: floatsOf(stored.payload), rpm: real(stored.rpm), runState, configHash }
}

/** The newest block's features, by source time. */
export function lastFeatures(db: ReadDb, pointKey: number): FeatureRow | null {
  const row = get<StoredFeature>(
    db,
    `${select} WHERE f.point_key = ? ORDER BY f.t_us DESC, f.seq DESC LIMIT 1`,
    pointKey,
  )
  return row ? toRow(row) : null
}

/** In order of source time; `toUs` is not included. */
export function readFeatures(db: ReadDb, pointKey: number, fromUs: number, toUs: number, limit: number): FeatureRow[] {
  return all<StoredFeature>(
    db,
    `${select} WHERE f.point_key = ? AND f.t_us >= ? AND f.t_us < ? ORDER BY f.t_us, f.seq LIMIT ?`,
    pointKey,
    fromUs,
    toUs,
    limit,
  ).map(toRow)
}

/** Feature rows as they leave the plant; what is not available is null. */
export function featureRowsAfter(db: ReadDb, afterSeq: number, limit: number): OutboxRow[] {
  const rows = all<StoredFeature>(db, `${select} WHERE f.seq > ? ORDER BY f.seq LIMIT ?`, afterSeq, limit)
  return rows.map((row) => ({
    seq: row.seq,
    kind: 'features',
    createdUs: row.createdUs,
    payload: featurePayload(row),
  }))
}

const namesByText = new Map<string, string[]>()

function namesOf(text: string): string[] {
  let names = namesByText.get(text)
  if (!names) namesByText.set(text, (names = JSON.parse(text) as string[]))
  return names
}

function featurePayload(row: StoredFeature): string {
  const values = floatsOf(row.payload)
  return JSON.stringify({
    schema: 'millwright/features@1',
    pointId: row.pointId,
    assetId: row.assetId,
    time: isoFromUs(row.tUs),
    tUs: row.tUs,
    spanUs: row.spanUs,
    rpm: row.rpm,
    runState: row.runState,
    configHash: row.configHash,
    features: Object.fromEntries(namesOf(row.names).map((name, index) => [name, values[index] ?? null])),
  })
}
