import type { Migration } from './migration.ts'

/**
 * `capture_detail`: why and how a capture was taken; captures of the first layout have none. `capture_pin`: pins by hand, beside
 * those of alarms and labels, which `capture.pinned` counts as well.
 */
export const captureDetails: Migration = {
  version: 5,
  sql: `
    CREATE TABLE capture_detail (
      id TEXT PRIMARY KEY REFERENCES capture(id) ON DELETE CASCADE, reason TEXT NOT NULL, unit TEXT NOT NULL,
      contract_version INTEGER NOT NULL, coding TEXT NOT NULL, gaps TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE capture_pin (
      id TEXT PRIMARY KEY REFERENCES capture(id) ON DELETE CASCADE, by TEXT NOT NULL, at_us INTEGER NOT NULL, reason TEXT
    ) STRICT, WITHOUT ROWID;
  `,
}
