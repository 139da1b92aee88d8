import { pulseOf } from '../../../shared/domain/shaft-pair.ts'
import { qualityOf } from '../../../shared/domain/status-code.ts'
import { RequestError, type CallOptions } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import { toRpm } from '../machine-state.ts'
import { shaftRatio, type PointInfo } from '../plant-model.ts'
import type { AskedCourse } from './plot-messages.ts'
import type { Origin } from './plot-origin.ts'
import { nearestCapture } from './plot-shaft.ts'
import type { Record } from './spectrum-of.ts'

/** A speed tag that says something once in two seconds still tells how the record's first turns ran. */
const aroundUs = 2e6
const mostReadings = 20_000

/** A pulse a turn, else a tag of the speed, else one speed; throws where nothing is known. */
export async function courseOf(
  engine: Engine,
  origin: Origin,
  record: Record,
  asked: CallOptions,
): Promise<AskedCourse> {
  const { info, rpm } = origin
  const course = await measuredCourse(engine, origin, record, asked)
  if (course) return course
  if (rpm !== null && rpm > 0) return { from: 'constant', rpm }
  throw new RequestError({
    code: 'refused',
    message: `Nothing says how fast the shaft turned at that time: give ${info?.name ?? 'this point'} a pulse (tachoPointId), its machine a speed tag or a rated speed, or import the waveform with its speed.`,
    retryable: false,
  })
}

/** Null where nobody measured the speed at that time. */
async function measuredCourse(
  engine: Engine,
  origin: Origin,
  record: Record,
  asked: CallOptions,
): Promise<AskedCourse | null> {
  const { info } = origin
  if (!info) return null
  return (await pulseCourse(engine, origin, record, info)) ?? (await tagCourse(engine, origin, record, info, asked))
}

export interface SpeedRange {
  lowestRpm: number
  highestRpm: number
  meanRpm: number
}

/** How the shaft ran while a record was taken; null where nobody measured it, or the pulses tell no speed. */
export async function speedRangeOf(
  engine: Engine,
  origin: Origin,
  record: Record,
  asked: CallOptions,
): Promise<SpeedRange | null> {
  const course = await measuredCourse(engine, origin, record, asked)
  if (!course || course.from === 'constant') return null
  if (course.from === 'tag') {
    const { rpm } = course
    const meanRpm = rpm.reduce((sum, value) => sum + value, 0) / rpm.length
    return { lowestRpm: Math.min(...rpm), highestRpm: Math.max(...rpm), meanRpm }
  }
  try {
    const settings = { window: 'hann', averaging: 'power', revolutions: null } as const
    const { rpmRange, meanRpm } = await engine.desks.plots.ask('orders', { of: { record }, course, settings }, asked)
    return { lowestRpm: rpmRange[0], highestRpm: rpmRange[1], meanRpm }
  } catch (error) {
    if (error instanceof RequestError && error.failure.code === 'refused') return null
    throw error
  }
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
