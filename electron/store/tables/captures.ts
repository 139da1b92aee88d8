import { crc32 } from 'node:zlib'
import type { Capture, CaptureCause, CaptureHead } from '../../../shared/domain/twin.ts'
import { decode32, encode32, sectionsOf, wordView } from '../codec.ts'
import { all, get, real, run, wholeUs, type ReadDb, type SqlValue, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { configRef } from './config.ts'

/** Small captures are listed; their samples are read one at a time. */
export interface CaptureQuery {
  pointKey?: number
  occurrenceId?: string
  cause?: CaptureCause
  fromUs?: number
  toUs?: number
  /** Newest first are kept when there are more. */
  limit?: number
}

export function putCapture(db: WriteDb, capture: Capture): void {
  const { samples } = capture
  const payload = Buffer.concat(encode32(wordView(samples)))
  run(
    db,
    `INSERT INTO capture (id, point_key, cause, occurrence_id, pinned, source_us, sample_rate_hz, sample_count, rpm, run_state,
       config_ref, checksum, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    capture.id,
    capture.pointKey,
    capture.cause,
    capture.occurrenceId,
    capture.occurrenceId === null ? 0 : 1,
    wholeUs(capture.sourceUs, `Capture ${capture.id}`),
    capture.sampleRateHz,
    samples.length,
    capture.rpm,
    capture.runState,
    configRef(db, capture.configHash),
    captureChecksum(samples.length, payload),
    payload,
  )
}

export function captureChecksum(sampleCount: number, payload: Uint8Array): number {
  return crc32(payload, sampleCount)
}

type StoredHead = Omit<CaptureHead, 'rpm'> & { rpm: number | null }

const columns = `k.id, k.point_key AS pointKey, k.cause, k.occurrence_id AS occurrenceId, k.source_us AS sourceUs,
  k.sample_rate_hz AS sampleRateHz, k.sample_count AS sampleCount, k.rpm, k.run_state AS runState, c.hash AS configHash`
const from = 'FROM capture k JOIN config_ref c ON c.id = k.config_ref'

/** In order of source time. */
export function readCaptures(db: ReadDb, query: CaptureQuery): CaptureHead[] {
  const where: string[] = []
  const values: SqlValue[] = []
  const add = (condition: string, value: SqlValue | undefined): void => {
    if (value === undefined) return
    where.push(condition)
    values.push(value)
  }
  add('k.point_key = ?', query.pointKey)
  add('k.occurrence_id = ?', query.occurrenceId)
  add('k.cause = ?', query.cause)
  add('k.source_us >= ?', query.fromUs)
  add('k.source_us < ?', query.toUs)
  return all<StoredHead>(
    db,
    `SELECT ${columns} ${from} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
     ORDER BY k.source_us DESC, k.id DESC LIMIT ?`,
    ...values,
    query.limit ?? 1000,
  )
    .map((row) => ({ ...row, rpm: real(row.rpm) }))
    .reverse()
}

export function readCapture(db: ReadDb, id: string): Capture | null {
  const row = get<StoredHead & { checksum: number; payload: Uint8Array }>(
    db,
    `SELECT ${columns}, k.checksum, k.payload ${from} WHERE k.id = ?`,
    id,
  )
  if (!row) return null
  const { sampleCount, checksum, payload, rpm, ...head } = row
  if (captureChecksum(sampleCount, payload) !== checksum) {
    throw new TwinError('damaged', `Capture ${id} does not match its checksum; run millwright verify.`)
  }
  return { ...head, rpm: real(rpm), samples: decodeSamples(payload, sampleCount) }
}

export function decodeSamples(payload: Uint8Array, count: number): Float32Array {
  const section = sectionsOf(payload)[0]
  if (!section || count === 0) return new Float32Array(0)
  return new Float32Array(decode32(section, count).buffer)
}
