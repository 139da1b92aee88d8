import type { Fault } from '../../../shared/domain/fault.ts'
import { outboxStreams } from '../../../shared/domain/outbox.ts'
import { all, type ReadDb } from '../database.ts'
import { readCursors, streamHead } from '../tables/cursors.ts'
import { restoreRemedy } from './found.ts'

interface Rule {
  code: string
  sql: string
  path: (id: string | number) => string
  message: (id: string | number) => string
}

/** No row without its outbox entry and no entry without its row. Each query gives the ids that break its rule. */
const rules: readonly Rule[] = [
  {
    code: 'transition-without-event',
    sql: `SELECT t.id FROM transition t LEFT JOIN event e ON e.seq = t.event_seq AND e.ref = t.id
            AND e.kind = CASE t.kind WHEN 'acknowledged' THEN 'acknowledge' WHEN 'labelled' THEN 'label' ELSE 'alert' END
          WHERE e.seq IS NULL`,
    path: (id) => `transition[${id}]`,
    message: (id) => `Transition ${id} of an alert has no row in the outbox.`,
  },
  {
    code: 'event-without-transition',
    sql: `SELECT e.seq AS id FROM event e LEFT JOIN transition t ON t.event_seq = e.seq
          WHERE e.kind IN ('alert', 'acknowledge', 'label') AND t.id IS NULL`,
    path: (id) => `event[${id}]`,
    message: (id) => `Outbox row ${id} reports an alert transition that the twin does not have.`,
  },
  {
    code: 'gap-without-event',
    sql: `SELECT g.id FROM gap g LEFT JOIN event e ON e.seq = g.event_seq AND e.ref = g.id AND e.kind = 'gap'
            AND json_extract(e.payload, '$.endUs') IS g.end_us
          WHERE e.seq IS NULL`,
    path: (id) => `gap[${id}]`,
    message: (id) => `Gap ${id} has no outbox row of its last state.`,
  },
  {
    code: 'event-without-gap',
    sql: `SELECT e.seq AS id FROM event e LEFT JOIN gap g ON g.id = e.ref WHERE e.kind = 'gap' AND g.id IS NULL`,
    path: (id) => `event[${id}]`,
    message: (id) => `Outbox row ${id} reports a gap that the twin does not have.`,
  },
  {
    code: 'condition-without-event',
    sql: `SELECT c.id FROM condition_event c LEFT JOIN event e ON e.seq = c.event_seq AND e.ref = c.id AND e.kind = 'condition'
          WHERE e.seq IS NULL`,
    path: (id) => `condition_event[${id}]`,
    message: (id) => `Event ${id} of a server's alarm has no row in the outbox.`,
  },
  {
    code: 'event-without-condition',
    sql: `SELECT e.seq AS id FROM event e LEFT JOIN condition_event c ON c.event_seq = e.seq
          WHERE e.kind = 'condition' AND c.id IS NULL`,
    path: (id) => `event[${id}]`,
    message: (id) => `Outbox row ${id} reports an event of a server's alarm that the twin does not have.`,
  },
  {
    code: 'occurrence-without-raise',
    sql: `SELECT o.id FROM occurrence o WHERE NOT EXISTS
            (SELECT 1 FROM transition t WHERE t.occurrence_id = o.id AND t.kind = 'raised')`,
    path: (id) => `occurrence[${id}]`,
    message: (id) => `Occurrence ${id} was never reported as raised.`,
  },
  {
    code: 'state-without-occurrence',
    sql: `SELECT s.rule_id AS id FROM rule_state s LEFT JOIN occurrence o ON o.id = s.occurrence_id
          WHERE s.occurrence_id IS NOT NULL AND o.id IS NULL`,
    path: (id) => `rule_state[${id}]`,
    message: (id) => `Rule ${id} names a running occurrence that the twin does not have.`,
  },
]

export function* checkOutbox(db: ReadDb): Iterable<Fault> {
  for (const { code, sql, path, message } of rules) {
    for (const { id } of all<{ id: string | number }>(db, sql)) {
      yield { path: path(id), code, message: message(id), remedy: restoreRemedy }
    }
  }
}

export function* checkCursors(db: ReadDb): Iterable<Fault> {
  const heads = new Map<string, number>(outboxStreams.map((stream) => [stream, streamHead(db, stream)]))
  for (const { destinationId, stream, seq } of readCursors(db)) {
    const head = heads.get(stream) ?? 0
    if (seq <= head) continue
    yield {
      path: `delivery_cursor[${destinationId}, ${stream}]`,
      code: 'cursor-beyond-head',
      message: `Destination ${destinationId} confirmed row ${seq} of ${stream}, but the last row is ${head}.`,
      remedy: 'Check that the destination belongs to this twin; restore the twin as a new epoch if rows were lost.',
    }
  }
}

export function* checkConfig(db: ReadDb): Iterable<Fault> {
  const lost = all<{ hash: string }>(
    db,
    'SELECT hash FROM config_ref WHERE hash NOT IN (SELECT hash FROM config_text) ORDER BY id',
  )
  for (const { hash } of lost) {
    yield {
      path: `config_ref[${hash}]`,
      code: 'config-missing',
      message: `Rows name configuration ${hash}, whose text the twin does not have.`,
      remedy: 'Restore the plant file of that hash, or the last good backup.',
    }
  }
}

export function* checkForeignKeys(db: ReadDb): Iterable<Fault> {
  const rows = db.pragma('foreign_key_check') as { table: string; rowid: number | null; parent: string }[]
  for (const { table, rowid, parent } of rows) {
    const path = `${table}[${rowid ?? 'key'}]`
    yield {
      path,
      code: 'reference',
      message: `${path} names a row of ${parent} that does not exist.`,
      remedy: restoreRemedy,
    }
  }
}
