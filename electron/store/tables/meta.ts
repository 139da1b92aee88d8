import type { OutboxStream } from '../../../shared/domain/outbox.ts'
import { get, run, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'

/** Whose twin this is. (installation, epoch, stream, seq) names a delivered row everywhere. */
export interface TwinIdentity {
  installation: string
  epoch: string
}

function text(db: ReadDb, name: string): string | null {
  return get<{ value: string }>(db, 'SELECT value FROM meta WHERE name = ?', name)?.value ?? null
}

export function hasIdentity(db: ReadDb): boolean {
  return text(db, 'epoch') !== null
}

export function readIdentity(db: ReadDb): TwinIdentity {
  const installation = text(db, 'installation')
  const epoch = text(db, 'epoch')
  if (installation === null || epoch === null) throw new TwinError('damaged', 'The twin has lost its identity rows.')
  return { installation, epoch }
}

export function writeIdentity(db: WriteDb, { installation, epoch }: TwinIdentity): void {
  put(db, 'installation', installation)
  put(db, 'epoch', epoch)
}

function put(db: WriteDb, name: string, value: string): void {
  run(db, 'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', name, value)
}

/** An epoch with the first number of each stream that belongs to it. */
interface EpochStart {
  epoch: string
  events: number
  features: number
}

function epochStarts(db: ReadDb): EpochStart[] {
  const stored = text(db, 'epochs')
  if (stored !== null) return JSON.parse(stored) as EpochStart[]
  return [{ epoch: readIdentity(db).epoch, events: 1, features: 1 }]
}

/**
 * Numbers behind `heads` belong to a new epoch, those up to them keep theirs: a row that was delivered before is known at the
 * far side by its old identity and dropped there, and a new one is never taken for one that was lost here.
 */
export function beginEpoch(db: WriteDb, epoch: string, heads: Record<OutboxStream, number>): void {
  const starts = [...epochStarts(db), { epoch, events: heads.events + 1, features: heads.features + 1 }]
  put(db, 'epochs', JSON.stringify(starts))
  put(db, 'epoch', epoch)
}

/** Which epoch the number belongs to, and the last one that does (Infinity for the present epoch). */
export function epochAt(db: ReadDb, stream: OutboxStream, seq: number): { epoch: string; lastSeq: number } {
  const starts = epochStarts(db)
  const index = starts.findLastIndex((start) => start[stream] <= seq)
  const { epoch } = starts[Math.max(0, index)] ?? readIdentity(db)
  return { epoch, lastSeq: (starts[Math.max(0, index) + 1]?.[stream] ?? Infinity) - 1 }
}

/** Why the next run of the engine begins behind a hole that is no ordinary stop. */
export interface Resumption {
  cause: 'restored' | 'twin-damaged'
  detail: string
  /** Where the hole begins, when there is no run before it to tell. */
  fromUs?: number
}

export function leaveResumption(db: WriteDb, resumption: Resumption): void {
  leaveNote(db, 'resumption', resumption)
}

/** Given once. */
export function takeResumption(db: WriteDb): Resumption | null {
  const found = note<Resumption>(db, 'resumption')
  if (found !== null) removeNote(db, 'resumption')
  return found
}

/** What a recovery has to remember in the twin itself. */
export type NoteName = 'resumption' | 'salvaging' | 'event-holes' | 'audit-joints' | 'merged'

export function leaveNote(db: WriteDb, name: NoteName, value: unknown): void {
  put(db, name, JSON.stringify(value))
}

/** `T` is what was left under that name. */
export function note<T>(db: ReadDb, name: NoteName): T | null {
  const stored = text(db, name)
  return stored === null ? null : (JSON.parse(stored) as T)
}

export function removeNote(db: WriteDb, name: NoteName): void {
  run(db, 'DELETE FROM meta WHERE name = ?', name)
}

/** Numbers of the event log that damage has taken and no backup gave back. */
export function eventHoles(db: ReadDb): [number, number][] {
  return note<[number, number][]>(db, 'event-holes') ?? []
}
