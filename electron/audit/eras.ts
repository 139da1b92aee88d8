import type { AuditFinding, AuditSegment, PointAudit } from '../../shared/domain/audit.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import { scoreOf, type JudgedPoint } from './point.ts'
import { clip, lengthUs, subtract, type Span } from './spans.ts'
import { iso } from './words.ts'

/** What a plant file said of a tag from a moment on; null: no contract, or no such tag. */
export interface Held {
  atUs: number
  contract: Contract | null
}

/** A stretch of the window that is judged by one contract. */
export interface Era extends Span {
  contract: Contract
  /** When values were due: in order, without overlap, within the era. */
  due: Span[]
}

/** What an audit goes by; a new owner or reason makes no new era. */
function judgedBy({
  quantity,
  unit,
  expectedRange,
  updateCadenceMs,
  deadband,
  timestampSource,
  policy,
}: Contract): string {
  return JSON.stringify([
    quantity,
    unit,
    expectedRange,
    updateCadenceMs,
    deadband,
    timestampSource,
    policy.staleAfterMs,
  ])
}

/**
 * The window cut where what judges changed, oldest first. Nothing was due while the tag had no contract; none at all when it
 * has none in the end, which is then what has to be said. `held`: in order of time, the last in force at the window's end.
 */
export function erasOf(held: readonly Held[], maintenance: readonly Span[], window: Span): Era[] {
  if (!held.at(-1)?.contract) return []
  const eras: Era[] = []
  const absent: Span[] = [{ fromUs: window.fromUs, toUs: Math.max(window.fromUs, held[0]?.atUs ?? window.fromUs) }]
  let last: string | null = null
  for (const [i, { atUs, contract }] of held.entries()) {
    const fromUs = Math.max(window.fromUs, atUs)
    if (!contract) {
      absent.push({ fromUs, toUs: Math.max(fromUs, held[i + 1]?.atUs ?? window.toUs) })
      continue
    }
    const by = judgedBy(contract)
    const era = eras.at(-1)
    if (era && by === last) {
      era.contract = contract
      continue
    }
    last = by
    if (era) era.toUs = fromUs
    if (era && era.toUs <= era.fromUs) eras.pop()
    eras.push({ fromUs: eras.length === 0 ? window.fromUs : fromUs, toUs: window.toUs, contract, due: [] })
  }
  const notDue = [...absent, ...maintenance].filter(({ fromUs, toUs }) => toUs > fromUs)
  for (const era of eras) era.due = dueOf(era, notDue)
  return eras
}

function dueOf(era: Span, notDue: readonly Span[]): Span[] {
  let due: Span[] = [{ fromUs: era.fromUs, toUs: era.toUs }]
  for (const span of notDue) due = subtract(due, clip([span], era))
  return due
}

/** Told of the tag as it is in the end, whatever its contract was before. */
const ofTheEnd = new Set(['calibration', 'mapping'])

/** One tag of what was judged era by era. Each counts by the time in which values were due. */
export function joinEras(judged: readonly JudgedPoint[], eras: readonly Era[]): JudgedPoint {
  const last = judged.at(-1)
  if (!last) throw new RangeError('a tag without an era cannot be joined')
  if (judged.length === 1) return last
  const dueUs = eras.map(({ due }) => lengthUs(due))
  const allUs = dueUs.reduce((sum, each) => sum + each, 0)
  const share = (i: number): number => (allUs > 0 ? (dueUs[i] ?? 0) / allUs : 0)
  const audits = judged.map(({ audit }) => audit)
  const total = (of: (audit: PointAudit) => number): number => audits.reduce((sum, each) => sum + of(each), 0)
  const findings = audits.flatMap((each, i) => findingsOf(each, eras[i], share(i), i === audits.length - 1))
  const seconds = { ...last.audit.seconds }
  for (const state of Object.keys(seconds) as (keyof typeof seconds)[])
    seconds[state] = total((each) => each.seconds[state])
  const audit: PointAudit = {
    ...last.audit,
    completeness: allUs > 0 ? audits.reduce((sum, each, i) => sum + (each.completeness ?? 0) * share(i), 0) : null,
    values: {
      expected: total(({ values }) => values.expected),
      delivered: total(({ values }) => values.delivered),
      repeated: total(({ values }) => values.repeated),
      bad: total(({ values }) => values.bad),
    },
    seconds,
    segments: audits.flatMap(({ segments }) => segments).reduce(joinedTo, []),
    clockSkewS: audits.findLast(({ clockSkewS }) => clockSkewS !== null)?.clockSkewS ?? null,
    findings,
  }
  audit.score = scoreOf(audit)
  return { ...last, audit }
}

function findingsOf(audit: PointAudit, era: Era | undefined, share: number, isLast: boolean): AuditFinding[] {
  return audit.findings.flatMap((finding) => {
    if (ofTheEnd.has(finding.kind)) return isLast ? [finding] : []
    const by =
      era && !isLast
        ? ` Judged by version ${era.contract.version} of its contract, in force until ${iso(era.toUs)}.`
        : ''
    return [{ ...finding, detail: `${finding.detail}${by}`, penalty: finding.penalty * share }]
  })
}

function joinedTo(segments: AuditSegment[], next: AuditSegment): AuditSegment[] {
  const last = segments.at(-1)
  if (last?.state === next.state && last.toUs === next.fromUs) last.toUs = next.toUs
  else segments.push({ ...next })
  return segments
}
