import { limits } from '../../../shared/domain/limits.ts'
import type { RemovalCause } from '../../../shared/domain/retention.ts'
import { all, get, run, type WriteDb } from '../database.ts'
import type { Removed } from './removals.ts'

/** Logs of small rows beside the events: when a machine ran, and what was delivered when. */
interface StateLog {
  table: 'run_state' | 'delivery_log'
  /** Rows that stay whatever their age. */
  held: string
  /** Of a row with its entry in the index. */
  bytes: string
  most: number
}

export interface StateLogLimits {
  runStates: number
  deliveries: number
}

const rowsAtOnce = 256

function logsOf({ runStates, deliveries }: StateLogLimits): readonly StateLog[] {
  return [
    // The state that each machine is in by now.
    { table: 'run_state', held: 'SELECT id FROM run_state_now', bytes: '2 * length(asset_id) + 50', most: runStates },
    {
      table: 'delivery_log',
      held: 'SELECT max(id) FROM delivery_log',
      bytes: 'length(payload) + 30',
      most: deliveries,
    },
  ]
}

/**
 * Removes some of the oldest rows of a log, within the transaction the caller opens: those before `beforeUs`, and what is more
 * than the log may have. Rows are in order of their numbers; their times may go back where a clock was set. null when nothing
 * may go.
 */
export function stateLogBite(
  db: WriteDb,
  beforeUs: number,
  most: StateLogLimits = limits.stateLogRows,
): { why: RemovalCause; removed: Removed } | null {
  for (const log of logsOf(most)) {
    const head = get<{ id: number | null }>(db, `SELECT max(id) AS id FROM ${log.table}`)?.id ?? 0
    const oldest = all<{ id: number; atUs: number; bytes: number }>(
      db,
      `SELECT id, at_us AS atUs, ${log.bytes} AS bytes FROM ${log.table} WHERE id NOT IN (${log.held})
       ORDER BY id LIMIT ${rowsAtOnce}`,
    )
    const through = head - log.most
    const stays = oldest.findIndex(({ id, atUs }) => id > through && atUs >= beforeUs)
    const rows = stays < 0 ? oldest : oldest.slice(0, stays)
    if (rows.length === 0) continue
    for (const { id } of rows) run(db, `DELETE FROM ${log.table} WHERE id = ?`, id)
    const times = rows.map(({ atUs }) => atUs)
    return {
      why: rows.some(({ atUs }) => atUs < beforeUs) ? 'age' : 'size',
      removed: {
        fromUs: Math.min(...times),
        toUs: Math.max(...times),
        rows: rows.length,
        samples: 0,
        bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
        toSeq: 0,
      },
    }
  }
  return null
}
