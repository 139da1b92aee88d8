import type uPlot from 'uplot'
import { formatNumber, formatTime } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { panView, zoomView } from './cursor-maths.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { MapDrawing } from './map-drawing.ts'
import type { MapData } from './map-maths.ts'
import { MapScene, type MapReading, type MapRowInfo } from './map-scene.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { drawAxisTitle, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { frequencyAxis, frequencyTitle, splitsOf } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { drawVerticals } from './spectrum-drawing.ts'
import { cursorForKey, type CursorKey } from './spectrum-keys.ts'

export interface MapElements {
  body: HTMLElement
  says: HTMLElement
  readout: HTMLElement
  mark: HTMLElement
}

export interface MapLook {
  zone: string
  unit: string
}

const textEveryMs = 250

/** Many spectra of one point over time or speed: a colour map, or a cascade of lines. */
export class MapView {
  readonly host: PlotHost
  readonly #elements: MapElements
  readonly #cursor: SpectrumCursorStore
  readonly #look: MapLook
  readonly #open: (captureId: string) => void
  readonly #navigation: NavigationHost
  readonly #stops: (() => void)[]
  readonly #scene: MapScene
  readonly #drawing: MapDrawing
  #view: View | null = null
  #hover: { hz: number; row: number } | null = null
  #textMs = 0

  constructor(elements: MapElements, cursor: SpectrumCursorStore, look: MapLook, open: (captureId: string) => void) {
    this.#elements = elements
    this.#cursor = cursor
    this.#look = look
    this.#open = open
    this.#scene = new MapScene(look.zone)
    this.#drawing = new MapDrawing(this.#scene)
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => this.#scene.full,
      narrowest: () => (this.#scene.data?.resolutionHz ?? 1) * 12,
      onView: (next) => {
        const full = this.#scene.full
        this.#view = next.min <= full.min && next.max >= full.max ? null : next
        this.host.setX(next)
      },
      onClick: (hz, topPx) => {
        const row = this.#rowAt(topPx)
        const info = this.#scene.info(row)
        this.#cursor.setState({ hz, ...(info ? { tUs: info.tUs } : {}) })
        if (info && info.refused === null) this.#open(info.captureId)
      },
      onHover: (hz, topPx) => {
        this.#hover = hz === null || topPx < 0 ? null : { hz, row: this.#rowAt(topPx) }
        this.#textMs = 0
      },
    }
    this.#configure()
    this.#stops = [
      cursor.subscribe(() => {
        this.host.touch()
        this.#textMs = 0
      }),
      joinFrameLoop((nowMs) => {
        const drawn = this.host.flush()
        if (nowMs - this.#textMs > textEveryMs) this.#tell(nowMs)
        return drawn
      }),
    ]
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
    this.host.destroy()
  }

