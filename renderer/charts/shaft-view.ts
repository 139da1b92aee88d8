import type uPlot from 'uplot'
import { displayUnit } from '../../shared/domain/units.ts'
import type { PlotShaft } from '../../shared/protocol/plots.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { axisTitle, drawAxisTitle, horizontalAxis, tickLabels, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost, type PlotConfig } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import {
  bodeParts,
  bodePhaseY,
  bodeTop,
  courseIndex,
  courseMarks,
  curvesOf,
  hasCourse,
  isShape,
  shaftSpans,
  shaftTable,
  shapeExtent,
  type Curve,
  type ShaftKind,
} from './shaft-curves.ts'
import {
  clipped,
  drawBodeTitles,
  drawCurves,
  drawDots,
  drawKey,
  drawPolarGrid,
  drawSpeeds,
  keyphasorPlaces,
} from './shaft-drawing.ts'
import { splitsOf } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { niceSplits } from './spectrum-display.ts'
import { drawVerticals } from './spectrum-drawing.ts'
import type { CursorKey } from './spectrum-keys.ts'
import { niceCeiling } from './y-range.ts'

export interface ShaftElements {
  body: HTMLElement
  says: HTMLElement
  readout: HTMLElement
  mark: HTMLElement
}

const closest = 1 / 50
const phaseTicks = [0, 90, 180, 270, 360]

/** One plot of a shaft: its orbit, full spectrum, vectors over speed or as a curve, or where it lies in its bearing. */
export class ShaftView {
  readonly host: PlotHost
  readonly #elements: ShaftElements
  readonly #kind: ShaftKind
  readonly #cursor: SpectrumCursorStore
  readonly #navigation: NavigationHost
  readonly #stops: (() => void)[]
  #shaft: PlotShaft | null = null
  #words = ''
  #curves: Curve[] = []
  #full: View = { min: 0, max: 1 }
  #fitted = ''
  /** Of a shape: 1 shows all of it. */
  #zoom = 1

  constructor(elements: ShaftElements, kind: ShaftKind, cursor: SpectrumCursorStore) {
    this.#elements = elements
    this.#kind = kind
    this.#cursor = cursor
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => this.#full,
      narrowest: () => (this.#full.max - this.#full.min) * closest,
      onView: (view) => this.#show(view),
      onClick: (x, topPx) => this.#place(x, topPx),
    }
    this.host.configure((colours) => this.#config(colours))
    this.#stops = [
      cursor.subscribe(() => this.host.touch()),
      joinFrameLoop(() => {
        this.#fit()
        this.host.flush()
        this.#tell()
        return false
      }),
    ]
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
    this.host.destroy()
  }

