import type { Migration } from './migration.ts'

/**
 * `health_log`: what was shown to a point's monitor since `health_memory`, which is all that it knew; together they make it
 * anew. `baseline`, `health_epoch`, `health_evidence`: what people decided and what they were told, kept for good.
 */
export const health: Migration = {
  version: 13,
  sql: `
    CREATE TABLE health_log (
      point_key INTEGER NOT NULL, seq INTEGER NOT NULL, t_us INTEGER NOT NULL, body BLOB NOT NULL,
      PRIMARY KEY (point_key, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE health_memory (point_key INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE TABLE baseline (
      id TEXT PRIMARY KEY, point_key INTEGER NOT NULL, proposed_us INTEGER NOT NULL, payload TEXT NOT NULL
    ) STRICT;
    CREATE TABLE health_epoch (
      point_key INTEGER NOT NULL, began_us INTEGER NOT NULL, payload TEXT NOT NULL,
      PRIMARY KEY (point_key, began_us)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE health_evidence (
      point_key INTEGER NOT NULL, t_us INTEGER NOT NULL, payload TEXT NOT NULL,
      PRIMARY KEY (point_key, t_us)
    ) STRICT, WITHOUT ROWID;
  `,
}
