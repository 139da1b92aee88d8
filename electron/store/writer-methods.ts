import type { MessagePort } from 'node:worker_threads'
import type { AuditEntry } from '../../shared/domain/audit-trail.ts'
import type { ConditionCommit } from '../../shared/domain/condition.ts'
import { featureNames as knownFeatures } from '../../shared/domain/features.ts'
import type { HealthCommit } from '../../shared/domain/health.ts'
import type { DeliveryCursor } from '../../shared/domain/outbox.ts'
import type { AlertCommit, Capture, FeatureRow, RunStateChange, Tick, TickReceipt } from '../../shared/domain/twin.ts'
import type { Gap } from '../../shared/domain/intake.ts'
import { Compactor, type CompactionLimits, type CompactionState } from './compact/compactor.ts'
import { inTransaction, type WriteDb } from './database.ts'
import { toTwinError, TwinError } from './errors.ts'
import type { RetentionOrder, RetentionState } from '../../shared/domain/retention.ts'
import { openTwinFile, type OpenedForWriting, type OpenReport } from './open-file.ts'
import { FeatureCompactor, type FeatureCompactionLimits } from './features/feature-compactor.ts'
import { unpackScalars, type ScalarsMessage } from './scalars-message.ts'
import { writeAlerts } from './tables/alerts.ts'
import { writeConditions } from './tables/conditions.ts'
import { Retention } from './retention/retention.ts'
import { encodeForStore, pinCapture, putCapture, type PinRequest } from './tables/captures.ts'
import { commitNote, type NoteCommit } from './tables/capture-notes.ts'
import { commitAccess, type AccessCommit } from './tables/accounts.ts'
import { appendAudit } from './tables/audit.ts'
import { commitConfig, type ConfigCommit } from './tables/config.ts'
import { advanceCursor } from './tables/cursors.ts'
import { writeHealth } from './tables/health.ts'
import type { TwinIdentity } from './tables/meta.ts'
import { allocatePoints, type PointWanted } from './tables/points.ts'
import { lastSession, startSession, stopSession, type SessionRow, type SessionStart } from './tables/sessions.ts'
import { commitTick } from './tables/ticks.ts'
import type { PointRef } from '../../shared/domain/twin.ts'

export interface WriterOptions {
  file: string
  key: Uint8Array | null
  createIfMissing: boolean
  /** Upper limit of the file in pages of 4 KiB; null leaves it to the disk. */
  maxPages: number | null
  featureNames: readonly string[] | null
  /** Folder of backups that fill in when the twin is damaged; `backups` beside it when not given. */
  backups?: string
  /** Limits of compaction that differ from the usual ones. */
  compaction?: Partial<CompactionLimits>
  /** The same for compaction of feature rows. */
  featureCompaction?: Partial<FeatureCompactionLimits>
}

export interface OpenedTwin extends TwinIdentity {
  opened: OpenReport
}

export interface TickMessage {
  number: number
  atUs: number
  scalars: ScalarsMessage
  gaps: Gap[]
  features: FeatureRow[]
  runStates?: RunStateChange[]
}

export type WriterMethods = ReturnType<typeof writerMethods>

interface State extends OpenedForWriting {
  session: SessionRow | null
  compactor: Compactor
  featureCompactor: FeatureCompactor
  retention: Retention
  featureNames: readonly string[]
}

/** Every change of the twin, synchronous and one at a time. Used by the writer worker, and by tests without a thread. */
export function writerMethods() {
  let state: State | null = null
  const opened = (): State => state ?? fail('The twin is not open.')
  const write: Write = (what, body) => {
    const { db } = opened()
    return named(what, () => inTransaction(db, () => body(db)))
  }

  return {
    open(options: WriterOptions): OpenedTwin {
      if (state) fail('The twin is already open.')
      state = openState(options)
      return { ...state.identity, opened: state.opened }
    },
    points: (wanted: PointWanted[]): PointRef[] => write('points', (db) => allocatePoints(db, wanted)),
    sessionStart(atUs: number, software: string | null = null): SessionStart {
      const current = opened()
      // Read in the same transaction: a start that was stored must not be refused for what comes after it.
      const { started, session } = write('the start of a session', (db) => ({
        started: startSession(db, atUs, software),
        session: lastSession(db),
      }))
      current.session = session ?? null
      return started
    },
    sessionStop(atUs: number): void {
      const current = opened()
      const { session } = current
      if (!session) return
      write('the stop of the session', (db) => stopSession(db, session.id, atUs))
      current.session = null
    },
    commitTick: (message: TickMessage): TickReceipt => takeTick(opened(), message),
    /** A slice of compaction or a bite of retention, for the time between commits; true when there is more to do. */
    compactStep: (): boolean =>
      (state?.compactor.step() ?? false) ||
      (state?.featureCompactor.step() ?? false) ||
      (state?.retention.step() ?? false),
    /** From here on the compactor's thread works for the writer, who only inserts what it sends. */
    attachCompactor: (port: MessagePort, signal: Int32Array): void => opened().compactor.attach({ port, signal }),
    compaction: (): CompactionState => compactionState(opened()),
    commitAlerts: (commit: AlertCommit): { eventHead: number } =>
      write('an alert step', (db) => writeAlerts(db, commit, Date.now() * 1000)),
    commitConditions: (commit: ConditionCommit): { eventHead: number } =>
      write('an alarm of a server', (db) => writeConditions(db, commit, Date.now() * 1000)),
    commitHealth: (commit: HealthCommit): void => write('health of points', (db) => writeHealth(db, commit)),
    commitConfig: (commit: ConfigCommit): void => write('a configuration revision', (db) => commitConfig(db, commit)),
    appendAudit: (entries: AuditEntry[]): void => write('entries of the audit trail', (db) => appendAudit(db, entries)),
    commitAccess: (commit: AccessCommit): void => write('a change of accounts', (db) => commitAccess(db, commit)),
    ...captureMethods(write),
    ...retentionMethods(() => opened().retention),
    advance: (cursor: DeliveryCursor): void => write('a delivery cursor', (db) => advanceCursor(db, cursor)),
    /** The bare connection, for fault tests in the same thread; it cannot cross to another. */
    connection: (): WriteDb => opened().db,
    close(): void {
      if (!state) return
      const found = state
      state = null
      closeFile(found)
    },
  }
}

