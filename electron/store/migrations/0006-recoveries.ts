import type { Migration } from './migration.ts'

/** `recovery`: what was restored or salvaged, and what was lost, as a report for people. */
export const recoveries: Migration = {
  version: 6,
  sql: `
    CREATE TABLE recovery (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, kind TEXT NOT NULL, report TEXT NOT NULL
    ) STRICT;
  `,
}
