import type { BearingOrders } from '../../shared/domain/bearings.ts'
import { FloorScratch } from './block-floor.ts'

const SIDEBAND_WEIGHT = 0.25
const LINE_CAP = 2
const STEPS = 8

/**
 * The spin lines of a block's prewhitened envelope, and the same at decoy orders: the search of rolling-element.ts in memory that
 * is kept.
 */
export class SpinSearch {
  readonly found = { spinHz: 0, evidence: 0 }
  readonly #resolutionHz: number
  readonly #cageOrder: number
  /** the bearing's own first, then the decoys' */
  readonly #orders: Float64Array
  readonly #mainsHz: Float64Array
  readonly #floorOf: FloorScratch
  readonly #floor: Float32Array
  readonly #decades: Float32Array
  readonly #cut: Float32Array
  readonly #sums: Float64Array
  readonly #smeared: Float32Array
  #bins = 0

  constructor(
    resolutionHz: number,
    bins: number,
    bearing: BearingOrders,
    orders: Float64Array,
    mainsHz: Float64Array,
    floorOf: FloorScratch,
  ) {
    this.#orders = orders
    this.#resolutionHz = resolutionHz
    this.#cageOrder = bearing.ftf
    this.#mainsHz = mainsHz
    this.#floorOf = floorOf
    this.#floor = new Float32Array(bins)
    this.#decades = new Float32Array(bins)
    this.#cut = new Float32Array(bins)
    this.#sums = new Float64Array(bins + 1)
    this.#smeared = new Float32Array(bins)
  }

  /** Cuts the lines of shaft and mains, smears the rest over the width of a spin line and measures it against its floor. */
  load(power: Float32Array, floor: Float32Array, available: number, shaftHz: number): void {
    const bins = Math.min(available, Math.trunc((16 * shaftHz) / this.#resolutionHz) + 60)
    this.#bins = bins
    for (let k = 0; k < bins; k += 1) this.#cut[k] = power[k] as number
    for (let i = 1; i <= 15; i += 1) this.#cutLine(i * shaftHz, floor)
    for (let m = 0; m < this.#mainsHz.length; m += 1)
      for (let i = 1; i <= 7; i += 1) this.#cutLine(i * (this.#mainsHz[m] as number), floor)
    this.#smear()
    this.#floorOf.write(this.#smeared, bins, Math.max(40, Math.trunc(shaftHz / this.#resolutionHz)), this.#floor)
    for (let k = 0; k < bins; k += 1)
      this.#decades[k] =
        Math.log(Math.max((this.#smeared[k] as number) / (this.#floor[k] as number), 1e-2)) * Math.LOG10E
  }

  /** Even multiples of one of the spin frequencies, within 0.8 %: into `found`. By its place: an order would be a boxed number. */
  search(which: number, shaftHz: number): void {
    const order = this.#orders[which] as number
    const cageHz = this.#cageOrder * shaftHz
    const found = this.found
    let highest = Number.NEGATIVE_INFINITY
    found.evidence = Number.NEGATIVE_INFINITY
    for (let step = -STEPS; step <= STEPS; step += 1) {
      const spinHz = order * shaftHz * (1 + step / 1000)
      const second = this.#decadesAt(2 * spinHz)
      const fourth = this.#decadesAt(4 * spinHz)
      if (second + fourth > highest) {
        highest = second + fourth
        found.spinHz = spinHz
      }
      const evidence = this.#lineEvidence(2 * spinHz, cageHz, second) + this.#lineEvidence(4 * spinHz, cageHz, fourth)
      found.evidence = Math.max(found.evidence, evidence)
    }
  }

  #cutLine(hz: number, floor: Float32Array): void {
    const bin = Math.round(hz / this.#resolutionHz)
    const width = 2 + Math.trunc((0.001 * hz) / this.#resolutionHz)
    const cut = this.#cut
    for (let k = Math.max(0, bin - width); k <= Math.min(this.#bins - 1, bin + width); k += 1)
      cut[k] = Math.min(cut[k] as number, floor[k] as number)
  }

  #smear(): void {
    const sums = this.#sums
    const bins = this.#bins
    for (let k = 0; k < bins; k += 1) sums[k + 1] = (sums[k] as number) + (this.#cut[k] as number)
    for (let k = 0; k < bins; k += 1) {
      const width = Math.max(1, Math.trunc(0.006 * k))
      const from = Math.max(0, k - (width >> 1))
      const to = Math.min(bins, from + width)
      this.#smeared[k] = ((sums[to] as number) - (sums[from] as number)) / (to - from)
    }
  }

  #decadesAt(hz: number): number {
    return this.#decades[Math.min(this.#bins - 1, Math.round(hz / this.#resolutionHz))] as number
  }

  #lineEvidence(hz: number, cageHz: number, line: number): number {
    const sides = Math.max(0, this.#decadesAt(hz - cageHz)) + Math.max(0, this.#decadesAt(hz + cageHz))
    return Math.min(LINE_CAP, line) + SIDEBAND_WEIGHT * sides
  }
}
