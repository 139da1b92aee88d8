import type {
  AlertContract,
  AlertOccurrence,
  AlertRuleState,
  AlertTransition,
  AlarmState,
} from '../../../shared/domain/alert.ts'
import { isoFromUs } from '../../../shared/domain/time.ts'
import type { AlertCommit } from '../../../shared/domain/twin.ts'
import {
  all,
  get,
  real,
  run,
  whereOf,
  wholeUs,
  wholeUsOrNull,
  type ReadDb,
  type SqlValue,
  type WriteDb,
} from '../database.ts'
import { TwinError } from '../errors.ts'
import { appendAudit } from './audit.ts'
import { configRef } from './config.ts'
import { appendEvent, sequenceHead, type EventKind } from './events.ts'

/** State, occurrence, transitions and their outbox rows; the caller opens the one transaction around them. */
export function writeAlerts(db: WriteDb, commit: AlertCommit, createdUs: number): { eventHead: number } {
  for (const state of commit.states) writeRuleState(db, state)
  for (const occurrence of commit.occurrences) writeOccurrence(db, occurrence)
  for (const transition of commit.transitions) writeTransition(db, transition, createdUs)
  appendAudit(db, commit.audit ?? [])
  return { eventHead: sequenceHead(db, 'event') }
}

function upsert(db: WriteDb, table: string, key: string, row: Record<string, SqlValue>): void {
  const names = Object.keys(row)
  const updates = names.filter((name) => name !== key).map((name) => `${name} = excluded.${name}`)
  run(
    db,
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
     ON CONFLICT (${key}) DO UPDATE SET ${updates.join(', ')}`,
    ...Object.values(row),
  )
}

function writeRuleState(db: WriteDb, state: AlertRuleState): void {
  const what = `The state of rule ${state.ruleId}`
  upsert(db, 'rule_state', 'rule_id', {
    rule_id: state.ruleId,
    state: state.state,
    level: state.level,
    pending_level: state.pendingLevel,
    pending_since_us: wholeUs(state.pendingSinceUs, what),
    occurrence_id: state.occurrenceId,
    last_value: state.lastValue,
    last_us: wholeUs(state.lastUs, what),
    repeats: state.repeats,
  })
}

export function writeOccurrence(db: WriteDb, o: AlertOccurrence): void {
  const what = `Occurrence ${o.id}`
  upsert(db, 'occurrence', 'id', {
    id: o.id,
    rule_id: o.ruleId,
    asset_id: o.assetId,
    point_id: o.pointId,
    feature: o.feature,
    state: o.state,
    level: o.level,
    priority: o.priority,
    raised_us: wholeUs(o.raisedUs, what),
    changed_us: wholeUs(o.changedUs, what),
    value: o.value,
    limit_value: o.limit,
    peak_value: o.peakValue,
    repeats: o.repeats,
    respond_by_us: wholeUs(o.respondByUs, what),
    acknowledged_us: wholeUsOrNull(o.acknowledgedUs, what),
    acknowledged_by: o.acknowledgedBy,
    acknowledge_comment: o.acknowledgeComment,
    returned_us: wholeUsOrNull(o.returnedUs, what),
    outcome: o.outcome,
    labelled_us: wholeUsOrNull(o.labelledUs, what),
    labelled_by: o.labelledBy,
    label_note: o.labelNote,
    config_ref: configRef(db, o.configHash),
    contract: JSON.stringify(o.contract),
  })
  // What a person judged is evidence: its captures outlive retention.
  if (o.outcome !== null) run(db, 'UPDATE capture SET pinned = 1 WHERE occurrence_id = ?', o.id)
}

const eventKinds: Partial<Record<AlertTransition['kind'], EventKind>> = {
  acknowledged: 'acknowledge',
  labelled: 'label',
}

function writeTransition(db: WriteDb, t: AlertTransition, createdUs: number): void {
  const occurrence = readOccurrence(db, t.occurrenceId)
  if (!occurrence) {
    throw new TwinError(
      'bad-row',
      `A transition ${t.kind} names occurrence ${t.occurrenceId}, which the twin does not have.`,
    )
  }
  const atUs = wholeUs(t.atUs, `A transition ${t.kind}`)
  const id = (get<{ seq: number }>(db, "SELECT seq FROM sqlite_sequence WHERE name = 'transition'")?.seq ?? 0) + 1
  const eventSeq = appendEvent(db, eventKinds[t.kind] ?? 'alert', id, createdUs, {
    schema: 'millwright/alert@1',
    ...t,
    atUs,
    at: isoFromUs(atUs),
    occurrence,
  })
  run(
    db,
    `INSERT INTO transition (id, occurrence_id, rule_id, asset_id, point_id, kind, at_us, state, level, value, limit_value, by,
       comment, outcome, event_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    t.occurrenceId,
    t.ruleId,
    t.assetId,
    t.pointId,
    t.kind,
    atUs,
    t.state,
    t.level,
    t.value,
    t.limit,
    t.by,
    t.comment,
    t.outcome,
    eventSeq,
  )
}

type Nullable<T, K extends keyof T> = Omit<T, K> & { [Key in K]: number | null }

type StoredOccurrence = Omit<Nullable<AlertOccurrence, 'value' | 'limit' | 'peakValue'>, 'contract'> & {
  contract: string
}

const occurrenceColumns = `o.id, o.rule_id AS ruleId, o.asset_id AS assetId, o.point_id AS pointId, o.feature, o.state, o.level,
  o.priority, o.raised_us AS raisedUs, o.changed_us AS changedUs, o.value, o.limit_value AS "limit",
  o.peak_value AS peakValue, o.repeats, o.respond_by_us AS respondByUs, o.acknowledged_us AS acknowledgedUs,
  o.acknowledged_by AS acknowledgedBy, o.acknowledge_comment AS acknowledgeComment, o.returned_us AS returnedUs, o.outcome,
  o.labelled_us AS labelledUs, o.labelled_by AS labelledBy, o.label_note AS labelNote, c.hash AS configHash, o.contract`
const fromOccurrence = `SELECT ${occurrenceColumns} FROM occurrence o JOIN config_ref c ON c.id = o.config_ref`

function toOccurrence(row: StoredOccurrence): AlertOccurrence {
  return {
    ...row,
    value: real(row.value),
    limit: real(row.limit),
    peakValue: real(row.peakValue),
    contract: JSON.parse(row.contract) as AlertContract,
  }
}

export function readOccurrence(db: ReadDb, id: string): AlertOccurrence | null {
  const row = get<StoredOccurrence>(db, `${fromOccurrence} WHERE o.id = ?`, id)
  return row ? toOccurrence(row) : null
}

/** In no order. */
export function occurrencesWhere(db: ReadDb, ids: readonly string[]): AlertOccurrence[] {
  const rows = ids.map((id) => get<StoredOccurrence>(db, `${fromOccurrence} WHERE o.id = ?`, id))
  return rows.flatMap((row) => (row ? [toOccurrence(row)] : []))
}

/** Everything that is not back to normal and acknowledged, oldest first. */
export function openOccurrences(db: ReadDb): AlertOccurrence[] {
  return all<StoredOccurrence>(db, `${fromOccurrence} WHERE o.state <> 'normal' ORDER BY o.raised_us, o.id`).map(
    toOccurrence,
  )
}

export interface OccurrenceQuery {
  /** Raised before this time; continue a list with the last row's `raisedUs`. */
  beforeUs?: number
  limit?: number
  states?: readonly AlarmState[]
  assetId?: string
}

/** Newest first. */
export function readOccurrences(db: ReadDb, query: OccurrenceQuery): AlertOccurrence[] {
  const { where, values } = whereOf({
    'o.raised_us < ?': query.beforeUs,
    'o.asset_id = ?': query.assetId,
    [`o.state IN (${(query.states ?? []).map(() => '?').join(', ')})`]: query.states,
  })
  return all<StoredOccurrence>(
    db,
    `${fromOccurrence} ${where} ORDER BY o.raised_us DESC, o.id LIMIT ?`,
    ...values,
    query.limit ?? 1000,
  ).map(toOccurrence)
}

/** The history of one occurrence, in the order it was committed. */
export function readTransitions(db: ReadDb, occurrenceId: string): AlertTransition[] {
  return all<Nullable<AlertTransition, 'value' | 'limit'>>(
    db,
    `SELECT occurrence_id AS occurrenceId, rule_id AS ruleId, asset_id AS assetId, point_id AS pointId, kind, at_us AS atUs,
       state, level, value, limit_value AS "limit", by, comment, outcome FROM transition WHERE occurrence_id = ? ORDER BY id`,
    occurrenceId,
  ).map((row) => ({ ...row, value: real(row.value), limit: real(row.limit) }))
}

export function readRuleStates(db: ReadDb): AlertRuleState[] {
  return all<Nullable<AlertRuleState, 'lastValue'>>(
    db,
    `SELECT rule_id AS ruleId, state, level, pending_level AS pendingLevel, pending_since_us AS pendingSinceUs,
       occurrence_id AS occurrenceId, last_value AS lastValue, last_us AS lastUs, repeats FROM rule_state ORDER BY rule_id`,
  ).map((row) => ({ ...row, lastValue: real(row.lastValue) }))
}
