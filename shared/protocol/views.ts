import type { AlarmState, AlertLevel, AlertOccurrence, Priority } from '../domain/alert.ts'
import type { PresentCondition } from '../domain/condition.ts'
import type { LinkState } from '../domain/intake.ts'
import type { LatencyClass } from '../domain/latency.ts'
import type { DestinationState } from '../domain/outbox.ts'
import type { LimitsInForce } from '../domain/operating-limits.ts'
import type { PointState, PointStateView } from '../domain/point-state.ts'
import type { Problem } from '../domain/problem.ts'
import type { SensorBreak } from '../domain/sensor.ts'
import type { TimeUs } from '../domain/time.ts'
import type { RunState } from '../domain/twin.ts'

/** `never`: nothing arrived since start; `stale`: older than the contract's staleAfterMs; `missing`: a Gap is open. */
export type Freshness = 'never' | 'live' | 'stale' | 'missing'

export interface AssetTile {
  id: string
  lineId: string
  name: string
  family: string
  runState: RunState
  freshness: Freshness
  /** Source time of the newest committed value of the asset; null before the first. */
  lastUs: TimeUs | null
  /** Largest share of an alarm limit in use over the asset's rules: 0 quiet, 1 at the alarm limit. null: no rule has a value. */
  health: number | null
  /** Which rule `health` speaks of, in words. */
  healthOf: string | null
  /** Health over time, oldest first, NaN where nothing is known; at most 96 columns. */
  spark: Float32Array
  sparkFromUs: TimeUs
  level: AlertLevel
  priority: Priority | null
  state: AlarmState
  /** Worst finding in words; null when there is none. */
  finding: string | null
  openAlerts: number
  /** How many of its points are in each state. */
  pointStates: Record<PointState, number>
}

export interface OverviewFrame {
  atUs: TimeUs
  plantName: string
  timeZone: string
  lines: { id: string; name: string }[]
  assets: AssetTile[]
}

/** An occurrence with the words a person needs, so that a list never has to look anything up. */
export interface AlertView {
  occurrence: AlertOccurrence
  assetName: string
  pointName: string
  unit: string
  /** The value now, for comparison with the one that raised it; null when unknown. */
  currentValue: number | null
  /** Of its point now: it says why the rule is held back; null when the point is gone. */
  pointState: PointStateView | null
  /** Limits of its rule now; null for advice and when the rule is gone. */
  limitsNow: LimitsInForce | null
}

/**
 * An alarm of a server, as the server last reported it. `reach`: `live` while the server is connected and its list is
 * known; `reading` while the list comes; `unreachable` when nobody knows what it has now.
 */
export interface ServerAlarmView {
  condition: PresentCondition
  serverName: string
  /** Of the server's severity (`priorityOfSeverity`). */
  priority: Priority
  reach: 'live' | 'reading' | 'unreachable'
  /** Since when it has been so. */
  reachSinceUs: TimeUs
}

export interface ServerAlarmsFrame {
  /** Live before unreachable, highest priority first, then oldest first; at most `limits.serverAlarmsShown`. */
  open: ServerAlarmView[]
  /** Those beyond that. */
  more: number
  /** Live and neither shelved nor suppressed; the banner adds them to ours. */
  unacknowledged: Record<Priority, number>
  active: Record<Priority, number>
  shelved: number
  /** Of servers that are not live: in no other count. */
  unreachable: number
}

export interface AlertsFrame {
  atUs: TimeUs
  /** Active, unacknowledged or awaiting their outcome; highest priority first, then oldest first. */
  open: AlertView[]
  unacknowledged: Record<Priority, number>
  active: Record<Priority, number>
  awaitingOutcome: number
  flood: boolean
  /** The counts above are ours alone. */
  servers: ServerAlarmsFrame
}

export interface QueueState {
  name: string
  depth: number
  limit: number
  /** Times the limit was reached since start. */
  hits: number
  oldestS: number | null
}

