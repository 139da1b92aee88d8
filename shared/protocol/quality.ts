import type { AuditException, AuditReport, FindingKind, GateState, GroupAudit, PointAudit } from '../domain/audit.ts'

/** A tag in the list; what it rests on comes with `quality.point`. */
export interface QualityPointRow {
  id: string
  name: string
  assetId: string
  lineId: string
  sensorClass: string | null
  score: number | null
  completeness: number | null
  gate: GateState
  exception: string | null
  kinds: FindingKind[]
}

export interface QualitySummary {
  from: string
  to: string
  plant: AuditReport['plant']
  lines: GroupAudit[]
  assets: (GroupAudit & { lineId: string })[]
  points: QualityPointRow[]
  exceptions: AuditException[]
  gate: AuditReport['gate']
  basis: AuditReport['basis']
}

export interface QualityView {
  running: { done: number; total: number } | null
  /** Why the last one was not made. */
  failure: string | null
  /** The last one that was made since the engine started. */
  report: QualitySummary | null
}

/** What the intake has done with a tag's values since the engine started: accepted + rejected + dropped = received. */
export interface IntakeCounters {
  received: number
  accepted: number
  rejected: number
  dropped: number
  /** Delivered again; dropped or kept as the contract says. */
  duplicates: number
  late: number
  outOfOrder: number
  /** Kept, and marked uncertain for their time. */
  marked: number
  outOfRange: number
  /** Times it was silent for longer than its contract calls fresh, and for so long that a gap was opened. */
  stale: number
  missing: number
}

export interface QualityPointView {
  from: string
  to: string
  point: PointAudit
  /** null: the tag is not acquired. */
  intake: IntakeCounters | null
}

/** The report without the segments and findings of each tag, which make nine tenths of it. */
export function qualityRows({ schema: _schema, points, ...rest }: AuditReport): QualitySummary {
  return {
    ...rest,
    points: points.map(
      ({ id, name, assetId, lineId, sensorClass, score, completeness, gate, exception, findings }) => ({
        id,
        name,
        assetId,
        lineId,
        sensorClass,
        score,
        completeness,
        gate,
        exception,
        kinds: [...new Set(findings.map(({ kind }) => kind))],
      }),
    ),
  }
}
