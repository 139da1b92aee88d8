import { MessageChannel, Worker } from 'node:worker_threads'
import { limits } from '../../shared/domain/limits.ts'
import type { ConditionCommit } from '../../shared/domain/condition.ts'
import type { HealthCommit } from '../../shared/domain/health.ts'
import type { DeliveryCursor, OutboxFace } from '../../shared/domain/outbox.ts'
import type { AlertCommit, Capture, PointRef, Tick, TickReceipt } from '../../shared/domain/twin.ts'
import type { AuditEntry } from '../../shared/domain/audit-trail.ts'
import type { RetentionOrder, RetentionState } from '../../shared/domain/retention.ts'
import type { CompactionLimits, CompactionState } from './compact/compactor.ts'
import type { CompactorEntry } from './compactor.worker.ts'
import { openForReading } from './database.ts'
import { toTwinError, TwinError } from './errors.ts'
import { checkKey, explainUnreadable } from './key-judgement.ts'
import type { OpenReport } from './open-file.ts'
import { refuseOther } from './migrations/index.ts'
import { readerMethods, type ReaderMethods } from './reader-methods.ts'
import { cancelled } from './query/cancel.ts'
import { ReadQueue, type ReadOptions } from './query/read-queue.ts'
import { VerifyThread } from './query/verify-thread.ts'
import type { ReaderEntry } from './reader.worker.ts'
import { remote, type Remote } from './rpc.ts'
import { packScalars, SpareBlocks } from './scalars-message.ts'
import type { AccessCommit } from './tables/accounts.ts'
import type { NoteCommit } from './tables/capture-notes.ts'
import type { PinRequest } from './tables/captures.ts'
import type { ConfigCommit } from './tables/config.ts'
import type { FeatureCompactionLimits } from './features/feature-compactor.ts'
import { readIdentity, type TwinIdentity } from './tables/meta.ts'
import type { PointWanted } from './tables/points.ts'
import type { SessionStart } from './tables/sessions.ts'
import type { WriterEntry } from './writer.worker.ts'

export type { CompactionLimits, CompactionState } from './compact/compactor.ts'
export { TwinError, type TwinErrorCode } from './errors.ts'
export type { OpenReport } from './open-file.ts'
export {
  backupName,
  backupSuffix,
  isMadeBy,
  listBackups,
  removeParts,
  rotateBackups,
  type BackupEntry,
} from './backup/list.ts'
export { orderSwap, type RestoreRequest, type Staged } from './backup/restore.ts'
export type { BackupFacts } from './backup/bundle.ts'
export type { BackupRequest, JobProgress } from './backup/make.ts'
export { backUpHere, lastConfig, restoreHere } from './backup/here.ts'
export { runJob, type Job, type JobResult, type RunningJob } from './backup/run-job.ts'
export { rekeyHere, type RekeyRequest } from './rekey.ts'
export { askRepair } from './salvage/repair.ts'
export { orderJoin, pendingSalvage } from './salvage/index.ts'
export type { Salvaged } from './salvage/salvage.ts'
export type { ScalarCursor, ScalarPage } from './scalars.ts'
export type { ScalarStretch } from './stretch.ts'
export type { ReadOptions } from './query/read-queue.ts'
export type { Moment, MomentQuery, MomentSession } from './state/moment.ts'
export type { AccessCommit } from './tables/accounts.ts'
export type { OccurrenceQuery } from './tables/alerts.ts'
export type { CaptureQuery, PinRequest, StoredCapture } from './tables/captures.ts'
export type { NoteCommit } from './tables/capture-notes.ts'
export type { ConditionQuery, StoredConditionEntry } from './tables/conditions.ts'
export type { ConfigCommit } from './tables/config.ts'
export type { TwinCounts } from './tables/counts.ts'
export type { GapQuery } from './tables/gaps.ts'
export type { PointWanted } from './tables/points.ts'
export type { SessionStart } from './tables/sessions.ts'

/** Name of the twin inside a data folder. */
export const twinFileName = 'twin.db'

export interface TwinOptions {
  file: string
  /** 32 bytes; null for a twin that is not encrypted. */
  key: Uint8Array | null
  /** Entries of the threads: `.ts` files in tests, built ones in the product. */
  workers: { writer: URL; reader: URL; compactor: URL }
  createIfMissing?: boolean
  /** Upper limit of the file in pages of 4 KiB; commits beyond it are refused with `disk-full`. */
  maxPages?: number
  /** Folder of backups that fill in when the twin is damaged; `backups` beside it when not given. */
  backups?: string
  /** A page could not be read, for a question or for a commit; whoever asked gets the error all the same. */
  onDamage?: (error: TwinError, where: 'read' | 'write') => void
  /** Names of a feature row's values; shared/domain/features.ts when not given. */
  featureNames?: readonly string[]
  /** Limits of compaction that differ from the usual ones. */
  compaction?: Partial<CompactionLimits>
  /** The same for compaction of feature rows. */
  featureCompaction?: Partial<FeatureCompactionLimits>
}

