import type uPlot from 'uplot'
import type { SpectrumFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import { seriesColour } from './colours.ts'
import { amplitudeAt, refinePeak, type View } from './cursor-maths.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { drawAxisTitle, axisTitle, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { frequencyAxis, heightAxis, heightTitle, frequencyTitle } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { axisFactor, heightRange } from './spectrum-display.ts'
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
} from './spectrum-drawing.ts'
import { spectrumFigure } from './spectrum-figure.ts'
import { cursorForKey, type CursorKey } from './spectrum-keys.ts'
import { families, mergedLanes } from './spectrum-marks.ts'
import { nextPeak, sameView, startView } from './spectrum-peaks.ts'
import { SpectrumScene, type SpectrumReading } from './spectrum-scene.ts'
import { speedWords, SpectrumState } from './spectrum-state.ts'
import { spectrumWords } from './spectrum-words.ts'
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

/** A click or hover takes the highest line within this many pixels. */
const snapPx = 4
const textEveryMs = 250

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
  readonly #scene = new SpectrumScene()
  readonly #state = new SpectrumState()
  #view: View | null
  #hoverHz: number | null = null
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
      narrowest: () => (this.#scene.frame?.resolutionHz ?? 1) * 12,
      onView: (next) => {
        const full = this.#full()
        const whole = next.min <= full.min && next.max >= full.max
        this.#view = whole && this.#start().max === full.max ? null : next
        const before = this.host.views.x
        this.host.setX(next)
        // Zoomed in, what is there fills the height; panned along, the height stays.
        if (Math.abs((next.max - next.min) / (before.max - before.min) - 1) > 1e-6) {
          this.#range.reset()
          this.#scale()
        }
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
    this.#scene.read(reading)
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
    const frame = this.#scene.frame
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
    const read = this.#scene.words()
    const cursor = this.#cursor.getState()
    if (!read || cursor.hz === null) return ''
    const { harmonics, sidebands } = this.#scene.families(cursor.hz, cursor)
    const rows = [...harmonics, ...sidebands].map(
      (at) =>
        `${at.toFixed(3)}\t${formatNumber(amplitudeAt(read.shown.linear, read.frame.resolutionHz, at), 4)}\t${read.shown.unit}`,
    )
    return [spectrumWords(read, cursor.hz, cursor), ...rows].join('\n')
  }

  /** Peak amplitude under the placed cursor, as it is stored with a mark. */
  marked(): { at: number; value: number; unit: string } | null {
    const { hz } = this.#cursor.getState()
    const read = this.#scene.words()
    if (hz === null || !read) return null
    const plain = amplitudeAt(read.frame.amplitude, read.frame.resolutionHz, hz)
    return { at: hz, value: plain, unit: read.frame.unit }
  }

  /** The plot as data, for files. */
  figure(title: string): Figure | null {
    const read = this.#scene.words()
    if (!read) return null
    const { overlays, difference, stored } = this.#scene.reading
    return spectrumFigure({
      title,
      about: [stored ?? '', read.frame.rpm === null ? '' : speedWords(read.frame.rpm)].filter((words) => words !== ''),
      label: this.#look.label,
      read,
      views: this.host.views,
      hz: this.#scene.hz,
      heights: this.#scene.heights,
      others: difference ? [] : this.#scene.overlays.map((other, i) => ({ ...other, name: overlays[i]?.name ?? '' })),
      ratio: this.#scene.isRatio,
      lanes: this.#scene.lanes,
      cursorHz: this.#cursor.getState().hz,
    })
  }

  readonly #hoverLanes = (event: PointerEvent): void => {
    const plot = this.host.plot
    if (!plot) return
    const hovered = laneAt(this.#scene.lanes, event.clientY - plot.over.getBoundingClientRect().top)
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
    const { display } = this.#scene.reading
    const top = laneHeightPx * (look.merged ? mergedLanes : families.length) + laneGapPx
    const title = this.#scene.shown
      ? heightTitle(look.label, this.#scene.shown, display, this.#scene.isRatio)
      : axisTitle({ label: look.label, unit: look.unit })
    return {
      ...commonOptions,
      padding: [top, 8, 0, 0] as [number, number, number, number],
      scales: drivenScales,
      axes: [
        frequencyAxis(colours, () => axisFactor(display.axis, this.#scene.frame?.rpm ?? null) ?? 1),
        heightAxis(valueAxis(colours, { label: title, unit: '' }), this.#scene.isRatio ? 'linear' : display.scale),
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
    const { difference } = this.#scene.reading
    if (!difference)
      for (const { height, resolutionHz, colourIndex } of this.#scene.overlays)
        drawOverlay(plot, height, resolutionHz, seriesColour(colours, colourIndex))
    if (this.#scene.held && this.#scene.frame)
      drawOverlay(plot, this.#scene.held, this.#scene.frame.resolutionHz, colours.muted)
  }

  #draw(plot: uPlot, colours: ChartColours): void {
    const cursor = this.#cursor.getState()
    const { hz, refHz, bandHz, hovered } = cursor
    const { display, notes } = this.#scene.reading
    const noOrders = display.axis === 'orders' && axisFactor('orders', this.#scene.frame?.rpm ?? null) === null
    drawAxisTitle(plot, frequencyTitle(noOrders ? 'hz' : display.axis), colours)
    drawLanes(plot, this.#scene.lanes, hovered, colours)
    drawNotes(plot, notes, colours)
    if (hz === null || !this.#scene.frame) return
    if (bandHz !== null) drawBand(plot, hz - bandHz / 2, hz + bandHz / 2, colours)
    if (refHz !== null) drawBand(plot, Math.min(hz, refHz), Math.max(hz, refHz), colours)
    const height = amplitudeAt(this.#scene.heights, this.#scene.frame.resolutionHz, hz)
    drawCursor(plot, { hz, amplitude: height, ...this.#scene.families(hz, cursor) }, colours)
  }

  #take(frame: SpectrumFrame | null): void {
    if (!frame) return
    if (frame.tUs !== this.#scene.frame?.tUs) this.#state.arrived()
    const unitBefore = this.#scene.shown?.unit
    this.#scene.take(frame)
    if (this.#view === null) this.host.setX(sameView(this.host.views.x, this.#start()))
    else this.host.setX(this.#view)
    this.#show()
    // The axis carries the unit, which may not be the contract's in an old capture.
    if (this.#scene.shown?.unit !== unitBefore) this.#configure()
  }

  #show(): void {
    const { frame, hz, heights } = this.#scene
    if (!frame) return
    this.#scale()
    this.host.setData([hz, heights])
    this.host.touch()
  }

  #scale(): void {
    const { display } = this.#scene.reading
    const { bottom, top } = this.#scene.extent(this.host.views.x)
    const now = this.host.views.y
    if (this.#scene.isDifference) {
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
    return this.#scene.frame
      ? fullView(this.#scene.frame.resolutionHz, this.#scene.frame.amplitude.length)
      : { min: 0, max: 1 }
  }

  #start(): View {
    const { frame, reading } = this.#scene
    return frame ? startView(frame, reading.firstOrders) : this.#full()
  }

  #hzPerPx(): number {
    const { min, max } = this.host.views.x
    return (max - min) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
  }

  #snap(hz: number, px = snapPx): number {
    const frame = this.#scene.frame
    if (!frame || !this.host.plot) return hz
    const reach = Math.max(1, Math.round((px * this.#hzPerPx()) / frame.resolutionHz))
    return refinePeak(frame.amplitude, frame.resolutionHz, hz, reach)?.hz ?? hz
  }

  #shaftHz(): number {
    const rpm = this.#scene.frame?.rpm ?? null
    return rpm !== null && rpm > 0 ? rpm / 60 : (this.#scene.frame?.resolutionHz ?? 1) * 10
  }

  #tell(nowMs: number): void {
    this.#textMs = nowMs
    const { mark, says, readout } = this.#elements
    const { state, words, live } = this.#state.tell(
      nowMs,
      this.#scene.frame,
      this.#scene.reading.stored,
      this.#source.failure,
    )
    setText(mark, state)
    mark.dataset['live'] = String(live)
    say(says, words)
    const cursor = this.#cursor.getState()
    const read = this.#scene.words()
    const hz = this.#hoverHz ?? cursor.hz
    setText(readout, hz === null || !read ? t('plot.cursorHint') : spectrumWords(read, hz, cursor))
    readout.title = readout.textContent ?? ''
  }
}
