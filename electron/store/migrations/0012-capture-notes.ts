import type { Migration } from './migration.ts'

/** `capture_note`: what people say of a capture and the peaks they marked in it; it goes when the capture goes. */
export const captureNotes: Migration = {
  version: 12,
  sql: `
    CREATE TABLE capture_note (
      id TEXT PRIMARY KEY, capture_id TEXT NOT NULL REFERENCES capture(id) ON DELETE CASCADE, at_us INTEGER NOT NULL,
      by TEXT NOT NULL, payload TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX capture_note_by_capture ON capture_note (capture_id, at_us);
  `,
}