  /** `words`: what stands across the plot in the place of curves. */
  show(shaft: PlotShaft | null, words: string): void {
    this.#shaft = shaft
    this.#words = shaft?.refused ?? words
    this.#curves = shaft && shaft.refused === null ? curvesOf(this.#kind, shaft) : []
    this.#fitted = ''
    this.#zoom = 1
    if (shaft && this.#curves.length > 0 && !isShape(this.#kind)) {
      const { full, start } = shaftSpans(this.#kind, shaft, this.#curves)
      this.#full = full
      this.host.setX(start)
      let top = 0
      for (const { y } of this.#curves) for (const value of y) if (value > top) top = value
      this.host.setY({ min: 0, max: this.#kind === 'bode' ? bodeParts.phase.max + 0.06 : niceCeiling(top * 1.05) })
    }
    this.host.configure((colours) => this.#config(colours))
    this.host.setData([[0], [null]])
    this.host.touch()
  }

  /** In a full spectrum the arrows move the linked cursor a line at a time, in the others along the run. */
  key(event: CursorKey): boolean {
    const shaft = this.#shaft
    if (!shaft || this.#curves.length === 0) return false
    const view = viewForKey(
      event.key,
      this.#navigation,
      this.#kind === 'full-spectrum' ? this.#cursor.getState().hz : null,
    )
    if (view) {
      this.#show(view)
      return true
    }
    if (event.key === 'Escape') {
      this.#cursor.setState({ hz: null, seconds: null })
      return true
    }
    if (hasCourse(this.#kind)) return this.#alongCourse(event, shaft)
    if (this.#kind !== 'full-spectrum' || !/^Arrow(Left|Right)$/.test(event.key)) return false
    const { hz } = this.#cursor.getState()
    const { min, max } = this.host.views.x
    const line = shaft.fullResolutionHz
    const perPx = (max - min) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
    const step = event.ctrlKey ? line : Math.max(1, Math.round((4 * perPx) / line)) * line
    const next = Math.round(((hz ?? 0) + (event.key === 'ArrowLeft' ? -step : step)) / line) * line
    this.#cursor.setState({ hz: Math.max(0, next) })
    return true
  }

  text(): string {
    return this.#readout()
  }

  marked(): null {
    return null
  }

  figure(title: string): Figure | null {
    const shaft = this.#shaft
    if (!shaft || this.#curves.length === 0) return null
    const { x, y } = this.host.views
    const ticks = this.#kind === 'bode' ? this.#bodeTicks() : splitsOf(y, 1, 6)
    return {
      title,
      about: this.#readout(),
      x: { title: this.#horizontalTitle(), view: x, ...splitsOf(x, 1, 8) },
      y: { title: this.#valueTitle(), view: y, ...ticks },
      series: this.#curves.map((curve) => ({ name: curve.name, x: curve.x, y: curve.y, low: null })),
      marks: [],
      table: shaftTable(this.#kind, shaft, this.#curves, [this.#horizontalTitle(), this.#valueTitle()]),
    }
  }

  readonly #config: PlotConfig = (colours) => {
    const value = valueAxis(colours, { label: this.#kind === 'bode' ? ' ' : this.#valueTitle(), unit: '' })
    const polar = { show: false, scale: 'y' }
    return {
      ...commonOptions,
      ...(this.#kind === 'polar' ? { padding: [16, 8, 16, 8] as [number, number, number, number] } : {}),
      scales: drivenScales,
      axes:
        this.#kind === 'polar'
          ? [{ ...polar, scale: 'x' }, polar]
          : [
              horizontalAxis(colours),
              this.#kind === 'bode'
                ? { ...value, splits: () => this.#bodeTicks().splits, values: () => this.#bodeTicks().labels }
                : value,
            ],
      series: [{}, { show: false }],
      plugins: [navigationPlugin(this.#navigation)],
      hooks: { draw: [(plot: uPlot) => this.#draw(plot, colours)] },
    }
  }

  #bodeTicks(): { splits: number[]; labels: string[] } {
    const top = this.#shaft ? bodeTop(this.#shaft) : 1
    const heights = niceSplits(0, top, 4)
    return {
      splits: [...heights.map((height) => height / top), ...phaseTicks.map(bodePhaseY)],
      labels: [...tickLabels(heights), ...phaseTicks.map((degrees) => `${degrees}\u00b0`)],
    }
  }

  #horizontalTitle(): string {
    if (this.#kind === 'full-spectrum') return t('plot.fullAxis')
    if (this.#kind === 'bode') return t('plot.mapSpeed')
    return axisTitle({ label: t('plot.horizontal'), unit: this.#shaft?.unit ?? '' })
  }

  #valueTitle(): string {
    const unit = this.#shaft?.unit ?? ''
    if (isShape(this.#kind)) return axisTitle({ label: t('plot.vertical'), unit })
    return axisTitle({ label: t('plot.short.amplitude'), unit })
  }

  /** A new view along the horizontal axis; of a shape how near it is looked at. */
  #show(view: View): void {
    if (isShape(this.#kind)) {
      this.#zoom = Math.min(1, (this.#zoom * (view.max - view.min)) / (this.host.views.x.max - this.host.views.x.min))
      this.#fitted = ''
    } else this.host.setX(view)
    this.host.touch()
  }

  /** Puts the cursor where somebody clicked: at a frequency, or at the nearest moment of the run. */
  #place(x: number, topPx: number): void {
    const shaft = this.#shaft
    const plot = this.host.plot
    if (!shaft || !plot) return
    if (this.#kind === 'full-spectrum') this.#cursor.setState({ hz: Math.abs(x) })
    if (!hasCourse(this.#kind)) return
    const [px, py] = [plot.valToPos(x, 'x'), topPx]
    let best = { at: 0, off: Number.POSITIVE_INFINITY }
    for (const at of shaft.courseS.keys())
      for (const mark of courseMarks(this.#kind, shaft, at)) {
        const [dx, dy] = [plot.valToPos(mark.x, 'x') - px, plot.valToPos(mark.y, 'y') - py]
        const off = this.#kind === 'bode' ? Math.abs(dx) : Math.hypot(dx, dy)
        if (off < best.off) best = { at, off }
      }
    this.#cursor.setState({ seconds: shaft.courseS[best.at] ?? null })
  }

  #alongCourse(event: CursorKey, shaft: PlotShaft): boolean {
    const last = shaft.courseS.length - 1
    const now = courseIndex(shaft, this.#cursor.getState().seconds) ?? last
    const step = event.ctrlKey ? 1 : Math.max(1, Math.round(last / 50))
    const peak = (): number => shaft.amplitudeX.indexOf(shaft.amplitudeX.reduce((a, b) => Math.max(a, b), 0))
    const next = { ArrowLeft: now - step, ArrowRight: now + step, p: peak(), P: peak() }[event.key]
    if (next === undefined) return false
    this.#cursor.setState({ seconds: shaft.courseS[Math.min(last, Math.max(0, next))] ?? null })
    return true
  }

  #fit(): void {
    const bbox = this.host.plot?.bbox
    const key = `${bbox?.width}x${bbox?.height}`
    if (!bbox || !isShape(this.#kind) || key === this.#fitted || this.#curves.length === 0) return
    this.#fitted = key
    const { x, y, reach } = shapeExtent(this.#kind, this.#curves)
    const near = reach * this.#zoom
    const aspect = bbox.width / Math.max(1, bbox.height)
    const [halfX, halfY] = aspect >= 1 ? [near * aspect, near] : [near, near / aspect]
    this.#full = { min: x - halfX / this.#zoom, max: x + halfX / this.#zoom }
    this.host.setX({ min: x - halfX, max: x + halfX })
    this.host.setY({ min: y - halfY, max: y + halfY })
  }

  #draw(plot: uPlot, colours: ChartColours): void {
    const shaft = this.#shaft
    const kind = this.#kind
    if (kind !== 'polar') drawAxisTitle(plot, this.#horizontalTitle(), colours)
    if (!shaft || this.#curves.length === 0) return
    const { seconds, hz } = this.#cursor.getState()
    const at = hasCourse(kind) ? courseIndex(shaft, seconds) : null
    if (kind === 'polar') drawPolarGrid(plot, shapeExtent(kind, this.#curves).reach, displayUnit(shaft.unit), colours)
    clipped(plot, () => {
      drawCurves(plot, this.#curves, colours)
      if (kind === 'orbit') drawDots(plot, keyphasorPlaces(shaft), 3.5, colours.text)
      if (kind === 'polar' || kind === 'centreline')
        drawSpeeds(plot, shaft.rpm, (i) => courseMarks(kind, shaft, i)[0] ?? { x: 0, y: 0 }, colours)
      if (at !== null) drawDots(plot, courseMarks(kind, shaft, at), 4.5, colours.text)
    })
    if (kind === 'bode') {
      drawBodeTitles(plot, this.#valueTitle(), t('plot.phaseLag'), colours)
      if (at !== null) drawVerticals(plot, [shaft.rpm[at] ?? 0], colours.text, [])
    }
    if (kind === 'full-spectrum') {
      drawVerticals(plot, [0], colours.muted, [])
      if (hz !== null) drawVerticals(plot, [hz, -hz], colours.text, [3, 3])
    }
    if (kind === 'bode') drawKey(plot, this.#curves, colours, bodeParts.amplitude.max)
    else if (kind !== 'full-spectrum') drawKey(plot, this.#curves, colours)
  }

  #readout(): string {
    const shaft = this.#shaft
    if (!shaft || shaft.refused !== null) return ''
    const { hz, seconds } = this.#cursor.getState()
    if (this.#kind === 'full-spectrum') return hz === null ? t('plot.cursorHint') : this.#fullWords(shaft, hz)
    const last = shaft.rpm.length - 1
    const at = (hasCourse(this.#kind) ? courseIndex(shaft, seconds) : null) ?? last
    const rpm = Math.round(shaft.rpm[at] ?? 0)
    const when =
      seconds === null || !hasCourse(this.#kind) ? '' : `${formatNumber(shaft.courseS[at] ?? 0, 4)} s \u00b7 `
    if (this.#kind === 'centreline')
      return `${when}${t('plot.centreReadout', {
        rpm,
        x: formatNumber(shaft.centreline[2 * at] ?? null, 3),
        y: formatNumber(shaft.centreline[2 * at + 1] ?? null, 3),
        unit: displayUnit(shaft.unit),
      })}`
    return `${when}${t('plot.shaftReadout', {
      rpm,
      x: shaft.x,
      ax: formatNumber(shaft.amplitudeX[at] ?? null, 3),
      px: Math.round(shaft.phaseX[at] ?? 0),
      y: shaft.y,
      ay: formatNumber(shaft.amplitudeY[at] ?? null, 3),
      py: Math.round(shaft.phaseY[at] ?? 0),
      unit: displayUnit(shaft.unit),
    })}`
  }

  #fullWords(shaft: PlotShaft, hz: number): string {
    const middle = (shaft.full.length - 1) / 2
    const line = Math.round(hz / shaft.fullResolutionHz)
    const read = (at: number): string => formatNumber(shaft.full[at] ?? null, 3)
    const turnHz = (shaft.rpm.at(-1) ?? 0) / 60
    const words = t('plot.fullReadout', {
      hz: formatNumber(hz, 5),
      forward: read(middle + line),
      reverse: read(middle - line),
      unit: displayUnit(shaft.unit),
    })
    return turnHz > 0 ? `${words} \u00b7 ${t('plot.order', { order: (hz / turnHz).toFixed(2) })}` : words
  }

  #tell(): void {
    const { says, readout, mark } = this.#elements
    say(says, this.#words)
    const text = this.#readout()
    setText(readout, text)
    readout.title = text
    setText(mark, this.#markWords())
  }

  /** What it is made of: a plot of a run over its speeds, an orbit of the last turns. */
  #markWords(): string {
    const shaft = this.#shaft
    if (!shaft || this.#curves.length === 0) return ''
    if (!hasCourse(this.#kind)) return t('plot.probes', { x: shaft.x, y: shaft.y })
    let [low, high] = [Number.POSITIVE_INFINITY, 0]
    for (const rpm of shaft.rpm) [low, high] = [Math.min(low, rpm), Math.max(high, rpm)]
    return t('plot.courseMark', { low: Math.round(low), high: Math.round(high), count: shaft.rpm.length })
  }
}
