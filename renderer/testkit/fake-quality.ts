import type { AuditFinding, AuditReport, GateState, PointAudit, SegmentState } from '../../shared/domain/audit.ts'
import type { PlantFile, Point } from '../../shared/domain/plant-file.ts'
import { methodParams, type MethodName } from '../../shared/protocol/methods.ts'
import { qualityRows, type QualityPointView, type QualityView } from '../../shared/protocol/quality.ts'

export type QualityMethod = Extract<MethodName, `quality.${string}`>

export function isQualityMethod(method: MethodName): method is QualityMethod {
  return method.startsWith('quality.')
}

const dayUs = 86_400e6
const hourUs = 3600e6

/** An audit of the paper plant: most tags are well, the third machine has every fault there is. */
export class FakeQuality {
  readonly #plant: PlantFile
  #running: { done: number; total: number } | null = null
  #report: AuditReport | null = null

  constructor(plant: PlantFile) {
    this.#plant = plant
  }

  call(method: QualityMethod, params: unknown): QualityView | QualityPointView {
    if (method === 'quality.start') return this.start()
    if (method === 'quality.cancel') return this.cancel()
    if (method === 'quality.read') return this.view()
    return this.point(methodParams['quality.point'].parse(params).pointId)
  }

  start(): QualityView {
    this.#running = { done: 0, total: this.#plant.points.length }
    return this.view()
  }

  cancel(): QualityView {
    this.#running = null
    return this.view()
  }

  /** Each look is a third of the way. */
  view(): QualityView {
    const running = this.#running
    if (running) {
      running.done = Math.min(running.total, running.done + Math.ceil(running.total / 3))
      if (running.done === running.total) {
        this.#running = null
        this.#report = reportOf(this.#plant)
      }
    }
    return {
      running: this.#running ? { ...this.#running } : null,
      failure: null,
      report: this.#report ? qualityRows(this.#report) : null,
    }
  }

  point(pointId: string): QualityPointView {
    const report = this.#report
    const point = report?.points.find(({ id }) => id === pointId)
    if (!report || !point) throw new Error(`The last audit has no tag "${pointId}"; audit again.`)
    const { delivered, repeated, bad } = point.values
    const received = delivered + repeated + bad
    const intake = {
      received,
      accepted: delivered + bad,
      rejected: 0,
      dropped: repeated,
      duplicates: repeated,
      late: 2,
      outOfOrder: 1,
      marked: 0,
      outOfRange: 0,
      stale: 3,
      missing: 1,
    }
    return { from: report.from, to: report.to, point, intake }
  }
}

function segmentsOf(isIll: boolean, fromUs: number, toUs: number): PointAudit['segments'] {
  const segments: { hours: number; state: SegmentState }[] = isIll
    ? [
        { hours: 60, state: 'accepted' },
        { hours: 8, state: 'gap' },
        { hours: 30, state: 'rejected' },
        { hours: 4, state: 'unexplained' },
        { hours: 66, state: 'accepted' },
      ]
    : [{ hours: 168, state: 'accepted' }]
  let atUs = fromUs
  return segments.map(({ hours, state }) => {
    const span = { fromUs: atUs, toUs: Math.min(toUs, atUs + hours * hourUs), state }
    atUs = span.toUs
    return span
  })
}

