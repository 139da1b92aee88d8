import type { AlertOccurrence, AlertRuleState, AlertTransition } from './alert.ts'
import type { SignalFault } from './analysis.ts'
import type { AuditEntry } from './audit-trail.ts'
import type { Gap, ScalarColumns, Samples } from './intake.ts'
import type { TimeUs } from './time.ts'

/** A point as the twin knows it: `key` is small, stable for the life of the twin, and what the data path carries. */
export interface PointRef {
  key: number
  id: string
  assetId: string
  kind: 'scalar' | 'waveform' | 'event'
}

export const runStates = ['running', 'not-running', 'transient', 'unknown'] as const
export type RunState = (typeof runStates)[number]

/** A machine began or ceased to run, or nobody can tell any more. */
export interface RunStateChange {
  assetId: string
  /** Source time of the value that told. */
  atUs: TimeUs
  state: RunState
  /** NaN when the machine has no speed. */
  rpm: number
}

/** Features of one waveform block. `values` follows `featureNames` (shared/domain/features.ts); NaN is "not available". */
export interface FeatureRow {
  pointKey: number
  /** Source time of the block's first sample. */
  tUs: TimeUs
  /** Length of the block, microseconds. */
  spanUs: number
  values: Float32Array
  /** Speed used, rpm; NaN when unknown. */
  rpm: number
  runState: RunState
  /** Hash of the configuration revision in force. */
  configHash: string
}

/** What one tick makes durable, in one transaction. */
export interface Tick {
  /** Rises by one per tick within one run of the engine. */
  number: number
  atUs: TimeUs
  scalars: ScalarColumns
  gaps: Gap[]
  features: FeatureRow[]
  /** Told by values of earlier ticks, since nothing is judged before it is committed. */
  runStates?: RunStateChange[]
}

/** Proof that a tick is on disk. Nothing is shown, judged or sent before it. */
export interface TickReceipt {
  number: number
  committedUs: TimeUs
  scalars: number
  features: number
  gaps: number
  /** Sequence of the last feature row and last event row after this tick. */
  featureHead: number
  eventHead: number
}

/** State, occurrence, transitions and outbox rows of one alert step, in one transaction. */
export interface AlertCommit {
  states: AlertRuleState[]
  occurrences: AlertOccurrence[]
  transitions: AlertTransition[]
  /** What people did of it, for the audit trail: in the same transaction. */
  audit?: AuditEntry[]
}

export const captureCauses = ['schedule', 'alarm', 'alarm-clear', 'change', 'run-state', 'demand', 'import'] as const
export type CaptureCause = (typeof captureCauses)[number]

export type { Samples }
/** How a capture lies in the twin; each is lossless for its samples. */
export type CaptureCoding = 'int16' | 'float32' | 'float64'

/** Part of the wanted window that the ring did not have. `atSample` is the first sample behind it. */
export interface CaptureGap {
  atSample: number
  startUs: TimeUs
  endUs: TimeUs
}

/** A stored waveform with why it was taken. */
export interface Capture {
  id: string
  pointKey: number
  cause: CaptureCause
  /** The cause in words and numbers, for people: what moved from where to where, which rule. */
  reason: string
  /** Occurrence that asked for it, if any: such captures are pinned. */
  occurrenceId: string | null
  /** Source time of the first sample. */
  sourceUs: TimeUs
  sampleRateHz: number
  /** Without what is in `gaps`: pieces that a gap parts are laid end to end. */
  samples: Samples
  gaps: readonly CaptureGap[]
  rpm: number
  runState: RunState
  unit: string
  contractVersion: number
  configHash: string
  /** What is wrong with its samples, as far as they show it; such a capture teaches nothing. */
  faults?: readonly SignalFault[]
}

/** Who keeps a capture from being removed: an alarm it belongs to, a label of that alarm, or a person. */
export type CapturePin = 'alarm' | 'label' | 'hand'

export interface CaptureHead extends Omit<Capture, 'samples' | 'unit' | 'contractVersion' | 'faults'> {
  /** None also of captures that were stored before they were looked at. */
  faults: readonly SignalFault[]
  /** null in captures of the first layout, which did not keep it. */
  unit: string | null
  contractVersion: number | null
  sampleCount: number
  coding: CaptureCoding
  /** As stored. */
  bytes: number
  pin: CapturePin | null
}

/** Microseconds from a capture's first sample to its sample `index`, gaps counted. */
export function captureOffsetUs(
  { sampleRateHz, gaps }: Pick<CaptureHead, 'sampleRateHz' | 'gaps'>,
  index: number,
): number {
  let offsetUs = (index * 1e6) / sampleRateHz
  for (const { atSample, startUs, endUs } of gaps) if (atSample > 0 && atSample <= index) offsetUs += endUs - startUs
  return offsetUs
}

/** Last committed value of a point. */
export interface PointHead {
  pointKey: number
  tUs: TimeUs
  value: number
  status: number
}

/** Per pixel column: what a trend needs. Empty columns are gaps (NaN). */
export interface TrendColumns {
  /** Start of each column, Unix microseconds. */
  tUs: Float64Array
  min: Float64Array
  max: Float64Array
  mean: Float64Array
  count: Uint32Array
  badCount: Uint32Array
}
