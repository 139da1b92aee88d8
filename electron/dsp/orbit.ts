import type { Derivation, WindowName } from '../../shared/domain/derivation.ts'
import { complexForward64 } from './fft64.ts'
import { derivedBy } from './methods.ts'
import type { OrderVector, VectorCourse } from './order-vectors.ts'
import { windowShape } from './windows.ts'

/** Where the two probes sit, in degrees from the horizontal axis, counted counter-clockwise as seen from the driver. */
export interface ProbePair {
  readonly xDeg: number
  readonly yDeg: number
}

/** Y 45 degrees left and X 45 degrees right of top: the mounting of API 670. */
export const apiProbes: ProbePair = { xDeg: 45, yDeg: 135 }
export const plainProbes: ProbePair = { xDeg: 0, yDeg: 90 }

export type Rotation = 'counter-clockwise' | 'clockwise'

export class ProbePairError extends Error {
  override readonly name = 'ProbePairError'
}

/** A probe reads the displacement along its own direction; solving both for horizontal and vertical needs an angle between them. */
export function toPlane(
  x: Float64Array,
  y: Float64Array,
  probes: ProbePair,
): { readonly horizontal: Float64Array; readonly vertical: Float64Array } {
  if (x.length !== y.length)
    throw new ProbePairError(
      `the two probes have ${x.length} and ${y.length} samples: cut them to the same span of time`,
    )
  const a = (probes.xDeg * Math.PI) / 180
  const b = (probes.yDeg * Math.PI) / 180
  const across = Math.sin(b - a)
  if (Math.abs(across) < 0.2)
    throw new ProbePairError(
      `probes at ${probes.xDeg} and ${probes.yDeg} degrees see nearly the same direction: an orbit needs two that stand across`,
    )
  const horizontal = x.map((value, i) => (value * Math.sin(b) - (y[i] as number) * Math.sin(a)) / across)
  const vertical = x.map((value, i) => ((y[i] as number) * Math.cos(a) - value * Math.cos(b)) / across)
  return { horizontal, vertical }
}

export interface FullSpectrum {
  /** radius of the circle that turns with the shaft, lines 0 to half the sample rate */
  readonly forward: Float64Array
  /** radius of the circle that turns against it */
  readonly reverse: Float64Array
  readonly resolutionHz: number
  readonly derivation: Derivation
}

/**
 * Full spectrum of a probe pair: the transform of horizontal + j vertical. An ellipse of half axes a and b is a forward circle
 * of (a + b) / 2 and a reverse one of (a - b) / 2, or the other way round where it precesses backwards (Goldman and Muszynska,
 * "Application of full spectrum to rotating machinery diagnostics", Orbit 20, 1999).
 */
export function fullSpectrum(
  x: Float64Array,
  y: Float64Array,
  sampleRateHz: number,
  options: {
    readonly probes?: ProbePair | undefined
    readonly rotation?: Rotation | undefined
    readonly window?: WindowName | undefined
  } = {},
): FullSpectrum {
  const { probes = apiProbes, rotation = 'counter-clockwise', window = 'hann' } = options
  const { horizontal, vertical } = toPlane(x, y, probes)
  const length = horizontal.length
  const { coefficients, sum } = windowShape(window, length)
  // The mean under the window: the plain one of a circle cut short would be a false line at 0 Hz, on both sides.
  const centre = (values: Float64Array): void => {
    let mean = 0
    for (let i = 0; i < length; i += 1) mean += ((values[i] as number) * (coefficients[i] as number)) / sum
    for (let i = 0; i < length; i += 1) values[i] = ((values[i] as number) - mean) * (coefficients[i] as number)
  }
  centre(horizontal)
  centre(vertical)
  complexForward64(horizontal, vertical)
  const bins = (length >> 1) + 1
  const positive = new Float64Array(bins)
  const negative = new Float64Array(bins)
  for (let k = 0; k < bins; k += 1) {
    const mirror = (length - k) % length
    positive[k] = Math.hypot(horizontal[k] as number, vertical[k] as number) / sum
    negative[k] = Math.hypot(horizontal[mirror] as number, vertical[mirror] as number) / sum
  }
  const turnsWith = rotation === 'counter-clockwise'
  return {
    forward: turnsWith ? positive : negative,
    reverse: turnsWith ? negative : positive,
    resolutionHz: sampleRateHz / length,
    derivation: derivedBy('full-spectrum', window),
  }
}

