import type { BearingOrders } from '../../shared/domain/bearings.ts'
import { writeLevel } from './block-chance.ts'
import { Family } from './block-family.ts'
import { FloorScratch } from './block-floor.ts'
import { SpinSearch } from './block-spin.ts'
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

const LINE_CAP = 3
const FAMILIES = 4
const SHAFT_HARMONICS = 39
const MAINS_HARMONICS = 11
/** As for whole recordings (chance.ts): noise alone never scatters less. */
const RACE_SCALE_FLOOR = 0.8
const ROLLING_SCALE_FLOOR = 0.25

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
  readonly #outerChance: Float64Array
  readonly #innerChance: Float64Array
  readonly #rollingChance: Float64Array
  readonly #level = { location: 0, scale: 1, upper: 0 }
  readonly #floorOf: FloorScratch
  readonly #floor: Float32Array
  readonly #decades: Float32Array
  readonly #spin: SpinSearch

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
    const spinOrders = Float64Array.of(bearing.bsf, ...orders.map((order) => order / 2))
    this.#outerChance = new Float64Array(orders.length)
    this.#innerChance = new Float64Array(orders.length)
    this.#rollingChance = new Float64Array(orders.length)
    this.#floorOf = new FloorScratch(bins)
    this.#floor = new Float32Array(bins)
    this.#decades = new Float32Array(bins)
    this.#spin = new SpinSearch(resolutionHz, bins, bearing, spinOrders, this.#mainsHz, this.#floorOf)
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

  #scoreRolling(envelope: ScoredEnvelope, bins: number, shaftHz: number): void {
    const spin = this.#spin
    spin.load(envelope.power, this.#floor, bins, shaftHz)
    spin.search(0, shaftHz)
    const { rolling } = this.scores
    rolling.evidence = spin.found.evidence
    rolling.hz = spin.found.spinHz
    keepBand(rolling, envelope)
    for (let d = 0; d < this.#rollingChance.length; d += 1) {
      spin.search(d + 1, shaftHz)
      this.#rollingChance[d] = spin.found.evidence
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
