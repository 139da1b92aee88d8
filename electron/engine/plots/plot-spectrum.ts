import type { MethodParams } from '../../../shared/protocol/methods.ts'
import type { PlotSpectrum } from '../../../shared/protocol/plots.ts'
import { RequestError, type CallOptions } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import { pointOf } from '../lookup.ts'
import { ordersOf, shaftRatio, type PointInfo } from '../plant-model.ts'
import { marksOf } from '../spectrum-hub.ts'
import type { SpectrumAnswer } from './plot-messages.ts'
import type { Record } from './spectrum-of.ts'

interface Origin {
  info: PointInfo | undefined
  captureId: string | null
  tUs: number
  rpm: number | null
  unit: string
}

/** A spectrum of a capture or of the newest samples of a point, with the fault lines of that moment's speed. */
export async function plotSpectrum(
  engine: Engine,
  { of, ...settings }: MethodParams<'plot.spectrum'>,
  { signal }: CallOptions,
): Promise<PlotSpectrum> {
  const { plots } = engine.desks
  let answer: SpectrumAnswer
  let origin: Origin
  if ('captureId' in of) {
    answer = await plots.ask('spectrum', { of, settings }, { signal })
    origin = originOf(engine, of.captureId, answer)
  } else {
    const info = pointOf(engine, of.pointId)
    const { record, startUs } = newest(engine, info, of.lastMs)
    answer = await plots.ask('spectrum', { of: { record }, settings }, { signal })
    const rpm = engine.acquisition.machines.shaftRpm(info)
    origin = { info, captureId: null, tUs: startUs, rpm, unit: info.contract.unit }
  }
  const { lines, sampleRateHz } = answer
  const { info, captureId, tUs, rpm, unit } = origin
  const topHz = (lines.amplitude.length - 1) * lines.resolutionHz
  const orders = info ? ordersOf(info, engine.catalogue) : null
  return {
    frame: {
      atUs: engine.options.clock.nowUs(),
      pointId: info?.id ?? '',
      kind: settings.kind,
      tUs,
      resolutionHz: lines.resolutionHz,
      amplitude: lines.amplitude,
      unit,
      rpm,
      bandHz: lines.bandHz,
      marks: rpm === null || rpm <= 0 ? [] : marksOf(topHz, rpm / 60, orders),
    },
    captureId,
    averages: lines.averages,
    window: settings.kind === 'envelope' ? 'hann' : settings.window,
    noiseBandwidthLines: lines.noiseBandwidthLines,
    sampleRateHz,
  }
}

/** A capture without a speed of its own is taken at the rated speed, as live blocks are. */
function originOf(engine: Engine, captureId: string, { head }: SpectrumAnswer): Origin {
  const info = head ? engine.model.byKey.get(head.pointKey) : undefined
  const rated = info?.asset.asset.ratedRpm
  const fallback = info && rated !== undefined && !info.asset.speedPoint ? rated * shaftRatio(info) : null
  const rpm = head && Number.isFinite(head.rpm) ? head.rpm : fallback
  return { info, captureId, tUs: head?.sourceUs ?? 0, rpm, unit: head?.unit ?? info?.contract.unit ?? '' }
}

function newest(engine: Engine, info: PointInfo, lastMs: number): { record: Record; startUs: number } {
  const { rings } = engine.acquisition
  const end = rings.newest(info.key)?.endUs
  const run = end === undefined ? null : rings.cut(info.key, end - lastMs * 1000, end)
  if (!run)
    throw new RequestError({
      code: 'no-samples',
      message: `No samples of ${info.name} have come yet.`,
      remedy: 'Look at the link on the Sync page.',
      retryable: true,
    })
  return { record: { samples: run.samples, sampleRateHz: run.sampleRateHz, gaps: run.gaps }, startUs: run.startUs }
}
