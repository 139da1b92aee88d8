import type { BandEnvelope } from './band-search.ts'

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

function sidebandRatio(ratio: Float64Array, hz: number, resolutionHz: number, sidebandHz: number): number {
  let best = 0
  for (const shifted of [hz - sidebandHz, hz + sidebandHz]) {
    const bin = Math.max(1, Math.min(ratio.length - 2, Math.round(shifted / resolutionHz)))
    best = Math.max(best, ratio[bin - 1] as number, ratio[bin] as number, ratio[bin + 1] as number)
  }
  return best
}

const decades = (ratio: number): number => Math.min(Math.log10(Math.max(ratio, 1e-3)), LINE_CAP)

/** One fundamental: sum over harmonics of log10(power / floor), each line capped at 3 decades, sidebands at a quarter. */
function scoreAt(envelope: BandEnvelope, family: LineFamily, fundamentalHz: number, nuisance: Nuisance): number {
  const { ratio, resolutionHz } = envelope
  let score = 0
  for (const harmonic of family.harmonics) {
    const hz = harmonic * fundamentalHz
    const bin = Math.round(hz / resolutionHz)
    const value = bin < ratio.length - 2 && !isNuisance(hz, resolutionHz, nuisance) ? (ratio[bin] as number) : 1
    score += decades(value)
    if (family.sidebandHz !== null && value > 8) {
      const side = sidebandRatio(ratio, hz, resolutionHz, family.sidebandHz)
      if (side > 8) score += SIDEBAND_WEIGHT * decades(side)
    }
  }
  return score
}

function depthAt(envelope: BandEnvelope, family: LineFamily, fundamentalHz: number, nuisance: Nuisance): number {
  let total = 0
  for (const harmonic of family.harmonics) {
    const hz = harmonic * fundamentalHz
    const bin = Math.round(hz / envelope.resolutionHz)
    if (bin < envelope.depth.length - 2 && !isNuisance(hz, envelope.resolutionHz, nuisance))
      total += envelope.depth[bin] as number
  }
  return Math.sqrt(total)
}

/** All harmonics locked to one fundamental, searched within 1.2 % of the kinematic frequency. */
export function scoreFamily(envelope: BandEnvelope, family: LineFamily, nuisance: Nuisance): FamilyScore {
  const step = envelope.resolutionHz / (2 * Math.max(...family.harmonics))
  const reach = Math.max(1, Math.trunc((SEARCH * family.baseHz) / step))
  let score = Number.NEGATIVE_INFINITY
  let fundamentalHz = family.baseHz
  for (let i = -reach; i <= reach; i += 1) {
    const hz = family.baseHz + i * step
    const value = scoreAt(envelope, family, hz, nuisance)
    if (value > score) {
      score = value
      fundamentalHz = hz
    }
  }
  const depth = depthAt(envelope, family, fundamentalHz, nuisance)
  return { score, fundamentalHz, depth, evidence: score + 3 * Math.log10(Math.max(Math.min(depth, DEPTH_CAP), 1e-6)) }
}
