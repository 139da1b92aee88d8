/** Modified Bessel function I0, by its series: 25 terms reach 1e-15 for arguments up to 12. */
function bessel0(x: number): number {
  let term = 1
  let total = 1
  for (let k = 1; k <= 25; k += 1) {
    term *= (x / (2 * k)) ** 2
    total += term
  }
  return total
}

export const kaiser = (x: number, beta: number): number =>
  Math.abs(x) >= 1 ? 0 : bessel0(beta * Math.sqrt(1 - x * x)) / bessel0(beta)

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

/** Half width in samples. With Kaiser's beta of 9, what lies below 0.4 of the sample rate is right to 1e-4. */
const REACH = 16
const BETA = 9
/** Weights between two neighbours of 512 phases are interpolated linearly: an error of 1e-6. */
const PHASES = 512

let table: Float64Array | null = null

function kernel(): Float64Array {
  if (table !== null) return table
  const made = new Float64Array((PHASES + 1) * 2 * REACH)
  for (let phase = 0; phase <= PHASES; phase += 1) {
    for (let tap = 0; tap < 2 * REACH; tap += 1) {
      const x = tap - (REACH - 1) - phase / PHASES
      made[phase * 2 * REACH + tap] = sinc(x) * kaiser(x / REACH, BETA)
    }
  }
  table = made
  return made
}

/**
 * Values of a signal between its samples, by a windowed sinc of 32 taps. Beyond the ends the signal counts as its end values.
 *
 * @param positions in samples from the first
 */
export function interpolateAt(signal: Float64Array, positions: Float64Array): Float64Array {
  const weights = kernel()
  const last = signal.length - 1
  const out = new Float64Array(positions.length)
  for (let i = 0; i < positions.length; i += 1) {
    const position = positions[i] as number
    const whole = Math.floor(position)
    const phase = (position - whole) * PHASES
    const below = Math.min(PHASES - 1, Math.floor(phase))
    const share = phase - below
    const row = below * 2 * REACH
    let sum = 0
    for (let tap = 0; tap < 2 * REACH; tap += 1) {
      const at = whole + tap - (REACH - 1)
      const a = weights[row + tap] as number
      const b = weights[row + 2 * REACH + tap] as number
      sum += (signal[at < 0 ? 0 : at > last ? last : at] as number) * (a + share * (b - a))
    }
    out[i] = sum
  }
  return out
}

/** Half width in samples of the lower rate. Transition from 0.39 to 0.61 of the lower rate: what folds falls above the highest order that is shown (1 / 2.56). */
export const DECIMATION_REACH = 12
const DECIMATION_BETA = 8

/** Low-pass at half the lower rate and every `factor`-th sample, the first included; ends count as their end values. */
export function decimate(signal: Float64Array, factor: number): Float64Array {
  if (factor === 1) return signal
  const reach = DECIMATION_REACH * factor
  const taps = new Float64Array(2 * reach + 1)
  let sum = 0
  for (let k = -reach; k <= reach; k += 1) {
    const value = sinc(k / factor) * kaiser(k / (reach + 1), DECIMATION_BETA)
    taps[k + reach] = value
    sum += value
  }
  const last = signal.length - 1
  const out = new Float64Array(Math.floor(last / factor) + 1)
  for (let i = 0; i < out.length; i += 1) {
    const middle = i * factor
    let total = 0
    for (let k = -reach; k <= reach; k += 1) {
      const at = middle + k
      total += (taps[k + reach] as number) * (signal[at < 0 ? 0 : at > last ? last : at] as number)
    }
    out[i] = total / sum
  }
  return out
}
