import { medianInPlace } from '../../shared/lib/median.ts'

export interface LineReading {
  readonly hz: number
  readonly amplitude: number
  /** amplitude over the local median; 0 where the floor is 0 */
  readonly snr: number
}

/** Fault lines sit up to 1.5 % off their kinematic frequency (slip, load on the contact angle). */
export const LINE_TOLERANCE = 0.015

let floorScratch = new Float64Array(1024)

/**
 * The strongest bin within 1.5 % (at least one bin) of a frequency, and its ratio to the median of the surrounding
 * 0.75 x shaft frequency (at least 25 bins) on each side.
 */
export function readLine(
  amplitudes: Float64Array | Float32Array,
  resolutionHz: number,
  hz: number,
  shaftHz: number,
): LineReading {
  const bin = strongestBin(amplitudes, resolutionHz, hz)
  const amplitude = amplitudes[bin] as number
  const reach = Math.max(25, Math.trunc((0.75 * shaftHz) / resolutionHz))
  const floor = localMedian(amplitudes, bin, reach)
  return { hz: bin * resolutionHz, amplitude, snr: floor > 0 ? amplitude / floor : 0 }
}

export function strongestBin(amplitudes: Float64Array | Float32Array, resolutionHz: number, hz: number): number {
  const last = amplitudes.length - 1
  const reachHz = Math.max(LINE_TOLERANCE * hz, resolutionHz)
  let from = Math.max(1, Math.ceil((hz - reachHz) / resolutionHz))
  let to = Math.min(last, Math.floor((hz + reachHz) / resolutionHz))
  if (to < from) {
    from = Math.min(last, Math.max(1, Math.round(hz / resolutionHz)))
    to = from
  }
  let best = from
  for (let k = from + 1; k <= to; k += 1) if ((amplitudes[k] as number) > (amplitudes[best] as number)) best = k
  return best
}

/** Median of the bins around one bin, without bin 0. */
export function localMedian(amplitudes: Float64Array | Float32Array, bin: number, reach: number): number {
  const from = Math.max(1, bin - reach)
  const to = Math.min(amplitudes.length - 1, bin + reach)
  const count = to - from + 1
  if (count > floorScratch.length) floorScratch = new Float64Array(2 * count)
  for (let i = 0; i < count; i += 1) floorScratch[i] = amplitudes[from + i] as number
  return medianInPlace(floorScratch, count)
}

/**
 * Height of a sine between bins of a Hann spectrum, from the ratio of its two highest lines: exact but for what other lines
 * leak there (Grandke, IEEE Trans. IM-32, 1983). Without it a line midway between two bins reads 15 % low.
 */
export function interpolatedAmplitude(amplitudes: Float64Array | Float32Array, bin: number): number {
  const here = amplitudes[bin] ?? Number.NaN
  const below = amplitudes[bin - 1] ?? 0
  const above = amplitudes[bin + 1] ?? 0
  if (!(here > 0) || here < below || here < above) return here
  const ratio = (below > above ? below : above) / here
  const shift = (2 * ratio - 1) / (ratio + 1)
  // Less than half beside the line is narrower than any sine: noise, which is read as it stands.
  return shift > 1e-6 ? (here * Math.PI * shift * (1 - shift * shift)) / Math.sin(Math.PI * shift) : here
}

export const toDecibel = (ratio: number): number => 20 * Math.log10(Math.max(ratio, 1e-9))
