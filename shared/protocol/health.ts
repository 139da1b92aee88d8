import { z } from 'zod'
import type { AlertLevel, AlertOccurrence, Outcome } from '../domain/alert.ts'
import type { BaselineRecord, EpochCause, HealthFinding, LeftOut } from '../domain/health.ts'
import type { PlantChange } from '../domain/plant-change.ts'
import type { TimeUs } from '../domain/time.ts'

const id = z.string().min(1).max(256)
const reason = z.string().trim().min(3).max(500)

export const healthParams = {
  /** How the points of a machine stand against their baselines. */
  'health.machine': z.strictObject({ assetId: id }),
  /** `approve` freezes what was learned; `relearn` says that it is not the healthy machine. */
  'health.decide': z.strictObject({
    baselineId: z.string().min(1).max(512),
    decision: z.enum(['approve', 'relearn']),
    reason: z.string().trim().max(500).nullable(),
  }),
  /** How the tags behind a baseline did in the audit of the time in which it was learned. */
  'health.readiness': z.strictObject({ baselineId: z.string().min(1).max(512) }),
  /** After work on the machine: old baselines are kept, and learning begins anew. Null: every point of it. */
  'health.reset': z.strictObject({ assetId: id, pointIds: z.array(id).min(1).max(100).nullable(), reason }),
  /** What changed does not matter to the baseline. */
  'health.keep': z.strictObject({ pointId: id, reason }),
  /** Limits from the approved baseline as changes of the plant file, to be looked at and made by `config.change`. */
  'health.limits': z.strictObject({
    pointId: id,
    warningSigmas: z.number().min(1).max(20),
    alarmSigmas: z.number().min(1).max(40),
  }),
  'alert.why': z.strictObject({ occurrenceId: id }),
  /** One page that stands alone, as HTML. */
  'alert.report': z.strictObject({
    occurrenceId: id,
    owner: z.string().trim().max(100),
    due: z.iso.date().nullable(),
    action: z.string().trim().max(500),
  }),
} as const

/**
 * `off`: the plant file says so; `stopped`: the advisory model does not run; `failed`: of this point; `changed`: somebody has to
 * decide about the baseline; `proposed`: it waits for approval.
 */
export type HealthPhase = 'off' | 'stopped' | 'failed' | 'changed' | 'waiting' | 'learning' | 'proposed' | 'watched'

export interface HealthConditionView {
  /** About which speed; null where none is measured. */
  rpm: number | null
  phase: 'learning' | 'proposed' | 'watched'
  learnedDays: number
  ofDays: number
  learned: number
  ofSnapshots: number
}

export interface PointHealthView {
  pointId: string
  pointName: string
  phase: HealthPhase
  /** In a sentence, what stopped it or has to be decided; null when nothing has. */
  message: string | null
  /** Which kind of change waits for a decision. */
  change: EpochCause | null
  epoch: { beganUs: TimeUs; cause: EpochCause; reason: string; by: string; number: number } | null
  conditions: HealthConditionView[]
  /** Of the present epoch, newest last. */
  baselines: BaselineRecord[]
  /** Of earlier epochs and what was rejected. */
  older: BaselineRecord[]
  /** The largest test statistic over its limit; null while nothing is judged. */
  score: number | null
  level: AlertLevel
  asOfUs: TimeUs | null
  findings: HealthFinding[]
  /** Blocks that taught nothing and changed no score since the epoch began. */
  left: LeftOut
  snapshotMin: number
  snapshotsPerFalseWarning: number
}

export interface ReadinessTag {
  pointId: string
  /** With its machine. */
  name: string
  role: 'measured' | 'speed' | 'run-state'
  /** 0 to 100; null where nothing was due. */
  score: number | null
  state: 'pass' | 'fail' | 'excepted' | 'not-judged'
  exception: { owner: string; until: string; reason: string } | null
  /** What took most of the score, in sentences. */
  findings: string[]
}

export interface BaselineReadiness {
  baselineId: string
  fromUs: TimeUs
  untilUs: TimeUs
  /** Score that every tag needs. */
  least: number
  tags: ReadinessTag[]
}

export interface HealthMachineView {
  assetId: string
  /** Why the advisory model does not run at all; null while it does. */
  stopped: string | null
  points: PointHealthView[]
}

/** One of the answers to why: what is known, or what is missing for it. */
export type WhyPart<T> = { known: T; missing: null } | { known: null; missing: string }

export interface SimilarCase {
  occurrenceId: string
  assetName: string
  pointName: string
  meaning: string
  raisedUs: TimeUs
  outcome: Outcome
  note: string | null
  /** What it has in common: the same machine, kind of machine, feature, meaning. */
  shares: ('machine' | 'family' | 'feature' | 'meaning')[]
}

export interface WhyView {
  occurrenceId: string
  isAdvice: boolean
  /** Of an advisory alert, with the evidence below; never without. */
  score: number | null
  snapshotsPerFalseWarning: number | null
  changed: WhyPart<{ feature: string; direction: 'rose' | 'fell'; also: string[] }>
  amount: WhyPart<{ value: number; reference: number; unit: string; changeDb: number | null; factor: number | null }>
  span: WhyPart<{ sinceUs: TimeUs; untilUs: TimeUs }>
  baseline: WhyPart<{
    id: string
    fromUs: TimeUs
    untilUs: TimeUs
    snapshots: number
    rpm: number | null
    approvedBy: string
    approvedUs: TimeUs
  }>
  similar: WhyPart<{ cases: SimilarCase[]; count: number; outcomes: Partial<Record<Outcome, number>> }>
  /** When the alarm limit is reached if it goes on like this: a 90 % interval, or why there is none. */
  outlook: WhyPart<{ earliestUs: TimeUs; latestUs: TimeUs }>
  evidence: HealthFinding[]
}

/** A speed that the machine was seen at, and whether limits can be made for it. */
export interface LimitStateView {
  rpm: number | null
  /** From, up to: rpm. */
  band: [number, number] | null
  days: number
  ofDays: number
  snapshots: number
  state: 'used' | 'too-short' | 'not-approved' | 'learning'
}

export interface LimitRow {
  feature: string
  unit: string
  rpm: number | null
  /** The operating state that it is of; null: it holds in every one. */
  band: [number, number] | null
  mean: number
  sigma: number
  warning: number
  alarm: number
  /** Rule whose limits would change; null where one would be made. */
  alertId: string | null
  now: { warning: number | null; alarm: number | null }
}

export interface LimitProposalView {
  /** Why no limits are proposed; null when they are. */
  refused: string | null
  states: LimitStateView[]
  rows: LimitRow[]
  changes: PlantChange[]
}

export interface AlertReportView {
  /** Without folder and ending. */
  name: string
  html: string
}

export interface HealthResults {
  'health.machine': HealthMachineView
  'health.decide': HealthMachineView
  'health.readiness': BaselineReadiness
  'health.reset': HealthMachineView
  'health.keep': HealthMachineView
  'health.limits': LimitProposalView
  'alert.why': WhyView
  'alert.report': AlertReportView
}

/** An alert of the advisory model: it carries its own mark wherever it is shown. */
export function isAdvice(occurrence: Pick<AlertOccurrence, 'feature'>): boolean {
  return occurrence.feature === 'healthScore'
}
