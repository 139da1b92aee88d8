import type { Migration } from './migration.ts'

/**
 * `audit`: each row carries the hash of the one before; the triggers refuse what is not an append. REPLACE deletes without
 * asking a trigger, hence the one before INSERT: a number that is there stays as it is. `account`: who may sign in.
 */
export const access: Migration = {
  version: 9,
  sql: `
    CREATE TABLE audit (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, t_us INTEGER NOT NULL, actor TEXT NOT NULL, role TEXT NOT NULL,
      action TEXT NOT NULL, subject TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT,
      previous TEXT NOT NULL, hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_by_actor ON audit (actor);
    CREATE INDEX audit_by_action ON audit (action);
    CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN
      SELECT RAISE(ABORT, 'The audit trail is append-only: no row of it changes.');
    END;
    CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit BEGIN
      SELECT RAISE(ABORT, 'The audit trail is append-only: no row of it is removed.');
    END;
    CREATE TRIGGER audit_never_replaces BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq) BEGIN
      SELECT RAISE(IGNORE);
    END;
    CREATE TABLE account (
      name TEXT PRIMARY KEY, full_name TEXT NOT NULL, roles TEXT NOT NULL, disabled INTEGER NOT NULL,
      created_us INTEGER NOT NULL, changed_us INTEGER NOT NULL, password TEXT NOT NULL, failures INTEGER NOT NULL,
      locked_until_us INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE access_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  `,
}
