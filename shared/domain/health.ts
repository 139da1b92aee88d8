import type { AuditEntry } from './audit-trail.ts'
import type { TimeUs } from './time.ts'

/** Health of measuring points against approved baselines: what the twin keeps of it. */

/** Why a block taught nothing and changed no score. Limits are judged by `clipped` and `uncertain` blocks all the same. */
export const leftOutReasons = ['clipped', 'uncertain', 'cable-fault', 'sensor-fault', 'not-measured'] as const
export type LeftOutReason = (typeof leftOutReasons)[number]
/** Blocks of each kind. */
export type LeftOut = Partial<Record<LeftOutReason, number>>

/** What is known of one feature of the healthy machine. */
export interface BaselineFeature {
  name: string
  /** In the feature's own unit. */
  median: number
  mean: number
  sigma: number
  /** Long-run spread that the tests work with, decibels. */
  spreadDb: number
}

/**
 * `proposed`: learned, and nobody has approved it; `frozen`: in force; `rejected`: not the healthy machine, somebody said;
 * `retired`: of an epoch that is over. None is ever removed.
 */
export type BaselineState = 'proposed' | 'frozen' | 'rejected' | 'retired'

/** The baseline of one point in one condition (running, within a band of speed). */
export interface BaselineRecord {
  id: string
  pointKey: number
  pointId: string
  /** The epoch it belongs to, by its beginning. */
  epochUs: TimeUs
  /** Number of the condition within the epoch. */
  condition: number
  /** Speed about which it was learned; null where none is measured. */
  rpm: number | null
  state: BaselineState
  fromUs: TimeUs
  untilUs: TimeUs
  snapshots: number
  /** False: learning ended although the machine had not settled. */
  settled: boolean
  features: BaselineFeature[]
  /** What was given but cannot be watched, in sentences. */
  left: string[]
  proposedUs: TimeUs
  decidedUs: TimeUs | null
  decidedBy: string | null
  reason: string | null
  retiredUs: TimeUs | null
}

export const epochCauses = ['first', 'maintenance', 'sensor', 'contract', 'asked'] as const
export type EpochCause = (typeof epochCauses)[number]

/** What a baseline rests on: where one of them changes, values before and after cannot be compared. */
export interface EpochBasis {
  sensorId: string | null
  sensorReplacedAt: string | null
  quantity: string
  unit: string
  band: string | null
  /** End of the last maintenance that was taken into account. */
  maintenanceUntil: string | null
}

/** A stretch of a point's life in which its baselines hold: from a start, a repair, another sensor. */
export interface HealthEpoch {
  pointKey: number
  beganUs: TimeUs
  cause: EpochCause
  reason: string
  by: string
  basis: EpochBasis
}

/** One reason for a warning, with its numbers. */
export interface HealthFinding {
  feature: string
  level: 'warning' | 'alarm'
  /** The test statistic over its limit. */
  ratio: number
  /** Null for shocks, which are counted. */
  changeDb: number | null
  factor: number | null
  /** In the feature's own unit. */
  value: number | null
  baseline: number | null
  sinceUs: TimeUs | null
  /** With snapshots counted from the beginning of the epoch, as the tests say it. */
  reason: string
  /** 90 % interval of the moment at which the alarm limit is reached. */
  outlook: { earliestUs: TimeUs; latestUs: TimeUs } | null
  /** Why there is no such interval. */
  refused: string | null
}

/** What stood behind a warning at the moment it was raised or rose. */
export interface HealthEvidence {
  pointKey: number
  tUs: TimeUs
  score: number
  rpm: number | null
  baselineId: string | null
  findings: HealthFinding[]
  snapshotsPerFalseWarning: number
}

/** One entry of what was shown to a point's monitor, in order; its body is the engine's. */
export interface HealthLogRow {
  pointKey: number
  /** Rises within a point; Unix microseconds of when it was logged, so that it goes on rising in a twin that was replaced. */
  seq: number
  tUs: TimeUs
  body: Uint8Array
}

/** All that a monitor knew after an entry; the log up to it is not needed any more. */
export interface HealthMemoryRow {
  pointKey: number
  seq: number
  body: Uint8Array
}

/** In one transaction. */
export interface HealthCommit {
  log?: HealthLogRow[]
  memories?: HealthMemoryRow[]
  baselines?: BaselineRecord[]
  epochs?: HealthEpoch[]
  evidence?: HealthEvidence[]
  /** Points whose log and memory are not needed any more; before anything else of the commit. */
  forget?: number[]
  audit?: AuditEntry[]
}

export interface StoredHealth {
  memory: HealthMemoryRow | null
  /** Behind the memory, oldest first. */
  log: HealthLogRow[]
}
