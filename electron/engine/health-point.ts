import type { AlertLevel } from '../../shared/domain/alert.ts'
import type { HealthEpoch, LeftOut } from '../../shared/domain/health.ts'
import type { ConditionView } from '../diagnosis/warning/health-monitor.ts'
import type { Said } from './health-messages.ts'
import type { EpochChange, PointPlan } from './health-plan.ts'
import type { SnapshotWindow } from './health-window.ts'

/** One point as the desk follows it. */
export interface WatchedPoint {
  plan: PointPlan
  window: SnapshotWindow
  epoch: HealthEpoch | null
  change: EpochChange | null
  /** Of the last entry that was logged. */
  seq: number
  /** Time of the last snapshot; minus infinity before the first. */
  snapshotUs: number
  /** Entries logged since all that the monitor knows was stored. */
  logged: number
  isSaving: boolean
  /** The thread has been given everything up to `seq`. */
  isOpen: boolean
  last: Said | null
  conditions: ConditionView[]
  /** Blocks that taught nothing since the epoch began. */
  left: LeftOut
  /** Level of the last judged snapshot, by the score alone. */
  level: AlertLevel
  failed: string | null
}

export function newPoint(plan: PointPlan, window: SnapshotWindow): WatchedPoint {
  const nothing = { epoch: null, change: null, last: null, failed: null, conditions: [], left: {} }
  return {
    plan,
    window,
    ...nothing,
    seq: 0,
    snapshotUs: Number.NEGATIVE_INFINITY,
    logged: 0,
    isSaving: false,
    isOpen: false,
    level: 'normal',
  }
}
