const SEARCH = 0.012
const SIDEBAND_WEIGHT = 0.25
const SIDEBAND_DECADES = Math.log10(8)
const DEPTH_CAP = 2

/** Lines of one fundamental order: where they lie for each fundamental that is tried, and the best score so far. */
export class Family {
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