export interface Orbit {
  readonly horizontal: Float64Array
  readonly vertical: Float64Array
  /** indexes at which the keyphasor passes */
  readonly keyphasor: readonly number[]
  readonly derivation: Derivation
}

/**
 * One turn of the orbit of a single order from the vectors of the two probes (1x, 2x ...): an ellipse. It starts at the
 * keyphasor; order n passes it n times, of which the first is marked.
 */
export function filteredOrbit(x: OrderVector, y: OrderVector, probes: ProbePair = apiProbes, points = 180): Orbit {
  if (x.order !== y.order)
    throw new ProbePairError(
      `an orbit of order ${x.order} against order ${y.order} means nothing: use one order for both`,
    )
  const wave = (vector: OrderVector): Float64Array =>
    Float64Array.from(
      { length: points },
      (_, i) => vector.amplitude * Math.cos((2 * Math.PI * i) / points - (vector.phaseLagDeg * Math.PI) / 180),
    )
  return { ...toPlane(wave(x), wave(y), probes), keyphasor: [0], derivation: derivedBy('orbit', 'rectangular') }
}

/**
 * Unfiltered orbit: samples of the last `revolutions` turns, mean removed.
 *
 * @param pulses times of the keyphasor in seconds from the first sample
 */
export function unfilteredOrbit(
  x: Float64Array,
  y: Float64Array,
  sampleRateHz: number,
  pulses: Float64Array,
  revolutions = 4,
  probes: ProbePair = apiProbes,
): Orbit {
  const used = pulses.subarray(Math.max(0, pulses.length - revolutions - 1))
  if (used.length < 2) throw new ProbePairError('an orbit over whole turns needs two keyphasor pulses or more')
  const from = Math.ceil((used[0] as number) * sampleRateHz)
  const to = Math.min(x.length, Math.ceil((used.at(-1) as number) * sampleRateHz))
  const centred = (values: Float64Array): Float64Array => {
    const part = values.slice(from, to)
    let mean = 0
    for (const value of part) mean += value
    mean /= part.length
    return part.map((value) => value - mean)
  }
  return {
    ...toPlane(centred(x), centred(y), probes),
    keyphasor: Array.from(used, (time) => Math.round(time * sampleRateHz) - from).filter(
      (at) => at >= 0 && at < to - from,
    ),
    derivation: derivedBy('orbit'),
  }
}

export interface CentrelinePoint {
  readonly tS: number
  readonly rpm: number
  /** shaft centre relative to the reference, in the probes' unit */
  readonly horizontal: number
  readonly vertical: number
}

/**
 * Average shaft centreline from the gaps of a probe pair.
 *
 * @param reference gaps at rest, the shaft lying in the bearing's bottom; default: the first point
 */
export function shaftCentreline(
  x: VectorCourse,
  y: VectorCourse,
  options: { readonly probes?: ProbePair | undefined; readonly reference?: { x: number; y: number } | undefined } = {},
): { readonly points: readonly CentrelinePoint[]; readonly derivation: Derivation } {
  const { probes = apiProbes } = options
  const first = { x: x.points[0]?.mean ?? 0, y: y.points[0]?.mean ?? 0 }
  const reference = options.reference ?? first
  const { horizontal, vertical } = toPlane(
    Float64Array.from(x.points, (point) => point.mean - reference.x),
    Float64Array.from(y.points, (point) => point.mean - reference.y),
    probes,
  )
  const points = x.points.map(({ tS, rpm }, i) => ({
    tS,
    rpm,
    horizontal: horizontal[i] as number,
    vertical: vertical[i] as number,
  }))
  return { points, derivation: derivedBy('shaft-centreline') }
}
