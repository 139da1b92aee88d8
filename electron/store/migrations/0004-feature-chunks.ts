import type { Migration } from './migration.ts'

/**
 * `feature_chunk`: feature rows of one point. They count from the moment `feature_compaction.through_seq` reaches their
 * `last_seq`; rows of `feature` up to it then no longer count and are removed piece by piece. An open chunk holds all its columns,
 * a closed one has a row of `feature_column` each (id = chunk * 1024 + feature). Classes as in `chunk`: k holds spans of at most
 * 4^k, in time and in sequence. `feature_rollup`: as `rollup`, of one feature.
 */
export const featureChunks: Migration = {
  version: 4,
  sql: `
    CREATE TABLE feature_chunk (
      id INTEGER PRIMARY KEY AUTOINCREMENT, point_key INTEGER NOT NULL, names_ref INTEGER NOT NULL REFERENCES feature_names(id),
      level INTEGER NOT NULL, closed INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
      seq_class INTEGER NOT NULL, span_class INTEGER NOT NULL, min_us INTEGER NOT NULL, max_us INTEGER NOT NULL,
      count INTEGER NOT NULL, checksum INTEGER NOT NULL, times BLOB NOT NULL, payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX feature_chunk_by_time ON feature_chunk (point_key, span_class, max_us, min_us);
    CREATE INDEX feature_chunk_by_seq ON feature_chunk (seq_class, last_seq, first_seq);
    CREATE INDEX feature_chunk_by_point ON feature_chunk (point_key, id);
    CREATE INDEX feature_chunk_open ON feature_chunk (point_key, max_us, min_us) WHERE closed = 0;
    CREATE TABLE feature_column (
      id INTEGER PRIMARY KEY, bad_count INTEGER NOT NULL, min_value REAL, max_value REAL, sum_value REAL,
      checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;
    CREATE TABLE feature_rollup (
      id INTEGER PRIMARY KEY AUTOINCREMENT, point_key INTEGER NOT NULL, feature INTEGER NOT NULL, level INTEGER NOT NULL,
      parent INTEGER REFERENCES feature_rollup(id), chunk INTEGER, min_us INTEGER NOT NULL, max_us INTEGER NOT NULL,
      width_us INTEGER NOT NULL, count INTEGER NOT NULL, checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX feature_rollup_roots ON feature_rollup (point_key, feature, level) WHERE parent IS NULL;
    CREATE INDEX feature_rollup_children ON feature_rollup (parent) WHERE parent IS NOT NULL;
    CREATE INDEX feature_rollup_leaves ON feature_rollup (chunk) WHERE chunk IS NOT NULL;
    CREATE TABLE feature_compaction (
      id INTEGER PRIMARY KEY CHECK (id = 1), through_seq INTEGER NOT NULL, rolled_chunk INTEGER NOT NULL,
      removed_rows INTEGER NOT NULL
    ) STRICT;
    INSERT INTO feature_compaction (id, through_seq, rolled_chunk, removed_rows) VALUES (1, 0, 0, 0);
  `,
}
