import type { Derivation } from '../../shared/domain/derivation.ts'
import { complexForward64, complexInverse64 } from './fft64.ts'
import { derivedBy } from './methods.ts'
import type { VibrationQuantity } from './spectrum.ts'

const order: Readonly<Record<VibrationQuantity, number>> = { acceleration: 2, velocity: 1, displacement: 0 }

/** How many times a signal is integrated on the way; negative: differentiated. */
const steps = (from: VibrationQuantity, to: VibrationQuantity): number => order[from] - order[to]

export interface IntegrationOptions {
  readonly from: VibrationQuantity
  readonly to: VibrationQuantity
  /** half-power frequency; without a high-pass an offset becomes a ramp and low-frequency noise a wave */
  readonly highPassHz: number
}

export interface IntegratedSignal {
  /** SI of the target for SI of the source: m/s2, m/s, m */
  readonly values: Float64Array
  readonly derivation: Derivation
}

/** Slope of the high-pass: 24 dB an octave outrun the 12 dB by which double integration lifts what is low. */
const FILTER_ORDER = 4

/** |H| of a Butterworth high-pass over (j 2 pi f)^n; the filter has no phase of its own. */
function gain(hz: number, highPassHz: number, integrations: number): number {
  if (hz === 0) return 0
  const highPass = 1 / Math.sqrt(1 + (highPassHz / hz) ** (2 * FILTER_ORDER))
  return highPass / (2 * Math.PI * hz) ** integrations
}

/** Odd reflection at both ends keeps value and slope, then fades: the ends of a cut sine would ring through the filter. */
function extended(signal: Float64Array, reach: number): Float64Array {
  const count = signal.length
  const out = new Float64Array(count + 2 * reach)
  out.set(signal, reach)
  const first = signal[0] ?? 0
  const last = signal[count - 1] ?? 0
  for (let i = 1; i <= reach; i += 1) {
    const fade = 0.5 + 0.5 * Math.cos((Math.PI * i) / (reach + 1))
    out[reach - i] = fade * (2 * first - (signal[i] as number))
    out[reach + count - 1 + i] = fade * (2 * last - (signal[count - 1 - i] as number))
  }
  return out
}

function multiplySpectrum(signal: Float64Array, sampleRateHz: number, highPassHz: number, integrations: number): void {
  const length = signal.length
  const im = new Float64Array(length)
  complexForward64(signal, im)
  // j^-n: 1, -j, -1, j for n = 0, 1, 2, 3.
  const turn = ((integrations % 4) + 4) % 4
  for (let k = 0; k < length; k += 1) {
    const mirrored = 2 * k > length
    const factor = gain(((mirrored ? length - k : k) * sampleRateHz) / length, highPassHz, integrations)
    const a = factor * (signal[k] as number)
    const b = factor * (im[k] as number)
    const sign = mirrored ? -1 : 1
    signal[k] = turn === 0 ? a : turn === 2 ? -a : (turn === 1 ? sign : -sign) * b
    im[k] = turn === 0 ? b : turn === 2 ? -b : (turn === 1 ? -sign : sign) * a
  }
  // Half the sample rate has no direction: an odd power of j there would be no real signal.
  if (length % 2 === 0 && turn % 2 === 1) {
    signal[length / 2] = 0
    im[length / 2] = 0
  }
  complexInverse64(signal, im)
}

/**
 * Acceleration to velocity to displacement (or back) in the frequency domain, with a zero-phase Butterworth high-pass of fourth
 * order: no start value, no ramp. The mean is removed. Within 1 / highPassHz of either end up to a few per cent are the end's.
 *
 * @throws RangeError where the high-pass does not lie between 0 and half the sample rate
 */
export function integrateSignal(
  signal: Float64Array,
  sampleRateHz: number,
  options: IntegrationOptions,
): IntegratedSignal {
  const { from, to, highPassHz } = options
  if (!(highPassHz > 0 && highPassHz < sampleRateHz / 2))
    throw new RangeError(
      `a high-pass at ${highPassHz} Hz is not possible at ${sampleRateHz} samples/s: choose one above 0 and below ${sampleRateHz / 2} Hz`,
    )
  const count = signal.length
  let mean = 0
  for (const value of signal) mean += value
  mean /= Math.max(1, count)
  const reach = Math.max(0, Math.min(count - 1, Math.ceil((2 * sampleRateHz) / highPassHz)))
  const wide = extended(
    signal.map((value) => value - mean),
    reach,
  )
  multiplySpectrum(wide, sampleRateHz, highPassHz, steps(from, to))
  return {
    values: wide.slice(reach, reach + count),
    derivation: derivedBy('integration', null, [highPassHz, sampleRateHz / 2]),
  }
}

/** The same for a spectrum: each line divided by (2 pi f)^n; lines below `highPassHz` become 0 (a sharp edge, as ISO 20816 reads bands). */
export function integrateLines(
  amplitudes: Float64Array | Float32Array,
  resolutionHz: number,
  options: IntegrationOptions,
): Float64Array {
  const integrations = steps(options.from, options.to)
  return Float64Array.from(amplitudes, (amplitude, k) => {
    const hz = k * resolutionHz
    return hz === 0 || hz < options.highPassHz ? 0 : amplitude / (2 * Math.PI * hz) ** integrations
  })
}
