import { sensorBreaks } from '../../../shared/domain/sensor.ts'
import type { MethodParams } from '../../../shared/protocol/methods.ts'
import type { PlotStrip } from '../../../shared/protocol/plots.ts'
import type { Engine } from '../engine.ts'
import { pointOf } from '../lookup.ts'
import { bearingNames, type PointInfo } from '../plant-model.ts'
import { readPlantText } from '../plant-text.ts'

/** More marks than this in a strip of a thousand pixels are a bar. */
const mostAlerts = 500
const mostCaptures = 2000
/** Revisions whose text is read for what they changed of a point. */
const mostRevisions = 60

/** Run states, alerts, captures, and moments from which values may not compare with those before. */
export async function plotStrip(
  engine: Engine,
  { pointId, fromUs, toUs }: MethodParams<'plot.strip'>,
): Promise<PlotStrip> {
  const info = pointOf(engine, pointId)
  const { asset } = info.asset
  const [runStates, occurrences, captures, breaks] = await Promise.all([
    engine.twin.runStates(asset.id, fromUs, toUs),
    engine.twin.occurrences({ assetId: asset.id, beforeUs: toUs, limit: mostAlerts }),
    engine.twin.captures({ pointKey: info.key, fromUs, toUs, limit: mostCaptures }),
    breaksOf(engine, info, fromUs, toUs),
  ])
  return {
    runStates: runStates.map(({ atUs, state }) => ({ atUs, state })),
    alerts: occurrences
      .filter(({ returnedUs }) => returnedUs === null || returnedUs >= fromUs)
      .map(({ id, level, raisedUs, returnedUs, contract }) => ({
        occurrenceId: id,
        level,
        fromUs: raisedUs,
        toUs: returnedUs,
        words: contract.meaning,
      })),
    breaks,
    captures: captures.map(({ id, sourceUs, cause }) => ({ captureId: id, tUs: sourceUs, cause })),
  }
}

/**
 * From the plant files that were in force: a new contract version, another sensor, a sensor that was replaced; and new
 * baselines, from which health is judged afresh.
 */
async function breaksOf(engine: Engine, info: PointInfo, fromUs: number, toUs: number): Promise<PlotStrip['breaks']> {
  const revisions = (await engine.twin.configRevisions(fromUs, toUs)).slice(-mostRevisions)
  const names = bearingNames(engine.catalogue)
  const breaks: PlotStrip['breaks'] = []
  let before: { contract: number | null; sensor: string | null } | null = null
  for (const { hash, atUs } of revisions) {
    const config = await engine.twin.config(hash)
    const plant = config ? readPlantText(config.text, names).loaded?.plant : undefined
    const point = plant?.points.find(({ id }) => id === info.id)
    if (!point) continue
    const now = { contract: point.contract?.version ?? null, sensor: point.sensorId ?? null }
    if (before && atUs >= fromUs) {
      if (before.contract !== now.contract)
        breaks.push({
          atUs,
          kind: 'contract',
          words: `contract version ${before.contract ?? '-'} to ${now.contract ?? '-'}`,
        })
      if (before.sensor !== now.sensor)
        breaks.push({ atUs, kind: 'sensor', words: `sensor ${before.sensor ?? '-'} to ${now.sensor ?? '-'}` })
    }
    before = now
  }
  for (const { tUs: atUs, serial } of sensorBreaks(info.point, engine.model.plant))
    if (atUs >= fromUs && atUs < toUs)
      breaks.push({ atUs, kind: 'sensor', words: serial === null ? 'replaced' : `replaced by ${serial}` })
  for (const { pointKey, beganUs: atUs, cause, reason, by } of await engine.twin.healthEpochs())
    // The first is where watching began: there is nothing before that it could not be compared with.
    if (pointKey === info.key && cause !== 'first' && atUs >= fromUs && atUs < toUs)
      breaks.push({ atUs, kind: 'baseline', words: `${reason} (${by})` })
  return breaks.sort((a, b) => a.atUs - b.atUs)
}
