import type { LeftOut } from '../../shared/domain/health.ts'
import type { BaselinePolicy } from '../diagnosis/warning/baseline.ts'
import type { ConditionView, HealthStep, Observation } from '../diagnosis/warning/health-monitor.ts'

/** What a point's monitor is shown, in order; together with the options it says everything anew. */
export type HealthEntry =
  | { kind: 'observe'; observation: Omit<Observation, 'index'> }
  /** Blocks that were no part of any snapshot. */
  | { kind: 'left'; left: LeftOut }
  | { kind: 'approve'; condition: number }
  | { kind: 'relearn'; condition: number }
  | { kind: 'epoch' }
  /** A clock was set back: what comes is later than what was, whatever its time. */
  | { kind: 'clock' }

export interface LoggedEntry {
  seq: number
  tUs: number
  entry: HealthEntry
}

export interface MonitorOptions {
  policy: BaselinePolicy
  snapshotsPerFalseWarning: number
}

/** What the monitor said to one snapshot. */
export interface Said {
  seq: number
  tUs: number
  rpm: number | null
  features: Readonly<Record<string, number>>
  step: HealthStep
}

export type ToHealthWorker =
  /** In the place of what is known of the point: memory first, then what was logged behind it. */
  | { t: 'open'; pointKey: number; options: MonitorOptions; memory: Uint8Array | null; entries: LoggedEntry[] }
  | { t: 'entries'; pointKey: number; entries: LoggedEntry[] }
  | { t: 'save'; pointKey: number }
  | { t: 'close'; pointKey: number }

export type FromHealthWorker =
  | { t: 'said'; pointKey: number; said: Said[]; conditions: ConditionView[]; left: LeftOut }
  | { t: 'memory'; pointKey: number; seq: number; body: Uint8Array }
  /** This point is not judged any more; the others are. */
  | { t: 'failed'; pointKey: number; message: string }
