import type { Samples } from '../../shared/domain/intake.ts'
import type { BlockFault, BlockFaultKind } from '../../shared/domain/point-state.ts'

export interface BlockFacts {
  /** The contract's expected range. */
  range: readonly [number, number]
  /** Turns of the shaft in the block; null when the speed is not known. */
  turns: number | null
  /** A standing machine's sensor delivers its converter's last bit and its settling: neither is a fault of the sensor. */
  standsStill: boolean
}

/** Share of the range from its end within which the mean of a block has lost its bias. */
const railShare = 0.05
/** A signal of fewer steps than this is its converter's last bits: equal neighbours mean nothing. */
const fewSteps = 24
const stuckSamples = 64
/** Three neighbouring samples on the rail do not happen by chance; two do in coarsely quantised recordings. */
const railRun = 3
const railSamples = 6
const segments = 32
/**
 * Sample-to-sample movement of a segment, as a share of the median segment's, below which contact was lost. Between the impacts of
 * a bearing it is as quiet, so the silence has to outlast one and a half turns: a ball that passes the load zone with its cage
 * is heard again by then.
 */
const lostShare = 0.08
const lostTurns = 1.5
/** Share of a block's energy in one straight line. One turn in a block can reach 0.61 by itself; five turns reach 0.02. */
const lineShare = 0.7
const turnsForLine = 5

interface Sums {
  least: number
  most: number
  mean: number
  /** Least movement between two samples that is one: a step of the converter. */
  step: number
  /** Share of the energy about the mean that lies in a straight line. */
  line: number
  longest: { length: number; value: number }
}

function sum(samples: Samples): Sums {
  const n = samples.length
  let [least, most, total, step] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY]
  let longest = { length: 0, value: 0 }
  let run = 0
  let before = Number.NaN
  for (let i = 0; i < n; i++) {
    const value = samples[i] ?? 0
    if (value < least) least = value
    if (value > most) most = value
    total += value
    const move = Math.abs(value - before)
    if (move > 0 && move < step) step = move
    run = value === before ? run + 1 : 1
    if (run > longest.length) longest = { length: run, value }
    before = value
  }
  const mean = total / n
  let [squares, slope] = [0, 0]
  const middle = (n - 1) / 2
  for (let i = 0; i < n; i++) {
    const value = (samples[i] ?? 0) - mean
    squares += value * value
    slope += value * (i - middle)
  }
  const lineSquares = (n * (n * n - 1)) / 12
  return { least, most, mean, step, longest, line: squares > 0 ? slope ** 2 / (lineSquares * squares) : 0 }
}

function onRails(samples: Samples, { least, most }: Sums): number {
  let [total, run, rail] = [0, 0, Number.NaN]
  for (let i = 0; i <= samples.length; i++) {
    const value = i < samples.length ? samples[i] : Number.NaN
    if ((value === least || value === most) && value === rail) run++
    else {
      if (run >= railRun) total += run
      rail = value === least || value === most ? (value ?? Number.NaN) : Number.NaN
      run = Number.isNaN(rail) ? 0 : 1
    }
  }
  return total
}

/** The longest row of segments in which the signal moved far less than in most others. */
function lostContact(samples: Samples): number {
  const length = Math.floor(samples.length / segments)
  if (length < 8) return 0
  const moved = new Float64Array(segments)
  for (let k = 0; k < segments; k++) {
    let squares = 0
    for (let i = k * length + 1; i < (k + 1) * length; i++) squares += ((samples[i] ?? 0) - (samples[i - 1] ?? 0)) ** 2
    moved[k] = Math.sqrt(squares)
  }
  const median = moved.slice().sort()[segments / 2] ?? 0
  let [longest, row] = [0, 0]
  for (const movement of moved) {
    row = movement < lostShare * median ? row + 1 : 0
    longest = Math.max(longest, row)
  }
  return longest
}

const fault = (kind: BlockFaultKind, detail: string): BlockFault => ({ kind, detail })
const short = (value: number): string => String(Number(value.toPrecision(4)))

/** Looks at a block as the sensor delivered it; null when nothing speaks against the sensor or its cable. */
export function checkBlock(samples: Samples, { range, turns, standsStill }: BlockFacts): BlockFault | null {
  // Too short to say what is usual in it.
  if (samples.length < 2 * stuckSamples) return null
  const sums = sum(samples)
  const [low, high] = range
  const nearEnd = railShare * (high - low)
  // Only of a range to both sides of zero: a displacement may well rest near its zero.
  if (low < 0 && high > 0 && (sums.mean >= high - nearEnd || sums.mean <= low + nearEnd))
    return fault('at-rail', `The block's mean of ${short(sums.mean)} lies at an end of the range: the bias is lost.`)
  if (standsStill) return null
  const { least, most, mean, longest } = sums
  if (least === most)
    return mean === 0 || mean <= low || mean >= high
      ? fault('open-input', `All ${samples.length} samples read ${short(mean)}: the input is open or shorted.`)
      : fault('stuck', `All ${samples.length} samples read ${short(mean)}.`)
  if (most - least < fewSteps * sums.step) return null
  const rails = onRails(samples, sums)
  if (
    longest.length >= Math.max(stuckSamples, samples.length / 64) &&
    longest.value !== least &&
    longest.value !== most
  )
    return longest.value === 0
      ? fault('dropouts', `${longest.length} samples in a row read 0: contact comes and goes.`)
      : fault('stuck', `${longest.length} samples in a row read ${short(longest.value)}.`)
  const lost = turns === null ? 0 : lostContact(samples)
  if (turns !== null && lost > 0 && (lost * turns) / segments >= lostTurns)
    return fault('dropouts', `In ${lost} of ${segments} parts of the block the signal is gone: contact comes and goes.`)
  if (turns !== null && turns >= turnsForLine && sums.line > lineShare)
    return fault('drifting', `${Math.round(100 * sums.line)} % of the block is a straight drift, not vibration.`)
  if (rails >= railSamples)
    return {
      ...fault('clipped', `${rails} samples lie in runs at ${short(least)} and ${short(most)}.`),
      samples: rails,
    }
  return null
}