type Asynchronous<M> = {
  [K in keyof M]: M[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never
}

/** Reads that may take long: they can be cancelled, and rejected with `busy` when too many wait. */
type LongRead =
  | 'scalars'
  | 'stretch'
  | 'trend'
  | 'featureTrend'
  | 'features'
  | 'capture'
  | 'moment'
  | 'verify'
  | 'auditCheck'
type Cancellable<M> = {
  [K in keyof M]: M[K] extends (...args: infer A) => infer R
    ? (...args: [...A, options?: ReadOptions]) => Promise<R>
    : never
}
type AsyncReads = Asynchronous<Omit<ReaderMethods, LongRead>> & Cancellable<Pick<ReaderMethods, LongRead>>

/** Every read, answered by the reader's thread from what is committed. Times are microseconds; ranges include `from`, not `to`. */
export type TwinReader = TwinIdentity & AsyncReads & { close(): Promise<void> }

/**
 * The twin of the running engine. Calls may overlap; commits happen in the order they were asked. A failed commit rejects with a
 * TwinError and leaves nothing behind.
 */
export interface Twin extends TwinReader, OutboxFace {
  /** What opening found; `replaced` belongs on the operator's problem list. */
  readonly opened: OpenReport
  /** Begins a run of the engine; records the gap since the last one (`engine-killed` or `engine-stopped`). Before any tick. `software`: what judges in it. */
  sessionStart(atUs: number, software?: string): Promise<SessionStart>
  /** A clean end: the next start records `engine-stopped` from here. */
  sessionStop(atUs: number): Promise<void>
  /** How far compaction is behind, and whether it is stuck. */
  compaction(): Promise<CompactionState>
  points(wanted: readonly PointWanted[]): Promise<PointRef[]>
  /**
   * Numbers rise by one. A tick refused for `disk-full` or `disk-error` keeps its number: hand the same (or a smaller) tick in
   * again under it; until then later numbers are refused with `tick-order`. The arrays stay the caller's.
   */
  commitTick(tick: Tick): Promise<TickReceipt>
  /** States, occurrences, transitions and their outbox rows in one transaction. */
  commitAlerts(commit: AlertCommit): Promise<{ eventHead: number }>
  /** Alarms of servers: rows of the present, their journal and its outbox rows in one transaction. */
  commitConditions(commit: ConditionCommit): Promise<{ eventHead: number }>
  /** What points' monitors were shown and know, baselines, epochs and evidence with what people did of them, in one transaction. */
  commitHealth(commit: HealthCommit): Promise<void>
  commitConfig(commit: ConfigCommit): Promise<void>
  /** For what is not in the twin itself; what is carries its entries in its own commit. */
  appendAudit(entries: readonly AuditEntry[]): Promise<void>
  /** Accounts and settings with their entries of the audit trail, in one transaction. */
  commitAccess(commit: AccessCommit): Promise<void>
  /** The samples stay the caller's. */
  putCapture(capture: Capture): Promise<void>
  /** All or none, in one transaction: a disk takes one of 2 MB much faster than 64 small ones. */
  putCaptures(captures: readonly Capture[]): Promise<void>
  /** A note is put or taken away, and its capture pinned; false when there is no such capture or note. */
  commitNote(commit: NoteCommit): Promise<boolean>
  /** A pin by hand, or its end; false when there is no such capture. */
  pinCapture(request: PinRequest): Promise<boolean>
  /**
   * Holds the tiers to their caps from here on, in bites between commits; hand the order in again when it changes and about
   * every minute, since ages go by its time. Nothing pinned, undelivered or of an open alert is removed.
   */
  retain(order: RetentionOrder): Promise<void>
  retention(): Promise<RetentionState>
  advance(cursor: DeliveryCursor): Promise<void>
  /** Waits for everything asked before, then closes file and threads. */
  close(): Promise<void>
}

/**
 * Opens, creates or (when damage is proven) replaces the twin. Rejects with a TwinError: `wrong-key`, `wrong-key-or-damaged`,
 * `future-version`, `in-use`, `no-twin`, `disk-error`, `old-sqlite`; none of these changes anything on disk.
 */
export async function openTwin(options: TwinOptions): Promise<Twin> {
  const { file, key, workers } = options
  const writer = remote<WriterEntry>(worker(workers.writer, 'store-writer'), 'writer')
  const reader = remote<ReaderEntry>(worker(workers.reader, 'store-reader'), 'reader')
  // Long reads (a day's trend, verify) have a thread of their own: an alert on its way out must not wait behind one.
  const history = remote<ReaderEntry>(worker(workers.reader, 'store-history'), 'history reader')
  const queue = new ReadQueue(history, limits.longReads)
  const verifier = new VerifyThread(workers.reader, file, key)
  const compactor = remote<CompactorEntry>(worker(workers.compactor, 'store-compactor'), 'compactor')
  const close = async (): Promise<void> => {
    await verifier.close()
    await queue.settled()
    // Readers first: the last connection to close is the writer, whose checkpoint then empties the WAL.
    await compactor.call('closeCompactor', []).catch(ignoreStopped)
    await compactor.end()
    for (const each of [reader, history]) {
      await each.call('closeReader', []).catch(ignoreStopped)
      await each.end()
    }
    try {
      await writer.call('close', []).catch(ignoreStopped)
    } finally {
      await writer.end()
    }
  }
  try {
    const writerOptions = {
      file,
      key,
      createIfMissing: options.createIfMissing ?? true,
      ...(options.backups === undefined ? {} : { backups: options.backups }),
      maxPages: options.maxPages ?? null,
      featureNames: options.featureNames ?? null,
      compaction: options.compaction ?? {},
      featureCompaction: options.featureCompaction ?? {},
    }
    const opened = await writer.call('open', [writerOptions])
    await Promise.all([reader, history].map((each) => each.call('openReader', [file, key])))
    const { port1, port2 } = new MessageChannel()
    const signal = new Int32Array(new SharedArrayBuffer(4))
    await compactor.call('openCompactor', [file, key, port1, signal], [port1])
    await writer.call('attachCompactor', [port2, signal], [port2])
    const { onDamage } = options
    const tell = (where: 'read' | 'write') => (error: TwinError) => onDamage?.(error, where)
    const reads = telling(remoteReads(reader, queue, verifier), tell('read'))
    return { ...opened, ...reads, ...telling(remoteWrites(writer), tell('write')), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Their objects live shortly; a young generation as large as V8 likes would only hold more of what is dead. */
function worker(entry: URL, name: string): Worker {
  return new Worker(entry, { name, resourceLimits: { maxYoungGenerationSizeMb: 8 } })
}

/** A worker that has stopped has nothing left to close. */
function ignoreStopped(error: unknown): void {
  if (toTwinError(error, 'closing').code !== 'stopped') throw error
}

/** The same calls; damage that one of them meets is told beside its own error. */
function telling<T extends object>(face: T, damaged: (error: TwinError) => void): T {
  const wrapped = Object.entries(face).map(([name, method]) => {
    const call: (...args: unknown[]) => Promise<unknown> = method
    const told = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await call(...args)
      } catch (error) {
        if (error instanceof TwinError && error.code === 'damaged') damaged(error)
        throw error
      }
    }
    return [name, told]
  })
  // Names and signatures are those of `face`; Object.fromEntries cannot say so.
  return Object.fromEntries(wrapped) as T
}

function remoteReads(reader: Remote<ReaderEntry>, history: ReadQueue, verifier: VerifyThread): AsyncReads {
  return {
    knownPoints: () => reader.call('knownPoints', []),
    point: (id) => reader.call('point', [id]),
    heads: () => reader.call('heads', []),
    scalars: (key, fromUs, toUs, cursor, limit, options) =>
      history.ask('scalars', [key, fromUs, toUs, cursor, limit], options),
    stretch: (key, fromUs, toUs, options) => history.ask('stretch', [key, fromUs, toUs], options),
    trend: (key, fromUs, toUs, columns, options) => history.ask('trend', [key, fromUs, toUs, columns], options),
    featureTrend: (key, index, fromUs, toUs, columns, options) =>
      history.ask('featureTrend', [key, index, fromUs, toUs, columns], options),
    lastFeatures: (pointKey) => reader.call('lastFeatures', [pointKey]),
    features: (key, fromUs, toUs, limit, options) => history.ask('features', [key, fromUs, toUs, limit], options),
    gaps: (query) => reader.call('gaps', [query]),
    config: (hash) => reader.call('config', [hash]),
    configRevisions: (fromUs, toUs) => reader.call('configRevisions', [fromUs, toUs]),
    configHistory: (query) => reader.call('configHistory', [query]),
    firstConfig: () => reader.call('firstConfig', []),
    runStates: (assetId, fromUs, toUs) => reader.call('runStates', [assetId, fromUs, toUs]),
    storage: () => reader.call('storage', []),
    removals: (limit) => reader.call('removals', [limit]),
    captures: (query) => reader.call('captures', [query]),
    notes: (captureId) => reader.call('notes', [captureId]),
    capture: (id, options) => history.ask('capture', [id], options),
    openOccurrences: () => reader.call('openOccurrences', []),
    occurrence: (id) => reader.call('occurrence', [id]),
    occurrences: (query) => reader.call('occurrences', [query]),
    transitions: (occurrenceId) => reader.call('transitions', [occurrenceId]),
    ruleStates: () => reader.call('ruleStates', []),
    conditions: () => reader.call('conditions', []),
    conditionEntries: (query) => reader.call('conditionEntries', [query]),
    health: (pointKey) => reader.call('health', [pointKey]),
    baselines: () => reader.call('baselines', []),
    healthEpochs: () => reader.call('healthEpochs', []),
    healthEvidence: (pointKey, atUs) => reader.call('healthEvidence', [pointKey, atUs]),
    page: (...args) => reader.call('page', args),
    head: (stream) => reader.call('head', [stream]),
    cursor: (...args) => reader.call('cursor', args),
    cursors: () => reader.call('cursors', []),
    counts: () => reader.call('counts', []),
    recoveries: (limit) => reader.call('recoveries', [limit]),
    // Now is answered from memory of the last values, a past moment from chunks.
    moment: (query, options) =>
      query.atUs === null ? reader.call('moment', [query]) : history.ask('moment', [query], options),
    audit: (query) => reader.call('audit', [query]),
    auditActors: () => reader.call('auditActors', []),
    accounts: () => reader.call('accounts', []),
    accessSettings: () => reader.call('accessSettings', []),
    auditCheck: (options) => verifier.verify(options, 'auditCheck'),
    verify: (options) => verifier.verify(options),
  }
}

type Writes = Omit<Twin, keyof TwinReader | 'opened'>

function remoteWrites(writer: Remote<WriterEntry>): Writes {
  const blocks = new SpareBlocks()
  return {
    sessionStart: (atUs, software) => writer.call('sessionStart', [atUs, software ?? null]),
    sessionStop: (atUs) => writer.call('sessionStop', [atUs]),
    compaction: () => writer.call('compaction', []),
    points: (wanted) => writer.call('points', [[...wanted]]),
    async commitTick(tick) {
      const scalars = packScalars(tick.scalars, blocks)
      const { block, ...receipt } = await writer.call('commitTick', [{ ...tick, scalars }], [scalars.buffer])
      if (block.buffer instanceof ArrayBuffer) blocks.give(block.buffer)
      return receipt
    },
    commitAlerts: (commit) => writer.call('commitAlerts', [commit]),
    commitConditions: (commit) => writer.call('commitConditions', [commit]),
    commitHealth: (commit) => writer.call('commitHealth', [commit]),
    commitConfig: (commit) => writer.call('commitConfig', [commit]),
    appendAudit: (entries) => writer.call('appendAudit', [[...entries]]),
    commitAccess: (commit) => writer.call('commitAccess', [commit]),
    putCapture: (capture) => writer.call('putCaptures', [[capture]]),
    putCaptures: (captures) => writer.call('putCaptures', [[...captures]]),
    commitNote: (commit) => writer.call('commitNote', [commit]),
    pinCapture: (request) => writer.call('pinCapture', [request]),
    retain: (order) => writer.call('retain', [order]),
    retention: () => writer.call('retention', []),
    advance: (cursor) => writer.call('advance', [cursor]),
  }
}

export interface TwinFile {
  file: string
  key: Uint8Array | null
  /** Pages kept decrypted, for whoever reads all over the file; SQLite's own 2 MB where it is not given. */
  cacheMb?: number
}

/**
 * The twin for reading only, in this thread: for the command line, beside a running engine or without one. Never migrates,
 * never moves a file.
 */
export function openTwinForReading({ file, key, cacheMb }: TwinFile): TwinReader {
  checkKey(key)
  try {
    const db = openForReading(file, key, cacheMb)
    try {
      refuseOther(db, file)
      const identity = readIdentity(db)
      const reads = asynchronous(readerMethods(() => ({ db, file })))
      return { ...identity, ...reads, close: async () => void db.close() }
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    throw explainUnreadable(file, key, error)
  }
}

/** The same answers as promises, errors included. */
function asynchronous(methods: ReaderMethods): AsyncReads {
  const wrapped = Object.entries(methods).map(([name, method]) => {
    const call: (...args: never[]) => unknown = method
    // In one thread nothing can be cancelled once it runs.
    return [name, async (...args: never[]) => named(name, () => (wasAborted(args) ? refuse() : call(...args)))]
  })
  // Keys and signatures are those of `methods`; Object.fromEntries cannot say so.
  return Object.fromEntries(wrapped) as AsyncReads
}

function wasAborted(args: readonly unknown[]): boolean {
  const last = args.at(-1)
  if (typeof last !== 'object' || last === null || !('signal' in last)) return false
  return last.signal instanceof AbortSignal && last.signal.aborted
}

function refuse(): never {
  throw cancelled()
}

function named<T>(what: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    throw toTwinError(error, what)
  }
}
