import type { BearingOrders } from '../../shared/domain/bearings.ts'
import { featureCount, featureIndex, type FeatureName, type FeatureVector } from '../../shared/domain/features.ts'
import type { Samples } from '../../shared/domain/intake.ts'
import type { Fft } from '../../shared/domain/transforms.ts'
import { BlockBands, planBands } from './block-bands.ts'
import { defaultEnvelopeBand } from './envelope.ts'
import { interpolatedAmplitude, localMedian, strongestBin, toDecibel } from './lines.ts'
import { OrderPhases, type PhaseSource } from './order-phases.ts'
import { RollingSpectrum } from './rolling-spectrum.ts'
import { velocityRmsMmS } from './spectrum.ts'
import { windowShape } from './windows.ts'

export interface BlockAnalyzerOptions {
  readonly sampleRateHz: number
  readonly blockSize: number
  /** default: 2000 Hz to 0.45 x sample rate, 0.15 to 0.45 below 20 kHz */
  readonly envelopeBandHz?: readonly [number, number] | undefined
  /** factor from the point's unit to m/s2; without it there is no velocity */
  readonly unitToMps2?: number | undefined
  /** fault frequencies as multiples of shaft speed; without them there are no fault lines */
  readonly bearing?: BearingOrders | null | undefined
}

export interface BlockAnalyzer {
  readonly options: BlockAnalyzerOptions
  readonly envelopeBandHz: readonly [number, number]
  /** Reused by every call: copy what must outlive the next block. */
  readonly features: FeatureVector
  /**
   * Features of one block of exactly `blockSize` samples that continues the previous one; after a gap call `reset` first.
   * Time features are the block's own; order, velocity and envelope features cover the last `recordSeconds` and are NaN until
   * that much has been seen. Phases need the passages of a keyphasor.
   */
  analyze(samples: Samples, rpm: number | null, phases?: PhaseSource | null): FeatureVector
  /** Hann amplitude spectrum of one block, peak amplitudes, bins 0..blockSize/2-1 of `spectrumResolutionHz`. Reused. */
  spectrum(samples: Samples): Float32Array
  readonly spectrumResolutionHz: number
  /** Envelope amplitude spectrum after the last `analyze`; null until the record is full. Reused. */
  envelopeSpectrum(): Float32Array | null
  readonly envelopeResolutionHz: number
  readonly recordSeconds: number
  reset(): void
}

const at = (name: FeatureName): number => featureIndex(name)
const MEAN = at('mean')
const RMS = at('rms')
const PEAK = at('peak')
const PEAK_TO_PEAK = at('peakToPeak')
const CREST = at('crestFactor')
const KURTOSIS = at('kurtosis')
const SKEWNESS = at('skewness')
const VELOCITY = at('velocityRms')
const ENVELOPE_RMS = at('envelopeRms')
const GOOD_SHARE = featureIndex('goodShare')
const ORDER_1 = at('order1')
const FAULT_1 = at('bpfo')
const FAULT_SNR_1 = at('bpfoSnrDb')
const BAND_1 = at('band1')
const PHASE_1 = at('order1Phase')
const HARMONICS = 3
/** 1.2 s resolve a cage line at 600 rpm (4 Hz) from the record's end effects. */
const RECORD_SECONDS = 1.2

/** The same sums as `timeFeatures`, two chains of each: one alone waits four cycles for every addition. Allocates nothing. */
function writeTimeFeatures(samples: Samples, out: FeatureVector): void {
  const count = samples.length
  const even = count & ~1
  let sumA = 0
  let sumB = 0
  for (let i = 0; i < even; i += 2) {
    sumA += samples[i] as number
    sumB += samples[i + 1] as number
  }
  if (even < count) sumA += samples[even] as number
  const mean = (sumA + sumB) / count
  out[MEAN] = mean
  writeMoments(samples, even, mean, out)
}

