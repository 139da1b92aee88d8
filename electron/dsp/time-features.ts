export interface TimeFeatures {
  readonly mean: number
  readonly rms: number
  readonly peak: number
  readonly peakToPeak: number
  readonly crestFactor: number
  readonly kurtosis: number
  readonly skewness: number
}

/**
 * Definitions of the house's reference: the mean is removed first; kurtosis is the fourth standardised moment (3 for a
 * Gaussian). A signal without variation has no crest factor, kurtosis or skewness: NaN.
 */
export function timeFeatures(signal: Float64Array | Float32Array): TimeFeatures {
  const count = signal.length
  let sum = 0
  for (let i = 0; i < count; i += 1) sum += signal[i] as number
  const mean = sum / count
  let second = 0
  let third = 0
  let fourth = 0
  let highest = Number.NEGATIVE_INFINITY
  let lowest = Number.POSITIVE_INFINITY
  for (let i = 0; i < count; i += 1) {
    const x = (signal[i] as number) - mean
    const square = x * x
    second += square
    third += square * x
    fourth += square * square
    if (x > highest) highest = x
    if (x < lowest) lowest = x
  }
  second /= count
  const rms = Math.sqrt(second)
  const peak = Math.max(highest, -lowest)
  const varies = second > 0
  return {
    mean,
    rms,
    peak,
    peakToPeak: highest - lowest,
    crestFactor: varies ? peak / rms : Number.NaN,
    kurtosis: varies ? fourth / count / (second * second) : Number.NaN,
    skewness: varies ? third / count / (second * rms) : Number.NaN,
  }
}

/** Mean of each feature over pieces laid end to end. */
export function averageTimeFeatures(pieces: readonly TimeFeatures[]): TimeFeatures {
  const average = (pick: (features: TimeFeatures) => number): number =>
    pieces.reduce((total, features) => total + pick(features), 0) / pieces.length
  return {
    mean: average((f) => f.mean),
    rms: average((f) => f.rms),
    peak: average((f) => f.peak),
    peakToPeak: average((f) => f.peakToPeak),
    crestFactor: average((f) => f.crestFactor),
    kurtosis: average((f) => f.kurtosis),
    skewness: average((f) => f.skewness),
  }
}
