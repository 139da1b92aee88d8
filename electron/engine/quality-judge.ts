import type { PointAudit } from '../../shared/domain/audit.ts'
import { featureNames } from '../../shared/domain/features.ts'
import type { RunStateChange, TrendColumns } from '../../shared/domain/twin.ts'
import {
  auditPoint,
  columnsFor,
  joinEras,
  settleDrifts,
  stretchesToRead,
  unjudgedPoint,
  type Era,
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

/** Reads the twin tag by tag; nothing is held but what is found. */
export async function judgeAsset(
  twin: AuditSource,
  job: AssetJob,
  each: () => unknown = () => {},
): Promise<JudgedAsset> {
  const runStates = await twin.runStates(job.assetId, job.window.fromUs, job.window.toUs)
  const sums = { values: 0, read: 0 }
  const judged: JudgedPoint[] = []
  for (const point of job.points) {
    judged.push(await judge(twin, job, point, runStates, sums))
    await each()
  }
  const units = new Map(job.points.map(({ point }) => [point.id, point.contract?.unit ?? '']))
  settleDrifts(judged, (id) => units.get(id) ?? '')
  return { points: judged.map(({ audit }) => audit), ...sums }
}

async function judge(
  twin: AuditSource,
  { window, timeZone }: AssetJob,
  { point, lineId, key, eras, gaps, sensor, mapping }: PointJob,
  runStates: readonly RunStateChange[],
  sums: { values: number; read: number },
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
