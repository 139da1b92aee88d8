import type { Derivation } from '../../shared/domain/derivation.ts'
import type { Samples } from '../../shared/domain/intake.ts'
import type { Fft, FloatTransform } from '../../shared/domain/transforms.ts'
import { treeRows, writeBandKurtosis } from './kurtogram.ts'
import { derivedBy } from './methods.ts'

export interface BlockLinesOptions {
  readonly sampleRateHz: number
  /** samples of a block; the largest length PFFFT can do that is not longer is used of it */
  readonly blockSize: number
  /** room for envelope lines up to this frequency; `analyze` says how far a block's are needed */
  readonly highestLineHz: number
  /** bands whose envelope spectra are made, besides the prewhitened one; default 3 */
  readonly bands?: number | undefined
  /** levels of the 1/3-binary tree; default 3: 1, 2, 3, 4, 6 and 8 bands */
  readonly levels?: number | undefined
}

/** Squared envelope spectrum of one band of the last block; arrays are reused by the next. */
export interface BlockEnvelope {
  readonly lowHz: number
  readonly highHz: number
  readonly prewhitened: boolean
  /** of the band's complex envelope; NaN for the prewhitened spectrum, which is not chosen by it */
  readonly kurtosis: number
  /** line powers (amplitude squared, Hann) of the squared envelope; the first `BlockLines.envelopeBins` are valid */
  readonly power: Float32Array
  /** mean of the squared envelope: the denominator of a modulation depth */
  readonly mean: number
}

interface TreeBand {
  readonly first: number
  readonly end: number
  readonly view: Float32Array
  readonly coarse: FloatTransform
  readonly analytic: FloatTransform
  readonly real: FloatTransform
}

class Envelope implements BlockEnvelope {
  lowHz = 0
  highHz = 0
  kurtosis = Number.NaN
  mean = 0
  readonly prewhitened: boolean
  readonly power: Float32Array

  constructor(bins: number, prewhitened: boolean) {
    this.power = new Float32Array(bins)
    this.prewhitened = prewhitened
  }
}

function supported(fft: Fft, atMost: number): number {
  for (let size = Math.floor(atMost / 32) * 32; size >= 32; size -= 32) if (fft.fastSize(size) === size) return size
  throw new RangeError(`a block of ${atMost} samples is too short: use 64 or more`)
}

/**
 * All lines of one block for live diagnosis: its Hann spectrum, the kurtosis of every band of a 1/3-binary tree, and the squared
 * envelope spectra of the most impulsive bands and of the whole prewhitened block. Everything is float32 in memory that is
 * taken once: a block allocates nothing. One per block size; several channels may share it, one after the other.
 */
export class BlockLines {
  readonly size: number
  readonly resolutionHz: number
  /** peak amplitudes under a Hann window, bins 0..size/2-1 */
  readonly spectrum: Float32Array
  /** chosen bands in order of kurtosis, then the prewhitened one */
  readonly envelopes: readonly BlockEnvelope[]
  readonly derivation: Derivation
  readonly #bins: Float32Array
  readonly #whole: FloatTransform
  readonly #tree: readonly TreeBand[]
  readonly #kurtosis: Float64Array
  readonly #chosen: readonly Envelope[]
  readonly #white: Envelope
  #envelopeBins = 0

