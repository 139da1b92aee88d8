import type { Samples } from '../../shared/domain/intake.ts'

/**
 * Min/max columns of a waveform, aligned to absolute time so that frames append: bin k covers
 * [k * binUs, (k + 1) * binUs). A one-sample spike is always in some bin's min or max.
 */
export interface BinWindow {
  firstBin: number
  min: Float32Array
  max: Float32Array
}

/** Samples of one block or ring segment. */
export interface SampleRun {
  /** Source time of the first sample, Unix microseconds. */
  startUs: number
  sampleRateHz: number
  samples: Samples
}

/**
 * Bins `runs` between two bin numbers (last exclusive). Columns without a sample are NaN, which is a gap on the plot.
 * A NaN sample marks its bin only when nothing better falls into it.
 */
export function binRuns(runs: readonly SampleRun[], binUs: number, firstBin: number, lastBin: number): BinWindow {
  const count = Math.max(0, lastBin - firstBin)
  const min = new Float32Array(count).fill(Number.NaN)
  const max = new Float32Array(count).fill(Number.NaN)
  for (const run of runs) binOne(run, binUs, firstBin, min, max)
  return { firstBin, min, max }
}

function binOne(run: SampleRun, binUs: number, firstBin: number, min: Float32Array, max: Float32Array): void {
  const dtUs = 1e6 / run.sampleRateHz
  const { samples } = run
  const offsetUs = run.startUs - firstBin * binUs
  const begin = Math.max(0, Math.ceil(-offsetUs / dtUs))
  let index = begin
  while (index < samples.length) {
    const bin = Math.floor((offsetUs + index * dtUs) / binUs)
    if (bin >= min.length) return
    // First sample of the next bin; at least one ahead, whatever rounding does at the edge.
    const end = Math.min(samples.length, Math.max(index + 1, Math.ceil(((bin + 1) * binUs - offsetUs) / dtUs)))
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (; index < end; index++) {
      const value = samples[index] ?? Number.NaN
      if (value < low) low = value
      if (value > high) high = value
    }
    if (low <= high && bin >= 0) {
      const knownLow = min[bin] ?? Number.NaN
      const knownHigh = max[bin] ?? Number.NaN
      min[bin] = knownLow <= low ? knownLow : low
      max[bin] = knownHigh >= high ? knownHigh : high
    }
  }
}
