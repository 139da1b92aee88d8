import type { Migration } from './migration.ts'

/**
 * `chunk`: samples of one point. Its rows count from the moment `compaction.through_tick` reaches their `last_tick`; batches up
 * to that tick then no longer count and are removed piece by piece. `span_class` k holds chunks of at most 4^k microseconds, so
 * that a search for a time range is a bounded range of `max_us` in each class, however far a few samples are off.
 * `compacted`: what the batches of a session that are gone by now held, for verify.
 */
export const chunks: Migration = {
  version: 2,
  sql: `
    CREATE TABLE chunk (
      id INTEGER PRIMARY KEY AUTOINCREMENT, point_key INTEGER NOT NULL, level INTEGER NOT NULL, closed INTEGER NOT NULL,
      last_tick INTEGER NOT NULL, span_class INTEGER NOT NULL, min_us INTEGER NOT NULL, max_us INTEGER NOT NULL,
      count INTEGER NOT NULL, bad_count INTEGER NOT NULL, min_value REAL, max_value REAL, sum_value REAL,
      checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX chunk_by_time ON chunk (point_key, span_class, max_us, min_us);
    CREATE INDEX chunk_by_point ON chunk (point_key, id);
    CREATE TABLE compaction (
      id INTEGER PRIMARY KEY CHECK (id = 1), through_tick INTEGER NOT NULL, duplicates INTEGER NOT NULL
    ) STRICT;
    INSERT INTO compaction (id, through_tick, duplicates) VALUES (1, 0, 0);
    CREATE TABLE compacted (
      session INTEGER PRIMARY KEY REFERENCES session(id), first_number INTEGER NOT NULL, last_number INTEGER NOT NULL,
      ticks INTEGER NOT NULL, scalars INTEGER NOT NULL
    ) STRICT;
  `,
}