  constructor(fft: Fft, options: BlockLinesOptions) {
    const { sampleRateHz, blockSize, highestLineHz, bands = 3, levels = 3 } = options
    if (!(sampleRateHz > 0 && highestLineHz > 0))
      throw new RangeError(`${sampleRateHz} samples/s with lines up to ${highestLineHz} Hz cannot be analysed`)
    this.size = supported(fft, blockSize)
    this.resolutionHz = sampleRateHz / this.size
    const half = this.size / 2
    this.spectrum = new Float32Array(half)
    this.#bins = new Float32Array(this.size)
    this.#whole = fft.real(this.size)
    this.#tree = this.#plantTree(fft, treeRows(levels))
    this.#kurtosis = new Float64Array(this.#tree.length)
    const room = Math.min(half, Math.ceil(highestLineHz / this.resolutionHz) + 64)
    this.#chosen = Array.from({ length: bands }, () => new Envelope(room, false))
    this.#white = new Envelope(room, true)
    this.#white.highHz = sampleRateHz / 2
    this.envelopes = [...this.#chosen, this.#white]
    this.derivation = derivedBy('block-lines', 'hann')
  }

  #plantTree(fft: Fft, rows: readonly number[]): TreeBand[] {
    const half = this.size / 2
    return rows.flatMap((parts) =>
      Array.from({ length: parts }, (_, part): TreeBand => {
        const first = Math.round((half * part) / parts)
        const end = Math.round((half * (part + 1)) / parts)
        const size = fft.fastSize(2 * (end - first))
        return {
          first,
          end,
          view: this.#bins.subarray(2 * first, 2 * end),
          coarse: fft.complex(fft.fastSize(end - first)),
          analytic: fft.complex(size),
          real: fft.real(size),
        }
      }),
    )
  }

  /** Envelope lines 0..envelopeBins-1 are valid after `analyze`. */
  get envelopeBins(): number {
    return this.#envelopeBins
  }

  /**
   * @param samples `blockSize` samples or at least `size` of them
   * @param lineHz highest envelope line that will be looked at
   * @param narrowestHz bands narrower than this are not chosen: three times the highest fault frequency keep impulses apart
   */
  analyze(samples: Samples, lineHz: number, narrowestHz: number): void {
    const { size } = this
    if (samples.length < size) throw new RangeError(`a block has ${samples.length} samples, ${size} are needed`)
    const wanted = Math.ceil(lineHz / this.resolutionHz) + 60
    this.#envelopeBins = Math.min(this.#white.power.length, wanted)
    this.#transform(samples)
    this.#hannSpectrum()
    this.#chooseBands(narrowestHz)
    for (let c = 0; c < this.#chosen.length; c += 1) {
      const envelope = this.#chosen[c] as Envelope
      const band = this.#bandOf(envelope)
      if (band === null) this.#clear(envelope)
      else this.#squaredEnvelope(band, envelope)
    }
    this.#whiten()
    const whole = this.#tree[0]
    if (whole !== undefined) this.#squaredEnvelope(whole, this.#white)
  }

