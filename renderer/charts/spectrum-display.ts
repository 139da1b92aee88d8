import { units, type Unit } from '../../shared/domain/units.ts'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'

export const displayQuantities = ['own', 'acceleration', 'velocity', 'displacement'] as const
export type DisplayQuantity = (typeof displayQuantities)[number]
export const displayAmplitudes = ['peak', 'rms', 'peak-to-peak'] as const
export type DisplayAmplitude = (typeof displayAmplitudes)[number]
export const displayScales = ['linear', 'log', 'decibel'] as const
export type DisplayScale = (typeof displayScales)[number]
export const displayAxes = ['hz', 'cpm', 'orders'] as const
export type DisplayAxis = (typeof displayAxes)[number]

/** How a spectrum is read; what is computed does not change with it. */
export interface SpectrumDisplay {
  quantity: DisplayQuantity
  amplitude: DisplayAmplitude
  scale: DisplayScale
  axis: DisplayAxis
}

export const plainDisplay: SpectrumDisplay = { quantity: 'own', amplitude: 'peak', scale: 'linear', axis: 'hz' }

const amplitudeFactors: Record<DisplayAmplitude, number> = {
  peak: 1,
  rms: Math.SQRT1_2,
  'peak-to-peak': 2,
}

/** Integration grows what lies below without bound; half a turn of the slowest shaft that ISO 20816 looks at is 1 Hz. */
export const lowestIntegratedHz = 2

/** Reference values of ISO 1683 for levels, in SI: 1 um/s2, 1 nm/s, 1 pm. */
const references = { acceleration: 1e-6, velocity: 1e-9, displacement: 1e-12 } as const
type Motion = keyof typeof references
const shownIn: Record<Motion, string> = { acceleration: 'm/s2', velocity: 'mm/s', displacement: 'um' }
const order: Record<Motion, number> = { acceleration: 2, velocity: 1, displacement: 0 }

export interface ShownSpectrum {
  /** Linear amplitudes in `unit`, detector applied. */
  linear: Float32Array
  unit: string
  /** What a level of 0 dB is, in `unit`. */
  reference: number
  /** Why it is shown as it came although something else was asked for; null otherwise. */
  refused: 'no-motion' | null
}

function motionUnit(symbol: string): (Unit & { quantity: Motion }) | null {
  for (const unit of units)
    if (unit.symbol === symbol || unit.aliases.includes(symbol)) {
      const { quantity } = unit
      if (quantity === 'acceleration' || quantity === 'velocity' || quantity === 'displacement')
        return { ...unit, quantity }
    }
  return null
}

/** Envelope lines are no motion of the machine and stay as they are. */
export function shownSpectrum(frame: SpectrumFrame, { quantity, amplitude }: SpectrumDisplay): ShownSpectrum {
  const factor = amplitudeFactors[amplitude]
  const from = motionUnit(frame.unit)
  const asItIs = (refused: ShownSpectrum['refused']): ShownSpectrum => ({
    linear: factor === 1 ? frame.amplitude : frame.amplitude.map((value) => value * factor),
    unit: frame.unit,
    reference: from ? (references[from.quantity] / from.factor) * factor : 1,
    refused,
  })
  if (quantity === 'own' || frame.kind === 'envelope') return asItIs(null)
  if (!from) return asItIs('no-motion')
  if (quantity === from.quantity) return asItIs(null)
  const to = motionUnit(shownIn[quantity])
  if (!to) return asItIs('no-motion')
  const power = order[quantity] - order[from.quantity]
  const scale = (factor * from.factor) / to.factor
  const first = power < 0 ? Math.ceil(lowestIntegratedHz / frame.resolutionHz) : 0
  const linear = frame.amplitude.map((value, line) =>
    line < first ? 0 : value * scale * (2 * Math.PI * line * frame.resolutionHz) ** power,
  )
  return { linear, unit: to.symbol, reference: (references[quantity] / to.factor) * factor, refused: null }
}

/** Below this share of the largest line a logarithm shows rounding and no signal. */
const decades = 5
const rangeDb = 100

/** Heights as drawn: themselves, logarithms to base ten, or decibels above the reference. */
export function heightsOf(linear: Float32Array, scale: DisplayScale, reference: number): Float32Array {
  if (scale === 'linear') return linear
  const per = scale === 'log' ? 1 : 20
  const below = scale === 'log' ? 1 : reference
  return linear.map((value) => (value > 0 ? per * Math.log10(value / below) : Number.NaN))
}

/** Extent of the value axis for the largest height. */
export function heightRange(top: number, scale: DisplayScale): { min: number; max: number } {
  if (!Number.isFinite(top)) return { min: 0, max: 1 }
  if (scale === 'log') return { min: Math.ceil(top + 0.05) - decades, max: Math.ceil(top + 0.05) }
  const max = Math.ceil((top + 3) / 10) * 10
  return { min: max - rangeDb, max }
}

/** What hertz are multiplied by for the horizontal axis; null when it needs a speed and there is none. */
export function axisFactor(axis: DisplayAxis, rpm: number | null): number | null {
  if (axis === 'hz') return 1
  if (axis === 'cpm') return 60
  return rpm !== null && rpm > 0 ? 60 / rpm : null
}

/** Round places for ticks between two values, at most `most` of them. */
export function niceSplits(min: number, max: number, most: number): number[] {
  const span = max - min
  if (!(span > 0) || most < 1) return []
  const rough = span / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * power).find((candidate) => candidate >= rough * (1 - 1e-9)) ?? 10 * power
  const splits: number[] = []
  for (let n = Math.ceil(min / step - 1e-9); n * step <= max + step * 1e-9; n++) splits.push(n * step + 0)
  return splits
}

/**
 * RMS of a band by Parseval: half the squares of the peak amplitudes, over the window's noise bandwidth. `linear` after its
 * detector, of which `amplitude` is the kind.
 */
export function bandRms(
  linear: Float32Array,
  resolutionHz: number,
  lowHz: number,
  highHz: number,
  amplitude: DisplayAmplitude,
  noiseBandwidthLines: number,
): number {
  const from = Math.max(1, Math.round(lowHz / resolutionHz))
  const to = Math.min(linear.length - 1, Math.round(highHz / resolutionHz))
  let squares = 0
  for (let line = from; line <= to; line++) squares += (linear[line] ?? 0) ** 2
  return (Math.SQRT1_2 / amplitudeFactors[amplitude]) * Math.sqrt(squares / noiseBandwidthLines)
}

/** Lines of one spectrum on those of another: the nearest, NaN beyond its end. */
export function onLinesOf(values: Float32Array, resolutionHz: number, lines: number, otherHz: number): Float32Array {
  if (resolutionHz === otherHz && values.length === lines) return values
  return Float32Array.from(
    { length: lines },
    (_, line) => values[Math.round((line * otherHz) / resolutionHz)] ?? Number.NaN,
  )
}
