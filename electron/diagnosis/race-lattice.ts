import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { BandEnvelope } from './band.ts'
import { chanceLevel, type ChanceLevel } from './chance.ts'
import { isNuisance, type Nuisance } from './line-family.ts'
import { withoutLattice } from './own-lines.ts'

/**
 * Both races with the shaft's sidebands, in the prewhitened envelope. A damaged spot outside the load zone is struck only where
 * the shaft's whirl presses the elements against it, which spreads an outer-race fault over sidebands at shaft speed as well;
 * and since BPFO + BPFI is a whole number of shaft orders, the sidebands of one race come close to those of the other. Only the
 * whole lattice k x f + j x shaft tells them apart, and only after prewhitening: tones of a wavy ring or of the motor beat with
 * each other into exactly these places.
 */
export interface RaceLattice {
  readonly outer: LatticeScore
  readonly inner: LatticeScore
  /** what the same search reaches at places that belong to neither race */
  readonly chance: ChanceLevel
}

export interface LatticeScore {
  readonly decades: number
  readonly fundamentalHz: number
  readonly band: BandEnvelope['band']
}

const HARMONICS = 3
const SIDEBANDS = 2
const SEARCH = 0.012
/** One line may not carry the whole, nor sink it. */
const LOWEST = -0.5
const HIGHEST = 2.5
const DECOY_ORDERS = [2.2, 6.5] as const
/** From here on a lattice is in the way of its own decoys: it is taken out before they are searched. */
const DOMINANT = 8

interface Span {
  readonly fromHz: number
  readonly steps: number
}

/** Where every try lies, computed once for all bands of a recording. */
interface LatticePlan {
  readonly resolutionHz: number
  readonly stepHz: number
  readonly shaftHz: number
  readonly ignored: Uint8Array
  /** outer race, inner race, then the decoys */
  readonly spans: readonly Span[]
  readonly values: Float32Array
}

const none: LatticeScore = { decades: Number.NEGATIVE_INFINITY, fundamentalHz: 0, band: { lowHz: 0, highHz: 0 } }

function spanOf(order: number, shaftHz: number, stepHz: number): Span {
  const reach = Math.max(1, Math.trunc((SEARCH * order * shaftHz) / stepHz))
  return { fromHz: order * shaftHz - reach * stepHz, steps: 2 * reach + 1 }
}

/** The decoy range cut into pieces as long as the search for a race itself. */
function decoySpans(shaftHz: number, stepHz: number, steps: number): Span[] {
  const spans: Span[] = []
  const endHz = DECOY_ORDERS[1] * shaftHz - steps * stepHz
  for (let fromHz = DECOY_ORDERS[0] * shaftHz; fromHz < endHz; fromHz += steps * stepHz) spans.push({ fromHz, steps })
  return spans
}

function planLattice(bearing: BearingOrders, envelope: BandEnvelope, nuisance: Nuisance): LatticePlan {
  const { shaftHz } = nuisance
  const { resolutionHz } = envelope
  const bins = envelope.ratio.length
  const stepHz = resolutionHz / (2 * HARMONICS)
  const ignored = new Uint8Array(bins)
  for (let k = 0; k < bins; k += 1) {
    const hz = k * resolutionHz
    if (hz < 0.3 * shaftHz || isNuisance(hz, resolutionHz, nuisance)) ignored[k] = 1
  }
  const races = [spanOf(bearing.bpfo, shaftHz, stepHz), spanOf(bearing.bpfi, shaftHz, stepHz)]
  const decoys = decoySpans(shaftHz, stepHz, Math.max(...races.map((race) => race.steps)))
  return { resolutionHz, stepHz, shaftHz, ignored, spans: [...races, ...decoys], values: new Float32Array(bins) }
}

function bestOf(span: Span, plan: LatticePlan, band: BandEnvelope['band']): LatticeScore {
  const { values, resolutionHz, stepHz, shaftHz } = plan
  let decades = Number.NEGATIVE_INFINITY
  let fundamentalHz = 0
  for (let i = 0; i < span.steps; i += 1) {
    const hz = span.fromHz + i * stepHz
    let sum = 0
    for (let k = 1; k <= HARMONICS; k += 1) {
      for (let j = -SIDEBANDS; j <= SIDEBANDS; j += 1)
        sum += values[Math.round((k * hz + j * shaftHz) / resolutionHz)] ?? 0
    }
    if (sum > decades) {
      decades = sum
      fundamentalHz = hz
    }
  }
  return { decades, fundamentalHz, band }
}

/** The strongest lattice over all prewhitened bands, of both races and of the decoys. */
export class LatticeSearch {
  readonly #plan: LatticePlan
  readonly #best: LatticeScore[]
  readonly #envelopes: BandEnvelope[] = []

  constructor(bearing: BearingOrders, first: BandEnvelope, nuisance: Nuisance) {
    this.#plan = planLattice(bearing, first, nuisance)
    this.#best = this.#plan.spans.map(() => none)
  }

  add(envelope: BandEnvelope): void {
    this.#envelopes.push(envelope)
    this.#load(envelope)
    this.#search(envelope, 0)
  }

  result(): RaceLattice {
    const [outer = none, inner = none] = this.#best
    const winner = outer.decades >= inner.decades ? outer : inner
    if (winner.decades >= DOMINANT) this.#searchDecoysBeside(winner.fundamentalHz)
    const decoys = this.#best.slice(2).map((decoy) => decoy.decades)
    return { outer, inner, chance: chanceLevel(decoys) }
  }

  #searchDecoysBeside(raceHz: number): void {
    for (let i = 2; i < this.#best.length; i += 1) this.#best[i] = none
    for (const envelope of this.#envelopes) {
      this.#load(withoutLattice(envelope, raceHz, this.#plan.shaftHz))
      this.#search(envelope, 2)
    }
  }

  #load({ decades }: BandEnvelope): void {
    const { values, ignored } = this.#plan
    for (let k = 0; k < values.length; k += 1) {
      const value = ignored[k] === 1 ? 0 : (decades[k] ?? 0)
      values[k] = value < LOWEST ? LOWEST : value > HIGHEST ? HIGHEST : value
    }
  }

  #search({ band }: BandEnvelope, from: number): void {
    const { spans } = this.#plan
    for (let i = from; i < spans.length; i += 1) {
      const score = bestOf(spans[i] as Span, this.#plan, band)
      if (score.decades > (this.#best[i] ?? none).decades) this.#best[i] = score
    }
  }
}
