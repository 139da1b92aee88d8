import { medianInPlace } from '../../shared/lib/median.ts'
import type { PlotCepstrum } from '../../shared/protocol/plots.ts'
import type { LineMark } from './line-marks.ts'

/** Slip moves a family as far as in a spectrum (line-marks.ts). */
const tolerance = 0.015
const floorReach = 200
const rahmonics = 3

/** Highest value within so many samples of a quefrency. */
export function peakAt(values: Float32Array, stepS: number, s: number, reachS: number): { s: number; value: number } {
  const from = Math.max(1, Math.floor((s - reachS) / stepS))
  const to = Math.min(values.length - 1, Math.ceil((s + reachS) / stepS))
  let best = Math.min(Math.max(1, Math.round(s / stepS)), values.length - 1)
  for (let i = from; i <= to; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i
  return { s: best * stepS, value: values[best] ?? Number.NaN }
}

/** Families at their period and its multiples; found where a peak stands out of what lies around it. `hz` holds milliseconds. */
export function cepstrumMarks({ values, stepS, marks }: Pick<PlotCepstrum, 'values' | 'stepS' | 'marks'>): LineMark[] {
  return marks.flatMap(({ fault, s }) =>
    Array.from({ length: rahmonics }, (_, i) => i + 1)
      .filter((harmonic) => harmonic * s < (values.length - 1) * stepS)
      .map((harmonic): LineMark => {
        const at = harmonic * s
        const peak = peakAt(values, stepS, at, at * tolerance)
        const floor = floorAround(values, Math.round(at / stepS))
        const snrDb = peak.value > 0 && floor > 0 ? 20 * Math.log10(peak.value / floor) : null
        return { fault, harmonic, hz: at * 1000, foundHz: peak.s * 1000, amplitude: peak.value, snrDb }
      }),
  )
}

/** Median of the magnitudes around: peaks are few and do not raise it. */
function floorAround(values: Float32Array, centre: number): number {
  const from = Math.max(1, centre - floorReach)
  const near = Float64Array.from(values.subarray(from, centre + floorReach + 1), Math.abs)
  return medianInPlace(near, near.length)
}
