import type { MethodParams } from '../../../shared/protocol/methods.ts'
import type { PlotOrders } from '../../../shared/protocol/plots.ts'
import { orderSpectrum, OrderTrackingError, resampleToAngle } from '../../dsp/order-tracking.ts'
import { angleFromPulses, angleFromSpeed, TachoError, tachoPulses, type ShaftAngle } from '../../dsp/tacho.ts'
import { windowShape } from '../../dsp/windows.ts'
import { PlotRefusal } from './plot-refusal.ts'
import { unbroken, type Lines, type Record } from './spectrum-of.ts'

export type OrderSettings = Omit<MethodParams<'plot.orders'>, 'of'>

/** What is known of the speed; times in seconds from the record's first sample. */
export type SpeedCourse =
  | { from: 'pulse'; record: Record; startS: number }
  | { from: 'tag'; timesS: Float64Array; rpm: Float64Array }
  | { from: 'constant'; rpm: number }

export type OrderLines = Lines &
  Pick<PlotOrders, 'speedFrom' | 'rpmRange' | 'revolutions' | 'revolutionsPerPiece'> & { meanRpm: number }

/** Of a longer record the newest part is taken: resampling a million samples takes seconds. */
const mostSamples = 524_288
/** 400 orders. */
const mostPerRevolution = 1024
/** Lines a hundredth of an order apart part whatever there is; more pieces make the average calmer. */
const usualRevolutions = 128

/** Order spectrum of a record. Throws PlotRefusal in a sentence. */
export function ordersOf(record: Record, course: SpeedCourse, settings: OrderSettings): OrderLines {
  try {
    return computed(record, course, settings)
  } catch (error) {
    if (error instanceof OrderTrackingError || error instanceof TachoError)
      throw new PlotRefusal(`${error.message.slice(0, 1).toUpperCase()}${error.message.slice(1)}.`, { cause: error })
    throw error
  }
}

function computed(record: Record, course: SpeedCourse, settings: OrderSettings): OrderLines {
  const { sampleRateHz } = record
  const { samples, from } = longestRun(record)
  const angle = angleOf(course, from / sampleRateHz, samples.length / sampleRateHz)
  const perRevolution = samplesPerRevolution(angle, sampleRateHz)
  const angular = resampleToAngle(Float64Array.from(samples), sampleRateHz, angle, perRevolution)
  const { revolutions } = angular
  const wanted = settings.revolutions ?? Math.min(usualRevolutions, 2 ** Math.floor(Math.log2(revolutions / 2)))
  const perPiece = Math.max(1, wanted)
  if (perPiece > revolutions)
    throw new PlotRefusal(
      `Pieces of ${perPiece} revolutions do not fit into the ${revolutions} of this waveform: choose fewer.`,
    )
  const { window } = settings
  const { amplitudes, orderStep, pieces } = orderSpectrum(angular, {
    revolutionsPerPiece: perPiece,
    window,
    averaging: settings.averaging === 'power' ? 'linear' : 'peak-hold',
  })
  const durationS = (angular.timesS.at(-1) ?? 0) - (angular.timesS[0] ?? 0)
  const meanRpm = (60 * revolutions) / durationS
  return {
    amplitude: Float32Array.from(amplitudes),
    resolutionHz: (orderStep * meanRpm) / 60,
    averages: pieces,
    noiseBandwidthLines: windowShape(window, perPiece * perRevolution).noiseBandwidthBins,
    bandHz: null,
    meanRpm,
    speedFrom: course.from,
    rpmRange: [Math.min(...angular.rpm), Math.max(...angular.rpm)],
    revolutions,
    revolutionsPerPiece: perPiece,
  }
}

function longestRun(record: Record): { samples: Record['samples']; from: number } {
  let from = 0
  let best = { samples: record.samples.subarray(0, 0), from: 0 }
  for (const samples of unbroken(record)) {
    if (samples.length > best.samples.length) best = { samples, from }
    from += samples.length
  }
  const skipped = Math.max(0, best.samples.length - mostSamples)
  return { samples: best.samples.subarray(skipped), from: best.from + skipped }
}

/** Angle over the time of the piece that is analysed, which begins `fromS` into the record. */
function angleOf(course: SpeedCourse, fromS: number, durationS: number): ShaftAngle {
  switch (course.from) {
    case 'pulse': {
      const { samples, sampleRateHz, gaps } = course.record
      if (unbroken({ samples, gaps }).length > 1)
        throw new PlotRefusal('The pulse of the shaft has a gap inside: no turn can be counted across it.')
      const times = tachoPulses(Float64Array.from(samples), sampleRateHz).map((at) => at + course.startS - fromS)
      // A turn before and after: the spline through the pulses needs neighbours at the ends.
      return angleFromPulses(times, 1)
    }
    case 'tag': {
      const times = course.timesS.map((at) => at - fromS)
      return angleFromSpeed(...spanning(times, course.rpm, durationS))
    }
    case 'constant':
      return angleFromSpeed(Float64Array.of(0, durationS), Float64Array.of(course.rpm, course.rpm))
  }
}

/** Readings that span the record: before the first and after the last the speed is taken to stay. */
function spanning(times: Float64Array, rpm: Float64Array, durationS: number): [Float64Array, Float64Array] {
  const [t, v] = [[...times], [...rpm]]
  // The last reading before the record begins is the first that counts.
  while (t.length > 1 && (t[1] ?? 0) <= 0) {
    t.shift()
    v.shift()
  }
  if ((t[0] ?? 0) > 0) {
    t.unshift(0)
    v.unshift(v[0] ?? 0)
  }
  if ((t.at(-1) ?? 0) < durationS) {
    t.push(durationS)
    v.push(v.at(-1) ?? 0)
  }
  return [Float64Array.from(t), Float64Array.from(v)]
}

/** As many as the record holds in its fastest turn, so that no order stands beyond half the sample rate. */
function samplesPerRevolution(angle: ShaftAngle, sampleRateHz: number): number {
  let fastestHz = 0
  const steps = 200
  for (let k = 0; k <= steps; k++) {
    const revolution = angle.fromRevolution + ((angle.toRevolution - angle.fromRevolution) * k) / steps
    fastestHz = Math.max(fastestHz, angle.rpmAt(revolution) / 60)
  }
  const fits = sampleRateHz / fastestHz
  if (!(fits >= 16))
    throw new PlotRefusal(
      `At ${Math.round(fastestHz * 60)} rpm a turn has only ${fits.toFixed(1)} samples: an order spectrum needs 16, that is ${Math.ceil(16 * fastestHz)} samples a second.`,
    )
  return Math.min(mostPerRevolution, 2 ** Math.floor(Math.log2(fits)))
}
