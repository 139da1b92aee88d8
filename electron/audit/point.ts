import type { AuditFinding, PointAudit, SegmentState } from '../../shared/domain/audit.ts'
import type { Point } from '../../shared/domain/plant-file.ts'
import { account } from './account.ts'
import { clockSkew } from './clock-skew.ts'
import { attribute, driftOf, spansOfState, type Drift, type Sibling } from './drift.ts'
import {
  calibrationFindings,
  clockFindings,
  gapFindings,
  missingFindings,
  qualityFindings,
  rangeFindings,
  spikeFindings,
  stillFindings,
} from './findings.ts'
import type { PointInput } from './input.ts'
import { mappingFindings } from './mapping.ts'
import { iso, lasting, number } from './words.ts'

/** A tag's audit before it is known whether others of its machine drifted with it. */
export interface JudgedPoint {
  audit: PointAudit
  drift: Drift | null
  /** Drift of the reading while the machine stood still. */
  stoppedDrift: Drift | null
  sibling: Sibling | null
}

const driftPenalty = { sensor: 0.2, undecided: 0.1, process: 0 } as const

/** Everything that one tag's own data tell. */
export function auditPoint(input: PointInput): JudgedPoint {
  const { point, window } = input
  const { contract } = point
  const sums = account(input)
  const skew = clockSkew(input.fine)
  const within = (state: 'running' | 'not-running'): Drift | null =>
    driftOf(input.coarse, contract, window, { state, spans: spansOfState(input.runStates, state, window) })
  const knowsStates = input.runStates.some(({ state }) => state === 'running' || state === 'not-running')
  const drift = knowsStates
    ? within('running')
    : driftOf(input.coarse, contract, window, { state: 'any', spans: [window] })
  const stoppedDrift = knowsStates ? within('not-running') : null
  const findings: AuditFinding[] = [
    ...stillFindings(input, sums),
    ...gapFindings(input),
    ...missingFindings(input, sums),
    ...qualityFindings(input, sums),
    ...rangeFindings(input),
    ...spikeFindings(input),
    ...clockFindings(input, skew),
    ...calibrationFindings(input),
    ...mappingFindings(input),
  ]
  const audit: PointAudit = {
    ...emptyPoint(point, input),
    sensorClass: contract.quantity,
    completeness: sums.completeness,
    gate: 'not-judged',
    values: sums.values,
    seconds: secondsOf(sums.segments),
    segments: sums.segments,
    clockSkewS: skew ? { median: skew.median, spread: skew.spread } : null,
    findings,
  }
  audit.score = scoreOf(audit)
  return { audit, drift, stoppedDrift, sibling: { id: point.id, quantity: contract.quantity, drift } }
}

/** A tag without a contract promises nothing, so nothing can be judged: grey. */
export function unjudgedPoint(
  point: Point,
  place: Pick<PointInput, 'lineId' | 'window' | 'mapping'>,
  why: string,
): JudgedPoint {
  const { window } = place
  const audit = emptyPoint(point, place)
  audit.findings = [{ kind: 'no-contract', from: iso(window.fromUs), to: iso(window.toUs), detail: why, penalty: 0 }]
  return { audit, drift: null, stoppedDrift: null, sibling: null }
}

function emptyPoint(
  point: Point,
  { lineId, window, mapping: { state, tested } }: Pick<PointInput, 'lineId' | 'window' | 'mapping'>,
): PointAudit {
  const { mapping } = point
  return {
    id: point.id,
    assetId: point.assetId,
    lineId,
    name: point.name ?? point.id,
    sensorClass: null,
    score: null,
    completeness: null,
    gate: 'not-judged',
    exception: null,
    values: { expected: 0, delivered: 0, repeated: 0, bad: 0 },
    seconds: { accepted: 0, rejected: 0, gap: 0, unexplained: 0, 'not-due': (window.toUs - window.fromUs) / 1e6 },
    segments: [{ ...window, state: 'not-due' }],
    clockSkewS: null,
    mapping: mapping
      ? { verifiedBy: mapping.verifiedBy, verifiedOn: mapping.verifiedOn, method: mapping.method, state, tested }
      : null,
    findings: [],
  }
}

function secondsOf(segments: PointAudit['segments']): Record<SegmentState, number> {
  const seconds = { accepted: 0, rejected: 0, gap: 0, unexplained: 0, 'not-due': 0 }
  for (const { state, fromUs, toUs } of segments) seconds[state] += (toUs - fromUs) / 1e6
  return seconds
}

/** Completeness in percent, less what each finding takes of it. */
export function scoreOf({ completeness, findings }: PointAudit): number | null {
  if (completeness === null) return null
  const kept = findings.reduce((share, { penalty }) => share * (1 - penalty), 1)
  return Math.round(1000 * completeness * kept) / 10
}

/** Adds what is known once every tag of a machine is judged: whose drift it is. */
export function settleDrifts(points: readonly JudgedPoint[], unitOf: (id: string) => string): void {
  for (const { audit, drift, stoppedDrift, sibling } of points) {
    const found = drift ?? stoppedDrift
    if (!found || !sibling) continue
    const others = points.flatMap((other) => (other.sibling && other.audit.id !== audit.id ? [other.sibling] : []))
    const own = { id: audit.id, quantity: sibling.quantity, drift: found, stopped: stoppedDrift }
    const { to, why } = attribute(own, others)
    const state =
      found.state === 'any'
        ? ''
        : found.state === 'running'
          ? ' while the machine ran'
          : ' while the machine stood still'
    const whose =
      to === 'sensor'
        ? `The sensor drifts: ${why}.`
        : to === 'process'
          ? `The process moved: ${why}.`
          : `Sensor or process is undecided: ${why}.`
    const unit = unitOf(audit.id)
    const detail = `Moved by ${number(found.shift)} ${unit} in ${lasting(found.toUs - found.fromUs)}${state}, scatter around the line ${number(found.scatter)} ${unit}. ${whose}`
    audit.findings.push({
      kind: 'drift',
      from: iso(found.fromUs),
      to: iso(found.toUs),
      detail,
      penalty: driftPenalty[to],
      attribution: to,
    })
    audit.score = scoreOf(audit)
  }
}
