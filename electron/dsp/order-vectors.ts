import type { Derivation } from '../../shared/domain/derivation.ts'
import { derivedBy } from './methods.ts'
import { OrderTrackingError, type AngularSignal } from './order-tracking.ts'

/**
 * One order as a vector. The phase is the lag in degrees, 0 to 360, from the keyphasor to the next positive peak, against
 * rotation, as API 670 and the rotor-dynamics books state it: x = amplitude * cos(order * angle - phase).
 */
export interface OrderVector {
  readonly order: number
  /** peak amplitude in the signal's unit */
  readonly amplitude: number
  readonly phaseLagDeg: number
}

export interface VectorPoint {
  readonly tS: number
  readonly rpm: number
  readonly vectors: readonly OrderVector[]
  /** RMS of everything, without the mean */
  readonly rms: number
  /** mean: the gap of a proximity probe */
  readonly mean: number
}

export interface VectorCourse {
  readonly orders: readonly number[]
  readonly points: readonly VectorPoint[]
  readonly derivation: Derivation
}

const degrees = (re: number, im: number): number => {
  const lag = (-Math.atan2(im, re) * 180) / Math.PI
  return lag < 0 ? lag + 360 : lag
}

/** Fourier integral over whole revolutions: orders are orthogonal there, so that no window is needed and none blurs speed. */
function vectorOf(values: Float64Array, from: number, to: number, perRevolution: number, order: number): OrderVector {
  let re = 0
  let im = 0
  for (let i = from; i < to; i += 1) {
    const angle = (2 * Math.PI * ((order * (i - from)) % perRevolution)) / perRevolution
    re += (values[i] as number) * Math.cos(angle)
    im -= (values[i] as number) * Math.sin(angle)
  }
  const scale = 2 / (to - from)
  return { order, amplitude: scale * Math.hypot(re, im), phaseLagDeg: degrees(re, im) }
}

function pointAt(angular: AngularSignal, first: number, count: number, orders: readonly number[]): VectorPoint {
  const { values, samplesPerRevolution, timesS } = angular
  const from = first * samplesPerRevolution
  const to = (first + count) * samplesPerRevolution
  let sum = 0
  let squares = 0
  for (let i = from; i < to; i += 1) {
    sum += values[i] as number
    squares += (values[i] as number) ** 2
  }
  const mean = sum / (to - from)
  const startS = timesS[first] as number
  const endS = timesS[first + count] as number
  return {
    tS: (startS + endS) / 2,
    rpm: (60 * count) / (endS - startS),
    vectors: orders.map((order) => vectorOf(values, from, to, samplesPerRevolution, order)),
    rms: Math.sqrt(Math.max(0, squares / (to - from) - mean * mean)),
    mean,
  }
}

/**
 * Amplitude and phase of whole orders along a record: the data of a Bode plot (over rpm) and of a polar plot. Needs an angle
 * from a keyphasor; with a speed tag the amplitudes hold and the phases have no zero.
 *
 * @param revolutionsPerPoint revolutions averaged into one point: more are calmer, fewer follow a faster ramp
 */
export function orderVectors(
  angular: AngularSignal,
  orders: readonly number[] = [1, 2, 3],
  revolutionsPerPoint = 4,
): VectorCourse {
  if (!orders.every((order) => Number.isInteger(order) && order >= 1 && order <= angular.highestOrder))
    throw new OrderTrackingError(
      `orders ${orders.join(', ')} cannot be followed: use whole orders from 1 to ${Math.floor(angular.highestOrder)}`,
    )
  if (!(Number.isInteger(revolutionsPerPoint) && revolutionsPerPoint >= 1))
    throw new OrderTrackingError(
      `${revolutionsPerPoint} revolutions a point are not possible: use a whole number from 1 on`,
    )
  const points: VectorPoint[] = []
  const count = Math.min(revolutionsPerPoint, angular.revolutions)
  for (let first = 0; first + count <= angular.revolutions; first += count)
    points.push(pointAt(angular, first, count, orders))
  return { orders, points, derivation: derivedBy('order-vectors', 'rectangular') }
}

/** Takes the slow-roll vector (runout and bow, read below a tenth of the first critical speed) off another of the same order. */
export function compensateRunout(vector: OrderVector, slowRoll: OrderVector): OrderVector {
  const radians = Math.PI / 180
  const re =
    vector.amplitude * Math.cos(-vector.phaseLagDeg * radians) -
    slowRoll.amplitude * Math.cos(-slowRoll.phaseLagDeg * radians)
  const im =
    vector.amplitude * Math.sin(-vector.phaseLagDeg * radians) -
    slowRoll.amplitude * Math.sin(-slowRoll.phaseLagDeg * radians)
  return { order: vector.order, amplitude: Math.hypot(re, im), phaseLagDeg: degrees(re, im) }
}
