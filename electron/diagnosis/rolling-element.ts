import type { RealSpectrum, Transforms } from '../../shared/domain/transforms.ts'
import type { BearingOrders } from '../../shared/domain/bearings.ts'
import { averagedEnvelope } from './band-search.ts'
import { noiseFloor } from './noise-floor.ts'

export interface RollingElementScore {
  /** log10 of power over floor at 2 x and 4 x the spin frequency, after smearing */
  readonly second: number
  readonly fourth: number
  readonly spinHz: number
  /** both lines, each capped at two decades, with their cage sidebands at a quarter */
  readonly evidence: number
  /** the same evidence at the decoys */
  readonly decoys: readonly number[]
}

const LINE_CAP = 2
const SIDEBAND_WEIGHT = 0.25

/** Shaft and mains lines are cut down to the floor before smearing, which would otherwise spread them over the ball's lines. */
function cutLines(
  power: Float64Array,
  floor: Float64Array,
  resolutionHz: number,
  shaftHz: number,
  mainsHz: number,
): Float64Array {
  const cut = Float64Array.from(power)
  const lines = [
    ...Array.from({ length: 15 }, (_, i) => shaftHz * (i + 1)),
    ...Array.from({ length: 7 }, (_, i) => mainsHz * (i + 1)),
  ]
  for (const hz of lines) {
    const bin = Math.round(hz / resolutionHz)
    const width = 2 + Math.trunc((0.001 * hz) / resolutionHz)
    for (let k = Math.max(0, bin - width); k <= Math.min(cut.length - 1, bin + width); k += 1) {
      cut[k] = Math.min(cut[k] as number, floor[k] as number)
    }
  }
  return cut
}

/** Mean over 0.6 % of each frequency: random slip of the elements smears their lines that far. */
function smear(power: Float64Array): Float64Array {
  const count = power.length
  const sums = new Float64Array(count + 1)
  for (let k = 0; k < count; k += 1) sums[k + 1] = (sums[k] as number) + (power[k] as number)
  const smeared = new Float64Array(count)
  for (let k = 0; k < count; k += 1) {
    const width = Math.max(1, Math.trunc(0.006 * k))
    const from = Math.max(0, k - (width >> 1))
    const to = Math.min(count, from + width)
    smeared[k] = ((sums[to] as number) - (sums[from] as number)) / (to - from)
  }
  return smeared
}

/**
 * A damaged element strikes both races, so its lines are even multiples of the spin frequency, smeared by slip. Cepstrum
 * prewhitening over the whole band takes away what is deterministic and lets the weak cyclic part stand out.
 */
export function scoreRollingElement(
  transforms: Transforms,
  pieces: readonly RealSpectrum[],
  sampleRateHz: number,
  shaftHz: number,
  bearing: BearingOrders,
  mainsHz: number,
  decoySpinOrders: readonly number[],
): RollingElementScore {
  const band = { lowHz: 0, highHz: sampleRateHz / 2 }
  const { power, resolutionHz } = averagedEnvelope(transforms, pieces, sampleRateHz, band, true, 16 * shaftHz)
  const floor = noiseFloor(power, Math.max(25, Math.trunc((1.5 * shaftHz) / resolutionHz)))
  const smeared = smear(cutLines(power, floor, resolutionHz, shaftHz, mainsHz))
  const smearedFloor = noiseFloor(smeared, Math.max(40, Math.trunc(shaftHz / resolutionHz)))
  const decadesAt = (hz: number): number => {
    const bin = Math.min(smeared.length - 1, Math.round(hz / resolutionHz))
    return Math.log10(Math.max((smeared[bin] as number) / (smearedFloor[bin] as number), 1e-2))
  }
  // The load zone is passed once a cage revolution: sidebands at the cage frequency.
  const cageHz = bearing.ftf * shaftHz
  const evidenceAt = (hz: number, line: number): number =>
    Math.min(LINE_CAP, line) +
    SIDEBAND_WEIGHT * (Math.max(0, decadesAt(hz - cageHz)) + Math.max(0, decadesAt(hz + cageHz)))
  const search = (order: number): Omit<RollingElementScore, 'decoys'> => {
    let best = { second: -9, fourth: 0, spinHz: order * shaftHz }
    let evidence = Number.NEGATIVE_INFINITY
    for (let step = -8; step <= 8; step += 1) {
      const spinHz = order * shaftHz * (1 + step / 1000)
      const second = decadesAt(2 * spinHz)
      const fourth = decadesAt(4 * spinHz)
      if (second + fourth > best.second + best.fourth) best = { second, fourth, spinHz }
      evidence = Math.max(evidence, evidenceAt(2 * spinHz, second) + evidenceAt(4 * spinHz, fourth))
    }
    return { ...best, evidence }
  }
  return { ...search(bearing.bsf), decoys: decoySpinOrders.map((order) => search(order).evidence) }
}
