import type uPlot from 'uplot'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import { seriesColour } from './colours.ts'
import { amplitudeAt, harmonicsOf, refinePeak, sidebandsOf, type View } from './cursor-maths.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { readLines } from './line-marks.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { drawAxisTitle, axisTitle, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { frequencyAxis, heightAxis, heightTitle, frequencyTitle } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import {
  axisFactor,
  heightRange,
  heightsOf,
  onLinesOf,
  plainDisplay,
  shownSpectrum,
  type ShownSpectrum,
  type SpectrumDisplay,
} from './spectrum-display.ts'
import {
  drawBand,
  drawCursor,
  drawLanes,
  drawNotes,
  drawOverlay,
  fullView,
  laneAt,
  laneGapPx,
  laneHeightPx,
  type PlacedNote,
} from './spectrum-drawing.ts'
import { cursorForKey, type CursorKey } from './spectrum-keys.ts'
import { families, lanesOf, mergedLanes, mergedLanesOf, type Lane } from './spectrum-marks.ts'
import { spectrumFigure } from './spectrum-figure.ts'
import { extentOf, nextPeak, sameView, startView } from './spectrum-peaks.ts'
import { spectrumWords, type ReadSpectrum } from './spectrum-words.ts'
import { YRange } from './y-range.ts'

export interface SpectrumElements {
  body: HTMLElement
  mark: HTMLElement
  says: HTMLElement
  readout: HTMLElement
}

export interface SpectrumLook {
  label: string
  unit: string
  colourIndex: number
  /** Bearing families share a lane: over a wide axis they all crowd at its left end. */
  merged: boolean
}

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

/** A click or hover takes the highest line within this many pixels. */
const snapPx = 4
const staleAfterMs = 5000
const textEveryMs = 250
/** Without a frame for this long the plot says that it waits. */
const waitMs = 1200
/** Stands for a line of no height where heights are logarithms: below any axis. */
const nothing = -1000

/** One spectrum plot outside React: draws the newest frame, keeps its view, answers keys. */
export class SpectrumView {
  readonly host: PlotHost
  readonly #elements: SpectrumElements
  readonly #source: FrameSource<SpectrumFrame>
  readonly #cursor: SpectrumCursorStore
  readonly #look: SpectrumLook
  readonly #range = new YRange()
  readonly #navigation: NavigationHost
  readonly #stops: (() => void)[]
  #reading = plainReading
  #frame: SpectrumFrame | null = null
  #shown: ShownSpectrum | null = null
  #heights: Float32Array = new Float32Array(0)
  #held: Float32Array | null = null
  #overlays: { height: Float32Array; resolutionHz: number; colourIndex: number }[] = []
  #lanes: Lane[] = []
  #hz = new Float64Array(0)
  #view: View | null
  #hoverHz: number | null = null
  #arrivedMs = Number.NaN
  /** Different blocks seen. */
  #blocks = 0
  readonly #createdMs = performance.now()
  #textMs = 0

  constructor(
    elements: SpectrumElements,
    source: FrameSource<SpectrumFrame>,
    cursor: SpectrumCursorStore,
    look: SpectrumLook,
    view: View | null,
    onView: (view: View) => void,
  ) {
    this.#elements = elements
    this.#source = source
    this.#cursor = cursor
    this.#look = look
    this.#view = view
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => this.#full(),
      narrowest: () => (this.#frame?.resolutionHz ?? 1) * 12,
      onView: (next) => {
        const full = this.#full()
        const whole = next.min <= full.min && next.max >= full.max
        this.#view = whole && this.#start().max === full.max ? null : next
        this.host.setX(next)
        onView(next)
      },
      onClick: (hz) => this.place(this.#snap(hz)),
      onSelect: (fromHz, toHz) => this.#cursor.setState({ refHz: fromHz, hz: toHz }),
      onHover: (hz, topPx) => {
        this.#hoverHz = hz === null || topPx < 0 ? null : hz
        this.#textMs = 0
      },
    }
    this.#configure()
    this.#stops = [
      source.subscribe(() => this.#take(source.latest)),
      cursor.subscribe(() => {
        this.host.touch()
        this.#textMs = 0
      }),
      joinFrameLoop((nowMs) => {
        this.host.flush()
        if (nowMs - this.#textMs > textEveryMs) this.#tell(nowMs)
        return false
      }),
    ]
    elements.body.addEventListener('pointermove', this.#hoverLanes)
    elements.body.addEventListener('pointerleave', this.#leaveLanes)
    this.#take(source.latest)
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
    this.#elements.body.removeEventListener('pointermove', this.#hoverLanes)
    this.#elements.body.removeEventListener('pointerleave', this.#leaveLanes)
    this.host.destroy()
  }

  read(reading: SpectrumReading): void {
    const before = this.#reading
    this.#reading = reading
    if (!reading.hold || before.display !== reading.display) this.#held = null
    this.#configure()
    this.#show()
    this.#textMs = 0
  }

  /** Places the cursor and brings it into view. */
  place(hz: number): void {
    this.#cursor.setState({ hz })
    const view = this.host.views.x
    if (hz < view.min || hz > view.max) {
      const half = (view.max - view.min) / 2
      this.#navigation.onView({ min: Math.max(0, hz - half), max: Math.max(0, hz - half) + 2 * half })
    }
  }

  key(event: CursorKey): boolean {
    const frame = this.#frame
    if (!frame) return false
    const cursor = this.#cursor.getState()
    const views = this.host.views.x
    const view = viewForKey(event.key, this.#navigation, cursor.hz)
    if (view) {
      this.#navigation.onView(view)
      return true
    }
    const next = cursorForKey(event, {
      cursor,
      middleHz: (views.min + views.max) / 2,
      resolutionHz: frame.resolutionHz,
      lines: frame.amplitude.length,
      hzPerPx: this.#hzPerPx(),
      shaftHz: this.#shaftHz(),
      snap: (hz, px) => this.#snap(hz, px),
      nextPeak: (hz, direction) => nextPeak(frame, views, hz, direction),
    })
    if (!next) return false
    const { hz, ...rest } = next
    this.#cursor.setState(rest)
    if (hz === null || hz === undefined) this.#cursor.setState(next)
    else this.place(hz)
    return true
  }

  /** The readout with its families, a line each, for the clipboard. */
  text(): string {
    const read = this.#read()
    const cursor = this.#cursor.getState()
    if (!read || cursor.hz === null) return ''
    const { harmonics, sidebands } = this.#families(cursor.hz)
    const rows = [...harmonics, ...sidebands].map(
      (at) =>
        `${at.toFixed(3)}\t${formatNumber(amplitudeAt(read.shown.linear, read.frame.resolutionHz, at), 4)}\t${read.shown.unit}`,
    )
    return [spectrumWords(read, cursor.hz, cursor), ...rows].join('\n')
  }

  /** Peak amplitude under the placed cursor, as it is stored with a mark. */
  marked(): { at: number; value: number; unit: string } | null {
    const { hz } = this.#cursor.getState()
    const read = this.#read()
    if (hz === null || !read) return null
    const plain = amplitudeAt(read.frame.amplitude, read.frame.resolutionHz, hz)
    return { at: hz, value: plain, unit: read.frame.unit }
  }

  /** The plot as data, for files. */
  figure(title: string): Figure | null {
    const read = this.#read()
    if (!read) return null
    const { overlays, difference, stored } = this.#reading
    return spectrumFigure({
      title,
      about: [stored ?? '', read.frame.rpm === null ? '' : speedWords(read.frame.rpm)].filter((words) => words !== ''),
      label: this.#look.label,
      read,
      views: this.host.views,
      hz: this.#hz,
      heights: this.#heights,
      others: difference ? [] : this.#overlays.map((other, i) => ({ ...other, name: overlays[i]?.name ?? '' })),
      ratio: this.#isRatio(),
      lanes: this.#lanes,
      cursorHz: this.#cursor.getState().hz,
    })
  }

  readonly #hoverLanes = (event: PointerEvent): void => {
    const plot = this.host.plot
    if (!plot) return
    const hovered = laneAt(this.#lanes, event.clientY - plot.over.getBoundingClientRect().top)
    if (hovered !== this.#cursor.getState().hovered) this.#cursor.setState({ hovered })
  }

  readonly #leaveLanes = (): void => {
    if (this.#cursor.getState().hovered !== null) this.#cursor.setState({ hovered: null })
  }

  #configure(): void {
    this.host.configure((colours) => this.#config(colours))
  }

  #config(colours: ChartColours) {
    const look = this.#look
    const { display } = this.#reading
    const top = laneHeightPx * (look.merged ? mergedLanes : families.length) + laneGapPx
    const title = this.#shown
      ? heightTitle(look.label, this.#shown, display, this.#isRatio())
      : axisTitle({ label: look.label, unit: look.unit })
    return {
      ...commonOptions,
      padding: [top, 8, 0, 0] as [number, number, number, number],
      scales: drivenScales,
      axes: [
        frequencyAxis(colours, () => axisFactor(display.axis, this.#frame?.rpm ?? null) ?? 1),
        heightAxis(valueAxis(colours, { label: title, unit: '' }), this.#isRatio() ? 'linear' : display.scale),
      ],
      series: [{}, { stroke: seriesColour(colours, look.colourIndex), width: 1, points: { show: false } }],
      plugins: [navigationPlugin(this.#navigation)],
      // Before the series, which stays in front.
      hooks: {
        drawAxes: [(plot: uPlot) => this.#drawOthers(plot, colours)],
        draw: [(plot: uPlot) => this.#draw(plot, colours)],
      },
    }
  }

  #drawOthers(plot: uPlot, colours: ChartColours): void {
    const { difference } = this.#reading
    if (!difference)
      for (const { height, resolutionHz, colourIndex } of this.#overlays)
        drawOverlay(plot, height, resolutionHz, seriesColour(colours, colourIndex))
    if (this.#held && this.#frame) drawOverlay(plot, this.#held, this.#frame.resolutionHz, colours.muted)
  }

  #draw(plot: uPlot, colours: ChartColours): void {
    const { hz, refHz, bandHz, hovered } = this.#cursor.getState()
    const { display, notes } = this.#reading
    const noOrders = display.axis === 'orders' && axisFactor('orders', this.#frame?.rpm ?? null) === null
    drawAxisTitle(plot, frequencyTitle(noOrders ? 'hz' : display.axis), colours)
    drawLanes(plot, this.#lanes, hovered, colours)
    drawNotes(plot, notes, colours)
    if (hz === null || !this.#frame) return
    if (bandHz !== null) drawBand(plot, hz - bandHz / 2, hz + bandHz / 2, colours)
    if (refHz !== null) drawBand(plot, Math.min(hz, refHz), Math.max(hz, refHz), colours)
    const height = amplitudeAt(this.#heights, this.#frame.resolutionHz, hz)
    drawCursor(plot, { hz, amplitude: height, ...this.#families(hz) }, colours)
  }

  #take(frame: SpectrumFrame | null): void {
    if (!frame) return
    if (frame.tUs !== this.#frame?.tUs) {
      this.#arrivedMs = performance.now()
      this.#blocks += 1
    }
    const unitBefore = this.#shown?.unit
    this.#frame = frame
    const lines = readLines(frame)
    this.#lanes = frame.kind === 'spectrum' ? mergedLanesOf(lines) : lanesOf(lines)
    if (this.#view === null) this.host.setX(sameView(this.host.views.x, this.#start()))
    else this.host.setX(this.#view)
    this.#show()
    // The axis carries the unit, which may not be the contract's in an old capture.
    if (this.#shown?.unit !== unitBefore) this.#configure()
  }

  #show(): void {
    const frame = this.#frame
    if (!frame) return
    const { display, overlays, difference, hold } = this.#reading
    if (frame.amplitude.length !== this.#hz.length || this.#hz[1] !== frame.resolutionHz)
      this.#hz = Float64Array.from(frame.amplitude, (_, line) => line * frame.resolutionHz)
    const shown = shownSpectrum(frame, display)
    this.#shown = shown
    const others = overlays.map(({ frame: other, colourIndex }) => ({
      shown: shownSpectrum(other, display),
      resolutionHz: other.resolutionHz,
      colourIndex,
    }))
    const [first] = others
    if (difference && first) {
      const other = onLinesOf(first.shown.linear, first.resolutionHz, shown.linear.length, frame.resolutionHz)
      this.#heights = shown.linear.map((value, line) => this.#differenceOf(value, other[line] ?? Number.NaN))
    } else this.#heights = drawn(heightsOf(shown.linear, display.scale, shown.reference))
    this.#overlays = others.map((other) => ({
      height: drawn(heightsOf(other.shown.linear, display.scale, other.shown.reference)),
      resolutionHz: other.resolutionHz,
      colourIndex: other.colourIndex,
    }))
    this.#hold(hold && !difference)
    this.#scale()
    this.host.setData([this.#hz, this.#heights])
    this.host.touch()
  }

  #hold(wanted: boolean): void {
    if (!wanted) {
      this.#held = null
      return
    }
    const held = this.#held
    if (!held || held.length !== this.#heights.length) this.#held = this.#heights.slice()
    else
      for (let line = 0; line < held.length; line++)
        held[line] = Math.max(held[line] ?? nothing, this.#heights[line] ?? nothing)
  }

  /** In a plot of levels a difference is a ratio; a line that is in one of them only has none. */
  #differenceOf(value: number, other: number): number {
    if (!this.#isRatio()) return value - other
    return value > 0 && other > 0 ? 20 * Math.log10(value / other) : 0
  }

  #isRatio(): boolean {
    const { difference, overlays, display } = this.#reading
    return difference && overlays.length > 0 && display.scale !== 'linear'
  }

  #scale(): void {
    const { display, difference, overlays } = this.#reading
    const { bottom, top } = extentOf(
      difference ? [this.#heights] : [this.#heights, ...this.#overlays.map(({ height }) => height)],
    )
    const now = this.host.views.y
    if (difference && overlays.length > 0) {
      if (this.#range.update(Math.max(top, -bottom), performance.now()) || now.min !== -this.#range.top)
        this.host.setY({ min: -this.#range.top, max: this.#range.top })
    } else if (display.scale === 'linear') {
      if (this.#range.update(Math.max(0, top), performance.now()) || now.min !== 0 || now.max !== this.#range.top)
        this.host.setY({ min: 0, max: this.#range.top })
    } else {
      const wanted = heightRange(top, display.scale)
      const slack = display.scale === 'log' ? 1 : 15
      const fits = now.max - now.min === wanted.max - wanted.min && top < now.max && now.max - wanted.max < slack
      if (!fits) this.host.setY(wanted)
    }
  }

  #full(): View {
    return this.#frame ? fullView(this.#frame.resolutionHz, this.#frame.amplitude.length) : { min: 0, max: 1 }
  }

  #start(): View {
    return this.#frame ? startView(this.#frame) : this.#full()
  }

  #hzPerPx(): number {
    const { min, max } = this.host.views.x
    return (max - min) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
  }

  #snap(hz: number, px = snapPx): number {
    const frame = this.#frame
    if (!frame || !this.host.plot) return hz
    const reach = Math.max(1, Math.round((px * this.#hzPerPx()) / frame.resolutionHz))
    return refinePeak(frame.amplitude, frame.resolutionHz, hz, reach)?.hz ?? hz
  }

  #shaftHz(): number {
    const rpm = this.#frame?.rpm ?? null
    return rpm !== null && rpm > 0 ? rpm / 60 : (this.#frame?.resolutionHz ?? 1) * 10
  }

  #families(hz: number): { harmonics: number[]; sidebands: number[] } {
    const { harmonics, sidebandHz } = this.#cursor.getState()
    const { max } = this.#full()
    return {
      harmonics: harmonics ? harmonicsOf(hz, max) : [],
      sidebands: sidebandHz === null ? [] : sidebandsOf(hz, sidebandHz, max),
    }
  }

  #read(): ReadSpectrum | null {
    const { display, noiseBandwidthLines } = this.#reading
    return this.#frame && this.#shown ? { frame: this.#frame, shown: this.#shown, display, noiseBandwidthLines } : null
  }

  #tell(nowMs: number): void {
    this.#textMs = nowMs
    const { mark, says, readout } = this.#elements
    const frame = this.#frame
    const ageMs = nowMs - this.#arrivedMs
    const failure = this.#source.failure
    const { stored } = this.#reading
    const stale = stored === null && this.#blocks > 0 && ageMs > staleAfterMs
    let words = ''
    if (failure) words = failure.message
    else if (!frame && nowMs - this.#createdMs > waitMs) words = t(stored === null ? 'plot.waiting' : 'plot.computing')
    else if (stale) words = t('plot.staleSpectrum', { s: Math.round(ageMs / 1000) })
    // The first frame may be an old one that the engine still holds; only a second block proves that data flows.
    const live = stored === null && !failure && !stale && this.#blocks > 1
    let state = t('plot.waitingMark')
    if (stored !== null) state = stored
    else if (live && frame)
      state = t('plot.spectrumMark', { rpm: speedWords(frame.rpm), line: formatNumber(frame.resolutionHz, 3) })
    else if (stale || failure) state = t('plot.staleMark')
    else if (frame) state = t('plot.lastKnownMark')
    setText(mark, state)
    mark.dataset['live'] = String(live)
    say(says, words)
    const cursor = this.#cursor.getState()
    const read = this.#read()
    const hz = this.#hoverHz ?? cursor.hz
    setText(readout, hz === null || !read ? t('plot.cursorHint') : spectrumWords(read, hz, cursor))
    readout.title = readout.textContent ?? ''
  }
}

function drawn(heights: Float32Array): Float32Array {
  return heights.some(Number.isNaN) ? heights.map((value) => (Number.isNaN(value) ? nothing : value)) : heights
}

function speedWords(rpm: number | null): string {
  return rpm === null ? t('plot.noSpeed') : t('plot.rpm', { rpm: Math.round(rpm) })
}