function closeFile(found: OpenedForWriting): void {
  try {
    found.db.pragma('wal_checkpoint(TRUNCATE)')
  } catch {
    // A full disk: every commit is safe in the write-ahead log, which the next start reads.
  } finally {
    found.db.close()
    found.release()
  }
}

function takeTick(state: State, message: TickMessage): TickReceipt {
  const { db, session, heads, featureNames, compactor, featureCompactor } = state
  if (!session) throw new TwinError('tick-order', 'A tick was handed in before sessionStart; start the session first.')
  const tick: Tick = { ...message, scalars: unpackScalars(message.scalars) }
  const done = named(`tick ${tick.number}`, () => commitTick(db, session, tick, heads, featureNames))
  // Memory follows the disk: a tick that failed must leave no trace here either.
  session.firstNumber ??= tick.number
  session.lastNumber = tick.number
  session.lastTickUs = tick.atUs
  if (done.deliveriesLogged) session.loggedUs = tick.atUs
  heads.applyColumns(tick.scalars)
  compactor.committed(tick.scalars.count)
  featureCompactor.committed(tick.features.length)
  return {
    number: tick.number,
    committedUs: Date.now() * 1000,
    scalars: tick.scalars.count,
    features: tick.features.length,
    gaps: tick.gaps.length,
    featureHead: done.featureHead,
    eventHead: done.eventHead,
  }
}

function openState(options: WriterOptions): State {
  const found = openTwinFile(options.file, options.key, options.createIfMissing, options.backups)
  try {
    if (options.maxPages !== null) found.db.pragma(`max_page_count=${options.maxPages}`)
    const compactor = new Compactor(found.db, found.heads, options.compaction)
    const featureCompactor = new FeatureCompactor(found.db, options.featureCompaction)
    const featureNames = options.featureNames ?? knownFeatures
    const retention = new Retention(found.db)
    return { ...found, session: null, compactor, featureCompactor, retention, featureNames }
  } catch (error) {
    // Else the lock would stay, and a second attempt would meet the first as another engine.
    found.db.close()
    found.release()
    throw toTwinError(error, `opening ${options.file}`)
  }
}

type Write = <T>(what: string, body: (db: WriteDb) => T) => T

function captureMethods(write: Write) {
  return {
    putCaptures(captures: Capture[]): void {
      const what = captures.length === 1 ? `capture ${captures[0]?.id}` : `${captures.length} captures`
      const encoded = named(what, () => captures.map((capture) => ({ capture, as: encodeForStore(capture) })))
      write(what, (db) => {
        for (const { capture, as } of encoded) putCapture(db, capture, as)
      })
    },
    commitNote: (commit: NoteCommit): boolean => write('a note on a capture', (db) => commitNote(db, commit)),
    pinCapture: (request: PinRequest): boolean =>
      write(`a pin of capture ${request.id}`, (db) => pinCapture(db, request)),
  }
}

function retentionMethods(retention: () => Retention) {
  return {
    retain: (order: RetentionOrder): void => retention().order(order),
    retention: (): RetentionState => retention().state(),
  }
}

function compactionState({ compactor, featureCompactor }: State): CompactionState {
  const scalars = compactor.state()
  return { ...scalars, problem: scalars.problem ?? featureCompactor.state().problem }
}

function fail(message: string): never {
  throw new TwinError('failed', message)
}

function named<T>(what: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw toTwinError(error, what)
  }
}
