export interface Band {
  readonly lowHz: number
  readonly highHz: number
}

/** Squared envelope spectrum of one band, averaged over the pieces, ready for scoring. */
export interface BandEnvelope {
  readonly band: Band
  readonly prewhitened: boolean
  readonly resolutionHz: number
  /** power over the local floor; noise has mean 1 */
  readonly ratio: Float64Array
  /** log10 of `ratio`, capped: what a line contributes */
  readonly decades: Float32Array
  /** averaged over the pieces, and its local floor */
  readonly power: Float64Array
  readonly floor: Float64Array
  /** power over the squared mean of the squared envelope: the square of a modulation depth */
  readonly depth: Float64Array
}
