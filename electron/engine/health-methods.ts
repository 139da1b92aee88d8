import type { Actor } from '../../shared/domain/access.ts'
import type { AlertOccurrence } from '../../shared/domain/alert.ts'
import type { BaselineRecord } from '../../shared/domain/health.ts'
import type { HealthMachineView, HealthResults } from '../../shared/protocol/health.ts'
import type { MethodName } from '../../shared/protocol/methods.ts'
import { RequestError } from '../live/window-session.ts'
import { alertHtml } from '../report/index.ts'
import { alertReport, type ReportSource } from './alert-report.ts'
import { whyOf, type WhySource } from './alert-why.ts'
import { baselineReadiness, mustBeReady } from './baseline-readiness.ts'
import type { Engine } from './engine.ts'
import { limitProposal } from './health-limits.ts'
import { conditionsOf, healthOfMachine } from './health-views.ts'
import { notFound, pointOf } from './lookup.ts'
import type { Methods } from './method-types.ts'
import { judgingSoftware } from './version.ts'

/** Baselines, what they say of alerts, and the page about one. */
export const healthMethods: Pick<Methods, keyof HealthResults & MethodName> = {
  'health.machine': (engine, { assetId }) => Promise.resolve(machine(engine, assetId)),
  'health.readiness': (engine, { baselineId }, _user, { signal }) =>
    baselineReadiness(engine, baselineOf(engine, baselineId), signal),
  'health.decide': async (engine, { baselineId, decision, reason }, _user, { by, signal }) => {
    const record = engine.advice.baseline(baselineId)
    if (decision === 'approve' && record?.state === 'proposed')
      mustBeReady(await baselineReadiness(engine, record, signal))
    const { pointId } = await engine.advice.decisions.decide(baselineId, decision, by, reason === '' ? null : reason)
    return machine(engine, pointOf(engine, pointId).asset.asset.id)
  },
  'health.reset': async (engine, { assetId, pointIds, reason }, _user, { by }) => {
    await reset(engine, assetId, pointIds, by, reason)
    return machine(engine, assetId)
  },
  'health.keep': async (engine, { pointId, reason }, _user, { by }) => {
    const info = pointOf(engine, pointId)
    await engine.advice.decisions.keep(info.key, by, reason)
    return machine(engine, info.asset.asset.id)
  },
  'health.limits': (engine, { pointId, ...wanted }) => {
    const info = pointOf(engine, pointId)
    const { advice, model } = engine
    const conditions = conditionsOf(advice.point(info.key))
    return Promise.resolve(limitProposal(model.plant, info, advice.baselinesOf(info.key), wanted, conditions))
  },
  'alert.why': async (engine, { occurrenceId }) => whyOf(whySource(engine), await occurrenceOf(engine, occurrenceId)),
  'alert.report': async (engine, { occurrenceId, ...request }, user, { signal }) => {
    const occurrence = await occurrenceOf(engine, occurrenceId)
    const report = await alertReport(reportSource(engine, signal), occurrence, { ...request, by: user })
    const day = new Date(occurrence.raisedUs / 1000).toISOString().slice(0, 10)
    return { name: `report-${occurrence.assetId}-${day}`, html: alertHtml(report) }
  },
}

function baselineOf(engine: Engine, id: string): BaselineRecord {
  const record = engine.advice.baseline(id)
  if (record) return record
  throw new RequestError({ code: 'not-found', message: `There is no baseline "${id}".`, retryable: false })
}

function machine(engine: Engine, assetId: string): HealthMachineView {
  const asset = engine.model.assetById.get(assetId)
  if (!asset) throw notFound('asset', assetId)
  return healthOfMachine(engine.advice, asset)
}

async function reset(
  engine: Engine,
  assetId: string,
  pointIds: readonly string[] | null,
  by: Actor,
  reason: string,
): Promise<void> {
  const asset = engine.model.assetById.get(assetId)
  if (!asset) throw notFound('asset', assetId)
  const wanted = asset.points.filter(({ id, point }) => point.kind === 'waveform' && (pointIds?.includes(id) ?? true))
  if (wanted.length === 0)
    throw new RequestError({ code: 'no-point', message: 'None of these points has a baseline.', retryable: false })
  // What was proposed is what happened; a reset that nobody proposed is asked for.
  const causes = new Map(wanted.map(({ key }) => [key, engine.advice.point(key)?.change?.cause ?? 'asked']))
  for (const [cause, keys] of Map.groupBy([...causes.keys()], (key) => causes.get(key) ?? 'asked'))
    await engine.advice.decisions.beginEpoch(keys, cause, by, reason)
}

async function occurrenceOf(engine: Engine, id: string): Promise<AlertOccurrence> {
  const found = engine.desk.open().find((one) => one.id === id) ?? (await engine.twin.occurrence(id))
  if (found) return found
  throw new RequestError({ code: 'not-found', message: `There is no alert "${id}".`, retryable: false })
}

function whySource(engine: Engine): WhySource {
  return { twin: engine.twin, model: engine.model, baselinesOf: (key) => engine.advice.baselinesOf(key) }
}

export function reportSource(engine: Engine, signal: AbortSignal): ReportSource {
  return {
    ...whySource(engine),
    twin: engine.twin,
    catalogue: engine.catalogue,
    // On the thread of the plots: a long capture takes tenths of a second.
    spectrum: async (captureId, settings) => {
      const { lines } = await engine.desks.plots.ask('spectrum', { of: { captureId }, settings }, { signal })
      return lines
    },
    software: judgingSoftware,
    nowUs: () => engine.options.clock.nowUs(),
  }
}
