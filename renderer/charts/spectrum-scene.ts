import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import { harmonicsOf, sidebandsOf, type View } from './cursor-maths.ts'
import { readLines } from './line-marks.ts'
import type { SpectrumCursor } from './spectrum-cursor.ts'
import {
  heightsOf,
  onLinesOf,
  plainDisplay,
  shownSpectrum,
  type ShownSpectrum,
  type SpectrumDisplay,
} from './spectrum-display.ts'
import { fullView, type PlacedNote } from './spectrum-drawing.ts'
import { lanesOf, mergedLanesOf, type Lane } from './spectrum-marks.ts'
import { extentOf } from './spectrum-peaks.ts'
import type { ReadSpectrum } from './spectrum-words.ts'

export interface SpectrumOverlay {
  name: string
  frame: SpectrumFrame
  colourIndex: number
}

/** What may change while a plot stands. */
export interface SpectrumReading {
  display: SpectrumDisplay
  overlays: readonly SpectrumOverlay[]
  /** The first overlay is taken off instead of being drawn beside. */
  difference: boolean
  /** The largest of each line since it was switched on. */
  hold: boolean
  /** What stands in the place of LIVE over a spectrum that does not change; null: it is live. */
  stored: string | null
  noiseBandwidthLines: number
  notes: readonly PlacedNote[]
  /** So many orders are shown before anybody has zoomed; left out: everything, or the fault lines of an envelope. */
  firstOrders?: number
}

export const plainReading: SpectrumReading = {
  display: plainDisplay,
  overlays: [],
  difference: false,
  hold: false,
  stored: null,
  noiseBandwidthLines: 1.5,
  notes: [],
}

/** Stands for a line of no height where heights are logarithms: below any axis. */
const nothing = -1000

/** A spectrum as it is read: heights by the display, what lies over it, what is held, and its fault lines. */
export class SpectrumScene {
  reading = plainReading
  frame: SpectrumFrame | null = null
  shown: ShownSpectrum | null = null
  heights: Float32Array = new Float32Array(0)
  /** The largest of each line so far; null: nothing is held. */
  held: Float32Array | null = null
  overlays: { height: Float32Array; resolutionHz: number; colourIndex: number }[] = []
  lanes: Lane[] = []
  hz = new Float64Array(0)

  read(reading: SpectrumReading): void {
    const before = this.reading
    this.reading = reading
    if (!reading.hold || before.display !== reading.display) this.held = null
    this.#compute()
  }

  take(frame: SpectrumFrame): void {
    this.frame = frame
    const lines = readLines(frame)
    this.lanes = frame.kind === 'spectrum' ? mergedLanesOf(lines) : lanesOf(lines)
    this.#compute()
  }

  /** A difference of levels is a ratio, in decibels. */
  get isRatio(): boolean {
    const { difference, overlays, display } = this.reading
    return difference && overlays.length > 0 && display.scale !== 'linear'
  }

  get isDifference(): boolean {
    return this.reading.difference && this.reading.overlays.length > 0
  }

  /** Of everything that has to fit in a view. */
  extent(view: View): { bottom: number; top: number } {
    const own = { heights: this.heights, resolutionHz: this.frame?.resolutionHz ?? 1 }
    const others = this.overlays.map(({ height, resolutionHz }) => ({ heights: height, resolutionHz }))
    return extentOf(this.reading.difference ? [own] : [own, ...others], view)
  }

  families(hz: number, { harmonics, sidebandHz }: SpectrumCursor): { harmonics: number[]; sidebands: number[] } {
    const max = this.frame ? fullView(this.frame.resolutionHz, this.frame.amplitude.length).max : 1
    return {
      harmonics: harmonics ? harmonicsOf(hz, max) : [],
      sidebands: sidebandHz === null ? [] : sidebandsOf(hz, sidebandHz, max),
    }
  }

  words(): ReadSpectrum | null {
    const { display, noiseBandwidthLines } = this.reading
    return this.frame && this.shown ? { frame: this.frame, shown: this.shown, display, noiseBandwidthLines } : null
  }

  #compute(): void {
    const { frame } = this
    if (!frame) return
    const { display, overlays, difference, hold } = this.reading
    if (frame.amplitude.length !== this.hz.length || this.hz[1] !== frame.resolutionHz)
      this.hz = Float64Array.from(frame.amplitude, (_, line) => line * frame.resolutionHz)
    const shown = shownSpectrum(frame, display)
    this.shown = shown
    const others = overlays.map(({ frame: other, colourIndex }) => ({
      shown: shownSpectrum(other, display),
      resolutionHz: other.resolutionHz,
      colourIndex,
    }))
    const [first] = others
    if (difference && first) {
      const other = onLinesOf(first.shown.linear, first.resolutionHz, shown.linear.length, frame.resolutionHz)
      this.heights = shown.linear.map((value, line) => this.#differenceOf(value, other[line] ?? Number.NaN))
    } else this.heights = drawn(heightsOf(shown.linear, display.scale, shown.reference))
    this.overlays = others.map((other) => ({
      height: drawn(heightsOf(other.shown.linear, display.scale, other.shown.reference)),
      resolutionHz: other.resolutionHz,
      colourIndex: other.colourIndex,
    }))
    this.#hold(hold && !difference)
  }

  #hold(wanted: boolean): void {
    if (!wanted) {
      this.held = null
      return
    }
    const { held } = this
    if (!held || held.length !== this.heights.length) this.held = this.heights.slice()
    else
      for (let line = 0; line < held.length; line++)
        held[line] = Math.max(held[line] ?? nothing, this.heights[line] ?? nothing)
  }

  /** In a plot of levels a difference is a ratio; a line that is in one of them only has none. */
  #differenceOf(value: number, other: number): number {
    if (!this.isRatio) return value - other
    return value > 0 && other > 0 ? 20 * Math.log10(value / other) : 0
  }
}

function drawn(heights: Float32Array): Float32Array {
  return heights.some(Number.isNaN) ? heights.map((value) => (Number.isNaN(value) ? nothing : value)) : heights
}
