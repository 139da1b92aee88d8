import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import { refinePeak, type View } from './cursor-maths.ts'
import { fullView } from './spectrum-drawing.ts'
import { niceCeiling } from './y-range.ts'

/** A peak to step to stands at a twentieth of the largest in view, */
const leastShare = 1 / 20
/** and no line within so many is higher. */
const around = 3
/** The first lines hold what is left of the mean; they would flatten everything else. */
const firstLine = 3

/** The next peak to one side of a frequency; the frequency itself when there is none. */
export function nextPeak(frame: SpectrumFrame, view: View, hz: number, direction: -1 | 1): number {
  const { amplitude, resolutionHz } = frame
  const least = largestIn(frame, view) * leastShare
  const start = Math.round(hz / resolutionHz) + 2 * direction
  for (let line = start; line > around && line < amplitude.length - around; line += direction) {
    const value = amplitude[line] ?? 0
    if (value < least) continue
    let highest = true
    for (let k = line - around; k <= line + around; k++) if ((amplitude[k] ?? 0) > value) highest = false
    if (highest) return refinePeak(amplitude, resolutionHz, line * resolutionHz, 1)?.hz ?? line * resolutionHz
  }
  return hz
}

function largestIn({ amplitude, resolutionHz }: SpectrumFrame, { min, max }: View): number {
  let top = 0
  for (let line = Math.max(firstLine, Math.ceil(min / resolutionHz)); line * resolutionHz <= max; line++)
    top = Math.max(top, amplitude[line] ?? 0)
  return top
}

/** Smallest and largest height of some spectra within a view. */
export function extentOf(
  spectra: readonly { heights: Float32Array; resolutionHz: number }[],
  view: View,
): { bottom: number; top: number } {
  let top = Number.NEGATIVE_INFINITY
  let bottom = Number.POSITIVE_INFINITY
  for (const { heights, resolutionHz } of spectra) {
    const last = Math.min(heights.length - 1, Math.ceil(view.max / resolutionHz))
    for (let line = Math.max(firstLine, Math.floor(view.min / resolutionHz)); line <= last; line++) {
      const value = heights[line] ?? 0
      if (value > top) top = value
      if (value < bottom) bottom = value
    }
  }
  return { bottom, top }
}

/** An envelope of a whole record goes up to the width of its band; fault lines stand at its very beginning. */
const envelopeHz = 1000

/** What a spectrum shows before anybody has zoomed: everything, or of an envelope the part with the fault lines. */
export function startView({ kind, amplitude, resolutionHz, marks, rpm }: SpectrumFrame, orders?: number): View {
  const full = fullView(resolutionHz, amplitude.length)
  if (orders !== undefined && rpm !== null) return { min: 0, max: Math.min(full.max, (orders * rpm) / 60) }
  if (kind === 'spectrum') return full
  const marked = niceCeiling(Math.max(0, ...marks.map(({ hz }) => hz)))
  return { min: 0, max: Math.min(full.max, Math.max(envelopeHz, marked)) }
}

/** The view drawn now when it says the same, so that nothing is laid out again. */
export function sameView(now: View, next: View): View {
  return now.min === next.min && now.max === next.max ? now : next
}
