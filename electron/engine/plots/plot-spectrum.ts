import type { MethodParams } from '../../../shared/protocol/methods.ts'
import type { PlotSpectrum } from '../../../shared/protocol/plots.ts'
import type { CallOptions } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import { pointOf } from '../lookup.ts'
import { ordersOf } from '../plant-model.ts'
import { marksOf } from '../spectrum-hub.ts'
import type { SpectrumAnswer } from './plot-messages.ts'
import { newestOf, originOf, type Origin } from './plot-origin.ts'

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
    origin = originOf(engine, of.captureId, answer.head)
  } else {
    const info = pointOf(engine, of.pointId)
    const { record, startUs } = newestOf(engine, info, of.lastMs)
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