function writeMoments(samples: Samples, even: number, mean: number, out: FeatureVector): void {
  const count = samples.length
  let secondA = 0
  let secondB = 0
  let thirdA = 0
  let thirdB = 0
  let fourthA = 0
  let fourthB = 0
  let highest = (samples[count - 1] as number) - mean
  let lowest = highest
  let highestB = highest
  let lowestB = highest
  for (let i = 0; i < even; i += 2) {
    const x = (samples[i] as number) - mean
    const y = (samples[i + 1] as number) - mean
    const xx = x * x
    const yy = y * y
    secondA += xx
    secondB += yy
    thirdA += xx * x
    thirdB += yy * y
    fourthA += xx * xx
    fourthB += yy * yy
    highest = x > highest ? x : highest
    lowest = x < lowest ? x : lowest
    highestB = y > highestB ? y : highestB
    lowestB = y < lowestB ? y : lowestB
  }
  if (even < count) {
    const x = (samples[even] as number) - mean
    secondA += x * x
    thirdA += x * x * x
    fourthA += x * x * x * x
  }
  highest = highestB > highest ? highestB : highest
  lowest = lowestB < lowest ? lowestB : lowest
  const second = (secondA + secondB) / count
  const rms = Math.sqrt(second)
  const peak = highest > -lowest ? highest : -lowest
  out[RMS] = rms
  out[PEAK] = peak
  out[PEAK_TO_PEAK] = highest - lowest
  out[CREST] = second > 0 ? peak / rms : Number.NaN
  out[KURTOSIS] = second > 0 ? (fourthA + fourthB) / count / (second * second) : Number.NaN
  out[SKEWNESS] = second > 0 ? (thirdA + thirdB) / count / (second * rms) : Number.NaN
}

function writeOrders(low: RollingSpectrum, shaftHz: number, out: FeatureVector): void {
  const nyquistHz = low.resolutionHz * (low.amplitudes.length - 2)
  for (let order = 1; order <= 3; order += 1) {
    const hz = order * shaftHz
    out[ORDER_1 + order - 1] =
      hz < nyquistHz
        ? interpolatedAmplitude(low.amplitudes, strongestBin(low.amplitudes, low.resolutionHz, hz))
        : Number.NaN
  }
}

function writeFaultLines(envelope: RollingSpectrum, orders: Float64Array, shaftHz: number, out: FeatureVector): void {
  const { amplitudes, resolutionHz } = envelope
  const reach = Math.max(25, Math.trunc((0.75 * shaftHz) / resolutionHz))
  const nyquistHz = resolutionHz * (amplitudes.length - 2)
  for (let fault = 0; fault < orders.length; fault += 1) {
    let strongest = Number.NaN
    let ratio = Number.NaN
    for (let harmonic = 1; harmonic <= HARMONICS; harmonic += 1) {
      const hz = harmonic * (orders[fault] as number) * shaftHz
      if (hz >= nyquistHz) break
      const bin = strongestBin(amplitudes, resolutionHz, hz)
      const amplitude = interpolatedAmplitude(amplitudes, bin)
      const floor = localMedian(amplitudes, bin, reach)
      if (!(amplitude <= strongest)) strongest = amplitude
      if (floor > 0 && !((amplitudes[bin] as number) / floor <= ratio)) ratio = (amplitudes[bin] as number) / floor
    }
    out[FAULT_1 + fault] = strongest
    out[FAULT_SNR_1 + fault] = toDecibel(ratio)
  }
}

export class BlockOptionsError extends Error {
  override readonly name = 'BlockOptionsError'
}

function checkedBand(options: BlockAnalyzerOptions): readonly [number, number] {
  const { sampleRateHz, blockSize } = options
  if (!(sampleRateHz > 0 && Number.isFinite(sampleRateHz)))
    throw new BlockOptionsError(`sample rate ${sampleRateHz} Hz is not positive`)
  if (!Number.isInteger(blockSize) || blockSize < 64)
    throw new BlockOptionsError(`a block of ${blockSize} samples is too short: use 64 or more`)
  const band = options.envelopeBandHz ?? defaultEnvelopeBand(sampleRateHz)
  if (!(band[0] >= 0 && band[1] > band[0] && band[1] <= sampleRateHz / 2)) {
    throw new BlockOptionsError(`envelope band ${band[0]}-${band[1]} Hz does not lie within 0-${sampleRateHz / 2} Hz`)
  }
  return band
}

const powerOfTwo = (atLeast: number): number => 2 ** Math.max(5, Math.ceil(Math.log2(atLeast)))

/** Averaging q envelope samples weakens a line at f by a Dirichlet kernel; the reciprocal restores it. */
function averagingGain(averaged: number, rateHz: number): (hz: number) => number {
  return (hz) => {
    const x = (Math.PI * hz) / rateHz
    return averaged === 1 || hz === 0 ? 1 : (averaged * Math.sin(x)) / Math.sin(averaged * x)
  }
}

