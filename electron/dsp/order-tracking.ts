import type { Derivation, WindowName } from '../../shared/domain/derivation.ts'
import { PowerAverager, SAMPLES_PER_LINE, type Averaging } from './averaged-spectrum.ts'
import { derivedBy } from './methods.ts'
import { DECIMATION_REACH, decimate, interpolateAt } from './resample.ts'
import { amplitudeSpectrum } from './spectrum.ts'
import type { ShaftAngle } from './tacho.ts'

export class OrderTrackingError extends Error {
  override readonly name = 'OrderTrackingError'
}

export interface AngularSignal {
  /** `samplesPerRevolution` values for each of `revolutions` whole revolutions, in the signal's unit */
  readonly values: Float64Array
  readonly samplesPerRevolution: number
  readonly revolutions: number
  /** of the first value; whole, so that values at multiples of `samplesPerRevolution` are at the keyphasor */
  readonly firstRevolution: number
  /** highest order that the filter before the last decimation leaves whole */
  readonly highestOrder: number
  /** seconds from the first sample, one per revolution and one for the end */
  readonly timesS: Float64Array
  /** mean of each revolution */
  readonly rpm: Float64Array
  readonly derivation: Derivation
}

/** Below this an order analysis has hardly a line. */
const FEWEST_REVOLUTIONS = 2

function wholeRevolutions(count: number, sampleRateHz: number, angle: ShaftAngle): { first: number; end: number } {
  const lastS = (count - 1) / sampleRateHz
  let first = Math.ceil(angle.fromRevolution - 1e-9)
  let end = Math.floor(angle.toRevolution + 1e-9)
  while (first < end && angle.timeAt(first) < -1e-9) first += 1
  while (end > first && angle.timeAt(end) > lastS + 1e-9) end -= 1
  if (end - first < FEWEST_REVOLUTIONS)
    throw new OrderTrackingError(
      `signal and speed share only ${Math.max(0, end - first)} whole revolutions, ${FEWEST_REVOLUTIONS} or more are needed: record longer, or check that both have the same start`,
    )
  return { first, end }
}

/**
 * From equal steps of time to equal steps of shaft angle (computed order tracking; Fyfe and Munck, MSSP 11, 1997). Angles are
 * first resolved finely enough for the slowest revolution, then low-passed and thinned in the angle domain, so that nothing
 * folds back however far the speed runs.
 *
 * @param samplesPerRevolution a whole number; orders up to samplesPerRevolution / 2.56 come out right
 * @throws OrderTrackingError where signal and speed share fewer than two whole revolutions
 */
export function resampleToAngle(
  signal: Float64Array,
  sampleRateHz: number,
  angle: ShaftAngle,
  samplesPerRevolution: number,
): AngularSignal {
  if (!(Number.isInteger(samplesPerRevolution) && samplesPerRevolution >= 8))
    throw new OrderTrackingError(
      `${samplesPerRevolution} samples a revolution are not possible: use a whole number from 8 on`,
    )
  const { first, end } = wholeRevolutions(signal.length, sampleRateHz, angle)
  const revolutions = end - first
  const timesS = new Float64Array(revolutions + 1)
  for (let r = 0; r <= revolutions; r += 1) timesS[r] = angle.timeAt(first + r)
  let longestS = 0
  for (let r = 0; r < revolutions; r += 1)
    longestS = Math.max(longestS, (timesS[r + 1] as number) - (timesS[r] as number))
  // A revolution that slows down is slower at its end than on average: a tenth in reserve.
  const factor = Math.max(1, Math.ceil((1.1 * longestS * sampleRateHz) / samplesPerRevolution))
  const fine = samplesPerRevolution * factor
  // The filter reaches over both ends, where the signal goes on in most records.
  const margin = DECIMATION_REACH * factor
  const positions = new Float64Array(revolutions * fine + 2 * margin)
  for (let i = 0; i < positions.length; i += 1) positions[i] = angle.timeAt(first + (i - margin) / fine) * sampleRateHz
  const rpm = new Float64Array(revolutions)
  for (let r = 0; r < revolutions; r += 1) rpm[r] = 60 / ((timesS[r + 1] as number) - (timesS[r] as number))
  return {
    values: decimate(interpolateAt(signal, positions), factor).slice(
      DECIMATION_REACH,
      DECIMATION_REACH + revolutions * samplesPerRevolution,
    ),
    samplesPerRevolution,
    revolutions,
    firstRevolution: first,
    highestOrder: samplesPerRevolution / SAMPLES_PER_LINE,
    timesS,
    rpm,
    derivation: derivedBy('angular-resampling'),
  }
}

export interface OrderSpectrum {
  /** peak amplitudes at orders k x `orderStep`, up to the highest order */
  readonly amplitudes: Float64Array
  readonly orderStep: number
  readonly pieces: number
  readonly derivation: Derivation
}

