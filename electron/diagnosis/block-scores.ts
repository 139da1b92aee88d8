import type { BearingOrders } from '../../shared/domain/bearings.ts'
import { medianInPlace } from '../../shared/lib/median.ts'
import { decoyOrders, falseAlarmProbability, type ChanceLevel } from './chance.ts'

/** Squared envelope spectrum of one band of a block: line powers under a Hann window, 0 to as many bins as are valid. */
export interface ScoredEnvelope {
  readonly lowHz: number
  readonly highHz: number
  readonly prewhitened: boolean
  readonly power: Float32Array
  readonly mean: number
}

export const scoredFaults = ['outer', 'inner', 'cage', 'rolling'] as const
export type ScoredFault = (typeof scoredFaults)[number]

/** One fault's score of the last block; reused by the next. */
export interface FaultScore {
  /** decades over the floor, less what a shallow modulation takes off: comparable between outer, inner and cage */
  evidence: number
  /** probability that chance alone reaches it in one of the four searches of this block */
  falseAlarmProbability: number
  /** fundamental that fits best; for `rolling` the spin frequency */
  hz: number
  /** band in which it was found */
  lowHz: number
  highHz: number
  prewhitened: boolean
}

const SEARCH = 0.012
const LINE_CAP = 3
const SIDEBAND_WEIGHT = 0.25
const SIDEBAND_DECADES = Math.log10(8)
const DEPTH_CAP = 2
const FAMILIES = 4
const SHAFT_HARMONICS = 39
const MAINS_HARMONICS = 11
/** As for whole recordings (chance.ts): noise alone never scatters less. */
const RACE_SCALE_FLOOR = 0.8
const ROLLING_SCALE_FLOOR = 0.25
const ROLLING_CAP = 2
const ROLLING_STEPS = 8
const MEDIAN_TO_UPPER = 1.88
const LOCATION_TO_MEDIAN = 0.3665

/** Local median of line powers, on half-overlapping stretches, interpolated; into memory that is kept. */
class FloorScratch {
  readonly #sorted: Float32Array
  readonly #medians: Float64Array

  constructor(bins: number) {
    this.#sorted = new Float32Array(bins)
    this.#medians = new Float64Array(bins)
  }

  write(power: Float32Array, bins: number, wishedReach: number, out: Float32Array): void {
    const reach = Math.max(2, Math.min(wishedReach, (bins >> 2) - 1))
    const step = reach
    let count = 0
    for (let centre = reach; centre < bins - reach; centre += step) {
      const from = centre - reach
      for (let i = 0; i <= 2 * reach; i += 1) this.#sorted[i] = power[from + i] as number
      this.#medians[count] = medianInPlace(this.#sorted, 2 * reach + 1)
      count += 1
    }
    let right = 1
    for (let k = 0; k < bins; k += 1) {
      while (right < count - 1 && k > reach + right * step) right += 1
      const share = Math.max(0, Math.min(1, (k - reach - (right - 1) * step) / step))
      out[k] = (this.#medians[right - 1] as number) * (1 - share) + (this.#medians[right] as number) * share
    }
  }
}

/** Lines of one fundamental order: where they lie for each fundamental that is tried, and the best score so far. */
class Family {
  readonly order: number
  readonly harmonics: number
  readonly hasSidebands: boolean
  bins = new Int32Array(0)
  lower = new Int32Array(0)
  upper = new Int32Array(0)
  tried = 0
  stepHz = 0
  startHz = 0
  evidence = Number.NEGATIVE_INFINITY
  hz = Number.NaN

  constructor(order: number, harmonics: number, hasSidebands: boolean) {
    this.order = order
    this.harmonics = harmonics
    this.hasSidebands = hasSidebands
  }

