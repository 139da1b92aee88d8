import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { BandEnvelope } from './band.ts'
import { chanceLevel, type ChanceLevel } from './chance.ts'
import { noiseFloor } from './noise-floor.ts'

export interface RollingElementScore {
  /** log10 of power over floor at 2 x, 4 x and 6 x the spin frequency, after smearing, in the best band */
  readonly lines: readonly [number, number, number]
  readonly spinHz: number
  readonly band: BandEnvelope['band']
  /** how many bins are averaged at 2 x BSF */
  readonly smearedBins: number
  /** the lines with their cage sidebands, over the upper tenth of the decoys of the same band */
  readonly distance: number
  /** the same distance for each decoy, its best band taken as well */
  readonly chance: ChanceLevel
}

/** 2 x, 4 x and 6 x BSF: a damaged element strikes both races in each turn; the third is the faintest. */
const LINES = [
  { multiple: 2, weight: 1 },
  { multiple: 4, weight: 1 },
  { multiple: 6, weight: 0.5 },
] as const
const LINE_CAP = 2
const SIDEBAND_WEIGHT = 0.25
/** Smeared lines scatter less than single bins. */
const BAND_SCALE_FLOOR = 0.25
const DISTANCE_SCALE_FLOOR = 0.15
/** Nominal spin frequency within 0.8 %. */
const SEARCH_STEPS = 8
/** Narrower bands leave too little noise to average: the four broadest levels of the filter bank are searched. */
const BANDS = 10

/** Shaft and mains lines are cut down to the floor before smearing, which would otherwise spread them over the ball's lines. */
function cutLines(envelope: BandEnvelope, shaftHz: number, mainsHz: number): Float64Array {
  const { power, floor, resolutionHz } = envelope
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

/** Random slip of the elements smears their lines that far. */
const SMEAR = 0.006

/** Mean over the width of a smeared line. */
function smear(power: Float64Array): Float64Array {
  const count = power.length
  const sums = new Float64Array(count + 1)
  for (let k = 0; k < count; k += 1) sums[k + 1] = (sums[k] as number) + (power[k] as number)
  const smeared = new Float64Array(count)
  for (let k = 0; k < count; k += 1) {
    const width = Math.max(1, Math.trunc(SMEAR * k))
    const from = Math.max(0, k - (width >> 1))
    const to = Math.min(count, from + width)
    smeared[k] = ((sums[to] as number) - (sums[from] as number)) / (to - from)
  }
  return smeared
}

interface Reading {
  readonly lines: readonly [number, number, number]
  readonly spinHz: number
  readonly evidence: number
}

class SmearedBand {
  readonly #decades: Float64Array
  readonly #resolutionHz: number
  readonly #cageHz: number
  readonly #shaftHz: number

  constructor(envelope: BandEnvelope, shaftHz: number, cageHz: number, mainsHz: number) {
    const smeared = smear(cutLines(envelope, shaftHz, mainsHz))
    const floor = noiseFloor(smeared, Math.max(40, Math.trunc(shaftHz / envelope.resolutionHz)))
    this.#decades = smeared.map((value, k) => Math.log10(Math.max(value / ((floor[k] as number) || 1), 1e-2)))
    this.#resolutionHz = envelope.resolutionHz
    this.#cageHz = cageHz
    this.#shaftHz = shaftHz
  }

  #at(hz: number): number {
    const bin = Math.min(this.#decades.length - 1, Math.round(hz / this.#resolutionHz))
    return bin < 3 ? 0 : (this.#decades[bin] as number)
  }

  /** The load zone is passed once a cage revolution: sidebands at the cage frequency. */
  read(spinOrder: number): Reading {
    let best: Reading = { lines: [0, 0, 0], spinHz: 0, evidence: Number.NEGATIVE_INFINITY }
    for (let step = -SEARCH_STEPS; step <= SEARCH_STEPS; step += 1) {
      const spinHz = spinOrder * this.#shaftHz * (1 + step / 1000)
      let evidence = 0
      for (const { multiple, weight } of LINES) {
        const hz = multiple * spinHz
        evidence += weight * Math.min(LINE_CAP, this.#at(hz))
        for (const side of [hz - this.#cageHz, hz + this.#cageHz])
          evidence += SIDEBAND_WEIGHT * Math.max(0, Math.min(LINE_CAP, this.#at(side)))
      }
      if (evidence > best.evidence)
        best = { lines: [this.#at(2 * spinHz), this.#at(4 * spinHz), this.#at(6 * spinHz)], spinHz, evidence }
    }
    return best
  }
}

/**
 * A damaged element's lines are even multiples of the spin frequency, smeared by slip. Cepstrum prewhitening takes away what is
 * deterministic and lets the weak cyclic part stand out; each of the broad bands is searched, and each is measured against what
 * the same search finds at decoy frequencies in that band.
 */
export class RollingElementSearch {
  readonly #bearing: BearingOrders
  readonly #shaftHz: number
  readonly #mainsHz: number
  readonly #decoys: readonly number[]
  readonly #decoyDistances: Float64Array
  #searched = 0
  #best: Omit<RollingElementScore, 'chance'> | null = null

  constructor(bearing: BearingOrders, shaftHz: number, mainsHz: number, decoySpinOrders: readonly number[]) {
    this.#bearing = bearing
    this.#shaftHz = shaftHz
    this.#mainsHz = mainsHz
    this.#decoys = decoySpinOrders
    this.#decoyDistances = new Float64Array(decoySpinOrders.length).fill(Number.NEGATIVE_INFINITY)
  }

  /** Bands come broadest first. */
  add(envelope: BandEnvelope): void {
    if (this.#searched >= BANDS) return
    this.#searched += 1
    const band = new SmearedBand(envelope, this.#shaftHz, this.#bearing.ftf * this.#shaftHz, this.#mainsHz)
    const found = band.read(this.#bearing.bsf)
    const decoys = this.#decoys.map((order) => band.read(order).evidence)
    const { upper } = chanceLevel(decoys, BAND_SCALE_FLOOR)
    for (const [i, evidence] of decoys.entries())
      this.#decoyDistances[i] = Math.max(this.#decoyDistances[i] as number, evidence - upper)
    const distance = found.evidence - upper
    const smearedBins = (SMEAR * 2 * found.spinHz) / envelope.resolutionHz
    if (this.#best === null || distance > this.#best.distance)
      this.#best = { lines: found.lines, spinHz: found.spinHz, smearedBins, band: envelope.band, distance }
  }

  result(): RollingElementScore {
    const none = { lines: [0, 0, 0], spinHz: 0, smearedBins: 0, band: { lowHz: 0, highHz: 0 }, distance: 0 } as const
    return { ...(this.#best ?? none), chance: chanceLevel([...this.#decoyDistances], DISTANCE_SCALE_FLOOR) }
  }
}
