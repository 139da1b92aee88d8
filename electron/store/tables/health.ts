import type {
  BaselineRecord,
  HealthCommit,
  HealthEpoch,
  HealthEvidence,
  StoredHealth,
} from '../../../shared/domain/health.ts'
import { all, get, run, wholeUs, type ReadDb, type WriteDb } from '../database.ts'
import { appendAudit } from './audit.ts'

/** The caller opens the one transaction. What is there already is written over: a replay says the same again. */
export function writeHealth(db: WriteDb, commit: HealthCommit): void {
  for (const pointKey of commit.forget ?? []) {
    run(db, 'DELETE FROM health_log WHERE point_key = ?', pointKey)
    run(db, 'DELETE FROM health_memory WHERE point_key = ?', pointKey)
  }
  for (const { pointKey, seq, tUs, body } of commit.log ?? [])
    run(
      db,
      'INSERT OR REPLACE INTO health_log (point_key, seq, t_us, body) VALUES (?, ?, ?, ?)',
      pointKey,
      wholeUs(seq, 'An entry of a health log'),
      wholeUs(tUs, 'An entry of a health log'),
      body,
    )
  for (const { pointKey, seq, body } of commit.memories ?? []) {
    run(db, 'INSERT OR REPLACE INTO health_memory (point_key, seq, body) VALUES (?, ?, ?)', pointKey, seq, body)
    // The last one stays: it says up to when rows have become snapshots.
    run(db, 'DELETE FROM health_log WHERE point_key = ? AND seq < ?', pointKey, seq)
  }
  for (const record of commit.baselines ?? [])
    run(
      db,
      `INSERT INTO baseline (id, point_key, proposed_us, payload) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET payload = excluded.payload`,
      record.id,
      record.pointKey,
      wholeUs(record.proposedUs, `Baseline ${record.id}`),
      JSON.stringify(record),
    )
  for (const epoch of commit.epochs ?? [])
    run(
      db,
      'INSERT OR REPLACE INTO health_epoch (point_key, began_us, payload) VALUES (?, ?, ?)',
      epoch.pointKey,
      wholeUs(epoch.beganUs, `An epoch of point ${epoch.pointKey}`),
      JSON.stringify(epoch),
    )
  for (const evidence of commit.evidence ?? [])
    run(
      db,
      'INSERT OR REPLACE INTO health_evidence (point_key, t_us, payload) VALUES (?, ?, ?)',
      evidence.pointKey,
      wholeUs(evidence.tUs, `Evidence of point ${evidence.pointKey}`),
      JSON.stringify(evidence),
    )
  appendAudit(db, commit.audit ?? [])
}

export function readHealth(db: ReadDb, pointKey: number): StoredHealth {
  const memory = get<StoredHealth['memory']>(
    db,
    'SELECT point_key AS pointKey, seq, body FROM health_memory WHERE point_key = ?',
    pointKey,
  )
  const log = all<StoredHealth['log'][number]>(
    db,
    'SELECT point_key AS pointKey, seq, t_us AS tUs, body FROM health_log WHERE point_key = ? AND seq >= ? ORDER BY seq',
    pointKey,
    memory?.seq ?? -1,
  )
  return { memory: memory ?? null, log }
}

/** All there ever were, oldest first. */
export function readBaselines(db: ReadDb): BaselineRecord[] {
  const rows = all<{ payload: string }>(db, 'SELECT payload FROM baseline ORDER BY proposed_us, id')
  return rows.map(({ payload }) => JSON.parse(payload) as BaselineRecord)
}

/** Oldest first. */
export function readHealthEpochs(db: ReadDb): HealthEpoch[] {
  const rows = all<{ payload: string }>(db, 'SELECT payload FROM health_epoch ORDER BY point_key, began_us')
  return rows.map(({ payload }) => JSON.parse(payload) as HealthEpoch)
}

/** The newest up to a moment; null where there is none. */
export function readHealthEvidence(db: ReadDb, pointKey: number, atUs: number): HealthEvidence | null {
  const row = get<{ payload: string }>(
    db,
    'SELECT payload FROM health_evidence WHERE point_key = ? AND t_us <= ? ORDER BY t_us DESC LIMIT 1',
    pointKey,
    atUs,
  )
  return row ? (JSON.parse(row.payload) as HealthEvidence) : null
}
