import type { OutboxStream } from './outbox.ts'
import type { RetentionTier, TierCaps } from './plant-captures.ts'
import type { TimeUs } from './time.ts'

/** Older than its tier keeps, more than it may take, or the disk was nearly full. */
export type RemovalCause = 'age' | 'size' | 'disk'

/** What was removed of a tier, for one cause, within a day. */
export interface Removal {
  tier: RetentionTier
  why: RemovalCause
  fromUs: TimeUs
  toUs: TimeUs
  /** Rows of its tables: captures, chunks, events. */
  rows: number
  /** Samples or feature rows that were in them. */
  samples: number
  bytes: number
  firstAtUs: TimeUs
  lastAtUs: TimeUs
}

/** What retention is to hold to, handed in again whenever it changes and at least every minute. */
export interface RetentionOrder {
  nowUs: TimeUs
  caps: TierCaps
  /** Destinations in force: what they have not confirmed stays. */
  destinations: readonly { id: string; streams: readonly OutboxStream[] }[]
  /** Bytes the disk guard asks to be freed beyond the caps; 0 when there is room. */
  wantedBytes: number
  /** Whether free pages are to be given back to the disk. */
  shrink: boolean
}

/** What the disk guard does, from nothing to all of it. */
export const diskLevels = ['ok', 'warn', 'thin', 'captures', 'values'] as const
export type DiskLevel = (typeof diskLevels)[number]

export interface DiskState {
  level: DiskLevel
  sinceUs: TimeUs
  /** null until the disk was first looked at, or when it cannot be. */
  totalBytes: number | null
  freeBytes: number | null
  /** Set aside for the last writes; 0 when it was given up. */
  reserveBytes: number
}

export interface TierState {
  tier: RetentionTier
  rows: number
  /** About what it takes of the file. */
  bytes: number
  /** Oldest that is there; null when empty. */
  fromUs: TimeUs | null
  /** Captures only: how many are pinned, and what they take. */
  pinned: { rows: number; bytes: number } | null
  /** Removed since the twin began. */
  removed: { rows: number; bytes: number; throughUs: TimeUs } | null
}

export interface StorageState {
  tiers: TierState[]
  fileBytes: number
  walBytes: number
  /** Within the file, and used again before it grows. */
  freeBytes: number
  /** Whether freed pages can be given back to the disk; files of the first layouts keep them. */
  canShrink: boolean
}

/** What retention is doing. */
export interface RetentionState {
  isWorking: boolean
  /** In one sentence; null while it goes on. */
  problem: string | null
  /** Why something that is due stays, a sentence each. */
  held: string[]
}
