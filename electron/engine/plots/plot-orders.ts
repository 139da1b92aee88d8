import { pulseOf } from '../../../shared/domain/shaft-pair.ts'
import { qualityOf } from '../../../shared/domain/status-code.ts'
import type { MethodParams } from '../../../shared/protocol/methods.ts'
import type { PlotCepstrum, PlotOrders } from '../../../shared/protocol/plots.ts'
import { RequestError, type CallOptions } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import { toRpm } from '../machine-state.ts'
import { ordersOf, shaftRatio, type PointInfo } from '../plant-model.ts'
import { marksOf } from '../spectrum-hub.ts'
import type { AskedCourse } from './plot-messages.ts'
import { recordOf, type Origin } from './plot-origin.ts'
import { nearestCapture } from './plot-shaft.ts'
import type { Record } from './spectrum-of.ts'

/** A speed tag that says something once in two seconds still tells how the record's first turns ran. */
const aroundUs = 2e6
const mostReadings = 20_000

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

/** A pulse a turn, else a tag of the speed, else one speed; throws where nothing is known. */
async function courseOf(engine: Engine, origin: Origin, record: Record, asked: CallOptions): Promise<AskedCourse> {
  const { info, rpm } = origin
  if (info) {
    const course =
      (await pulseCourse(engine, origin, record, info)) ?? (await tagCourse(engine, origin, record, info, asked))
    if (course) return course
  }
  if (rpm !== null && rpm > 0) return { from: 'constant', rpm }
  throw new RequestError({
    code: 'refused',
    message: `Nothing says how fast the shaft turned at that time: give ${info?.name ?? 'this point'} a pulse (tachoPointId), its machine a speed tag or a rated speed, or import the waveform with its speed.`,
    retryable: false,
  })
}

async function pulseCourse(
  engine: Engine,
  { captureId, tUs }: Origin,
  record: Record,
  info: PointInfo,
): Promise<AskedCourse | null> {
  const named = pulseOf(engine.model.plant.points, info.point)
  const pulse = named && engine.model.byId.get(named.id)
  if (!pulse) return null
  if (captureId === null) {
    const run = engine.acquisition.rings.cut(pulse.key, tUs, tUs + durationUs(record))
    if (!run) return null
    const { samples, sampleRateHz, gaps, startUs } = run
    return { from: 'pulse', record: { samples, sampleRateHz, gaps }, startS: (startUs - tUs) / 1e6 }
  }
  const near = await nearestCapture(engine, pulse.key, tUs)
  return near ? { from: 'pulse-capture', captureId: near.id, startS: (near.sourceUs - tUs) / 1e6 } : null
}

async function tagCourse(
  engine: Engine,
  { tUs }: Origin,
  record: Record,
  info: PointInfo,
  asked: CallOptions,
): Promise<AskedCourse | null> {
  const tacho = engine.model.byId.get(info.point.tachoPointId ?? '')
  const tag = tacho?.point.kind === 'scalar' ? tacho : info.asset.speedPoint
  if (!tag) return null
  // A tacho of its own tells this shaft; the machine's tag the one that its rated speed is of.
  const ratio = tag === tacho ? 1 : shaftRatio(info)
  const inRpm = toRpm(tag)
  const page = await engine.twin.scalars(
    tag.key,
    tUs - aroundUs,
    tUs + durationUs(record) + aroundUs,
    null,
    mostReadings,
    asked,
  )
  const timesS: number[] = []
  const rpm: number[] = []
  for (let i = 0; i < page.count; i++) {
    const [at, value] = [page.tUs[i] ?? Number.NaN, inRpm(page.value[i] ?? Number.NaN) * ratio]
    const seconds = (at - tUs) / 1e6
    if (qualityOf(page.status[i] ?? 0) !== 'good' || !Number.isFinite(value) || seconds <= (timesS.at(-1) ?? -1e9))
      continue
    timesS.push(seconds)
    rpm.push(value)
  }
  return timesS.length < 2 ? null : { from: 'tag', timesS: Float64Array.from(timesS), rpm: Float64Array.from(rpm) }
}

function durationUs({ samples, sampleRateHz }: Record): number {
  return (samples.length / sampleRateHz) * 1e6
}
