import { crc32 } from 'node:zlib'
import type { SignalFault } from '../../../shared/domain/analysis.ts'
import type { AuditEntry } from '../../../shared/domain/audit-trail.ts'
import type {
  Capture,
  CaptureCause,
  CaptureCoding,
  CaptureGap,
  CaptureHead,
  CapturePin,
  Samples,
} from '../../../shared/domain/twin.ts'
import { decodeCapture, encodeCapture, isCaptureLayout, type EncodedCapture } from '../capture-codec.ts'
import { decode32, sectionsOf } from '../codec.ts'
import { all, get, real, run, whereOf, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'
import { appendAudit } from './audit.ts'
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

/** A capture with its samples, as it is read back. */
export type StoredCapture = CaptureHead & { samples: Samples }

/** Encoding takes milliseconds and needs no lock: do it before the transaction of `putCapture`. */
export function encodeForStore(capture: Capture): EncodedCapture {
  return encodeCapture(capture.samples)
}

export function putCapture(db: WriteDb, capture: Capture, { coding, payload }: EncodedCapture): void {
  const { samples } = capture
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
  run(
    db,
    `INSERT INTO capture_detail (id, reason, unit, contract_version, coding, gaps) VALUES (?, ?, ?, ?, ?, ?)`,
    capture.id,
    capture.reason,
    capture.unit,
    capture.contractVersion,
    coding,
    JSON.stringify(capture.gaps),
  )
  if (capture.faults && capture.faults.length > 0)
    run(db, 'INSERT INTO capture_fault (capture_id, payload) VALUES (?, ?)', capture.id, JSON.stringify(capture.faults))
}

export function captureChecksum(sampleCount: number, payload: Uint8Array): number {
  return crc32(payload, sampleCount)
}

export interface PinRequest {
  id: string
  /** false takes a pin by hand away; what an alarm pinned stays pinned. */
  pinned: boolean
  by: string
  atUs: number
  reason: string | null
  audit?: AuditEntry
}

/** Returns false when there is no such capture. Call within a transaction. */
export function pinCapture(db: WriteDb, { id, pinned, by, atUs, reason, audit }: PinRequest): boolean {
  const known = get<{ occurrenceId: string | null }>(
    db,
    'SELECT occurrence_id AS occurrenceId FROM capture WHERE id = ?',
    id,
  )
  if (!known) return false
  if (pinned) {
    run(
      db,
      'INSERT INTO capture_pin (id, by, at_us, reason) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
      id,
      by,
      wholeUs(atUs, 'A pin'),
      reason,
    )
  } else run(db, 'DELETE FROM capture_pin WHERE id = ?', id)
  run(db, 'UPDATE capture SET pinned = ? WHERE id = ?', pinned || known.occurrenceId !== null ? 1 : 0, id)
  if (audit) appendAudit(db, [audit])
  return true
}

interface StoredHead extends Omit<CaptureHead, 'rpm' | 'reason' | 'gaps' | 'coding' | 'pin' | 'faults'> {
  faults: string | null
  rpm: number | null
  reason: string | null
  gaps: string | null
  coding: CaptureCoding | null
  byHand: number
  labelled: number
}

const columns = `k.id, k.point_key AS pointKey, k.cause, d.reason, k.occurrence_id AS occurrenceId, k.source_us AS sourceUs,
  k.sample_rate_hz AS sampleRateHz, k.sample_count AS sampleCount, k.rpm, k.run_state AS runState, c.hash AS configHash,
  f.payload AS faults, d.unit, d.contract_version AS contractVersion, d.coding, d.gaps, length(k.payload) AS bytes,
  h.id IS NOT NULL AS byHand, ifnull(o.outcome IS NOT NULL, 0) AS labelled`
const from = `FROM capture k JOIN config_ref c ON c.id = k.config_ref LEFT JOIN capture_detail d ON d.id = k.id
  LEFT JOIN capture_fault f ON f.capture_id = k.id LEFT JOIN capture_pin h ON h.id = k.id LEFT JOIN occurrence o ON o.id = k.occurrence_id`

/** In order of source time. */
export function readCaptures(db: ReadDb, query: CaptureQuery): CaptureHead[] {
  const { where, values } = whereOf({
    'k.point_key = ?': query.pointKey,
    'k.occurrence_id = ?': query.occurrenceId,
    'k.cause = ?': query.cause,
    'k.source_us >= ?': query.fromUs,
    'k.source_us < ?': query.toUs,
  })
  return all<StoredHead>(
    db,
    `SELECT ${columns} ${from} ${where}
     ORDER BY k.source_us DESC, k.id DESC LIMIT ?`,
    ...values,
    query.limit ?? 1000,
  )
    .map(toHead)
    .reverse()
}

function toHead({ byHand, labelled, rpm, reason, gaps, coding, faults, ...row }: StoredHead): CaptureHead {
  return {
    ...row,
    rpm: real(rpm),
    reason: reason ?? '',
    // The first layout kept float32 and one unbroken piece.
    coding: coding ?? 'float32',
    gaps: gaps === null ? [] : (JSON.parse(gaps) as CaptureGap[]),
    faults: faults === null ? [] : (JSON.parse(faults) as SignalFault[]),
    pin: pinOf(byHand === 1, labelled === 1, row.occurrenceId),
  }
}

function pinOf(byHand: boolean, labelled: boolean, occurrenceId: string | null): CapturePin | null {
  if (labelled) return 'label'
  if (occurrenceId !== null) return 'alarm'
  return byHand ? 'hand' : null
}

export function readCapture(db: ReadDb, id: string): StoredCapture | null {
  const row = get<StoredHead & { checksum: number; payload: Uint8Array }>(
    db,
    `SELECT ${columns}, k.checksum, k.payload ${from} WHERE k.id = ?`,
    id,
  )
  if (!row) return null
  const { checksum, payload, ...head } = row
  if (captureChecksum(head.sampleCount, payload) !== checksum) {
    throw new TwinError('damaged', `Capture ${id} does not match its checksum; run millwright verify.`)
  }
  return { ...toHead(head), samples: decodeSamples(payload, head.sampleCount) }
}

/** Either layout: the first was one column of float32 words. */
export function decodeSamples(payload: Uint8Array, count: number): Samples {
  if (isCaptureLayout(payload)) return decodeCapture(payload, count)
  const section = sectionsOf(payload)[0]
  if (!section || count === 0) return new Float32Array(0)
  return new Float32Array(decode32(section, count).buffer)
}
