import type { Derivation } from '../../shared/domain/derivation.ts'
import { amplitudeSpectrum, realSpectrum } from './spectrum.ts'
import { analyticBand, bandBins } from './envelope.ts'
import { derivedBy } from './methods.ts'

export type BandHz = readonly [number, number]

/** Bands that envelope analysers offer: gears and slow bearings, and bearings at the usual speeds. */
export const envelopeBandPresets: readonly BandHz[] = [
  [250, 10_000],
  [500, 20_000],
]

export class EnvelopeBandError extends Error {
  override readonly name = 'EnvelopeBandError'
}

/**
 * A band that the sampling cannot hold is refused: cut down in silence it would be another measurement under the same name.
 *
 * @throws EnvelopeBandError
 */
export function checkEnvelopeBand(sampleRateHz: number, [lowHz, highHz]: BandHz): BandHz {
  const nyquistHz = sampleRateHz / 2
  if (!(lowHz >= 0 && highHz > lowHz))
    throw new EnvelopeBandError(
      `the band ${lowHz} Hz to ${highHz} Hz is none: give the lower edge first, both from 0 on`,
    )
  if (!(highHz <= nyquistHz))
    throw new EnvelopeBandError(
      `the band up to ${highHz} Hz needs more than ${2 * highHz} samples/s, the signal has ${sampleRateHz}: choose a band that ends at ${nyquistHz} Hz or below`,
    )
  return [lowHz, highHz]
}

export interface EnvelopeSignal {
  readonly values: Float64Array
  readonly sampleRateHz: number
  readonly derivation: Derivation
}

/**
 * Envelope of one band over time: magnitude of the analytic signal (Hilbert transform by FFT, brick-wall band). Same length,
 * rate and unit as the signal; a tone of amplitude a in the band reads a.
 *
 * @throws EnvelopeBandError
 */
export function hilbertEnvelope(signal: Float64Array, sampleRateHz: number, band: BandHz): EnvelopeSignal {
  const [lowHz, highHz] = checkEnvelopeBand(sampleRateHz, band)
  const { re, im } = analyticBand(realSpectrum(signal), bandBins(signal.length, sampleRateHz, lowHz, highHz))
  for (let n = 0; n < re.length; n += 1) re[n] = Math.sqrt((re[n] as number) ** 2 + (im[n] as number) ** 2)
  return { values: re, sampleRateHz, derivation: derivedBy('hilbert-envelope', null, [lowHz, highHz]) }
}

/**
 * Peak-hold envelope (the manner of PeakVue): band-pass, full-wave rectify, and keep the largest value of each interval of
 * 1 / outputRate. An impulse of 50 us keeps its height, where averaging or filtering to the same rate would flatten it.
 *
 * @param outputRateHz wished rate of the result; 2.56 times the highest frequency of interest. The next whole divisor of the
 * sample rate that is not slower is taken.
 * @throws EnvelopeBandError
 */
export function peakHoldEnvelope(
  signal: Float64Array,
  sampleRateHz: number,
  band: BandHz,
  outputRateHz: number,
): EnvelopeSignal {
  const [lowHz, highHz] = checkEnvelopeBand(sampleRateHz, band)
  if (!(outputRateHz > 0 && outputRateHz <= sampleRateHz))
    throw new RangeError(
      `peaks cannot be held at ${outputRateHz} Hz: choose a rate above 0 and up to ${sampleRateHz} Hz`,
    )
  const { re } = analyticBand(realSpectrum(signal), bandBins(signal.length, sampleRateHz, lowHz, highHz))
  const interval = Math.max(1, Math.floor(sampleRateHz / outputRateHz))
  const values = new Float64Array(Math.floor(re.length / interval))
  for (let n = 0; n < values.length; n += 1) {
    let peak = 0
    for (let i = n * interval; i < (n + 1) * interval; i += 1) peak = Math.max(peak, Math.abs(re[i] as number))
    values[n] = peak
  }
  return {
    values,
    sampleRateHz: sampleRateHz / interval,
    derivation: derivedBy('peak-hold-envelope', null, [lowHz, highHz]),
  }
}

export interface EnvelopeLines {
  /** peak amplitudes under a Hann window, mean removed */
  readonly amplitudes: Float64Array
  readonly resolutionHz: number
  readonly derivation: Derivation
}

/** Hann amplitude spectrum of an envelope; the band it names is the one the envelope was taken from. */
export function spectrumOfEnvelope(envelope: EnvelopeSignal): EnvelopeLines {
  return {
    amplitudes: amplitudeSpectrum(envelope.values, 'hann'),
    resolutionHz: envelope.sampleRateHz / envelope.values.length,
    derivation: derivedBy('envelope-spectrum', 'hann', envelope.derivation.bandHz),
  }
}

/** The same of the squared envelope: impulses that come at random phase keep their lines, and noise is easier to state. */
export function squaredEnvelopeSpectrum(envelope: EnvelopeSignal): EnvelopeLines {
  return {
    amplitudes: amplitudeSpectrum(
      envelope.values.map((value) => value * value),
      'hann',
    ),
    resolutionHz: envelope.sampleRateHz / envelope.values.length,
    derivation: derivedBy('squared-envelope-spectrum', 'hann', envelope.derivation.bandHz),
  }
}
