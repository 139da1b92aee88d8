import { featureIndex } from '../../shared/domain/features.ts'
import { sensorBreaks } from '../../shared/domain/sensor.ts'
import type { TrendFrame } from '../../shared/protocol/views.ts'
import { RequestError } from '../live/window-session.ts'
import type { Engine } from './engine.ts'
import { limitsOf } from './frames.ts'
import { featureUnit, type PointInfo } from './plant-model.ts'

let lastRead = 0

/** Min, max and mean per pixel column of a scalar, or of a feature of a waveform point, with the gaps in that time. */
export async function trendFrame(
  engine: Engine,
  info: PointInfo,
  feature: string,
  { fromUs, toUs, columns }: { fromUs: number; toUs: number; columns: number },
  asked: { signal: AbortSignal },
): Promise<TrendFrame> {
  const index = featureIndex(feature)
  const isScalar = info.point.kind === 'scalar'
  if (!isScalar && index < 0)
    throw new RequestError({ code: 'unknown-feature', message: `There is no feature "${feature}".`, retryable: false })
  // A slot of its own: what people look at goes before exports.
  const reading = { ...asked, slot: `trend ${++lastRead}` }
  const read = isScalar
    ? engine.twin.trend(info.key, fromUs, toUs, columns, reading)
    : engine.twin.featureTrend(info.key, index, fromUs, toUs, columns, reading)
  const [trend, gaps] = await Promise.all([
    read,
    engine.twin.gaps({ pointKey: info.key, fromUs, toUs, limit: 500, removed: ['aggregates'] }),
  ])
  const rule = info.rules.find((candidate) => candidate.feature === feature)
  return {
    atUs: engine.options.clock.nowUs(),
    pointId: info.id,
    feature,
    unit: featureUnit(info, feature),
    tUs: trend.tUs,
    min: trend.min,
    max: trend.max,
    mean: trend.mean,
    limits: limitsOf(engine.frameState(), info, rule),
    gaps: gaps.map(({ startUs, endUs, cause }) => ({ startUs, endUs, cause })),
    breaks: sensorBreaks(info.point, engine.model.plant).filter(({ tUs }) => tUs > fromUs && tUs < toUs),
  }
}
