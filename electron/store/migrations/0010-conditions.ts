import type { Migration } from './migration.ts'

/**
 * `condition`: the alarms of servers as they stand, a row a branch. `condition_event`: their journal, whose words are the
 * payload of the outbox row it names, so that they are stored once and kept and removed together.
 */
export const conditions: Migration = {
  version: 10,
  sql: `
    CREATE TABLE condition (
      server_id TEXT NOT NULL, condition_id TEXT NOT NULL, branch_id TEXT NOT NULL, payload TEXT NOT NULL,
      PRIMARY KEY (server_id, condition_id, branch_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE condition_event (
      id INTEGER PRIMARY KEY AUTOINCREMENT, server_id TEXT NOT NULL, condition_id TEXT NOT NULL, branch_id TEXT NOT NULL,
      at_us INTEGER NOT NULL, heard_us INTEGER NOT NULL, event_seq INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX condition_event_by_condition ON condition_event (server_id, condition_id, id);
    CREATE INDEX condition_event_by_event ON condition_event (event_seq);
  `,
}
