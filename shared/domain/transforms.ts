/**
 * The Fourier transforms that pure modules work with. `electron/dsp` implements them; `electron/diagnosis` receives them as an
 * object, so that it needs neither the WebAssembly bytes nor another module.
 *
 * Two precisions on purpose. Live blocks use the float32 SIMD transform (5-10 us for 4096 points, error about 1e-7 of the
 * largest line). Whole records use float64 of any length: a record of 121 265 samples is not a product of 2, 3 and 5, and the
 * reference values are stated for exactly that length.
 */

/** One size of the float32 transform. `input` and `output` are views into the transform's own memory; read them anew before each use, since they move when that memory grows. */
export interface FloatTransform {
  readonly size: number
  /** real: `size` floats; complex: `size` interleaved pairs */
  readonly input: Float32Array
  /** interleaved pairs; a real transform of N packs X[0] and X[N/2], both real, into the first pair */
  readonly output: Float32Array
  /** input -> output, unscaled */
  forward(): void
  /** input -> output, unscaled: inverse(forward(x)) is size * x. For a real transform the input is the packed spectrum. */
  inverse(): void
}

export interface Fft {
  /** Sizes 2^a 3^b 5^c that are multiples of 32. One instance per size, shared by its callers: use it synchronously. */
  real(size: number): FloatTransform
  /** Sizes 2^a 3^b 5^c that are multiples of 16. */
  complex(size: number): FloatTransform
  /** The smallest supported size that is at least `atLeast`. */
  fastSize(atLeast: number): number
}

/** Bins 0..floor(N/2) of the unscaled transform of a real, mean-free signal of `length` samples. */
export interface RealSpectrum {
  readonly length: number
  readonly re: Float64Array
  readonly im: Float64Array
}

/** Squared envelope spectrum of one band, cut to the bins asked for. */
export interface SquaredEnvelope {
  /** power (amplitude squared) per bin, Hann window, amplitude-correct; the bin width is that of the signal's spectrum */
  readonly power: Float64Array
  /** mean of the squared envelope, the denominator of a modulation depth */
  readonly mean: number
}

export interface Transforms {
  readonly fft: Fft
  /** Removes the mean, then transforms. Any length. */
  realSpectrum(signal: Float64Array): RealSpectrum
  /** Squared envelope of bins lowBin..highBin-1; `whiten` sets all magnitudes to one first (cepstrum prewhitening). */
  squaredEnvelope(
    spectrum: RealSpectrum,
    lowBin: number,
    highBin: number,
    whiten: boolean,
    bins: number,
  ): SquaredEnvelope
}
