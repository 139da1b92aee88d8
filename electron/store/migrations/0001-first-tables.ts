import type { Migration } from './migration.ts'

/**
 * STRICT tables; times are integer microseconds; REAL NULL is NaN. The payload is always the last column, so that reading the
 * others does not follow its overflow pages. Logs use AUTOINCREMENT: a sequence is never given twice, even when retention has
 * removed its rows, and a rolled-back transaction leaves no hole.
 */
export const firstTables: Migration = {
  version: 1,
  sql: `
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE point (
      key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, asset_id TEXT NOT NULL, kind TEXT NOT NULL
    ) STRICT;
    CREATE TABLE session (
      id INTEGER PRIMARY KEY AUTOINCREMENT, started_us INTEGER NOT NULL, stopped_us INTEGER,
      first_number INTEGER, last_number INTEGER, last_tick_us INTEGER,
      ticks INTEGER NOT NULL DEFAULT 0, scalars INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE tick_batch (
      tick_id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES session(id), number INTEGER NOT NULL,
      at_us INTEGER NOT NULL, min_us INTEGER NOT NULL, max_us INTEGER NOT NULL, count INTEGER NOT NULL,
      checksum INTEGER NOT NULL, payload BLOB NOT NULL,
      UNIQUE (session, number)
    ) STRICT;
    CREATE INDEX tick_batch_by_time ON tick_batch (max_us, min_us, count);
    CREATE TABLE head_snapshot (
      id INTEGER PRIMARY KEY CHECK (id = 1), tick_id INTEGER NOT NULL, count INTEGER NOT NULL,
      checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;

    CREATE TABLE gap (
      id INTEGER PRIMARY KEY AUTOINCREMENT, point_key INTEGER, server_id TEXT, cause TEXT NOT NULL,
      start_us INTEGER NOT NULL, end_us INTEGER, count INTEGER, detail TEXT NOT NULL, event_seq INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX gap_identity ON gap (start_us, cause, ifnull(point_key, -1), ifnull(server_id, ''));

    CREATE TABLE config_ref (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE config_text (hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE config_revision (
      id INTEGER PRIMARY KEY AUTOINCREMENT, hash TEXT NOT NULL REFERENCES config_text(hash),
      author TEXT NOT NULL, reason TEXT NOT NULL, at_us INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX config_revision_by_hash ON config_revision (hash);

    CREATE TABLE feature_names (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE feature (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, point_key INTEGER NOT NULL, t_us INTEGER NOT NULL, span_us INTEGER NOT NULL,
      rpm REAL, run_state TEXT NOT NULL, config_ref INTEGER NOT NULL REFERENCES config_ref(id),
      names_ref INTEGER NOT NULL REFERENCES feature_names(id), created_us INTEGER NOT NULL,
      checksum INTEGER NOT NULL, payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX feature_by_point ON feature (point_key, t_us);

    CREATE TABLE rule_state (
      rule_id TEXT PRIMARY KEY, state TEXT NOT NULL, level TEXT NOT NULL, pending_level TEXT NOT NULL,
      pending_since_us INTEGER NOT NULL, occurrence_id TEXT, last_value REAL, last_us INTEGER NOT NULL,
      repeats INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE occurrence (
      id TEXT PRIMARY KEY, rule_id TEXT NOT NULL, asset_id TEXT NOT NULL, point_id TEXT NOT NULL, feature TEXT NOT NULL,
      state TEXT NOT NULL, level TEXT NOT NULL, priority TEXT NOT NULL, raised_us INTEGER NOT NULL,
      changed_us INTEGER NOT NULL, value REAL, limit_value REAL, peak_value REAL, repeats INTEGER NOT NULL,
      respond_by_us INTEGER NOT NULL, acknowledged_us INTEGER, acknowledged_by TEXT, acknowledge_comment TEXT,
      returned_us INTEGER, outcome TEXT, labelled_us INTEGER, labelled_by TEXT, label_note TEXT,
      config_ref INTEGER NOT NULL REFERENCES config_ref(id), contract TEXT NOT NULL
    ) STRICT;
    CREATE INDEX occurrence_by_time ON occurrence (raised_us, id);
    CREATE INDEX occurrence_by_asset ON occurrence (asset_id, raised_us);
    CREATE INDEX occurrence_open ON occurrence (raised_us) WHERE state <> 'normal';
    CREATE TABLE transition (
      id INTEGER PRIMARY KEY AUTOINCREMENT, occurrence_id TEXT NOT NULL REFERENCES occurrence(id), rule_id TEXT NOT NULL,
      asset_id TEXT NOT NULL, point_id TEXT NOT NULL, kind TEXT NOT NULL, at_us INTEGER NOT NULL, state TEXT NOT NULL,
      level TEXT NOT NULL, value REAL, limit_value REAL, by TEXT NOT NULL, comment TEXT, outcome TEXT,
      event_seq INTEGER NOT NULL UNIQUE REFERENCES event(seq)
    ) STRICT;
    CREATE INDEX transition_by_occurrence ON transition (occurrence_id, id);

    CREATE TABLE event (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, ref INTEGER NOT NULL, created_us INTEGER NOT NULL,
      checksum INTEGER NOT NULL, payload TEXT NOT NULL
    ) STRICT;
    CREATE TABLE delivery_cursor (
      destination_id TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, confirmed_us INTEGER NOT NULL,
      PRIMARY KEY (destination_id, stream)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE capture (
      id TEXT PRIMARY KEY, point_key INTEGER NOT NULL, cause TEXT NOT NULL, occurrence_id TEXT, pinned INTEGER NOT NULL,
      source_us INTEGER NOT NULL, sample_rate_hz REAL NOT NULL, sample_count INTEGER NOT NULL, rpm REAL,
      run_state TEXT NOT NULL, config_ref INTEGER NOT NULL REFERENCES config_ref(id), checksum INTEGER NOT NULL,
      payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX capture_by_point ON capture (point_key, source_us);
    CREATE INDEX capture_by_occurrence ON capture (occurrence_id) WHERE occurrence_id IS NOT NULL;
  `,
}