  plan(resolutionHz: number, spectrumBins: number, shaftHz: number, isFree: Uint8Array): void {
    const baseHz = this.order * shaftHz
    this.stepHz = resolutionHz / (2 * this.harmonics)
    const reach = Math.max(1, Math.trunc((SEARCH * baseHz) / this.stepHz))
    this.tried = 2 * reach + 1
    this.startHz = baseHz - reach * this.stepHz
    const needed = this.tried * this.harmonics
    if (this.bins.length < needed) {
      this.bins = new Int32Array(2 * needed)
      if (this.hasSidebands) {
        this.lower = new Int32Array(2 * needed)
        this.upper = new Int32Array(2 * needed)
      }
    }
    for (let i = 0; i < this.tried; i += 1)
      this.#planOne(i, spectrumBins, 1 / resolutionHz, shaftHz / resolutionHz, isFree)
    this.evidence = Number.NEGATIVE_INFINITY
    this.hz = Number.NaN
  }

  #planOne(i: number, spectrumBins: number, binsPerHz: number, shaftBins: number, isFree: Uint8Array): void {
    const fundamental = (this.startHz + i * this.stepHz) * binsPerHz
    const last = spectrumBins - 2
    for (let j = 0; j < this.harmonics; j += 1) {
      const at = i * this.harmonics + j
      const place = (j + 1) * fundamental
      const bin = Math.trunc(place + 0.5)
      this.bins[at] = bin < last && isFree[bin] === 1 ? bin : -1
      if (!this.hasSidebands) continue
      this.lower[at] = Math.max(1, Math.min(last, Math.trunc(place - shaftBins + 0.5)))
      this.upper[at] = Math.max(1, Math.min(last, Math.trunc(place + shaftBins + 0.5)))
    }
  }

  /** Keeps the best over bands; true where this band is the best so far. */
  score(decades: Float32Array, power: Float32Array, meanSquare: number): boolean {
    let best = Number.NEGATIVE_INFINITY
    let at = 0
    for (let i = 0; i < this.tried; i += 1) {
      const value = this.#scoreAt(decades, i)
      if (value > best) {
        best = value
        at = i
      }
    }
    let squares = 0
    for (let j = at * this.harmonics; j < (at + 1) * this.harmonics; j += 1) {
      const bin = this.bins[j] as number
      if (bin >= 0) squares += power[bin] as number
    }
    const depth = meanSquare > 0 ? Math.sqrt(squares / meanSquare) : 0
    const evidence = best + 3 * Math.log10(Math.max(Math.min(depth, DEPTH_CAP), 1e-6))
    if (!(evidence > this.evidence)) return false
    this.evidence = evidence
    this.hz = this.startHz + at * this.stepHz
    return true
  }

  #scoreAt(decades: Float32Array, i: number): number {
    let score = 0
    for (let at = i * this.harmonics; at < (i + 1) * this.harmonics; at += 1) {
      const bin = this.bins[at] as number
      if (bin < 0) continue
      const value = decades[bin] as number
      score += value
      if (!this.hasSidebands || value <= SIDEBAND_DECADES) continue
      const a = this.lower[at] as number
      const b = this.upper[at] as number
      let side = decades[a] as number
      side = Math.max(side, decades[a - 1] as number, decades[a + 1] as number)
      side = Math.max(side, decades[b - 1] as number, decades[b] as number, decades[b + 1] as number)
      if (side > SIDEBAND_DECADES) score += SIDEBAND_WEIGHT * side
    }
    return score
  }
}

export interface BlockScorerOptions {
  readonly resolutionHz: number
  /** most bins of an envelope spectrum that will come */
  readonly bins: number
  readonly bearing: BearingOrders
  /** null where it is not known: the harmonics of 50 and of 60 Hz are then no evidence */
  readonly mainsHz: number | null
}

const emptyScore = (): FaultScore => ({
  evidence: Number.NEGATIVE_INFINITY,
  falseAlarmProbability: 1,
  hz: Number.NaN,
  lowHz: Number.NaN,
  highHz: Number.NaN,
  prewhitened: false,
})

/**
 * Fault scores of a block: the search of bearing-search.ts and rolling-element.ts over the few bands a block brings, in memory
 * that is kept. A score is for trending and for waking the full diagnosis; a verdict needs a recording (diagnose.ts).
 */
