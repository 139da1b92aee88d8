import type { GapCause } from './intake.ts'
import type { MappingScore, MappingState } from './mapping.ts'
import type { TimeUs } from './time.ts'

/** Share of the values that were due which a tag must have delivered to pass its gate. */
export const completenessGate = 0.95

export const findingKinds = [
  'no-contract',
  'gap',
  'missing',
  'bad-quality',
  'heartbeat',
  'flatline',
  'spikes',
  'range',
  'drift',
  'clock-skew',
  'calibration',
  'mapping',
  'run-state',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** One reason why a tag's data are not what its contract promises. Times are ISO 8601. */
export interface AuditFinding {
  kind: FindingKind
  from: string
  to: string
  /** One sentence with the numbers. */
  detail: string
  /** Share of the tag's score that it takes; 0: it is in `completeness` already, or only told. */
  penalty: number
  /** Of a gap. */
  cause?: GapCause
  /** Values concerned, where they were counted. */
  count?: number
  /** Of a drift: what the evidence says. */
  attribution?: 'sensor' | 'process' | 'undecided'
}

/** What a stretch of time was for a tag. Segments follow each other without hole or overlap. */
export type SegmentState =
  /** Values came, and each said something new. */
  | 'accepted'
  /** Values came that prove nothing: repeats, bad quality. */
  | 'rejected'
  /** None came, and a gap row says why. */
  | 'gap'
  /** None came, and nothing says why. */
  | 'unexplained'
  /** None was due: maintenance, or the tag did not exist yet. */
  | 'not-due'

export interface AuditSegment {
  fromUs: TimeUs
  toUs: TimeUs
  state: SegmentState
}

export type GateState = 'pass' | 'fail' | 'excepted' | 'not-judged'

export interface PointAudit {
  id: string
  assetId: string
  lineId: string
  name: string
  /** Measured quantity of the contract: the class by which exceptions may be made. */
  sensorClass: string | null
  /** 0 to 100; null without a contract or when nothing was due. */
  score: number | null
  /** 0 to 1, of the values that were due. */
  completeness: number | null
  gate: GateState
  /** Scope of the exception that holds the gate open. */
  exception: string | null
  values: {
    expected: number
    /** Usable and new. */
    delivered: number
    repeated: number
    bad: number
  }
  /** Seconds of each state, of the whole window. */
  seconds: Record<SegmentState, number>
  segments: AuditSegment[]
  clockSkewS: { median: number; spread: number } | null
  /** Evidence that the tag is what its name says; `state` says whether it still holds. */
  mapping: { verifiedBy: string; verifiedOn: string; method: string; state: MappingState; tested: boolean } | null
  findings: AuditFinding[]
}

/** Of an asset, a line or the plant. */
export interface GroupAudit {
  id: string
  name: string
  /** Mean of its tags' scores; null when none is judged. */
  score: number | null
  completeness: number | null
  /** Tags; those without a contract are in `points` only. */
  points: number
  judged: number
  gate: GateState
  /** Tags that hold the gate shut. */
  failing: string[]
  /** Share of its tags whose mapping carries evidence that holds. */
  mappingVerified: number | null
  mapping: MappingScore
}

export interface AuditException {
  scope: string
  owner: string
  until: string
  reason: string
  state: 'live' | 'expired'
  /** Tags below the gate that it covers; an expired one covers none. */
  covers: string[]
}

/** What `millwright audit --json` prints. */
export interface AuditReport {
  schema: 'millwright/audit@1'
  from: string
  to: string
  plant: GroupAudit & { timeZone: string }
  lines: GroupAudit[]
  assets: (GroupAudit & { lineId: string })[]
  points: PointAudit[]
  exceptions: AuditException[]
  gate: { threshold: number; state: GateState; failing: number; excepted: number }
  /** How the report was made: what was read value by value, and what from roll-ups. */
  basis: { points: number; values: number; read: number; seconds: number }
}
