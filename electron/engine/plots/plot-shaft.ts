import type { Point } from '../../../shared/domain/plant-file.ts'
import { pairOf, pulseOf } from '../../../shared/domain/shaft-pair.ts'
import type { PlotShaft } from '../../../shared/protocol/plots.ts'
import { RequestError, type CallOptions } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import type { PointInfo } from '../plant-model.ts'

/** Captures of two probes that were asked for at once begin within this. */
const togetherUs = 5e6

const none = (): Float32Array => new Float32Array(0)

/** Shaft plots of the pair a capture belongs to; `refused` is the reason why there are none. */
export async function plotShaft(engine: Engine, captureId: string, { signal }: CallOptions): Promise<PlotShaft> {
  const capture = await engine.twin.capture(captureId, { signal })
  const info = capture ? engine.model.byKey.get(capture.pointKey) : undefined
  if (!capture || !info) return refused(`There is no capture "${captureId}" of a point of the plant file.`)
  const { byId, plant } = engine.model
  const named = (point: Point | undefined): PointInfo | undefined => (point ? byId.get(point.id) : undefined)
  const other = named(pairOf(plant.points, info.point))
  if (!other) return refused(`${info.name} has no second probe across it: name one as pairPointId in the plant file.`)
  const tacho = named(pulseOf(plant.points, info.point))
  if (!tacho)
    return refused(`${info.name} has no pulse of the shaft: name a waveform of it as tachoPointId in the plant file.`)
  const [second, pulse] = await Promise.all(
    [other, tacho].map(({ key }) => nearestCapture(engine, key, capture.sourceUs)),
  )
  if (second === undefined || pulse === undefined)
    return refused(`${second === undefined ? other.name : tacho.name} has no stored waveform of the same time.`)
  const isX = info.contract.axis !== 'y'
  const [x, y] = isX ? [captureId, second.id] : [second.id, captureId]
  const [nameX, nameY] = isX ? [info.name, other.name] : [other.name, info.name]
  try {
    const lines = await engine.desks.plots.ask('shaft', { x, y, pulse: pulse.id, zeroUs: capture.sourceUs }, { signal })
    return { refused: null, x: nameX, y: nameY, ...lines }
  } catch (error) {
    if (error instanceof RequestError && error.failure.code === 'refused') return refused(error.message)
    throw error
  }
}

/** The capture of a point that was taken together with one of another point. */
export async function nearestCapture(
  engine: Engine,
  pointKey: number,
  atUs: number,
): Promise<{ id: string; sourceUs: number } | undefined> {
  const fromUs = atUs - togetherUs
  const captures = await engine.twin.captures({ pointKey, fromUs, toUs: atUs + togetherUs, limit: 20 })
  return captures.toSorted((a, b) => Math.abs(a.sourceUs - atUs) - Math.abs(b.sourceUs - atUs))[0]
}

function refused(words: string): PlotShaft {
  return {
    refused: words,
    x: '',
    y: '',
    unit: '',
    sampleRateHz: 0,
    whole: none(),
    marks: new Int32Array(0),
    once: none(),
    twice: none(),
    full: none(),
    fullResolutionHz: 1,
    rpm: none(),
    amplitudeX: none(),
    phaseX: none(),
    amplitudeY: none(),
    phaseY: none(),
    courseS: none(),
    centreline: none(),
  }
}