export interface StatusFrame {
  atUs: TimeUs
  startedUs: TimeUs
  version: string
  pid: number
  node: string
  plantFile: string
  dataDir: string
  configHash: string
  twin: { bytes: number; opened: string; lastCommitUs: TimeUs | null; commits: number }
  points: { live: number; stale: number; bad: number; states: Record<PointState, number> }
  /** Values committed per second over the last ten seconds. */
  valuesPerSecond: number
  blocksPerSecond: number
  links: LinkState[]
  destinations: DestinationState[]
  queues: QueueState[]
  problems: Problem[]
}

export interface PointsFrame {
  atUs: TimeUs
  /** How many points are in each state. */
  counts: Record<PointState, number>
  /** Points that are not normal, those without a contract among them. */
  notNormal: (PointStateView & { pointId: string })[]
}

export interface PointValue {
  pointId: string
  name: string
  kind: 'scalar' | 'waveform' | 'event'
  componentId: string | null
  quantity: string
  /** What the number is: `value` for a scalar, a feature name for a waveform. */
  feature: string
  unit: string
  value: number | null
  quality: 'good' | 'uncertain' | 'bad'
  statusName: string
  tUs: TimeUs | null
  serverUs: TimeUs | null
  freshness: Freshness
  state: PointStateView
  staleAfterMs: number
  /** How old its values may be when they come, by its contract. */
  latency: LatencyClass
  range: [number, number] | null
  limits: LimitsInForce
  level: AlertLevel
}

/** What the run state of a machine rests on. With fewer than two evidences nothing can contradict it. */
export interface RunEvidenceView {
  /** How many have to agree. */
  quorum: number
  evidences: { pointId: string; name: string; feature: string | null; says: 'running' | 'stopped' | 'unknown' }[]
  /** Lasting; `dissenters` are point ids. */
  disagreement: { sinceUs: TimeUs; dissenters: string[] } | null
}

export interface MachineFrame {
  atUs: TimeUs
  assetId: string
  runState: RunState
  /** null: a past moment, of which nobody has kept it. */
  runEvidence: RunEvidenceView | null
  rpm: number | null
  values: PointValue[]
  /** Points without a contract: grey, never alarming, never sent on. */
  unruled: { pointId: string; name: string; kind: 'scalar' | 'waveform' | 'event' }[]
  /** The eight asset facts that are missing; the record is a draft while there are any. */
  missingFacts: string[]
}

/**
 * New min/max columns of live waveforms. Bins are aligned to absolute time: bin k of width `binUs` starts at
 * k * binUs, so frames append and a repeated bin replaces. Read from the ring, marked live: the one exception to
 * commit-then-tell.
 */
export interface WaveformFrame {
  atUs: TimeUs
  channels: WaveformChannel[]
}

export interface WaveformChannel {
  pointId: string
  sampleRateHz: number
  unit: string
  binUs: number
  firstBin: number
  /** NaN where the ring has no samples. */
  min: Float32Array
  max: Float32Array
  /** Source time just after the newest sample. */
  endUs: TimeUs
  /** Receive time of the newest block, engine clock. */
  receiveUs: TimeUs
  quality: 'good' | 'uncertain' | 'bad'
}

/** Where a line of a fault is expected; what stands there is read off the spectrum by whoever shows it. */
export interface FaultMark {
  /** `bpfo`, `bpfi`, `bsf`, `ftf`, `shaft`. */
  fault: string
  harmonic: number
  hz: number
}

export interface SpectrumFrame {
  atUs: TimeUs
  pointId: string
  kind: 'spectrum' | 'envelope'
  /** Source time of the block's first sample. */
  tUs: TimeUs
  resolutionHz: number
  /** Peak amplitude per line, from 0 Hz. */
  amplitude: Float32Array
  unit: string
  rpm: number | null
  /** Envelope band, Hz; null for the plain spectrum. */
  bandHz: [number, number] | null
  marks: FaultMark[]
}

export interface TrendFrame {
  atUs: TimeUs
  pointId: string
  feature: string
  unit: string
  tUs: Float64Array
  min: Float64Array
  max: Float64Array
  mean: Float64Array
  /** Those that hold now. */
  limits: LimitsInForce
  gaps: { startUs: TimeUs; endUs: TimeUs | null; cause: string }[]
  /** Within the time of the frame: from there on the readings are of another sensor. */
  breaks?: SensorBreak[]
}