function pointOf(plant: PlantFile, point: Point, fromUs: number, toUs: number): PointAudit {
  const isIll = point.assetId === plant.assets[2]?.id
  const iso = (us: number): string => new Date(us / 1000).toISOString()
  const laid = segmentsOf(isIll, fromUs, toUs)
  const finding = (
    kind: AuditFinding['kind'],
    from: number,
    hours: number,
    detail: string,
    penalty = 0,
  ): AuditFinding => ({
    kind,
    from: iso(fromUs + from * hourUs),
    to: iso(fromUs + (from + hours) * hourUs),
    detail,
    penalty,
  })
  const findings = isIll
    ? [
        finding(
          'flatline',
          68,
          30,
          'The value stood at 21.5 degC for 30 h, longer than the 60 s that are taken for life; its 108000 repeats do not count.',
        ),
        finding('gap', 60, 8, 'Gap (link-lost) of 8 h: The server did not answer.'),
        finding('missing', 98, 4, 'Nothing came for 4 h, and no gap row says why.'),
        finding(
          'spikes',
          20,
          100,
          '14 spikes of 3.4 degC or more against the values around; the largest 96.2 where 41.3 is usual.',
          0.02,
        ),
        finding(
          'clock-skew',
          0,
          168,
          'Values came 3.2 s (median of 4096 values, scatter 0.1 s) after their time stamp.',
          0.1,
        ),
        finding(
          'mapping',
          0,
          168,
          'Nobody has verified that this tag is what its name says: the mapping is a draft.',
          0.05,
        ),
      ]
    : [
        finding(
          'mapping',
          0,
          168,
          'Nobody has verified that this tag is what its name says: the mapping is a draft.',
          0.05,
        ),
      ]
  const completeness = isIll ? 0.75 : 0.9992
  const gate: GateState = isIll ? 'fail' : 'pass'
  return {
    id: point.id,
    assetId: point.assetId,
    lineId: plant.assets.find(({ id }) => id === point.assetId)?.lineId ?? '',
    name: point.name ?? point.id,
    sensorClass: point.contract?.quantity ?? null,
    score: isIll ? 62.8 : 94.9,
    completeness,
    gate,
    exception: null,
    values: { expected: 604_800, delivered: Math.round(604_800 * completeness), repeated: isIll ? 108_000 : 0, bad: 0 },
    seconds: { accepted: 453_600, rejected: 108_000, gap: 28_800, unexplained: 14_400, 'not-due': 0 },
    segments: laid,
    clockSkewS: { median: isIll ? 3.2 : 0.03, spread: 0.1 },
    mapping: null,
    findings,
  }
}

function reportOf(plant: PlantFile): AuditReport {
  const toUs = Date.now() * 1000
  const fromUs = toUs - 7 * dayUs
  const points = plant.points
    .map((point) => pointOf(plant, point, fromUs, toUs))
    .toSorted((a, b) => (a.score ?? 0) - (b.score ?? 0))
  const group = (id: string, name: string, of: PointAudit[]) => {
    const failing = of.filter(({ gate }) => gate === 'fail').map((point) => point.id)
    const scores = of.map(({ score }) => score ?? 0)
    return {
      id,
      name,
      score: scores.reduce((sum, score) => sum + score, 0) / Math.max(1, scores.length),
      completeness: of.reduce((sum, { completeness }) => sum + (completeness ?? 0), 0) / Math.max(1, of.length),
      points: of.length,
      judged: of.length,
      gate: failing.length > 0 ? ('fail' as const) : ('pass' as const),
      failing,
      mappingVerified: 0,
      mapping: { points: of.length, verified: 0, tested: 0, outOfDate: 0, accuracy: of.length === 0 ? null : 0 },
    }
  }
  const worst = <T extends { score: number | null }>(items: T[]): T[] =>
    items.toSorted((a, b) => (a.score ?? 101) - (b.score ?? 101))
  const whole = group(plant.plant.id, plant.plant.name, points)
  return {
    schema: 'millwright/audit@1',
    from: new Date(fromUs / 1000).toISOString(),
    to: new Date(toUs / 1000).toISOString(),
    plant: { ...whole, timeZone: plant.plant.timeZone },
    lines: worst(
      plant.lines.map(({ id, name }) =>
        group(
          id,
          name,
          points.filter(({ lineId }) => lineId === id),
        ),
      ),
    ),
    assets: worst(
      plant.assets.map(({ id, name, lineId }) => ({
        ...group(
          id,
          name,
          points.filter(({ assetId }) => assetId === id),
        ),
        lineId,
      })),
    ),
    points,
    exceptions: [
      {
        scope: 'lines/line-3/temperature',
        owner: 'line engineer',
        until: '2027-03-31',
        reason: 'The thermometers are mounted at the next overhaul.',
        state: 'live',
        covers: [],
      },
    ],
    gate: { threshold: 0.95, state: whole.gate, failing: whole.failing.length, excepted: 0 },
    basis: { points: points.length, values: 604_800 * points.length, read: 12_400, seconds: 0.4 },
  }
}