export class BlockScorer {
  readonly scores: Readonly<Record<ScoredFault, FaultScore>> = {
    outer: emptyScore(),
    inner: emptyScore(),
    cage: emptyScore(),
    rolling: emptyScore(),
  }
  readonly #resolutionHz: number
  readonly #bearing: BearingOrders
  readonly #mainsHz: Float64Array
  /** 1 where a line is evidence: not on a harmonic of the shaft or of the mains */
  readonly #isFree: Uint8Array
  readonly #outer: Family
  readonly #inner: Family
  readonly #cage: Family
  readonly #outerDecoys: readonly Family[]
  readonly #innerDecoys: readonly Family[]
  /** the bearing's own first, then the decoys' */
  readonly #spinOrders: Float64Array
  readonly #outerChance: Float64Array
  readonly #innerChance: Float64Array
  readonly #rollingChance: Float64Array
  readonly #level = { location: 0, scale: 1, upper: 0 }
  readonly #floorOf: FloorScratch
  readonly #floor: Float32Array
  readonly #decades: Float32Array
  readonly #cut: Float32Array
  readonly #sums: Float64Array
  readonly #smeared: Float32Array
  readonly #search = { second: 0, fourth: 0, spinHz: 0, evidence: 0 }

  constructor(options: BlockScorerOptions) {
    const { resolutionHz, bins, bearing, mainsHz } = options
    this.#resolutionHz = resolutionHz
    this.#bearing = bearing
    this.#mainsHz = mainsHz === null ? Float64Array.of(50, 60) : Float64Array.of(mainsHz)
    this.#isFree = new Uint8Array(bins)
    this.#outer = new Family(bearing.bpfo, 4, false)
    this.#inner = new Family(bearing.bpfi, 3, true)
    this.#cage = new Family(bearing.ftf, 4, false)
    const orders = decoyOrders([bearing.bpfo, bearing.bpfi, 2 * bearing.bsf, bearing.bsf], [bearing.bpfo, bearing.bpfi])
    this.#outerDecoys = orders.map((order) => new Family(order, 4, false))
    this.#innerDecoys = orders.map((order) => new Family(order, 3, true))
    this.#spinOrders = Float64Array.of(bearing.bsf, ...orders.map((order) => order / 2))
    this.#outerChance = new Float64Array(orders.length)
    this.#innerChance = new Float64Array(orders.length)
    this.#rollingChance = new Float64Array(orders.length)
    this.#floorOf = new FloorScratch(bins)
    this.#floor = new Float32Array(bins)
    this.#decades = new Float32Array(bins)
    this.#cut = new Float32Array(bins)
    this.#sums = new Float64Array(bins + 1)
    this.#smeared = new Float32Array(bins)
  }

