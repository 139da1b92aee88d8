import type { AlertOccurrence, AlertRuleState, AlertTransition } from '../../shared/domain/alert.ts'
import type { AccessSettings, StoredAccount } from '../../shared/domain/access.ts'
import type { AuditQuery, AuditRow } from '../../shared/domain/audit-trail.ts'
import type { ConfigQuery, ConfigRevision } from '../../shared/domain/config-history.ts'
import type { CaptureNote } from '../../shared/domain/capture-note.ts'
import type { PresentCondition } from '../../shared/domain/condition.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import type { BaselineRecord, HealthEpoch, HealthEvidence, StoredHealth } from '../../shared/domain/health.ts'
import type { Gap } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Recovery } from '../../shared/domain/recovery.ts'
import type { DeliveryCursor, OutboxPage, OutboxStream } from '../../shared/domain/outbox.ts'
import type {
  CaptureHead,
  FeatureRow,
  PointHead,
  PointRef,
  RunStateChange,
  TrendColumns,
} from '../../shared/domain/twin.ts'
import type { Removal, StorageState } from '../../shared/domain/retention.ts'
import { inSnapshot, type ReadDb } from './database.ts'
import { featureTrend } from './features/feature-trend.ts'
import { readMoment, type Moment, type MomentQuery } from './state/moment.ts'
import { readRemovals } from './retention/removals.ts'
import { readStorage } from './retention/storage.ts'
import { readScalars, type ScalarCursor, type ScalarPage } from './scalars.ts'
import { runStatesBetween } from './state/run-states.ts'
import { readStretch, type ScalarStretch } from './stretch.ts'
import {
  openOccurrences,
  readOccurrence,
  readOccurrences,
  readRuleStates,
  readTransitions,
  type OccurrenceQuery,
} from './tables/alerts.ts'
import { readAccessSettings, readAccounts } from './tables/accounts.ts'
import { auditActors, checkAudit, readAudit } from './tables/audit.ts'
import { readNotes } from './tables/capture-notes.ts'
import { readCapture, readCaptures, type CaptureQuery, type StoredCapture } from './tables/captures.ts'
import { firstRevision, readConfig, readConfigHistory, revisionsBetween, type ConfigCommit } from './tables/config.ts'
import {
  readConditionEntries,
  readConditions,
  type ConditionQuery,
  type StoredConditionEntry,
} from './tables/conditions.ts'
import { readCounts, type TwinCounts } from './tables/counts.ts'
import { readCursor, readCursors, streamHead } from './tables/cursors.ts'
import { eventsAfter } from './tables/events.ts'
import { featureRowsAfter, lastFeatures, readFeatures } from './tables/features.ts'
import { readGaps, type GapQuery } from './tables/gaps.ts'
import { loadHeads } from './tables/heads.ts'
import { readBaselines, readHealth, readHealthEpochs, readHealthEvidence } from './tables/health.ts'
import { epochAt, note, readIdentity } from './tables/meta.ts'
import { allPoints, pointById } from './tables/points.ts'
import { readRecoveries } from './tables/recoveries.ts'
import { scalarTrend } from './trend.ts'
import { verifyTwin } from './verify/index.ts'

/** A connection for reading, and the file it belongs to. */
export interface OpenReader {
  db: ReadDb
  file: string
}

export type ReaderMethods = ReturnType<typeof readerMethods>

