export interface TachoOptions {
  /** default: halfway between the lowest and the highest value, two outliers left out each */
  readonly threshold?: number | undefined
  readonly edge?: 'rising' | 'falling' | undefined
}

export class TachoError extends Error {
  override readonly name = 'TachoError'
}

/** A pulse counts once the signal has been back this far (share of its span): noise on a slope makes no second pulse. */
const HYSTERESIS = 0.2
/** Fewer pulses give no course of speed. */
const FEWEST_PULSES = 3
/** A mark may pass within a thousandth of a turn: leaving out a share of the samples could leave out all pulses. */
const OUTLIERS = 2

/**
 * Times of tacho pulses in seconds from the first sample: crossings of the threshold, interpolated between samples, with
 * hysteresis.
 *
 * @throws TachoError where the signal does not vary
 */
export function tachoPulses(signal: Float64Array, sampleRateHz: number, options: TachoOptions = {}): Float64Array {
  const sorted = Float64Array.from(signal).sort()
  const low = sorted[Math.min(OUTLIERS, sorted.length - 1)] ?? Number.NaN
  const high = sorted[Math.max(0, sorted.length - 1 - OUTLIERS)] ?? Number.NaN
  if (!(high > low)) throw new TachoError('the tacho signal does not change: check probe, gap and cable')
  const span = high - low
  const threshold = options.threshold ?? low + span / 2
  const sign = options.edge === 'falling' ? -1 : 1
  const times: number[] = []
  let armed = false
  for (let n = 0; n < signal.length; n += 1) {
    const value = sign * ((signal[n] as number) - threshold)
    if (value < -HYSTERESIS * span * 0.5) armed = true
    else if (armed && value >= 0) {
      const before = sign * ((signal[n - 1] as number) - threshold)
      times.push((n - 1 + before / (before - value)) / sampleRateHz)
      armed = false
    }
  }
  return Float64Array.from(times)
}

/**
 * Shaft angle in revolutions as a function of time, and back. Revolution 0 is the first pulse, or the first speed reading;
 * with one pulse a revolution the keyphasor passes at every whole number.
 */
export interface ShaftAngle {
  readonly fromRevolution: number
  readonly toRevolution: number
  /** seconds from the first sample */
  timeAt(revolution: number): number
  rpmAt(revolution: number): number
  readonly source: 'tacho' | 'speed'
}

/** Index of the last knot at or below a value, starting from where the last search ended: callers ask in order. */
class KnotSearch {
  readonly #knots: Float64Array
  #at = 0

  constructor(knots: Float64Array) {
    this.#knots = knots
  }

  find(value: number): number {
    const knots = this.#knots
    const last = knots.length - 2
    let at = this.#at
    while (at < last && (knots[at + 1] as number) <= value) at += 1
    while (at > 0 && (knots[at] as number) > value) at -= 1
    this.#at = at
    return at
  }
}

/** Slopes of the clamped cubic spline through equidistant values; the end slopes are a parabola's through three knots. */
function splineSlopes(values: Float64Array, step: number): Float64Array {
  const count = values.length
  const slopes = new Float64Array(count)
  const v = (k: number): number => values[k] as number
  slopes[0] = (-3 * v(0) + 4 * v(1) - v(2)) / (2 * step)
  slopes[count - 1] = (3 * v(count - 1) - 4 * v(count - 2) + v(count - 3)) / (2 * step)
  // Thomas' algorithm for slopes[k-1] + 4 slopes[k] + slopes[k+1] = 3 (v[k+1] - v[k-1]) / step.
  const factor = new Float64Array(count)
  for (let k = 1; k < count - 1; k += 1) {
    const right = (3 * (v(k + 1) - v(k - 1))) / step
    const divisor = 4 - (factor[k - 1] as number)
    factor[k] = 1 / divisor
    slopes[k] = (right - (slopes[k - 1] as number)) / divisor
  }
  for (let k = count - 2; k >= 1; k -= 1)
    slopes[k] = (slopes[k] as number) - (factor[k] as number) * (slopes[k + 1] as number)
  return slopes
}