  /** Highest envelope line that the search looks at, as a multiple of shaft speed. */
  get highestOrder(): number {
    return Math.max(16, 4.3 * this.#bearing.bpfi)
  }

  /** Narrowest band worth looking at, as a multiple of shaft speed. */
  get narrowestOrder(): number {
    return 3 * this.#bearing.bpfi
  }

  /**
   * @param envelopes of one block, all of the resolution named at the start
   * @param bins valid bins of each
   */
  score(envelopes: readonly ScoredEnvelope[], bins: number, shaftHz: number): typeof this.scores {
    this.#planAll(bins, shaftHz)
    const reach = Math.max(25, Math.trunc((1.5 * shaftHz) / this.#resolutionHz))
    for (let e = 0; e < envelopes.length; e += 1) {
      const envelope = envelopes[e] as ScoredEnvelope
      if (!(envelope.mean > 0)) continue
      this.#floorOf.write(envelope.power, bins, reach, this.#floor)
      this.#scoreBand(envelope, bins)
      if (envelope.prewhitened) this.#scoreRolling(envelope, bins, shaftHz)
    }
    this.#judge()
    return this.scores
  }

  #markFree(bins: number, shaftHz: number): void {
    this.#isFree.fill(1, 0, bins)
    for (let i = 1; i <= SHAFT_HARMONICS; i += 1) this.#markLine(i * shaftHz, bins)
    for (let m = 0; m < this.#mainsHz.length; m += 1)
      for (let i = 1; i <= MAINS_HARMONICS; i += 1) this.#markLine(i * (this.#mainsHz[m] as number), bins)
  }

  #markLine(hz: number, bins: number): void {
    const place = hz / this.#resolutionHz
    const width = 1.5 + 0.0006 * place
    for (let k = Math.ceil(place - width); k <= place + width && k < bins; k += 1) this.#isFree[k] = 0
  }

  #planAll(bins: number, shaftHz: number): void {
    const free = this.#isFree
    this.#markFree(bins, shaftHz)
    this.#outer.plan(this.#resolutionHz, bins, shaftHz, free)
    this.#inner.plan(this.#resolutionHz, bins, shaftHz, free)
    this.#cage.plan(this.#resolutionHz, bins, shaftHz, free)
    for (let d = 0; d < this.#outerDecoys.length; d += 1) {
      ;(this.#outerDecoys[d] as Family).plan(this.#resolutionHz, bins, shaftHz, free)
      ;(this.#innerDecoys[d] as Family).plan(this.#resolutionHz, bins, shaftHz, free)
    }
    this.#rollingChance.fill(0)
    const { rolling } = this.scores
    rolling.evidence = Number.NEGATIVE_INFINITY
    rolling.hz = Number.NaN
  }

  #scoreBand(envelope: ScoredEnvelope, bins: number): void {
    const { power, mean } = envelope
    const decades = this.#decades
    for (let k = 0; k < bins; k += 1) {
      const value = power[k] as number
      // The median of exponentially distributed power is ln 2 of its mean. Beyond the band's own width there is nothing: 0.
      const ratio = value > 0 ? (value * Math.LN2) / ((this.#floor[k] as number) + 1e-300) : 1
      decades[k] = Math.min(LINE_CAP, Math.log(Math.max(ratio, 1e-3)) * Math.LOG10E)
    }
    const meanSquare = mean * mean
    if (this.#outer.score(decades, power, meanSquare)) keepBand(this.scores.outer, envelope)
    if (this.#inner.score(decades, power, meanSquare)) keepBand(this.scores.inner, envelope)
    if (this.#cage.score(decades, power, meanSquare)) keepBand(this.scores.cage, envelope)
    for (let d = 0; d < this.#outerDecoys.length; d += 1) {
      ;(this.#outerDecoys[d] as Family).score(decades, power, meanSquare)
      ;(this.#innerDecoys[d] as Family).score(decades, power, meanSquare)
    }
  }

  #cutLine(hz: number, bins: number): void {
    const bin = Math.round(hz / this.#resolutionHz)
    const width = 2 + Math.trunc((0.001 * hz) / this.#resolutionHz)
    const cut = this.#cut
    for (let k = Math.max(0, bin - width); k <= Math.min(bins - 1, bin + width); k += 1)
      cut[k] = Math.min(cut[k] as number, this.#floor[k] as number)
  }

  #smear(bins: number): void {
    const sums = this.#sums
    for (let k = 0; k < bins; k += 1) sums[k + 1] = (sums[k] as number) + (this.#cut[k] as number)
    for (let k = 0; k < bins; k += 1) {
      const width = Math.max(1, Math.trunc(0.006 * k))
      const from = Math.max(0, k - (width >> 1))
      const to = Math.min(bins, from + width)
      this.#smeared[k] = ((sums[to] as number) - (sums[from] as number)) / (to - from)
    }
  }

  #scoreRolling(envelope: ScoredEnvelope, available: number, shaftHz: number): void {
    const bins = Math.min(available, Math.trunc((16 * shaftHz) / this.#resolutionHz) + 60)
    for (let k = 0; k < bins; k += 1) this.#cut[k] = envelope.power[k] as number
    for (let i = 1; i <= 15; i += 1) this.#cutLine(i * shaftHz, bins)
    for (let m = 0; m < this.#mainsHz.length; m += 1)
      for (let i = 1; i <= 7; i += 1) this.#cutLine(i * (this.#mainsHz[m] as number), bins)
    this.#smear(bins)
    this.#floorOf.write(this.#smeared, bins, Math.max(40, Math.trunc(shaftHz / this.#resolutionHz)), this.#floor)
    for (let k = 0; k < bins; k += 1)
      this.#decades[k] =
        Math.log(Math.max((this.#smeared[k] as number) / (this.#floor[k] as number), 1e-2)) * Math.LOG10E
    this.#searchSpin(0, bins, shaftHz)
    const { rolling } = this.scores
    rolling.evidence = this.#search.evidence
    rolling.hz = this.#search.spinHz
    keepBand(rolling, envelope)
    for (let d = 0; d < this.#rollingChance.length; d += 1) {
      this.#searchSpin(d + 1, bins, shaftHz)
      this.#rollingChance[d] = this.#search.evidence
    }
  }

  #decadesAt(hz: number, bins: number): number {
    return this.#decades[Math.min(bins - 1, Math.round(hz / this.#resolutionHz))] as number
  }

  #spinEvidence(hz: number, bins: number, cageHz: number, line: number): number {
    const sides = Math.max(0, this.#decadesAt(hz - cageHz, bins)) + Math.max(0, this.#decadesAt(hz + cageHz, bins))
    return Math.min(ROLLING_CAP, line) + SIDEBAND_WEIGHT * sides
  }

  /** Even multiples of the spin frequency, within 0.8 %. */
  #searchSpin(which: number, bins: number, shaftHz: number): void {
    const order = this.#spinOrders[which] as number
    const cageHz = this.#bearing.ftf * shaftHz
    const found = this.#search
    let highest = Number.NEGATIVE_INFINITY
    found.evidence = Number.NEGATIVE_INFINITY
    for (let step = -ROLLING_STEPS; step <= ROLLING_STEPS; step += 1) {
      const spinHz = order * shaftHz * (1 + step / 1000)
      const second = this.#decadesAt(2 * spinHz, bins)
      const fourth = this.#decadesAt(4 * spinHz, bins)
      if (second + fourth > highest) {
        highest = second + fourth
        found.spinHz = spinHz
      }
      const evidence =
        this.#spinEvidence(2 * spinHz, bins, cageHz, second) + this.#spinEvidence(4 * spinHz, bins, cageHz, fourth)
      found.evidence = Math.max(found.evidence, evidence)
    }
  }

  #judge(): void {
    for (let d = 0; d < this.#outerDecoys.length; d += 1) {
      this.#outerChance[d] = (this.#outerDecoys[d] as Family).evidence
      this.#innerChance[d] = (this.#innerDecoys[d] as Family).evidence
    }
    const { outer, inner, cage, rolling } = this.scores
    writeLevel(this.#outerChance, RACE_SCALE_FLOOR, this.#level)
    fillScore(outer, this.#outer, this.#level)
    fillScore(cage, this.#cage, this.#level)
    writeLevel(this.#innerChance, RACE_SCALE_FLOOR, this.#level)
    fillScore(inner, this.#inner, this.#level)
    writeLevel(this.#rollingChance, ROLLING_SCALE_FLOOR, this.#level)
    rolling.falseAlarmProbability = falseAlarmProbability(rolling.evidence, this.#level, FAMILIES)
  }
}

function keepBand(score: FaultScore, envelope: ScoredEnvelope): void {
  score.lowHz = envelope.lowHz
  score.highHz = envelope.highHz
  score.prewhitened = envelope.prewhitened
}

function fillScore(score: FaultScore, family: Family, level: ChanceLevel): void {
  score.evidence = family.evidence
  score.hz = family.hz
  score.falseAlarmProbability = falseAlarmProbability(family.evidence, level, FAMILIES)
}

/** By insertion: there are some 40 values, and the built-in sort takes memory. */
function sortInPlace(values: Float64Array): void {
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i] as number
    let at = i
    for (; at > 0 && (values[at - 1] as number) > value; at -= 1) values[at] = values[at - 1] as number
    values[at] = value
  }
}

/** As chanceLevel of chance.ts; sorts in place. */
function writeLevel(
  evidence: Float64Array,
  scaleFloor: number,
  level: { location: number; scale: number; upper: number },
): void {
  sortInPlace(evidence)
  const last = evidence.length - 1
  const middle = evidence[Math.min(last, Math.trunc(0.5 * evidence.length))] ?? Number.NaN
  const upper = evidence[Math.min(last, Math.trunc(0.9 * evidence.length))] ?? Number.NaN
  level.scale = Math.max(scaleFloor, (upper - middle) / MEDIAN_TO_UPPER)
  level.location = middle - LOCATION_TO_MEDIAN * level.scale
  level.upper = upper
}
