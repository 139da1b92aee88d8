import type { Migration } from './migration.ts'

/**
 * `rollup`: minimum, maximum, sum and counts of a point by time. Leaves (level 0) are made of one closed chunk each; sixteen
 * nodes of a level get a parent with wider buckets, and stay. `rolled.through_chunk`: closed chunks up to it have their leaf.
 */
export const rollups: Migration = {
  version: 3,
  sql: `
    CREATE TABLE rollup (
      id INTEGER PRIMARY KEY AUTOINCREMENT, point_key INTEGER NOT NULL, level INTEGER NOT NULL,
      parent INTEGER REFERENCES rollup(id), chunk INTEGER, min_us INTEGER NOT NULL, max_us INTEGER NOT NULL,
      width_us INTEGER NOT NULL, count INTEGER NOT NULL, checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX rollup_roots ON rollup (point_key, level) WHERE parent IS NULL;
    CREATE INDEX rollup_children ON rollup (parent) WHERE parent IS NOT NULL;
    CREATE INDEX chunk_open ON chunk (point_key, max_us, min_us) WHERE closed = 0;
    CREATE TABLE rolled (id INTEGER PRIMARY KEY CHECK (id = 1), through_chunk INTEGER NOT NULL) STRICT;
    INSERT INTO rolled (id, through_chunk) VALUES (1, 0);
  `,
}