/** Angle from pulse times: a cubic spline of time over angle, so that speed is continuous through every pulse. */
export function angleFromPulses(times: Float64Array, pulsesPerRevolution: number): ShaftAngle {
  if (!(pulsesPerRevolution > 0))
    throw new TachoError(
      `${pulsesPerRevolution} pulses a revolution are not possible: say how many marks pass the probe`,
    )
  if (times.length < FEWEST_PULSES)
    throw new TachoError(
      `only ${times.length} tacho pulses were found, ${FEWEST_PULSES} are needed: record longer, or check threshold and probe`,
    )
  for (let k = 1; k < times.length; k += 1)
    if (!((times[k] as number) > (times[k - 1] as number)))
      throw new TachoError('the tacho pulses are not in order of time')
  const step = 1 / pulsesPerRevolution
  const slopes = splineSlopes(times, step)
  const place = (revolution: number): { k: number; u: number } => {
    const at = revolution * pulsesPerRevolution
    const k = Math.max(0, Math.min(times.length - 2, Math.floor(at)))
    return { k, u: at - k }
  }
  const pieces = (k: number): [number, number, number, number] => {
    const a = times[k] as number
    const b = times[k + 1] as number
    const da = (slopes[k] as number) * step
    const db = (slopes[k + 1] as number) * step
    return [a, da, 3 * (b - a) - 2 * da - db, 2 * (a - b) + da + db]
  }
  return {
    source: 'tacho',
    fromRevolution: 0,
    toRevolution: (times.length - 1) * step,
    timeAt: (revolution) => {
      const { k, u } = place(revolution)
      const [c0, c1, c2, c3] = pieces(k)
      return c0 + u * (c1 + u * (c2 + u * c3))
    },
    rpmAt: (revolution) => {
      const { k, u } = place(revolution)
      const [, c1, c2, c3] = pieces(k)
      return (60 * step) / (c1 + u * (2 * c2 + 3 * u * c3))
    },
  }
}

/**
 * Angle from readings of a speed tag: speed is taken as linear between readings. Angles then carry no phase: revolution 0 is
 * the first reading and no mark on the shaft.
 *
 * @param timesS seconds from the first sample of the signal that is to be resampled; they should span it
 */
export function angleFromSpeed(timesS: Float64Array, rpm: Float64Array): ShaftAngle {
  const count = timesS.length
  if (count < 2 || rpm.length !== count)
    throw new TachoError(
      `${count} times and ${rpm.length} speeds give no course of speed: two pairs or more are needed`,
    )
  const angles = new Float64Array(count)
  for (let k = 0; k < count; k += 1) {
    if (!((rpm[k] as number) > 0))
      throw new TachoError(
        `the speed reading ${rpm[k]} rpm at ${timesS[k]} s is not positive: orders need a turning shaft`,
      )
    if (k === 0) continue
    const dt = (timesS[k] as number) - (timesS[k - 1] as number)
    if (!(dt > 0)) throw new TachoError('the speed readings are not in order of time')
    angles[k] = (angles[k - 1] as number) + (((rpm[k - 1] as number) + (rpm[k] as number)) / 120) * dt
  }
  const search = new KnotSearch(angles)
  const speedAt = (revolution: number): { k: number; start: number; hz: number } => {
    const k = search.find(revolution)
    const start = (rpm[k] as number) / 60
    const end = (rpm[k + 1] as number) / 60
    const dt = (timesS[k + 1] as number) - (timesS[k] as number)
    const slope = (end - start) / dt
    // v^2 = v0^2 + 2 a s
    const square = start * start + 2 * slope * (revolution - (angles[k] as number))
    return { k, start, hz: Math.sqrt(Math.max(square, 1e-12)) }
  }
  return {
    source: 'speed',
    fromRevolution: 0,
    toRevolution: angles[count - 1] as number,
    timeAt: (revolution) => {
      const { k, start, hz } = speedAt(revolution)
      return (timesS[k] as number) + (2 * (revolution - (angles[k] as number))) / (start + hz)
    },
    rpmAt: (revolution) => 60 * speedAt(revolution).hz,
  }
}
