import type { Migration } from './migration.ts'

/**
 * `segment`: samples of up to 64 points with neighbouring keys (`key_range` is a key divided by 64) of the ticks of one run of
 * compaction, on their way from batches to chunks. Like chunks its rows count from the moment `compaction.through_tick` reaches
 * their `last_tick`; chunks take the place of a range's segments in the transaction that inserts them.
 */
export const segments: Migration = {
  version: 14,
  sql: `
    CREATE TABLE segment (
      id INTEGER PRIMARY KEY AUTOINCREMENT, key_range INTEGER NOT NULL, last_tick INTEGER NOT NULL, points INTEGER NOT NULL,
      min_us INTEGER NOT NULL, max_us INTEGER NOT NULL, count INTEGER NOT NULL, checksum INTEGER NOT NULL,
      payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX segment_by_range ON segment (key_range, max_us, min_us, count, points, last_tick);
  `,
}
