import type { TimeUs } from '../domain/time.ts'
import type { RunState } from '../domain/twin.ts'
import type { AlertView, PointValue } from './views.ts'

/** A value as it was, with its age at that time. */
export interface MomentValue extends PointValue {
  /** Seconds between the value and the moment; null without a value. */
  ageS: number | null
}

/**
 * `alarm`, `warning`: the worst alert that was active. `good`: none was, and every point that a rule judges had a fresh value of good
 * or uncertain quality. `unknown`: none was, and what should have been judged was missing, stale or bad, or the machine did not
 * run, so that vibration says nothing of it; `why` says which.
 */
export interface MomentHealth {
  condition: 'good' | 'warning' | 'alarm' | 'unknown'
  /** Points with a fresh usable value, of all of the asset. */
  fresh: number
  points: number
  why: string
}

/** What judged at that time. */
export interface MomentJudge {
  /** null: no configuration was recorded yet. */
  configHash: string | null
  configFromUs: TimeUs | null
  author: string | null
  reason: string | null
  /** Software of the run, as it named itself; null where the run is older than this record. */
  software: string | null
  /** Whether a learned model judged: none does yet. */
  model: string | null
}

export interface MomentLane {
  destinationId: string
  lane: string
  stream: 'events' | 'features'
  /** Rows that the destination had not confirmed. */
  undelivered: number
  confirmedUs: TimeUs | null
}

/** One machine at one moment, from what the twin holds today. */
export interface MomentFrame {
  atUs: TimeUs
  /** When this was read: late values that came until then are in it. */
  readUs: TimeUs
  /** False: no engine ran at that time, so that nothing was recorded. */
  recording: boolean
  assetId: string
  assetName: string
  lineName: string
  runState: RunState
  runStateSinceUs: TimeUs | null
  rpm: number | null
  health: MomentHealth
  values: MomentValue[]
  /** As they stood then, oldest first. */
  alerts: AlertView[]
  /** Gaps that held at that time. */
  gaps: { cause: string; startUs: TimeUs; endUs: TimeUs | null; detail: string }[]
  judge: MomentJudge
  /** null: nothing was recorded of deliveries by then. */
  sync: { asOfUs: TimeUs; lanes: MomentLane[] } | null
}
