import type { MethodParams } from '../../../shared/protocol/methods.ts'
import type { PlotCepstrum, PlotOrders } from '../../../shared/protocol/plots.ts'
import type { CallOptions } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import { ordersOf } from '../plant-model.ts'
import { marksOf } from '../spectrum-hub.ts'
import { recordOf } from './plot-origin.ts'
import { courseOf } from './speed-course.ts'

/** An order spectrum, by the best course of the speed that there is. */
export async function plotOrders(
  engine: Engine,
  { of, ...settings }: MethodParams<'plot.orders'>,
  asked: CallOptions,
): Promise<PlotOrders> {
  const { origin, record } = await recordOf(engine, of, asked)
  const course = await courseOf(engine, origin, record, asked)
  const lines = await engine.desks.plots.ask('orders', { of: { record }, course, settings }, asked)
  const { info, captureId, tUs, unit } = origin
  const { meanRpm, amplitude, resolutionHz } = lines
  const orders = info ? ordersOf(info, engine.catalogue) : null
  return {
    frame: {
      atUs: engine.options.clock.nowUs(),
      pointId: info?.id ?? '',
      kind: 'spectrum',
      tUs,
      resolutionHz,
      amplitude,
      unit,
      rpm: meanRpm,
      bandHz: null,
      marks: marksOf((amplitude.length - 1) * resolutionHz, meanRpm / 60, orders),
    },
    captureId,
    averages: lines.averages,
    window: settings.window,
    noiseBandwidthLines: lines.noiseBandwidthLines,
    sampleRateHz: record.sampleRateHz,
    speedFrom: lines.speedFrom,
    rpmRange: lines.rpmRange,
    revolutions: lines.revolutions,
    revolutionsPerPiece: lines.revolutionsPerPiece,
  }
}

/** A cepstrum with the reciprocals of the fault frequencies. */
export async function plotCepstrum(
  engine: Engine,
  { of }: MethodParams<'plot.cepstrum'>,
  asked: CallOptions,
): Promise<PlotCepstrum> {
  const { origin, record } = await recordOf(engine, of, asked)
  const lines = await engine.desks.plots.ask('cepstrum', { of: { record } }, asked)
  const { info, captureId, tUs, rpm } = origin
  const longestS = (lines.values.length - 1) * lines.stepS
  const shaftHz = (rpm ?? 0) / 60
  const families =
    shaftHz > 0 ? marksOf(record.sampleRateHz / 2, shaftHz, info ? ordersOf(info, engine.catalogue) : null) : []
  const marks = families
    .filter(({ harmonic, hz }) => harmonic === 1 && hz > 0 && 1 / hz <= longestS)
    .map(({ fault, hz }) => ({ fault, s: 1 / hz }))
  return { ...lines, captureId, pointId: info?.id ?? '', tUs, rpm, marks }
}
