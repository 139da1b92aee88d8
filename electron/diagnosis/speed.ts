import type { SpeedEstimate } from '../../shared/domain/analysis.ts'
import { noiseFloor } from './noise-floor.ts'

const HARMONICS = 10
const LINE_CAP = 3
/**
 * A comb counts when it stands at least this high, and this far above the best one more than 0.6 % away. On records whose speed
 * was measured (36 of them) every comb that passes is within 0.12 % of it; noise reaches 2, chance lines 8. At 6/5 or 9/10 of
 * the speed some harmonics fall on true ones or on fault lines: a much better comb within 35 % therefore forbids a near one.
 */
const NEAR = { range: 0.05, score: 8, margin: 3.5, lines: 4, share: 0.9 }
/**
 * Far from the written speed the lines of a bearing fault can pass for shaft harmonics (a third of BPFO is a fair comb): nearly
 * all ten must be there, the first two among them, and the written speed must have far less.
 */
const WIDE = { range: 0.35, score: 15, margin: 6, lines: 8, nearShare: 0.55 }
/**
 * Fault lines are searched within 1.2 % of their place: a written speed that is further off loses them, which makes it a
 * contradiction and not a rounding.
 */
const AGREEMENT = 0.013
const LINE_RATIO = 10

interface Comb {
  readonly hz: number
  readonly score: number
  readonly rival: number
}

/** Power over local floor, up to the highest harmonic that the search can reach. */
function powerRatios(amplitudes: Float64Array, resolutionHz: number, shaftHz: number): Float64Array {
  const bins = Math.min(amplitudes.length, Math.ceil((2 * HARMONICS * shaftHz) / resolutionHz))
  const power = amplitudes.slice(0, bins).map((amplitude) => amplitude * amplitude)
  const floor = noiseFloor(power, Math.max(25, Math.trunc((1.5 * shaftHz) / resolutionHz)))
  return power.map((value, k) => value / ((floor[k] as number) / Math.LN2 + 1e-300))
}

/** Sum over ten harmonics of log10(power / floor); lines at a mains harmonic belong to nobody. */
function combScore(ratios: Float64Array, resolutionHz: number, hz: number, mainsHz: number): number {
  let score = 0
  for (let harmonic = 1; harmonic <= HARMONICS; harmonic += 1) {
    const lineHz = harmonic * hz
    const mains = Math.round(lineHz / mainsHz)
    if (mains >= 1 && Math.abs(lineHz - mains * mainsHz) < 1.5 * resolutionHz) continue
    const ratio = ratios[Math.round(lineHz / resolutionHz)] ?? 1
    score += Math.min(LINE_CAP, Math.max(-1, Math.log10(Math.max(ratio, 1e-12))))
  }
  return score
}

function bestComb(ratios: Float64Array, resolutionHz: number, shaftHz: number, range: number, mainsHz: number): Comb {
  const step = resolutionHz / (2 * HARMONICS)
  const count = Math.trunc((range * shaftHz) / step)
  const scores = new Float64Array(2 * count + 1)
  let best = 0
  for (let i = 0; i < scores.length; i += 1) {
    scores[i] = combScore(ratios, resolutionHz, shaftHz + (i - count) * step, mainsHz)
    if ((scores[i] as number) > (scores[best] as number)) best = i
  }
  const hz = shaftHz + (best - count) * step
  let rival = Number.NEGATIVE_INFINITY
  for (let i = 0; i < scores.length; i += 1) {
    if (Math.abs((i - best) * step) > 0.006 * hz) rival = Math.max(rival, scores[i] as number)
  }
  return { hz: plateauCentre(scores, best, count, step, shaftHz), score: scores[best] as number, rival }
}

function presentLines(ratios: Float64Array, resolutionHz: number, hz: number): number[] {
  const present: number[] = []
  for (let harmonic = 1; harmonic <= HARMONICS; harmonic += 1) {
    const bin = Math.round((harmonic * hz) / resolutionHz)
    if (Math.max(ratios[bin - 1] ?? 0, ratios[bin] ?? 0, ratios[bin + 1] ?? 0) >= LINE_RATIO) present.push(harmonic)
  }
  return present
}

function findComb(
  ratios: Float64Array,
  resolutionHz: number,
  shaftHz: number,
  mainsHz: number,
): (Comb & { range: number }) | null {
  const near = bestComb(ratios, resolutionHz, shaftHz, NEAR.range, mainsHz)
  const wide = bestComb(ratios, resolutionHz, shaftHz, WIDE.range, mainsHz)
  const nearClear =
    near.score >= NEAR.score && near.score - near.rival >= NEAR.margin && near.score >= NEAR.share * wide.score
  if (nearClear && presentLines(ratios, resolutionHz, near.hz).length >= NEAR.lines)
    return { ...near, range: NEAR.range }
  const wideClear =
    wide.score >= WIDE.score && wide.score - wide.rival >= WIDE.margin && near.score <= WIDE.nearShare * wide.score
  if (!wideClear) return null
  const present = presentLines(ratios, resolutionHz, wide.hz)
  return present.length >= WIDE.lines && present[0] === 1 && present[1] === 2 ? { ...wide, range: WIDE.range } : null
}

/** Several neighbouring speeds may hit the same bins: the middle of the plateau is the fair answer. */
function plateauCentre(scores: Float64Array, best: number, count: number, step: number, shaftHz: number): number {
  let end = best
  while (end + 1 < scores.length && scores[end + 1] === scores[best]) end += 1
  return shaftHz + ((best + end) / 2 - count) * step
}

/**
 * The shaft speed as the signal shows it: the comb of ten harmonics near the written speed, which may be a nameplate's.
 * A wider search follows only where nothing is found nearby, with stricter limits.
 */
export function estimateSpeed(
  amplitudes: Float64Array,
  resolutionHz: number,
  givenRpm: number | null,
  mainsHz: number,
): SpeedEstimate {
  if (givenRpm === null || !(givenRpm > 0)) {
    const method = givenRpm === 0 ? 'written as standing still' : 'no speed was given to search near'
    return { givenRpm, estimatedRpm: null, usedRpm: givenRpm, agrees: null, method }
  }
  const shaftHz = givenRpm / 60
  const ratios = powerRatios(amplitudes, resolutionHz, shaftHz)
  const comb = findComb(ratios, resolutionHz, shaftHz, mainsHz)
  if (comb !== null) {
    const estimatedRpm = 60 * comb.hz
    const agrees = Math.abs(estimatedRpm / givenRpm - 1) <= AGREEMENT
    const method = `comb of ${HARMONICS} shaft harmonics within ${100 * comb.range} % of the written speed, ${comb.score.toFixed(1)} decades above the floor (next best ${comb.rival.toFixed(1)})`
    return { givenRpm, estimatedRpm, usedRpm: estimatedRpm, agrees, method }
  }
  return {
    givenRpm,
    estimatedRpm: null,
    usedRpm: givenRpm,
    agrees: null,
    method: 'as written: no comb of shaft harmonics stands out clearly enough to check it',
  }
}
