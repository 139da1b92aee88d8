import type { PlotShaft } from '../../../shared/protocol/plots.ts'
import {
  filteredOrbit,
  fullSpectrum,
  ProbePairError,
  shaftCentreline,
  unfilteredOrbit,
  type Orbit,
} from '../../dsp/orbit.ts'
import { OrderTrackingError, resampleToAngle } from '../../dsp/order-tracking.ts'
import { orderVectors, type VectorCourse, type VectorPoint } from '../../dsp/order-vectors.ts'
import { angleFromPulses, TachoError, tachoPulses } from '../../dsp/tacho.ts'
import type { StoredCapture } from '../../store/api.ts'
import { PlotRefusal } from './plot-refusal.ts'
import { unbroken } from './spectrum-of.ts'

export type ShaftLines = Omit<PlotShaft, 'refused' | 'x' | 'y'>

/** Turns in an orbit that is not filtered: more are a ball of wool. */
const shownTurns = 8
const samplesPerRevolution = 128
const turnsPerPoint = 4
/** Of a long record the newest part is transformed. */
const fullSamples = 65_536

/** Orbit, full spectrum, vectors and centreline, timed from `zeroUs`, of two probes and the pulse of one shaft. Throws PlotRefusal in a sentence. */
export function shaftOf(x: StoredCapture, y: StoredCapture, pulse: StoredCapture, zeroUs: number): ShaftLines {
  try {
    return computed(x, y, pulse, zeroUs)
  } catch (error) {
    if (error instanceof ProbePairError || error instanceof OrderTrackingError || error instanceof TachoError)
      throw new PlotRefusal(`${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}.`, { cause: error })
    throw error
  }
}

function computed(x: StoredCapture, y: StoredCapture, pulse: StoredCapture, zeroUs: number): ShaftLines {
  const {
    startUs,
    signals: [sx, sy, sp],
  } = commonSpan(x, y, pulse)
  const { sampleRateHz } = x
  const pulses = tachoPulses(sp, sampleRateHz)
  const angle = angleFromPulses(pulses, 1)
  const courses = [sx, sy].map((signal) =>
    orderVectors(resampleToAngle(signal, sampleRateHz, angle, samplesPerRevolution), [1, 2], turnsPerPoint),
  )
  const [cx, cy] = courses
  if (!cx || !cy) throw new PlotRefusal('There is no course of the two probes.')
  const orbitOf = (order: 0 | 1): Orbit | null => {
    const [a, b] = [cx.points.at(-1)?.vectors[order], cy.points.at(-1)?.vectors[order]]
    return a && b ? filteredOrbit(a, b) : null
  }
  const whole = unfilteredOrbit(sx, sy, sampleRateHz, pulses, shownTurns)
  const full = fullSpectrum(sx.slice(-fullSamples), sy.slice(-fullSamples), sampleRateHz)
  const last = full.forward.length - 1
  const both = Float32Array.from({ length: 2 * last + 1 }, (_, i) =>
    i < last ? (full.reverse[last - i] ?? 0) : (full.forward[i - last] ?? 0),
  )
  const centre = shaftCentreline(cx, cy)
  const course = (pick: (point: VectorPoint) => number | undefined, of: VectorCourse = cx): Float32Array =>
    Float32Array.from(of.points, (point) => pick(point) ?? Number.NaN)
  return {
    unit: x.unit ?? '',
    sampleRateHz,
    whole: interleaved(whole),
    marks: Int32Array.from(whole.keyphasor),
    once: interleaved(orbitOf(0)),
    twice: interleaved(orbitOf(1)),
    full: both,
    fullResolutionHz: full.resolutionHz,
    rpm: course(({ rpm }) => rpm),
    amplitudeX: course(({ vectors }) => vectors[0]?.amplitude),
    phaseX: course(({ vectors }) => vectors[0]?.phaseLagDeg),
    amplitudeY: course(({ vectors }) => vectors[0]?.amplitude, cy),
    phaseY: course(({ vectors }) => vectors[0]?.phaseLagDeg, cy),
    courseS: course(({ tS }) => tS + (startUs - zeroUs) / 1e6),
    centreline: Float32Array.from(centre.points.flatMap(({ horizontal, vertical }) => [horizontal, vertical])),
  }
}

function interleaved(orbit: Orbit | null): Float32Array {
  const { horizontal, vertical } = orbit ?? { horizontal: new Float64Array(0), vertical: new Float64Array(0) }
  return Float32Array.from(
    { length: 2 * horizontal.length },
    (_, i) => (i % 2 === 0 ? horizontal : vertical)[i >> 1] ?? 0,
  )
}

/** The samples that all three have, by their own clocks; probes of one card start together. */
function commonSpan(...captures: StoredCapture[]): {
  startUs: number
  signals: [Float64Array, Float64Array, Float64Array]
} {
  const [first] = captures
  const rate = first?.sampleRateHz ?? 1
  if (captures.some(({ sampleRateHz }) => sampleRateHz !== rate))
    throw new PlotRefusal('The two probes and the pulse were not taken at the same sample rate.')
  if (captures.some(({ samples, gaps }) => unbroken({ samples, gaps }).length > 1))
    throw new PlotRefusal('One of the two probes and the pulse has a gap inside.')
  const startUs = Math.max(...captures.map(({ sourceUs }) => sourceUs))
  const skips = captures.map(({ sourceUs }) => Math.round(((startUs - sourceUs) * rate) / 1e6))
  const count = Math.min(...captures.map(({ samples }, i) => samples.length - (skips[i] ?? 0)))
  if (count < rate / 10)
    throw new PlotRefusal('The stored waveforms of the two probes and the pulse do not overlap by a tenth of a second.')
  const cut = (i: number): Float64Array =>
    Float64Array.from(captures[i]?.samples.subarray(skips[i] ?? 0, (skips[i] ?? 0) + count) ?? [])
  return { startUs, signals: [cut(0), cut(1), cut(2)] }
}
