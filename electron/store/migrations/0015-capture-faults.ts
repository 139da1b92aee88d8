import type { Migration } from './migration.ts'

/** `capture_fault`: what is wrong with a capture's samples; captures in which nothing was found have no row. */
export const captureFaults: Migration = {
  version: 15,
  sql: `
    CREATE TABLE capture_fault (
      capture_id TEXT PRIMARY KEY REFERENCES capture(id) ON DELETE CASCADE, payload TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
}
