import type { PointAudit } from '../../shared/domain/audit.ts'
import { featureIndex, featureNames } from '../../shared/domain/features.ts'
import type { RunStateChange, TrendColumns } from '../../shared/domain/twin.ts'
import {
  auditPoint,
  columnsFor,
  joinEras,
  settleDrifts,
  settleRunStates,
  stretchesToRead,
  unjudgedPoint,
  type Era,
  type EvidenceRecord,
  type FineColumns,
  type JudgedPoint,
} from '../audit/index.ts'
import type { AssetJob, AuditSource, PointJob } from './quality-plan.ts'

export interface JudgedAsset {
  points: PointAudit[]
  /** Values of the window, and how many of them were read one by one. */
  values: number
  read: number
}

interface Sums {
  values: number
  read: number
}

/** Reads the twin tag by tag; nothing is held but what is found. */
export async function judgeAsset(
  twin: AuditSource,
  job: AssetJob,
  each: () => unknown = () => {},
): Promise<JudgedAsset> {
  const runStates = await twin.runStates(job.assetId, job.window.fromUs, job.window.toUs)
  const sums: Sums = { values: 0, read: 0 }
  const wholes = new Map<string, TrendColumns>()
  const judged: JudgedPoint[] = []
  for (const point of job.points) {
    judged.push(await judge(twin, job, point, runStates, sums, wholes))
    await each()
  }
  const units = new Map(job.points.map(({ point }) => [point.id, point.contract?.unit ?? '']))
  settleDrifts(judged, (id) => units.get(id) ?? '')
  settleRunStates(judged, await evidencesOf(twin, job, wholes), job.runState.leastUs)
  return { points: judged.map(({ audit }) => audit), ...sums }
}

/** One evidence cannot contradict itself: only of two or more is anything read. */
async function evidencesOf(
  twin: AuditSource,
  { window, points, runState }: AssetJob,
  wholes: ReadonlyMap<string, TrendColumns>,
): Promise<EvidenceRecord[]> {
  const records: EvidenceRecord[] = []
  if (runState.evidences.length < 2) return records
  const { fromUs, toUs } = window
  for (const { pointId, feature, runningAbove, stoppedBelow } of runState.evidences) {
    const found = points.find(({ point }) => point.id === pointId)
    if (!found || found.key === null || found.eras.length === 0) continue
    const columns = columnsFor(window)
    const known = feature === null || feature === 'rms' ? wholes.get(pointId) : undefined
    const values =
      known ??
      (feature === null
        ? await twin.trend(found.key, fromUs, toUs, columns)
        : await twin.featureTrend(found.key, featureIndex(feature), fromUs, toUs, columns))
    const name = found.point.name ?? pointId
    records.push({ pointId, name, runningAbove, stoppedBelow, columns: values, window })
  }
  return records
}

async function judge(
  twin: AuditSource,
  { window, timeZone, runState }: AssetJob,
  { point, lineId, key, eras, gaps, sensor, mapping }: PointJob,
  runStates: readonly RunStateChange[],
  sums: Sums,
  wholes: Map<string, TrendColumns>,
): Promise<JudgedPoint> {
  const unjudged = { lineId, window, mapping }
  if (point.kind === 'event') return unjudgedPoint(point, unjudged, 'Events come when they come: nothing is due.')
  if (eras.length === 0) {
    const why = 'It has no contract, so nothing says what it should deliver: give it one.'
    return unjudgedPoint(point, unjudged, why)
  }
  const judged: JudgedPoint[] = []
  for (const era of eras) {
    const { contract, due } = era
    const coarse = await columnsOf(twin, point.kind, key, era)
    // Read already, where one contract held all the time.
    if (eras.length === 1 && runState.evidences.some(({ pointId }) => pointId === point.id))
      wholes.set(point.id, coarse)
    for (let i = 0; i < coarse.count.length; i++) sums.values += (coarse.count[i] ?? 0) + (coarse.badCount[i] ?? 0)
    const fine: FineColumns[] = []
    if (point.kind === 'scalar' && key !== null) {
      for (const { fromUs, toUs } of stretchesToRead(coarse, contract, era)) {
        const stretch = await twin.stretch(key, fromUs, toUs)
        sums.read += stretch.count
        fine.push(stretch)
      }
    }
    const { fromUs, toUs } = era
    judged.push(
      auditPoint({
        point: { ...point, contract },
        lineId,
        window: { fromUs, toUs },
        due,
        coarse,
        fine,
        gaps,
        runStates,
        sensor,
        mapping,
        timeZone,
      }),
    )
  }
  return joinEras(judged, eras)
}

/** A waveform is audited by its blocks: each leaves one row of features. */
function columnsOf(twin: AuditSource, kind: string, key: number | null, era: Era): Promise<TrendColumns> {
  const { fromUs, toUs } = era
  const columns = columnsFor(era)
  // Keys begin at 1: nothing was ever stored under -1.
  const known = key ?? -1
  return kind === 'waveform'
    ? twin.featureTrend(known, featureNames.indexOf('rms'), fromUs, toUs, columns)
    : twin.trend(known, fromUs, toUs, columns)
}
