import type { RunState, RunStateChange } from '../../../shared/domain/twin.ts'
import { all, get, real, run, wholeUsOr, type ReadDb, type WriteDb } from '../database.ts'

type StoredChange = Omit<RunStateChange, 'rpm'> & { rpm: number | null }

const columns = 'r.asset_id AS assetId, r.at_us AS atUs, r.state, r.rpm'

/** Call within the tick's transaction. A state that is recorded already is not recorded again. */
export function writeRunState(db: WriteDb, change: RunStateChange, createdUs: number): void {
  const known = get<{ state: RunState }>(
    db,
    'SELECT r.state FROM run_state_now n JOIN run_state r ON r.id = n.id WHERE n.asset_id = ?',
    change.assetId,
  )
  if (known?.state === change.state) return
  const atUs = wholeUsOr(change.atUs, createdUs)
  const sql = 'INSERT INTO run_state (asset_id, at_us, state, rpm) VALUES (?, ?, ?, ?)'
  const id = run(db, sql, change.assetId, atUs, change.state, change.rpm)
  run(
    db,
    'INSERT INTO run_state_now (asset_id, id) VALUES (?, ?) ON CONFLICT DO UPDATE SET id = excluded.id',
    change.assetId,
    id,
  )
}

/** Nobody watches while the engine does not run: from `atUs` on the state of every machine is unknown. */
export function forgetRunStates(db: WriteDb, atUs: number): void {
  const known = all<{ assetId: string }>(
    db,
    `SELECT n.asset_id AS assetId FROM run_state_now n JOIN run_state r ON r.id = n.id WHERE r.state <> 'unknown'`,
  )
  for (const { assetId } of known) writeRunState(db, { assetId, atUs, state: 'unknown', rpm: Number.NaN }, atUs)
}

const toChange = (row: StoredChange): RunStateChange => ({ ...row, rpm: real(row.rpm) })

/** The state of each asset and since when; the last of changes that carry the same time. Assets without a change are left out. */
export function runStatesAt(db: ReadDb, assetIds: readonly string[] | null, atUs: number): RunStateChange[] {
  const ids =
    assetIds ?? all<{ id: string }>(db, 'SELECT asset_id AS id FROM run_state_now ORDER BY id').map(({ id }) => id)
  return ids.flatMap((assetId) => {
    const row = get<StoredChange>(
      db,
      `SELECT ${columns} FROM run_state r WHERE r.asset_id = ? AND r.at_us <= ? ORDER BY r.at_us DESC, r.id DESC LIMIT 1`,
      assetId,
      Math.min(atUs, Number.MAX_SAFE_INTEGER),
    )
    return row ? [toChange(row)] : []
  })
}

/** Changes of one asset within [fromUs, toUs), led by the one that held at `fromUs`; in order of time. */
export function runStatesBetween(db: ReadDb, assetId: string, fromUs: number, toUs: number): RunStateChange[] {
  const rows = all<StoredChange>(
    db,
    `SELECT ${columns} FROM run_state r WHERE r.asset_id = ? AND r.at_us > ? AND r.at_us < ? ORDER BY r.at_us, r.id`,
    assetId,
    fromUs,
    toUs,
  )
  return [...runStatesAt(db, [assetId], fromUs), ...rows.map(toChange)]
}