  show(data: MapData | null, infos: readonly MapRowInfo[], reading: MapReading): void {
    const grown = data !== this.#scene.data
    this.#scene.show(data, infos, reading)
    this.#drawing.renew(grown ? data : null)
    this.host.setX(this.#view ?? this.#scene.full)
    this.host.setY(this.#scene.rows)
    this.host.setData([[0], [null]])
    this.#configure()
    this.host.touch()
    this.#textMs = 0
  }

  key(event: CursorKey): boolean {
    const view = viewForKey(event.key, this.#navigation, this.#cursor.getState().hz)
    if (view) {
      if (event.key === '0') this.host.setY(this.#scene.rows)
      this.#navigation.onView(view)
      return true
    }
    const data = this.#scene.data
    if (!data) return false
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const step = event.key === 'ArrowUp' ? -1 : 1
      if (event.ctrlKey) this.#zoomRows(step < 0 ? 0.8 : 1.25)
      else this.#step(step)
      return true
    }
    if (event.key === 'PageUp' || event.key === 'PageDown') {
      const now = this.host.views.y
      const by = (now.max - now.min) * (event.key === 'PageUp' ? 0.5 : -0.5)
      this.host.setY(panView(now, { min: 0, max: this.#scene.order.length }, by))
      this.#drawing.renew(null)
      return true
    }
    if (event.key === 'Enter') {
      const info = this.#scene.info(this.#scene.rowNear(this.#cursor.getState().tUs))
      if (info && info.refused === null) this.#open(info.captureId)
      return info !== undefined
    }
    const { min, max } = this.host.views.x
    const cursor = this.#cursor.getState()
    const next = cursorForKey(event, {
      cursor,
      middleHz: (min + max) / 2,
      resolutionHz: data.resolutionHz,
      lines: data.lines,
      hzPerPx: (max - min) / Math.max(1, this.host.plot?.over.clientWidth ?? 1),
      shaftHz: (this.#scene.info(this.#scene.rowNear(this.#cursor.getState().tUs))?.rpm ?? 600) / 60,
      snap: (hz) => hz,
      nextPeak: (hz) => hz,
    })
    if (next) this.#cursor.setState(next)
    return next !== null
  }

  text(): string {
    const { hz } = this.#cursor.getState()
    return hz === null ? '' : this.#words(hz, this.#scene.rowNear(this.#cursor.getState().tUs))
  }

  marked(): null {
    return null
  }

  figure(title: string): Figure | null {
    const plot = this.host.plot
    const data = this.#scene.data
    if (!plot || !data) return null
    const { x, y } = this.host.views
    const { left, top, width, height } = plot.bbox
    const piece = document.createElement('canvas')
    piece.width = Math.round(width)
    piece.height = Math.round(height)
    piece.getContext('2d')?.drawImage(plot.ctx.canvas, left, top, width, height, 0, 0, piece.width, piece.height)
    const rows = splitsOf(y, 1, 8)
    return {
      title,
      about: t('plot.mapAbout', { count: this.#scene.order.length }),
      x: { title: frequencyTitle('hz'), view: x, ...splitsOf(x, 1, 10) },
      y: {
        title: this.#scene.rowTitle(),
        view: y,
        splits: rows.splits,
        labels: rows.splits.map((at) => this.#scene.rowLabel(at)),
      },
      series: [],
      marks: [],
      image: piece.toDataURL('image/png'),
      table: {
        head: [t('plot.hz'), ...[...this.#scene.order].map((row) => this.#scene.timeOf(row))],
        columns: [
          Float64Array.from({ length: data.lines }, (_, line) => line * data.resolutionHz),
          ...[...this.#scene.order].map((row) => data.amplitude.subarray(row * data.lines, (row + 1) * data.lines)),
        ],
      },
    }
  }

  #configure(): void {
    this.host.configure((colours) => ({
      ...commonOptions,
      padding: [6, this.#scene.reading.drawing === 'colours' ? 62 : 8, 0, 0] as [number, number, number, number],
      scales: drivenScales,
      axes: [
        frequencyAxis(colours, () => 1),
        {
          ...valueAxis(colours, { label: this.#scene.rowTitle(), unit: '' }),
          size: 88,
          grid: { show: false },
          values: (_plot, splits) => splits.map((at) => this.#scene.rowLabel(at)),
        },
      ],
      series: [{}, { show: false }],
      plugins: [navigationPlugin(this.#navigation), wheelRows((factor) => this.#zoomRows(factor))],
      hooks: { draw: [(plot: uPlot) => this.#draw(plot, colours)] },
    }))
  }

  #rowAt(topPx: number): number {
    const plot = this.host.plot
    if (!plot) return 0
    const { min, max } = this.host.views.y
    const y = max - (topPx / Math.max(1, plot.over.clientHeight)) * (max - min)
    return Math.min(this.#scene.order.length - 1, Math.max(0, this.#scene.order.length - 1 - Math.floor(y)))
  }

  #step(by: number): void {
    const now = this.#scene.rowNear(this.#cursor.getState().tUs)
    const next = Math.min(this.#scene.order.length - 1, Math.max(0, now < 0 ? 0 : now + by))
    const info = this.#scene.info(next)
    if (info) this.#cursor.setState({ tUs: info.tUs })
    const y = this.#scene.order.length - next
    const view = this.host.views.y
    if (y > view.max || y - 1 < view.min) {
      this.host.setY(panView(view, { min: 0, max: this.#scene.order.length }, y - (view.min + view.max) / 2))
      this.#drawing.renew(null)
    }
  }

  #zoomRows(factor: number): void {
    const all = this.#scene.order.length
    const row = this.#scene.rowNear(this.#cursor.getState().tUs)
    const view = this.host.views.y
    const at = row < 0 ? (view.min + view.max) / 2 : all - row - 0.5
    this.host.setY(zoomView(view, { min: 0, max: Math.max(1, all) }, at, factor, Math.min(4, all)))
    this.#drawing.renew(null)
  }

  #draw(plot: uPlot, colours: ChartColours): void {
    drawAxisTitle(plot, frequencyTitle('hz'), colours)
    const data = this.#scene.data
    if (!data || data.lines === 0) return
    this.#drawing.draw(plot, data, this.host.views, colours)
    this.#drawing.drawLegend(plot, this.#look.unit, colours)
    const { hz } = this.#cursor.getState()
    if (hz !== null) drawVerticals(plot, [hz], '#ffffff', [3, 3])
    const row = this.#scene.rowNear(this.#cursor.getState().tUs)
    if (row < 0) return
    const { ctx, bbox } = plot
    const [from, to] = [this.#scene.order.length - row - 1, this.#scene.order.length - row].map((y) =>
      plot.valToPos(y, 'y', true),
    )
    if (from === undefined || to === undefined || to > bbox.top + bbox.height || from < bbox.top) return
    ctx.save()
    ctx.strokeStyle = this.#scene.reading.drawing === 'cascade' ? colours.text : '#ffffff'
    ctx.strokeRect(bbox.left, to, bbox.width, Math.max(2, from - to))
    ctx.restore()
  }

  #words(hz: number, row: number): string {
    const info = this.#scene.info(row)
    if (!info || !this.#scene.data) return t('plot.atHz', { hz: formatNumber(hz, 5) })
    const value = this.#scene.amplitudeAt(hz, row)
    const parts = [
      formatTime(info.tUs, this.#look.zone),
      ...(info.rpm === null ? [] : [t('plot.rpm', { rpm: Math.round(info.rpm) })]),
      info.refused ??
        `${t('plot.atHz', { hz: formatNumber(hz, 5) })} \u00b7 ${formatNumber(value, 3)} ${this.#look.unit}`,
    ]
    return parts.join(' \u00b7 ')
  }

  #tell(nowMs: number): void {
    this.#textMs = nowMs
    const { says, readout, mark } = this.#elements
    const { progress, failure } = this.#scene.reading
    const empty = this.#scene.order.length === 0
    const words = failure ?? (progress && empty ? t('plot.computing') : empty ? t('plot.mapEmpty') : '')
    say(says, words)
    setText(
      mark,
      progress && progress.total > 0
        ? t('plot.mapProgress', progress)
        : empty
          ? ''
          : t('plot.mapAbout', { count: this.#scene.order.length }),
    )
    const { hz } = this.#cursor.getState()
    const text = this.#hover
      ? this.#words(this.#hover.hz, this.#hover.row)
      : hz === null
        ? t('plot.mapHint')
        : this.#words(hz, this.#scene.rowNear(this.#cursor.getState().tUs))
    setText(readout, text)
  }
}

/** The wheel with the shift key stretches the rows instead of the frequencies. */
function wheelRows(zoom: (factor: number) => void): uPlot.Plugin {
  return {
    hooks: {
      ready: ({ over }) => {
        over.addEventListener(
          'wheel',
          (event) => {
            if (!event.shiftKey) return
            event.preventDefault()
            event.stopImmediatePropagation()
            zoom(event.deltaY > 0 || event.deltaX > 0 ? 1.25 : 0.8)
          },
          { passive: false, capture: true },
        )
      },
    },
  }
}
