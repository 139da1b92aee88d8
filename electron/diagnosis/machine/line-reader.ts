import type { FindingLine } from '../../../shared/domain/analysis.ts'
import { noiseFloor } from '../noise-floor.ts'

/** A spectrum with what turns its lines into velocity. */
export interface LineSpectrum {
  /** peak amplitudes under a Hann window, in the signal's unit */
  readonly amplitudes: Float64Array
  readonly resolutionHz: number
  /** peak amplitude in the signal's unit at a frequency, to mm/s RMS; null where the unit is unknown */
  readonly toVelocityMmS: ((hz: number) => number) | null
}

export interface Line extends FindingLine {
  /** what the rules compare: mm/s RMS, or the amplitude over its frequency where the unit is unknown */
  readonly strength: number
}

/** 12 dB over the mean floor: e^-16 a bin by chance. */
const PRESENT = 16
/** Speed that was seen in the signal is right to 0.1 %; a written one to a few tenths. */
const TOLERANCE = 0.003
const FLOOR_SHAFTS = 1.5
const LEAST_REACH = 25

/** Reads lines at given frequencies, each against its own surroundings. */
export class LineReader {
  readonly resolutionHz: number
  readonly #amplitudes: Float64Array
  readonly #floor: Float64Array
  readonly #toVelocity: ((hz: number) => number) | null

  constructor({ amplitudes, resolutionHz, toVelocityMmS }: LineSpectrum, shaftHz: number) {
    this.resolutionHz = resolutionHz
    this.#amplitudes = amplitudes
    this.#toVelocity = toVelocityMmS
    const power = amplitudes.map((amplitude) => amplitude * amplitude)
    this.#floor = noiseFloor(power, Math.max(LEAST_REACH, Math.trunc((FLOOR_SHAFTS * shaftHz) / resolutionHz)))
  }

  get topHz(): number {
    return (this.#amplitudes.length - 2) * this.resolutionHz
  }

  line(words: string, expectedHz: number): Line {
    const reach = Math.max(1, Math.round((TOLERANCE * expectedHz) / this.resolutionHz))
    const centre = Math.round(expectedHz / this.resolutionHz)
    let best = Math.max(1, centre)
    for (let bin = Math.max(1, centre - reach); bin <= centre + reach && bin < this.#amplitudes.length; bin += 1)
      if (this.#at(bin) > this.#at(best)) best = bin
    // A Hann line spreads over three bins wherever it stands between two; its highest bin alone may read 15 % low.
    const squares = this.#at(best - 1) ** 2 + this.#at(best) ** 2 + this.#at(best + 1) ** 2
    const amplitude = Math.sqrt(squares / 1.5)
    const hz = best * this.resolutionHz
    const ratio = this.#at(best) ** 2 / ((this.#floor[best] ?? 0) / Math.LN2 + 1e-300)
    const matched = expectedHz < this.topHz && ratio >= PRESENT
    const velocityMmS = this.#toVelocity ? amplitude * this.#toVelocity(hz) : null
    return {
      words: `${words} at ${hz.toFixed(hz < 100 ? 2 : 1)} Hz`,
      in: 'spectrum',
      expectedHz,
      foundHz: matched ? hz : null,
      amplitude,
      velocityMmS,
      snrDb: 10 * Math.log10(Math.max(ratio, 1e-6)),
      matched,
      strength: velocityMmS ?? amplitude / Math.max(hz, this.resolutionHz),
    }
  }

  /** Median floor between two frequencies as an amplitude, in what the rules compare. */
  floorAround(lowHz: number, highHz: number): number {
    const from = Math.max(1, Math.round(lowHz / this.resolutionHz))
    const to = Math.min(this.#floor.length, Math.round(highHz / this.resolutionHz))
    const values = this.#floor.slice(from, to).toSorted()
    const middle = Math.sqrt(values[values.length >> 1] ?? Number.NaN)
    const hz = (lowHz + highHz) / 2
    return this.#toVelocity ? middle * this.#toVelocity(hz) : middle / hz
  }

  /** Probability that noise puts a line into one such search. */
  chance(expectedHz: number): number {
    const bins = 2 * Math.max(1, Math.round((TOLERANCE * expectedHz) / this.resolutionHz)) + 1
    return Math.min(1, bins * Math.exp(-PRESENT))
  }

  #at(bin: number): number {
    return this.#amplitudes[bin] ?? 0
  }
}

/** Probability that noise alone gives at least as many of these lines. */
export function chanceOfLines(lines: readonly Line[], reader: LineReader): number {
  const matched = lines.filter((line) => line.matched).length
  if (matched === 0) return 1
  // Each single probability is below 1e-4: the first term of the binomial sum is all there is.
  const single = Math.max(...lines.map((line) => reader.chance(line.expectedHz)))
  let combinations = 1
  for (let i = 0; i < matched; i += 1) combinations *= (lines.length - i) / (i + 1)
  return Math.min(1, combinations * single ** matched)
}
