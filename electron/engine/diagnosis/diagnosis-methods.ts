import type { DiagnosisResults } from '../../../shared/protocol/diagnosis.ts'
import type { MethodName } from '../../../shared/protocol/methods.ts'
import { defaultEnvelopeBand } from '../../dsp/envelope.ts'
import { RequestError } from '../../live/window-session.ts'
import type { Engine } from '../engine.ts'
import type { Methods } from '../method-types.ts'
import { shaftRatio, type PointInfo } from '../plant-model.ts'
import { originOf } from '../plots/plot-origin.ts'
import { unbroken } from '../plots/spectrum-of.ts'
import { speedRangeOf, type SpeedRange } from '../plots/speed-course.ts'
import {
  analysisUnitOf,
  bearingFactsOf,
  machineClassOf,
  machineFactsOf,
  mainsHzOf,
  writtenMainsHz,
} from './machine-facts.ts'
import { ownVelocity } from './own-level.ts'

/** Half a minute at 25.6 kHz: more sharpens no line that slip has not smeared already, and takes a second or two. */
const MOST_SAMPLES = 786_432
const FEWEST_SAMPLES = 64

const refused = (code: string, message: string): RequestError => new RequestError({ code, message, retryable: false })

/** A capture's own speed, else that of its pulses, else the nameplate's where no speed is measured. */
function rpmOf(info: PointInfo, rpm: number, range: SpeedRange | null): number | null {
  if (Number.isFinite(rpm)) return rpm
  if (range) return range.meanRpm
  const rated = info.asset.asset.ratedRpm
  return rated === undefined || info.asset.speedPoint ? null : rated * shaftRatio(info)
}

export const diagnosisMethods: Pick<Methods, keyof DiagnosisResults & MethodName> = {
  'capture.diagnose': async (engine: Engine, { captureId }, _user, { signal }) => {
    const capture = await engine.twin.capture(captureId)
    const info = capture ? engine.model.byKey.get(capture.pointKey) : undefined
    if (!capture || !info)
      throw refused('not-found', `There is no capture "${captureId}" of a point that the plant file knows.`)
    const longest = unbroken(capture).reduce((best, piece) => (piece.length > best.length ? piece : best))
    if (longest.length < FEWEST_SAMPLES)
      throw refused('refused', `The capture has no ${FEWEST_SAMPLES} samples in a row: there is nothing to diagnose.`)
    const samples = Float64Array.from(longest.subarray(0, MOST_SAMPLES))
    const { plant } = engine.model
    const mainsHz = writtenMainsHz(info, plant) ?? mainsHzOf(plant.plant.timeZone)
    const range = await speedRangeOf(engine, originOf(engine, captureId, capture), capture, { signal })
    const rpm = rpmOf(info, capture.rpm, range)
    const { sampleRateHz } = capture
    const ask = {
      samples,
      invalid: 0,
      sampleRateHz,
      bandHz: defaultEnvelopeBand(sampleRateHz),
      pieceLength: null,
      unit: analysisUnitOf(capture.unit ?? info.contract.unit),
      rpm,
      rpmRange: range && ([range.lowestRpm, range.highestRpm] as const),
      bearing: bearingFactsOf(info, engine.catalogue),
      mainsHz,
      machine: machineClassOf(info),
      facts: machineFactsOf(info, mainsHz),
      ownVelocityMmS: ownVelocity(engine.advice, info.key, rpm),
    }
    const analysis = await engine.desks.plots.ask('diagnose', ask, { signal, transfer: [samples.buffer] })
    return { captureId, pointId: info.id, tUs: capture.sourceUs, analysis }
  },
}