/** Every read of the twin; each sees one consistent state and blocks nobody. Used by the reader worker and by the command line. */
export function readerMethods(opened: () => OpenReader) {
  const read = <T>(body: (db: ReadDb, file: string) => T): T => {
    const { db, file } = opened()
    return inSnapshot(db, () => body(db, file))
  }
  return {
    knownPoints: (): PointRef[] => read(allPoints),
    point: (id: string): PointRef | null => read((db) => pointById(db, id) ?? null),
    heads: (): PointHead[] => read((db) => loadHeads(db).list()),
    scalars: (pointKey: number, fromUs: number, toUs: number, cursor: ScalarCursor | null, limit: number): ScalarPage =>
      read((db) => readScalars(db, pointKey, fromUs, toUs, cursor, atMost(limit))),
    stretch: (pointKey: number, fromUs: number, toUs: number): ScalarStretch =>
      read((db) => readStretch(db, pointKey, fromUs, toUs)),
    trend: (pointKey: number, fromUs: number, toUs: number, columns: number): TrendColumns =>
      read((db) => scalarTrend(db, pointKey, fromUs, toUs, columns)),
    featureTrend: (pointKey: number, index: number, fromUs: number, toUs: number, columns: number): TrendColumns =>
      read((db) => featureTrend(db, pointKey, index, fromUs, toUs, columns)),
    lastFeatures: (pointKey: number): FeatureRow | null => read((db) => lastFeatures(db, pointKey)),
    features: (pointKey: number, fromUs: number, toUs: number, limit: number): FeatureRow[] =>
      read((db) => readFeatures(db, pointKey, fromUs, toUs, atMost(limit))),
    gaps: (query: GapQuery): Gap[] => read((db) => readGaps(db, query)),
    config: (hash: string): ConfigCommit | null => read((db) => readConfig(db, hash)),
    configRevisions: (fromUs: number, toUs: number): { hash: string; atUs: number }[] =>
      read((db) => revisionsBetween(db, fromUs, toUs)),
    configHistory: (query: ConfigQuery): ConfigRevision[] =>
      read((db) => readConfigHistory(db, { ...query, limit: atMost(query.limit) })),
    firstConfig: (): Omit<ConfigRevision, 'changes'> | null => read(firstRevision),
    runStates: (assetId: string, fromUs: number, toUs: number): RunStateChange[] =>
      read((db) => runStatesBetween(db, assetId, fromUs, toUs)),
    storage: (): StorageState => read(readStorage),
    removals: (limit: number): Removal[] => read((db) => readRemovals(db, atMost(limit))),
    notes: (captureId: string): CaptureNote[] => read((db) => readNotes(db, captureId)),
    captures: (query: CaptureQuery): CaptureHead[] => read((db) => readCaptures(db, query)),
    capture: (id: string): StoredCapture | null => read((db) => readCapture(db, id)),
    openOccurrences: (): AlertOccurrence[] => read(openOccurrences),
    occurrence: (id: string): AlertOccurrence | null => read((db) => readOccurrence(db, id)),
    occurrences: (query: OccurrenceQuery): AlertOccurrence[] => read((db) => readOccurrences(db, query)),
    transitions: (occurrenceId: string): AlertTransition[] => read((db) => readTransitions(db, occurrenceId)),
    ruleStates: (): AlertRuleState[] => read(readRuleStates),
    conditions: (): PresentCondition[] => read(readConditions),
    conditionEntries: (query: ConditionQuery): StoredConditionEntry[] =>
      read((db) => readConditionEntries(db, { ...query, limit: atMost(query.limit ?? 1000) })),
    health: (pointKey: number): StoredHealth => read((db) => readHealth(db, pointKey)),
    baselines: (): BaselineRecord[] => read(readBaselines),
    healthEpochs: (): HealthEpoch[] => read(readHealthEpochs),
    healthEvidence: (pointKey: number, atUs: number): HealthEvidence | null =>
      read((db) => readHealthEvidence(db, pointKey, atUs)),
    page: (stream: OutboxStream, afterSeq: number, limit: number): OutboxPage =>
      read((db) => outboxPage(db, stream, afterSeq, atMost(limit))),
    head: (stream: OutboxStream): number => read((db) => streamHead(db, stream)),
    cursor: (destinationId: string, stream: OutboxStream): DeliveryCursor =>
      read((db) => readCursor(db, destinationId, stream)),
    cursors: (): DeliveryCursor[] => read(readCursors),
    counts: (): TwinCounts => read(readCounts),
    recoveries: (limit: number): Recovery[] => read((db) => readRecoveries(db, atMost(limit))),
    moment: (query: MomentQuery): Moment => read((db) => readMoment(db, query)),
    audit: (query: AuditQuery): AuditRow[] => read((db) => readAudit(db, { ...query, limit: atMost(query.limit) })),
    auditActors: (): string[] => read(auditActors),
    accounts: (): StoredAccount[] => read(readAccounts),
    accessSettings: (): AccessSettings => read(readAccessSettings),
    auditCheck: (): Fault[] => read((db) => [...checkAudit(db)]),
    verify: (): Fault[] => read(verifyTwin),
  }
}

/** Rows of one epoch only, since a row is known by it. */
function outboxPage(db: ReadDb, stream: OutboxStream, afterSeq: number, limit: number): OutboxPage {
  const { installation, epoch: present } = readIdentity(db)
  // Rows of before a recovery come back with it, and leave before later ones. Alarms do not wait: their log is whole at once.
  if (stream === 'features' && note(db, 'salvaging') !== null) return { installation, epoch: present, stream, rows: [] }
  const found = (stream === 'events' ? eventsAfter : featureRowsAfter)(db, afterSeq, limit)
  const [first] = found
  if (!first) return { installation, epoch: present, stream, rows: [] }
  const { epoch, lastSeq } = epochAt(db, stream, first.seq)
  const rows = found.filter(({ seq }) => seq <= lastSeq)
  return { installation, epoch, stream, rows, ...(rows.at(-1)?.seq === lastSeq ? { endsEpoch: true as const } : {}) }
}

function atMost(limit: number): number {
  return Math.min(limit, limits.readRows)
}
