import { occurrenceClass } from '../state/occurrences-at.ts'
import { spanClassSql } from '../span-class.ts'
import type { Migration } from './migration.ts'

const gapClass = spanClassSql('end_us', 'start_us')
/**
 * What the state at a past moment needs and was not kept before: run states, which software judged, what was delivered when.
 * Indexes by span class (as in `chunk`) find what held at a moment without walking what was before or after it.
 */
export const moments: Migration = {
  version: 7,
  sql: `
    CREATE TABLE run_state (
      id INTEGER PRIMARY KEY AUTOINCREMENT, asset_id TEXT NOT NULL, at_us INTEGER NOT NULL, state TEXT NOT NULL, rpm REAL
    ) STRICT;
    CREATE INDEX run_state_by_asset ON run_state (asset_id, at_us, id);
    CREATE TABLE run_state_now (asset_id TEXT PRIMARY KEY, id INTEGER NOT NULL REFERENCES run_state(id)) STRICT, WITHOUT ROWID;
    CREATE TABLE session_software (session INTEGER PRIMARY KEY REFERENCES session(id), software TEXT NOT NULL) STRICT;
    CREATE INDEX session_by_start ON session (started_us);
    CREATE TABLE delivery_log (id INTEGER PRIMARY KEY AUTOINCREMENT, at_us INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
    CREATE INDEX delivery_log_by_time ON delivery_log (at_us);
    CREATE INDEX config_revision_by_time ON config_revision (at_us, id);
    CREATE INDEX gap_by_span ON gap (${gapClass}, start_us);
    CREATE INDEX occurrence_by_span ON occurrence (${occurrenceClass}, raised_us);
    CREATE INDEX occurrence_of_asset_by_span ON occurrence (asset_id, ${occurrenceClass}, raised_us);
  `,
}
