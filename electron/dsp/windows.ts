import type { WindowName } from '../../shared/domain/derivation.ts'

export type { WindowName }

export interface WindowShape {
  readonly name: WindowName
  readonly coefficients: Float64Array
  /** sum of the coefficients; an amplitude is 2 |X| / sum */
  readonly sum: number
  /** mean of the coefficients: what a windowed line has lost in amplitude (1, 0.5, 0.54, 0.359, 0.216) */
  readonly coherentGain: number
  /** equivalent noise bandwidth in bins: 1, 1.5, 1.36, 2.00 and 3.77; divides a sum of line powers to give a band power */
  readonly noiseBandwidthBins: number
}

/**
 * Cosine-sum terms: Harris, "On the use of windows for harmonic analysis with the DFT", Proc. IEEE 66 (1978), for Hann, Hamming
 * and the four-term Blackman-Harris (side lobes -92 dB); the flat-top is the five-term window of ISO 18431-2 (scalloping below
 * 0.01 dB).
 */
const terms: Readonly<Record<WindowName, readonly number[]>> = {
  rectangular: [1],
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  'blackman-harris': [0.35875, 0.48829, 0.14128, 0.01168],
  'flat-top': [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
}

const cache = new Map<string, WindowShape>()

/** Periodic (DFT-even) window: a sine on a bin then leaks into the neighbouring bins of the window's own terms only. */
export function windowShape(name: WindowName, length: number): WindowShape {
  const key = `${name}:${length}`
  const known = cache.get(key)
  if (known !== undefined) return known
  const coefficients = new Float64Array(length)
  let sum = 0
  let squares = 0
  for (let n = 0; n < length; n += 1) {
    let value = 0
    for (const [order, term] of terms[name].entries()) {
      value += (order % 2 === 0 ? term : -term) * Math.cos((2 * Math.PI * order * n) / length)
    }
    coefficients[n] = value
    sum += value
    squares += value * value
  }
  const noiseBandwidthBins = (length * squares) / (sum * sum)
  const shape = { name, coefficients, sum, coherentGain: sum / length, noiseBandwidthBins }
  if (cache.size > 16) cache.clear()
  cache.set(key, shape)
  return shape
}
