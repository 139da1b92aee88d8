import { noiseFloor } from './noise-floor.ts'

/** Third octaves from 1/64 to 0.4 of the sample rate: below lies what every sensor drifts, above the anti-aliasing filter. */
const LOWEST = 1 / 64
const HIGHEST = 0.4
const STEP = 2 ** (1 / 3)
const FLOOR_REACH = 100

/** Difference in dB between the highest and the lowest third octave of the noise floor: next to nothing for a sensor's own noise. */
export function spectrumColourDb(amplitudes: Float64Array, resolutionHz: number, sampleRateHz: number): number {
  const floor = noiseFloor(
    amplitudes.map((amplitude) => amplitude * amplitude),
    FLOOR_REACH,
  )
  let highest = 0
  let lowest = Number.POSITIVE_INFINITY
  for (let hz = LOWEST * sampleRateHz; hz < HIGHEST * sampleRateHz; hz *= STEP) {
    const band = floor.slice(Math.round(hz / resolutionHz), Math.round((hz * STEP) / resolutionHz)).toSorted()
    const middle = band[band.length >> 1]
    if (band.length < 5 || middle === undefined || !(middle > 0)) continue
    highest = Math.max(highest, middle)
    lowest = Math.min(lowest, middle)
  }
  return highest > 0 && highest >= lowest ? 10 * Math.log10(highest / lowest) : 0
}