  #transform(samples: Samples): void {
    const { size } = this
    let sum = 0
    for (let i = 0; i < size; i += 1) sum += samples[i] as number
    const mean = sum / size
    const { input } = this.#whole
    for (let i = 0; i < size; i += 1) input[i] = (samples[i] as number) - mean
    this.#whole.forward()
    this.#bins.set(this.#whole.output)
    // Bin 0 and half the sample rate share the first pair; neither belongs to a band.
    this.#bins[0] = 0
    this.#bins[1] = 0
  }

  /** The window is applied to the transform: X[k]/2 - X[k-1]/4 - X[k+1]/4. */
  #hannSpectrum(): void {
    const bins = this.#bins
    const { spectrum, size } = this
    const last = spectrum.length - 1
    const scale = 4 / size
    for (let k = 1; k < last; k += 1) {
      const i = 2 * k
      const re = (bins[i] as number) / 2 - ((bins[i - 2] as number) + (bins[i + 2] as number)) / 4
      const im = (bins[i + 1] as number) / 2 - ((bins[i - 1] as number) + (bins[i + 3] as number)) / 4
      spectrum[k] = scale * Math.sqrt(re * re + im * im)
    }
    spectrum[0] = 0
    spectrum[last] = 0
  }

  #chooseBands(narrowestHz: number): void {
    const narrowest = narrowestHz / this.resolutionHz
    const tree = this.#tree
    for (let b = 0; b < tree.length; b += 1) {
      const band = tree[b] as TreeBand
      if (band.end - band.first >= narrowest) writeBandKurtosis(band.coarse, band.view, this.#kurtosis, b)
      else this.#kurtosis[b] = Number.NaN
    }
    for (let c = 0; c < this.#chosen.length; c += 1) this.#chooseNext(c)
  }

  /** The most impulsive band that no chosen one of about the same place already stands for. */
  #chooseNext(c: number): void {
    const chosen = this.#chosen[c] as Envelope
    chosen.kurtosis = Number.NaN
    for (let b = 0; b < this.#tree.length; b += 1) {
      const band = this.#tree[b] as TreeBand
      const kurtosis = this.#kurtosis[b] as number
      if (!(kurtosis > chosen.kurtosis || (Number.isNaN(chosen.kurtosis) && kurtosis > -2))) continue
      if (this.#isTaken(band, c)) continue
      chosen.kurtosis = kurtosis
      chosen.lowHz = band.first * this.resolutionHz
      chosen.highHz = band.end * this.resolutionHz
    }
  }

  #isTaken(band: TreeBand, count: number): boolean {
    const lowHz = band.first * this.resolutionHz
    const highHz = band.end * this.resolutionHz
    for (let c = 0; c < count; c += 1) {
      const other = this.#chosen[c] as Envelope
      if (lowHz === other.lowHz && highHz === other.highHz) return true
    }
    return false
  }

  #bandOf(envelope: Envelope): TreeBand | null {
    if (Number.isNaN(envelope.kurtosis)) return null
    for (let b = 0; b < this.#tree.length; b += 1) {
      const band = this.#tree[b] as TreeBand
      const lowHz = band.first * this.resolutionHz
      if (lowHz === envelope.lowHz && band.end * this.resolutionHz === envelope.highHz) return band
    }
    return null
  }

  #clear(envelope: Envelope): void {
    envelope.mean = 0
    envelope.power.fill(0)
  }

  #whiten(): void {
    const bins = this.#bins
    for (let i = 2; i < bins.length; i += 2) {
      const re = bins[i] as number
      const im = bins[i + 1] as number
      const square = re * re + im * im
      if (square === 0) continue
      const scale = 1 / Math.sqrt(square)
      bins[i] = re * scale
      bins[i + 1] = im * scale
    }
  }

  /** As `squaredEnvelope` of envelope.ts: 2B points for B bins, Hann on the transform. */
  #squaredEnvelope(band: TreeBand, envelope: Envelope): void {
    const { analytic, real, view } = band
    const { input } = analytic
    const { size } = real
    input.set(view)
    input.fill(0, view.length)
    analytic.inverse()
    const wave = analytic.output
    const squared = real.input
    let sum = 0
    for (let n = 0; n < size; n += 1) {
      const re = wave[2 * n] as number
      const im = wave[2 * n + 1] as number
      const value = re * re + im * im
      squared[n] = value
      sum += value
    }
    const mean = sum / size
    for (let n = 0; n < size; n += 1) squared[n] = (squared[n] as number) - mean
    real.forward()
    const scale = (2 / this.size) ** 2
    envelope.mean = mean * scale
    const limit = Math.min(this.#envelopeBins, band.end - band.first, size / 2 - 1)
    hannPowers(real.output, ((4 * scale) / size) ** 2, limit, envelope.power)
    envelope.power.fill(0, limit, this.#envelopeBins)
  }
}

function hannPowers(packed: Float32Array, scale: number, limit: number, power: Float32Array): void {
  power[0] = 0
  for (let k = 1; k < limit; k += 1) {
    const i = 2 * k
    // The first pair holds bin 0 (nothing: the mean is gone) and half the rate.
    const below = k === 1 ? 0 : (packed[i - 2] as number)
    const belowIm = k === 1 ? 0 : (packed[i - 1] as number)
    const re = (packed[i] as number) / 2 - (below + (packed[i + 2] as number)) / 4
    const im = (packed[i + 1] as number) / 2 - (belowIm + (packed[i + 3] as number)) / 4
    power[k] = scale * (re * re + im * im)
  }
}
