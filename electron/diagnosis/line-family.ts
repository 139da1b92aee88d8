import type { BandEnvelope } from './band.ts'

/** Harmonics of one fault frequency, with the sidebands its load modulation leaves. */
export interface LineFamily {
  readonly baseHz: number
  readonly harmonics: readonly number[]
  /** an inner-race defect turns through the load zone once a revolution: sidebands at shaft speed */
  readonly sidebandHz: number | null
}

export interface FamilyScore {
  readonly score: number
  readonly fundamentalHz: number
  /** root of the summed squared modulation depths of the lines */
  readonly depth: number
  readonly evidence: number
}

/** Frequencies whose harmonics are no evidence of a bearing fault: the shaft's and the mains'. */
export interface Nuisance {
  readonly shaftHz: number
  readonly mainsHz: number
}

const SEARCH = 0.012
const LINE_CAP = 3
const SIDEBAND_WEIGHT = 0.25
const DEPTH_CAP = 2
const SHAFT_HARMONICS = 39
const MAINS_HARMONICS = 11

function nearHarmonic(hz: number, baseHz: number, count: number, width: number): boolean {
  const order = Math.round(hz / baseHz)
  return order >= 1 && order <= count && Math.abs(hz - order * baseHz) < width
}

/** True where a line could as well be the shaft's or the mains'. */
export function isNuisance(hz: number, resolutionHz: number, nuisance: Nuisance): boolean {
  const width = 1.5 * resolutionHz + 0.0006 * hz
  return (
    nearHarmonic(hz, nuisance.shaftHz, SHAFT_HARMONICS, width) ||
    nearHarmonic(hz, nuisance.mainsHz, MAINS_HARMONICS, width)
  )
}

/**
 * Where a family's lines lie for every fundamental that is tried: computed once, then looked up in each of some 150 envelope
 * spectra. Without it four fifths of a diagnosis went into logarithms and remainders.
 */
export interface FamilyPlan {
  readonly family: LineFamily
  readonly fundamentals: Float64Array
  /** bin per fundamental and harmonic; -1 where a line does not count */
  readonly bins: Int32Array
  /** bins of the lower and upper sideband, in the order of `bins`; empty without sidebands */
  readonly sidebandBins: Int32Array
}

const clampBin = (bin: number, count: number): number => Math.max(1, Math.min(count - 2, bin))

/** All harmonics locked to one fundamental, searched within 1.2 % of the kinematic frequency. */
export function planFamily(
  family: LineFamily,
  resolutionHz: number,
  spectrumBins: number,
  nuisance: Nuisance,
): FamilyPlan {
  const { baseHz, harmonics, sidebandHz } = family
  const step = resolutionHz / (2 * Math.max(...harmonics))
  const reach = Math.max(1, Math.trunc((SEARCH * baseHz) / step))
  const fundamentals = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => baseHz + (i - reach) * step)
  const bins = new Int32Array(fundamentals.length * harmonics.length)
  const sidebandBins = new Int32Array(sidebandHz === null ? 0 : 2 * bins.length)
  for (const [i, fundamental] of fundamentals.entries()) {
    for (const [j, harmonic] of harmonics.entries()) {
      const at = i * harmonics.length + j
      const hz = harmonic * fundamental
      const bin = Math.round(hz / resolutionHz)
      bins[at] = bin < spectrumBins - 2 && !isNuisance(hz, resolutionHz, nuisance) ? bin : -1
      if (sidebandHz === null) continue
      sidebandBins[2 * at] = clampBin(Math.round((hz - sidebandHz) / resolutionHz), spectrumBins)
      sidebandBins[2 * at + 1] = clampBin(Math.round((hz + sidebandHz) / resolutionHz), spectrumBins)
    }
  }
  return { family, fundamentals, bins, sidebandBins }
}

/** Log10 of power over floor, within [-3, 3]: what one line contributes. */
export function lineDecades(ratio: Float64Array): Float32Array {
  // A plain loop: Float32Array.from with a function walks an iterator and took a third of a whole diagnosis.
  const decades = new Float32Array(ratio.length)
  for (let k = 0; k < ratio.length; k += 1) {
    decades[k] = Math.min(Math.log10(Math.max(ratio[k] as number, 1e-3)), LINE_CAP)
  }
  return decades
}

/** Both a line and its sideband must stand out before the sideband counts. */
const SIDEBAND_DECADES = Math.log10(8)

function bestSideband(decades: Float32Array, plan: FamilyPlan, at: number): number {
  let best = 0
  for (let side = 2 * at; side <= 2 * at + 1; side += 1) {
    const bin = plan.sidebandBins[side] as number
    best = Math.max(best, decades[bin - 1] as number, decades[bin] as number, decades[bin + 1] as number)
  }
  return best
}

/** Sum over harmonics of log10(power / floor), each line capped at 3 decades, sidebands at a quarter. */
function scoreAt(decades: Float32Array, plan: FamilyPlan, index: number): number {
  const count = plan.family.harmonics.length
  let score = 0
  for (let at = index * count; at < (index + 1) * count; at += 1) {
    const bin = plan.bins[at] as number
    if (bin < 0) continue
    const value = decades[bin] as number
    score += value
    if (plan.sidebandBins.length === 0 || value <= SIDEBAND_DECADES) continue
    const side = bestSideband(decades, plan, at)
    if (side > SIDEBAND_DECADES) score += SIDEBAND_WEIGHT * side
  }
  return score
}

export function scoreFamily(envelope: BandEnvelope, plan: FamilyPlan): FamilyScore {
  let score = Number.NEGATIVE_INFINITY
  let best = 0
  for (let i = 0; i < plan.fundamentals.length; i += 1) {
    const value = scoreAt(envelope.decades, plan, i)
    if (value > score) {
      score = value
      best = i
    }
  }
  const count = plan.family.harmonics.length
  let squares = 0
  for (let at = best * count; at < (best + 1) * count; at += 1) {
    const bin = plan.bins[at] as number
    if (bin >= 0) squares += envelope.depth[bin] as number
  }
  const depth = Math.sqrt(squares)
  const evidence = score + 3 * Math.log10(Math.max(Math.min(depth, DEPTH_CAP), 1e-6))
  return { score, fundamentalHz: plan.fundamentals[best] as number, depth, evidence }
}
