import { medianInPlace } from '../../shared/lib/median.ts'
import type { FaultMark, SpectrumFrame } from '../../shared/protocol/views.ts'

/** A fault line with its own reading. */
export interface LineMark extends FaultMark {
  amplitude: number | null
  /** Above the local median; null when the line was not found, or belongs to a nearer family. */
  snrDb: number | null
  /** Where the line stands; the expected frequency when it was not found. */
  foundHz: number
}

/** Lines sit up to 1.5 % off the expected frequency (slip; the same as electron/dsp/lines.ts). */
const tolerance = 0.015
const floorReachBins = 25
const floorReachShafts = 0.75

interface Reading {
  mark: FaultMark
  bin: number
  /** Distance of the line from where it is expected, relative. */
  off: number
}

/**
 * Reads every expected line off the spectrum. A peak within reach of two families (the second inner-race and the third
 * outer-race harmonic of a 6205 lie 0.7 % apart) belongs to the nearer one only; otherwise a strong outer-race family
 * would find half of an inner-race family too.
 */
export function readLines({ marks, amplitude, resolutionHz, rpm }: SpectrumFrame): LineMark[] {
  const readings = marks.map((mark): Reading => {
    const bin = strongestBin(amplitude, resolutionHz, mark.hz)
    return { mark, bin, off: Math.abs(bin * resolutionHz - mark.hz) / mark.hz }
  })
  const reach = Math.max(floorReachBins, Math.trunc((floorReachShafts * (rpm ?? 0)) / 60 / resolutionHz))
  return readings.map((reading) => {
    const { mark, bin } = reading
    const rival =
      readings.some((other) => other !== reading && Math.abs(other.bin - bin) <= 1 && other.off < reading.off) ||
      readings.some((other) => isOvertone(other, reading, amplitude, resolutionHz))
    const value = amplitude[bin] ?? Number.NaN
    const floor = localMedian(amplitude, bin, reach)
    if (rival || !(floor > 0) || Number.isNaN(value)) {
      const own = amplitude[Math.round(mark.hz / resolutionHz)] ?? null
      return { ...mark, amplitude: own, snrDb: null, foundHz: mark.hz }
    }
    return { ...mark, amplitude: value, snrDb: 20 * Math.log10(value / floor), foundHz: bin * resolutionHz }
  })
}

/** Harmonics of a family beyond the marked ones that still claim a peak. */
const overtones = 12

/** Whether the peak of `reading` is nearer to a harmonic of another family whose first line is higher than it. */
function isOvertone(first: Reading, reading: Reading, amplitude: Float32Array, resolutionHz: number): boolean {
  if (first.mark.harmonic !== 1 || first.mark.fault === reading.mark.fault) return false
  if (!((amplitude[first.bin] ?? 0) > (amplitude[reading.bin] ?? 0))) return false
  const hz = reading.bin * resolutionHz
  // Slip moves a whole family: its overtones are multiples of where its first line stands.
  const fundamentalHz = first.off <= tolerance ? first.bin * resolutionHz : first.mark.hz
  const k = Math.round(hz / fundamentalHz)
  if (k < 2 || k > overtones) return false
  // A first line between two bins is half a bin off; its k-th overtone k times as much.
  const off = Math.max(0, Math.abs(hz - k * fundamentalHz) - (k * resolutionHz) / 2) / hz
  return off < reading.off
}

function strongestBin(amplitude: Float32Array, resolutionHz: number, hz: number): number {
  const reach = Math.max(1, Math.round((tolerance * hz) / resolutionHz))
  const centre = Math.round(hz / resolutionHz)
  let best = Math.max(1, centre)
  for (let bin = Math.max(1, centre - reach); bin <= centre + reach && bin < amplitude.length; bin++) {
    if ((amplitude[bin] ?? 0) > (amplitude[best] ?? 0)) best = bin
  }
  return best
}

let scratch = new Float64Array(256)

function localMedian(amplitude: Float32Array, bin: number, reach: number): number {
  const from = Math.max(1, bin - reach)
  const to = Math.min(amplitude.length - 1, bin + reach)
  const count = to - from + 1
  if (count <= 0) return Number.NaN
  if (count > scratch.length) scratch = new Float64Array(2 * count)
  for (let i = 0; i < count; i++) scratch[i] = amplitude[from + i] ?? 0
  return medianInPlace(scratch, count)
}