export interface OrderSpectrumOptions {
  /** length of a piece, whose reciprocal is the step between orders; default: everything at once */
  readonly revolutionsPerPiece?: number | undefined
  readonly window?: WindowName | undefined
  readonly averaging?: Averaging | undefined
}

/** Spectrum over orders of the shaft: what turns with it stays on its line, however the speed runs. */
export function orderSpectrum(angular: AngularSignal, options: OrderSpectrumOptions = {}): OrderSpectrum {
  const { revolutionsPerPiece = angular.revolutions, window = 'hann', averaging = 'linear' } = options
  if (
    !(Number.isInteger(revolutionsPerPiece) && revolutionsPerPiece >= 1 && revolutionsPerPiece <= angular.revolutions)
  )
    throw new OrderTrackingError(
      `pieces of ${revolutionsPerPiece} revolutions do not fit a record of ${angular.revolutions}: use a whole number up to that`,
    )
  const length = revolutionsPerPiece * angular.samplesPerRevolution
  const lines = Math.floor(angular.highestOrder * revolutionsPerPiece) + 1
  const averager = new PowerAverager(lines, averaging, 8)
  const hop = Math.max(1, length >> 1)
  for (let start = 0; start + length <= angular.values.length; start += hop) {
    const amplitudes = amplitudeSpectrum(angular.values.slice(start, start + length), window)
    averager.add(amplitudes.slice(0, lines).map((value) => value * value))
  }
  return {
    amplitudes: averager.power.map((value) => Math.sqrt(value)),
    orderStep: 1 / revolutionsPerPiece,
    pieces: averager.count,
    derivation: derivedBy('order-spectrum', window),
  }
}

export interface OrderMap {
  /** one spectrum a row, all of the same step between orders */
  readonly rows: readonly Float64Array[]
  readonly orderStep: number
  /** mean speed and middle of each row */
  readonly rpm: Float64Array
  readonly timesS: Float64Array
  readonly derivation: Derivation
}

/** Order spectra along a run-up or coast-down, for a waterfall over speed or time; rows overlap by half. */
export function orderMap(angular: AngularSignal, revolutionsPerRow: number, window: WindowName = 'hann'): OrderMap {
  if (!(Number.isInteger(revolutionsPerRow) && revolutionsPerRow >= 1 && revolutionsPerRow <= angular.revolutions))
    throw new OrderTrackingError(
      `rows of ${revolutionsPerRow} revolutions do not fit a record of ${angular.revolutions}: use a whole number up to that`,
    )
  const length = revolutionsPerRow * angular.samplesPerRevolution
  const lines = Math.floor(angular.highestOrder * revolutionsPerRow) + 1
  const rows: Float64Array[] = []
  const rpm: number[] = []
  const timesS: number[] = []
  const hop = Math.max(1, revolutionsPerRow >> 1)
  for (let first = 0; first + revolutionsPerRow <= angular.revolutions; first += hop) {
    const start = first * angular.samplesPerRevolution
    rows.push(amplitudeSpectrum(angular.values.slice(start, start + length), window).slice(0, lines))
    const fromS = angular.timesS[first] as number
    const toS = angular.timesS[first + revolutionsPerRow] as number
    rpm.push((60 * revolutionsPerRow) / (toS - fromS))
    timesS.push((fromS + toS) / 2)
  }
  return {
    rows,
    orderStep: 1 / revolutionsPerRow,
    rpm: Float64Array.from(rpm),
    timesS: Float64Array.from(timesS),
    derivation: derivedBy('order-spectrum', window),
  }
}

export interface SynchronousAverage {
  /** mean revolution, `samplesPerRevolution` values from the keyphasor on */
  readonly values: Float64Array
  /** what remains when the mean revolution is taken off each one */
  readonly residual: Float64Array
  readonly revolutions: number
  readonly derivation: Derivation
}

/**
 * Time-synchronous average: mean over revolutions of the angular signal (McFadden, MSSP 1, 1987). What is not locked to this
 * shaft falls by the root of the number of revolutions; the residual holds it, bearings included.
 */
export function synchronousAverage(angular: AngularSignal): SynchronousAverage {
  const { values, samplesPerRevolution, revolutions } = angular
  const mean = new Float64Array(samplesPerRevolution)
  for (let i = 0; i < values.length; i += 1) {
    const at = i % samplesPerRevolution
    mean[at] = (mean[at] as number) + (values[i] as number) / revolutions
  }
  return {
    values: mean,
    residual: values.map((value, i) => value - (mean[i % samplesPerRevolution] as number)),
    revolutions,
    derivation: derivedBy('time-synchronous-average'),
  }
}
