import type { Migration } from './migration.ts'

/**
 * Bytes a row takes in the file: a payload beyond what fits a page (4 KiB) has pages of its own, the last half full on average;
 * the rest is the row's other columns and its entries in indexes.
 */
const stored = (row: string, more = ''): string =>
  `(length(${row}payload)${more} + CASE WHEN length(${row}payload) > 3900 THEN 2300 ELSE 200 END)`

const counted = [
  { table: 'chunk', tier: 'scalars', bytes: stored },
  { table: 'rollup', tier: 'aggregates', bytes: stored },
  { table: 'feature_chunk', tier: 'features', bytes: (row: string) => stored(row, ` + length(${row}times)`) },
  { table: 'feature_column', tier: 'features', bytes: stored },
  { table: 'feature_rollup', tier: 'aggregates', bytes: stored },
  { table: 'event', tier: 'events', bytes: (row: string) => `(length(${row}payload) + 300)` },
  { table: 'capture', tier: 'captures', bytes: stored },
] as const

const triggers = counted.map(
  ({ table, tier, bytes }) => `
    CREATE TRIGGER ${table}_counts AFTER INSERT ON ${table} BEGIN
      UPDATE tier_size SET rows = rows + 1, bytes = bytes + ${bytes('NEW.')} WHERE tier = '${tier}';
    END;
    CREATE TRIGGER ${table}_uncounts AFTER DELETE ON ${table} BEGIN
      UPDATE tier_size SET rows = rows - 1, bytes = bytes - ${bytes('OLD.')} WHERE tier = '${tier}';
    END;`,
)

const tiers = ['captures', 'scalars', 'features', 'aggregates', 'events'].map((tier) => {
  const of = counted.filter((one) => one.tier === tier)
  const rows = of.map(({ table }) => `(SELECT count(*) FROM ${table})`).join(' + ')
  const bytes = of.map((one) => `(SELECT ifnull(sum(${one.bytes('')}), 0) FROM ${one.table})`).join(' + ')
  return `INSERT INTO tier_size (tier, rows, bytes) SELECT '${tier}', ${rows}, ${bytes};`
})

/** The ledger of sizes from what the tables hold; for files that were put together without the triggers. */
export const countTiersAgain: readonly string[] = ['DELETE FROM tier_size', ...tiers]

/**
 * `tier_size`: what each tier holds, kept by triggers so that nobody has to count. `removal`: what retention has removed, a row a
 * tier, cause and day. The indexes give the oldest of each tier that may go.
 */
export const retention: Migration = {
  version: 8,
  sql: `
    CREATE TABLE tier_size (tier TEXT PRIMARY KEY, rows INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE removal (
      id INTEGER PRIMARY KEY AUTOINCREMENT, tier TEXT NOT NULL, why TEXT NOT NULL, from_us INTEGER NOT NULL,
      to_us INTEGER NOT NULL, rows INTEGER NOT NULL, samples INTEGER NOT NULL, bytes INTEGER NOT NULL,
      to_seq INTEGER NOT NULL, first_at_us INTEGER NOT NULL, last_at_us INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX chunk_by_age ON chunk (max_us) WHERE closed = 1;
    CREATE INDEX feature_chunk_by_age ON feature_chunk (max_us) WHERE closed = 1;
    CREATE INDEX rollup_by_age ON rollup (max_us) WHERE parent IS NULL;
    CREATE INDEX feature_rollup_by_age ON feature_rollup (max_us) WHERE parent IS NULL;
    CREATE INDEX capture_by_age ON capture (source_us) WHERE pinned = 0;
    CREATE INDEX capture_pinned ON capture (id, length(payload)) WHERE pinned = 1;
    CREATE INDEX capture_by_time ON capture (source_us);
    CREATE INDEX gap_by_event ON gap (event_seq);
    ${tiers.join('\n    ')}${triggers.join('')}
  `,
}
