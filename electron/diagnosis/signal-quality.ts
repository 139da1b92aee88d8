import type { SignalFault } from '../../shared/domain/analysis.ts'
import { median } from '../../shared/lib/median.ts'

export interface SignalQuality {
  readonly faults: readonly SignalFault[]
  /** the sensor or its cable, not the machine */
  readonly sensorFault: boolean
  readonly clipped: boolean
  /** so few distinct values that there is only the converter's last bit: a standing machine's signal */
  readonly onlyQuantisation: boolean
}

/** Three neighbouring samples on the rail do not happen by chance; two do in coarsely quantised recordings. */
const RAIL_RUN = 3
const RAIL_SAMPLES = 6
const STUCK_SHARE = 0.01
const STUCK_SAMPLES = 64
const FEW_LEVELS = 24
const DC_RATIO = 3

const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`

/** Samples in runs of three or more at the highest or the lowest value. */
function railSamples(signal: Float64Array, rail: number): number {
  let total = 0
  let run = 0
  for (let i = 0; i <= signal.length; i += 1) {
    if (i < signal.length && signal[i] === rail) run += 1
    else {
      if (run >= RAIL_RUN) total += run
      run = 0
    }
  }
  return total
}

function longestConstantRun(signal: Float64Array): { length: number; start: number } {
  let best = { length: 0, start: 0 }
  let start = 0
  for (let i = 1; i <= signal.length; i += 1) {
    if (i < signal.length && signal[i] === signal[start]) continue
    if (i - start > best.length) best = { length: i - start, start }
    start = i
  }
  return best
}

function fewLevels(signal: Float64Array): boolean {
  const levels = new Set<number>()
  for (const value of signal) {
    levels.add(value)
    if (levels.size > FEW_LEVELS) return false
  }
  return true
}

const BIAS_PIECES = 32
const FEWEST_BIAS_PIECES = 4
/** A turn at 240 rpm: in shorter pieces the vibration of the shaft itself moves the mean. */
const BIAS_PIECE_S = 0.25
/** The mean of a piece follows the machine by less than its RMS; what wanders further is the sensor's own bias. */
const BIAS_RANGE = 2
const BIAS_FAULT = 5

/** How far the mean wanders, over the usual RMS about it; 0 where the signal is too short to tell. */
function biasRange(signal: Float64Array, sampleRateHz: number): { range: number; from: number; to: number } {
  const pieces = Math.min(BIAS_PIECES, Math.trunc(signal.length / (BIAS_PIECE_S * sampleRateHz)))
  const length = Math.trunc(signal.length / pieces)
  if (!(pieces >= FEWEST_BIAS_PIECES) || length < 32) return { range: 0, from: 0, to: 0 }
  const means: number[] = []
  const spreads: number[] = []
  for (let piece = 0; piece < pieces; piece += 1) {
    let sum = 0
    let squares = 0
    for (let i = piece * length; i < (piece + 1) * length; i += 1) {
      const value = signal[i] as number
      sum += value
      squares += value * value
    }
    const mean = sum / length
    means.push(mean)
    spreads.push(Math.sqrt(Math.max(0, squares / length - mean * mean)))
  }
  const [from, to] = [Math.min(...means), Math.max(...means)]
  const usual = median(spreads)
  return { range: usual > 0 ? (to - from) / usual : 0, from, to }
}

/** In robust deviations of the bend, and in RMS of the whole: real recordings hold 4 single samples of less. */
const SPIKE = { bend: 12, rms: 8 }
const SPIKES = 5
/** A lone sample bends its neighbours by exactly minus a half of its own bend; what came through a filter is wider. */
const NEIGHBOUR = { least: -0.6, most: -0.4, beyond: 0.15 }

/** Single samples far from both neighbours: no vibration passes the anti-aliasing filter like that, a loose contact does. */
function loneSpikes(signal: Float64Array, rms: number): number {
  if (signal.length < 1000) return 0
  const bend = (i: number): number =>
    (signal[i] as number) - ((signal[i - 1] as number) + (signal[i + 1] as number)) / 2
  const step = Math.max(1, Math.trunc(signal.length / 4096))
  const sizes: number[] = []
  for (let i = 3; i < signal.length - 3; i += step) sizes.push(Math.abs(bend(i)))
  const limit = Math.max(SPIKE.bend * 1.4826 * median(sizes), SPIKE.rms * rms)
  if (!(limit > 0)) return 0
  const isHalf = (ratio: number): boolean => ratio >= NEIGHBOUR.least && ratio <= NEIGHBOUR.most
  let spikes = 0
  for (let i = 3; i < signal.length - 3; i += 1) {
    const own = bend(i)
    if (Math.abs(own) < limit || !isHalf(bend(i - 1) / own) || !isHalf(bend(i + 1) / own)) continue
    const beyond = Math.max(Math.abs(bend(i - 2) / own), Math.abs(bend(i + 2) / own))
    if (beyond <= NEIGHBOUR.beyond) spikes += 1
  }
  return spikes
}

interface Moments {
  readonly mean: number
  readonly rms: number
  readonly highest: number
  readonly lowest: number
}

function momentsOf(signal: Float64Array): Moments {
  let sum = 0
  let highest = Number.NEGATIVE_INFINITY
  let lowest = Number.POSITIVE_INFINITY
  for (const value of signal) {
    sum += value
    highest = Math.max(highest, value)
    lowest = Math.min(lowest, value)
  }
  const mean = sum / signal.length
  let squares = 0
  for (const value of signal) squares += (value - mean) ** 2
  return { mean, rms: Math.sqrt(squares / signal.length), highest, lowest }
}

/**
 * Looks at the recording as it is, before anything is removed. `invalid` counts samples that were not finite numbers. Without a
 * sample rate nothing is said of a bias that wanders.
 */
export function checkSignal(signal: Float64Array, invalid: number, sampleRateHz: number = Number.NaN): SignalQuality {
  const faults: SignalFault[] = []
  const { mean, rms, highest, lowest } = momentsOf(signal)
  const onlyQuantisation = fewLevels(signal)

  const constant = longestConstantRun(signal)
  const stuck =
    constant.length >= Math.max(STUCK_SAMPLES, STUCK_SHARE * signal.length) && !(onlyQuantisation && rms > 0)
  if (stuck) {
    const value = signal[constant.start] as number
    const where = `${constant.length} samples from sample ${constant.start} on read ${value}`
    faults.push({ fault: value === 0 && constant.length < signal.length ? 'dropout' : 'stuck', detail: where })
  }
  if (invalid > 0)
    faults.push({ fault: 'dropout', detail: `${invalid} samples are not finite numbers and were read as 0` })
  const rails = stuck || onlyQuantisation ? 0 : railSamples(signal, highest) + railSamples(signal, lowest)
  const clipped = rails >= RAIL_SAMPLES
  if (clipped) {
    const share = percent(rails / signal.length)
    faults.push({
      fault: 'clipped',
      detail: `${rails} samples (${share}) lie in runs on the rails at ${lowest} and ${highest}`,
    })
  }
  if (rms > 0 && Math.abs(mean) > DC_RATIO * rms) {
    faults.push({
      fault: 'dc',
      detail: `the mean ${mean.toPrecision(4)} is ${(Math.abs(mean) / rms).toFixed(1)} times the RMS of the rest`,
    })
  }
  const bias = stuck || onlyQuantisation ? { range: 0, from: 0, to: 0 } : biasRange(signal, sampleRateHz)
  if (bias.range > BIAS_RANGE) {
    const detail = `the mean wanders from ${bias.from.toPrecision(4)} to ${bias.to.toPrecision(4)}, ${bias.range.toFixed(1)} times the RMS about it`
    faults.push({ fault: 'bias', detail })
  }
  const spikes = stuck || onlyQuantisation || clipped ? 0 : loneSpikes(signal, rms)
  const isLoose = spikes >= SPIKES
  if (isLoose) {
    const detail = `${spikes} single samples jump away and back: a loose contact or sparks, no vibration`
    faults.push({ fault: 'cable', detail })
  }
  const sensorFault = stuck || invalid > 0.001 * signal.length || bias.range > BIAS_FAULT || isLoose
  return { faults, sensorFault, clipped, onlyQuantisation }
}