/** One per channel: it remembers the overlap and the rolling records (about 60 kB); transforms and their memory are shared. */
export function createBlockAnalyzer(fft: Fft, options: BlockAnalyzerOptions): BlockAnalyzer {
  const band = checkedBand(options)
  const { sampleRateHz, blockSize, unitToMps2 } = options
  const plan = planBands(fft, blockSize, sampleRateHz, band)
  const lowRateHz = sampleRateHz / plan.lowDivider
  const bandRateHz = sampleRateHz / plan.bandDivider
  const envelopeRateHz = bandRateHz / plan.averaged
  const low = new RollingSpectrum(fft, powerOfTwo(RECORD_SECONDS * lowRateHz), lowRateHz, () => 1)
  const gain = averagingGain(plan.averaged, bandRateHz)
  const envelope = new RollingSpectrum(fft, powerOfTwo(RECORD_SECONDS * envelopeRateHz), envelopeRateHz, gain)
  const bands = new BlockBands(fft, plan)
  const features: FeatureVector = new Float64Array(featureCount).fill(Number.NaN)
  const orders = options.bearing
    ? Float64Array.of(options.bearing.bpfo, options.bearing.bpfi, options.bearing.bsf, options.bearing.ftf)
    : null
  const display = createDisplaySpectrum(fft, blockSize)
  const phases = new OrderPhases()
  // The newest value of the low band is that far from the block's first sample.
  const lastOffsetUs = ((blockSize - plan.margin - plan.lowDivider) * 1e6) / sampleRateHz

  const writePhases = ({ track, startUs }: PhaseSource, shaftHz: number): void => {
    phases.compute(low, lowRateHz, startUs + lastOffsetUs, track, shaftHz)
    for (let order = 0; order < phases.lagDeg.length; order += 1)
      features[PHASE_1 + order] = phases.lagDeg[order] as number
  }

  const writeRecordFeatures = (shaftHz: number): void => {
    features.fill(Number.NaN, VELOCITY)
    // What speaks against samples is for whoever knows the sensor and the source.
    features[GOOD_SHARE] = 1
    for (let octave = 0; octave < bands.octaveRms.length; octave += 1)
      features[BAND_1 + octave] = bands.octaveRms[octave] as number
    if (low.full) {
      low.compute()
      if (unitToMps2 !== undefined) features[VELOCITY] = velocityRmsMmS(low.amplitudes, low.resolutionHz, unitToMps2)
      if (shaftHz > 0) writeOrders(low, shaftHz, features)
    }
    if (envelope.full) {
      envelope.compute()
      features[ENVELOPE_RMS] = envelope.rms
      if (orders !== null && shaftHz > 0) writeFaultLines(envelope, orders, shaftHz, features)
    }
  }

  return {
    options,
    envelopeBandHz: band,
    features,
    analyze: (samples, rpm, source) => {
      if (samples.length !== blockSize)
        throw new RangeError(`a block has ${samples.length} samples, the analyser was made for ${blockSize}`)
      writeTimeFeatures(samples, features)
      bands.push(samples, low, envelope)
      const shaftHz = rpm !== null && rpm > 0 ? rpm / 60 : 0
      writeRecordFeatures(shaftHz)
      if (source && low.full) writePhases(source, shaftHz)
      return features
    },
    spectrum: display.compute,
    spectrumResolutionHz: sampleRateHz / display.size,
    envelopeSpectrum: () => (envelope.full ? envelope.amplitudes : null),
    envelopeResolutionHz: envelope.resolutionHz,
    recordSeconds: envelope.size / envelopeRateHz,
    reset: () => {
      bands.reset()
      low.reset()
      envelope.reset()
    },
  }
}

/** The block's own spectrum is for the eye: features do not need it, so it is computed on demand. */
function createDisplaySpectrum(
  fft: Fft,
  blockSize: number,
): { size: number; compute: (samples: Samples) => Float32Array } {
  const size = fft.fastSize(blockSize)
  const { coefficients, sum } = windowShape('hann', blockSize)
  const transform = fft.real(size)
  const amplitudes = new Float32Array(size / 2)
  const compute = (samples: Samples): Float32Array => {
    let total = 0
    for (let i = 0; i < blockSize; i += 1) total += samples[i] as number
    const mean = total / blockSize
    const { input } = transform
    for (let i = 0; i < blockSize; i += 1) input[i] = ((samples[i] as number) - mean) * (coefficients[i] as number)
    input.fill(0, blockSize)
    transform.forward()
    const { output } = transform
    amplitudes[0] = Math.abs(output[0] as number) / sum
    for (let k = 1; k < amplitudes.length; k += 1) {
      const re = output[2 * k] as number
      const im = output[2 * k + 1] as number
      amplitudes[k] = (2 * Math.sqrt(re * re + im * im)) / sum
    }
    return amplitudes
  }
  return { size, compute }
}
