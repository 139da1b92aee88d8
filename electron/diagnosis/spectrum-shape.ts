import type { SignalFault } from '../../shared/domain/analysis.ts'
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

export interface SpectrumCheck {
  readonly faults: readonly SignalFault[]
  /** why the low frequencies are not the machine's; null when they are */
  readonly lowFrequencyFault: string | null
  /** nothing of the machine is left in the signal */
  readonly sensorFault: boolean
}

/** Below this a sensor that settles, a knock or a loose magnet leaves its slope; slow machines have their own lines there. */
const SLOPE_TOP_HZ = 5
const SLOWEST_SHAFT_HZ = 7
const SLOPE_SHARE = 0.3
/** A signal that wanders carries twice the power in each octave down, and is a sample of it. */
const SLOPE_PER_OCTAVE = 1.5
const SLOPE_FAULT = 0.9
/** Mains hum is a cable's when it is nearly all there is. */
const HUM_SHARE = 0.7
const HUM_HARMONICS = [1, 3, 5, 7] as const

function powerBetween(amplitudes: Float64Array, resolutionHz: number, lowHz: number, highHz: number): number {
  let power = 0
  const to = Math.min(amplitudes.length, Math.ceil(highHz / resolutionHz))
  for (let k = Math.max(2, Math.round(lowHz / resolutionHz)); k < to; k += 1) power += (amplitudes[k] as number) ** 2
  return power
}

const percent = (share: number): string => `${Math.round(100 * share)} %`

function skiSlope(amplitudes: Float64Array, resolutionHz: number, total: number): number {
  // Two octaves below the top must be told apart.
  if (resolutionHz > SLOPE_TOP_HZ / 8) return 0
  const octave = (highHz: number): number => powerBetween(amplitudes, resolutionHz, highHz / 2, highHz)
  const octaves = [octave(SLOPE_TOP_HZ / 2), octave(SLOPE_TOP_HZ), octave(2 * SLOPE_TOP_HZ)]
  const [low = 0, middle = 0, high = 0] = octaves
  if (low < SLOPE_PER_OCTAVE * middle || middle < SLOPE_PER_OCTAVE * high) return 0
  return powerBetween(amplitudes, resolutionHz, 0, SLOPE_TOP_HZ) / total
}

/** What a spectrum gives away about sensor and cable. `shaftHz` null: unknown. */
export function checkSpectrum(
  amplitudes: Float64Array,
  resolutionHz: number,
  shaftHz: number | null,
  mainsHz: number,
): SpectrumCheck {
  const faults: SignalFault[] = []
  const total = powerBetween(amplitudes, resolutionHz, 0, amplitudes.length * resolutionHz)
  if (!(total > 0)) return { faults, lowFrequencyFault: null, sensorFault: false }
  const slope = shaftHz !== null && shaftHz < SLOWEST_SHAFT_HZ ? 0 : skiSlope(amplitudes, resolutionHz, total)
  const isSlope = slope >= SLOPE_SHARE
  const detail = `${percent(slope)} of the power lies below ${SLOPE_TOP_HZ} Hz and rises with each octave down: the sensor settles, was knocked, or sits loose`
  if (isSlope) faults.push({ fault: 'ski-slope', detail })
  const isAtMains = shaftHz !== null && Math.abs(shaftHz / mainsHz - 1) < 0.05
  const hum = HUM_HARMONICS.reduce((sum, k) => {
    const reach = Math.max(2 * resolutionHz, 0.002 * k * mainsHz)
    return sum + powerBetween(amplitudes, resolutionHz, k * mainsHz - reach, k * mainsHz + reach)
  }, 0)
  const isHum = !isAtMains && hum >= HUM_SHARE * total
  if (isHum) {
    const words = `${percent(hum / total)} of the power is ${mainsHz} Hz and its odd harmonics: mains hum from a broken shield or a ground loop`
    faults.push({ fault: 'cable', detail: words })
  }
  return { faults, lowFrequencyFault: isSlope ? detail : null, sensorFault: slope >= SLOPE_FAULT || isHum }
}
