import type { Fault } from '../../../shared/domain/fault.ts'
import { all, type ReadDb } from '../database.ts'

const rows: Record<string, string> = {
  captures: 'SELECT count(*) FROM capture',
  scalars: 'SELECT count(*) FROM chunk',
  features: 'SELECT (SELECT count(*) FROM feature_chunk) + (SELECT count(*) FROM feature_column)',
  aggregates: 'SELECT (SELECT count(*) FROM rollup) + (SELECT count(*) FROM feature_rollup)',
  events: 'SELECT count(*) FROM event',
}

/** What the ledger of sizes says is there, is: retention goes by it. */
export function* checkTierSizes(db: ReadDb): Iterable<Fault> {
  for (const { tier, counted, bytes } of all<{ tier: string; counted: number; bytes: number }>(
    db,
    'SELECT tier, rows AS counted, bytes FROM tier_size',
  )) {
    const sql = rows[tier]
    const held = sql === undefined ? 0 : Number(db.prepare(sql).pluck().get())
    if (held === counted && bytes >= 0) continue
    yield {
      path: `tier_size[${tier}]`,
      code: 'count',
      message: `The ledger of sizes counts ${counted} rows of ${tier}; the tables hold ${held}.`,
      remedy:
        'Nothing that was measured is lost; restore the last good backup, or retention removes too much or too little.',
    }
  }
}
