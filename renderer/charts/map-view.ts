import type uPlot from 'uplot'
import { formatClock, formatDay, formatNumber, formatTime } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { panView, zoomView } from './cursor-maths.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { colourMap, colourScale, mapPalette, mapTop, poolMap, type ColourScale, type MapData } from './map-maths.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { drawAxisTitle, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { frequencyAxis, frequencyTitle, splitsOf } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { drawVerticals } from './spectrum-drawing.ts'
import { cursorForKey, type CursorKey } from './spectrum-keys.ts'

export interface MapRowInfo {
  captureId: string
  tUs: number
  rpm: number | null
  refused: string | null
}

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

export interface MapReading {
  /** Newest at the top, or fastest. */
  by: 'time' | 'speed'
  drawing: 'colours' | 'cascade'
  /** Colours by decibels below the top; null: by the amplitude itself. */
  rangeDb: number | null
  /** While spectra are still coming: how many of how many. */
  progress: { done: number; total: number } | null
  failure: string | null
}

const textEveryMs = 250
const dayUs = 86_400e6
/** Lines of a cascade closer than this cannot be told apart. */
const cascadeGapPx = 9

/** Many spectra of one point over time or speed: a colour map, or a cascade of lines. */
export class MapView {
  readonly host: PlotHost
  readonly #elements: MapElements
  readonly #cursor: SpectrumCursorStore
  readonly #look: MapLook
  readonly #open: (captureId: string) => void
  readonly #navigation: NavigationHost
  readonly #stops: (() => void)[]
  readonly #palette = mapPalette()
  #reading: MapReading = { by: 'time', drawing: 'colours', rangeDb: 60, progress: null, failure: null }
  #data: MapData | null = null
  #infos: readonly MapRowInfo[] = []
  /** Rows top first. */
  #order = new Int32Array(0)
  #top = 1
  #view: View | null = null
  #picture: { key: string; image: ImageData } | null = null
  #pooled = new Float32Array(0)
  #scale: { key: string; of: ColourScale } | null = null
  #hover: { hz: number; row: number } | null = null
  #textMs = 0

  constructor(elements: MapElements, cursor: SpectrumCursorStore, look: MapLook, open: (captureId: string) => void) {
    this.#elements = elements
    this.#cursor = cursor
    this.#look = look
    this.#open = open
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => this.#full(),
      narrowest: () => (this.#data?.resolutionHz ?? 1) * 12,
      onView: (next) => {
        const full = this.#full()
        this.#view = next.min <= full.min && next.max >= full.max ? null : next
        this.host.setX(next)
      },
      onClick: (hz, topPx) => {
        const row = this.#rowAt(topPx)
        const info = this.#infoOf(row)
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
    const grown = data !== this.#data
    this.#data = data
    this.#infos = infos
    this.#reading = reading
    this.#picture = null
    if (grown && data) this.#top = mapTop(data.amplitude)
    const rows = infos.map((_, row) => row)
    const key = (row: number): number => {
      const info = infos[row]
      return (reading.by === 'time' ? info?.tUs : info?.rpm) ?? 0
    }
    this.#order = Int32Array.from(rows.sort((a, b) => key(b) - key(a)))
    this.host.setX(this.#view ?? this.#full())
    this.host.setY({ min: 0, max: Math.max(1, this.#order.length) })
    this.host.setData([[0], [null]])
    this.#configure()
    this.host.touch()
    this.#textMs = 0
  }

  key(event: CursorKey): boolean {
    const view = viewForKey(event.key, this.#navigation, this.#cursor.getState().hz)
    if (view) {
      if (event.key === '0') this.host.setY({ min: 0, max: Math.max(1, this.#order.length) })
      this.#navigation.onView(view)
      return true
    }
    const data = this.#data
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
      this.host.setY(panView(now, { min: 0, max: this.#order.length }, by))
      this.#picture = null
      return true
    }
    if (event.key === 'Enter') {
      const info = this.#infoOf(this.#cursorRow())
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
      shaftHz: (this.#infoOf(this.#cursorRow())?.rpm ?? 600) / 60,
      snap: (hz) => hz,
      nextPeak: (hz) => hz,
    })
    if (next) this.#cursor.setState(next)
    return next !== null
  }

  text(): string {
    const { hz } = this.#cursor.getState()
    return hz === null ? '' : this.#words(hz, this.#cursorRow())
  }

  marked(): null {
    return null
  }

  figure(title: string): Figure | null {
    const plot = this.host.plot
    const data = this.#data
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
      about: t('plot.mapAbout', { count: this.#order.length }),
      x: { title: frequencyTitle('hz'), view: x, ...splitsOf(x, 1, 10) },
      y: { title: this.#rowTitle(), view: y, splits: rows.splits, labels: rows.splits.map((at) => this.#rowLabel(at)) },
      series: [],
      marks: [],
      image: piece.toDataURL('image/png'),
      table: {
        head: [t('plot.hz'), ...[...this.#order].map((row) => this.#timeOf(row))],
        columns: [
          Float64Array.from({ length: data.lines }, (_, line) => line * data.resolutionHz),
          ...[...this.#order].map((row) => data.amplitude.subarray(row * data.lines, (row + 1) * data.lines)),
        ],
      },
    }
  }

  #configure(): void {
    this.host.configure((colours) => ({
      ...commonOptions,
      scales: drivenScales,
      axes: [
        frequencyAxis(colours, () => 1),
        {
          ...valueAxis(colours, { label: this.#rowTitle(), unit: '' }),
          size: 88,
          grid: { show: false },
          values: (_plot, splits) => splits.map((at) => this.#rowLabel(at)),
        },
      ],
      series: [{}, { show: false }],
      plugins: [navigationPlugin(this.#navigation), wheelRows((factor) => this.#zoomRows(factor))],
      hooks: { draw: [(plot: uPlot) => this.#draw(plot, colours)] },
    }))
  }

  #rowTitle(): string {
    return this.#reading.by === 'time' ? t('plot.mapTime') : t('plot.mapSpeed')
  }

  /** Row under the height `y` of the axis, whose top is the first row. */
  #rowLabel(y: number): string {
    const shown = this.#order.length - 1 - Math.floor(y)
    const info = this.#infoOf(shown)
    if (!info || !Number.isInteger(y)) return ''
    if (this.#reading.by === 'speed') return info.rpm === null ? '' : String(Math.round(info.rpm))
    const clock = formatClock(info.tUs, this.#look.zone)
    return this.#spanUs() > dayUs ? `${formatDay(info.tUs, this.#look.zone)} ${clock.slice(0, 5)}` : clock
  }

  #spanUs(): number {
    const times = this.#infos.map(({ tUs }) => tUs)
    return Math.max(...times) - Math.min(...times)
  }

  #timeOf(row: number): string {
    return formatTime(this.#infos[row]?.tUs ?? 0, this.#look.zone)
  }

  #full(): View {
    return this.#data && this.#data.lines > 1
      ? { min: 0, max: (this.#data.lines - 1) * this.#data.resolutionHz }
      : { min: 0, max: 1 }
  }

  #infoOf(shown: number): MapRowInfo | undefined {
    const row = this.#order[shown]
    return row === undefined ? undefined : this.#infos[row]
  }

  #rowAt(topPx: number): number {
    const plot = this.host.plot
    if (!plot) return 0
    const { min, max } = this.host.views.y
    const y = max - (topPx / Math.max(1, plot.over.clientHeight)) * (max - min)
    return Math.min(this.#order.length - 1, Math.max(0, this.#order.length - 1 - Math.floor(y)))
  }

  /** The row nearest to the linked time; -1 without one. */
  #cursorRow(): number {
    const { tUs } = this.#cursor.getState()
    if (tUs === null) return -1
    let best = -1
    let distance = Number.POSITIVE_INFINITY
    for (let shown = 0; shown < this.#order.length; shown++) {
      const off = Math.abs((this.#infoOf(shown)?.tUs ?? 0) - tUs)
      if (off < distance) {
        distance = off
        best = shown
      }
    }
    return best
  }

  #step(by: number): void {
    const now = this.#cursorRow()
    const next = Math.min(this.#order.length - 1, Math.max(0, now < 0 ? 0 : now + by))
    const info = this.#infoOf(next)
    if (info) this.#cursor.setState({ tUs: info.tUs })
    const y = this.#order.length - next
    const view = this.host.views.y
    if (y > view.max || y - 1 < view.min) {
      this.host.setY(panView(view, { min: 0, max: this.#order.length }, y - (view.min + view.max) / 2))
      this.#picture = null
    }
  }

  #zoomRows(factor: number): void {
    const all = this.#order.length
    const row = this.#cursorRow()
    const view = this.host.views.y
    const at = row < 0 ? (view.min + view.max) / 2 : all - row - 0.5
    this.host.setY(zoomView(view, { min: 0, max: Math.max(1, all) }, at, factor, Math.min(4, all)))
    this.#picture = null
  }

  #draw(plot: uPlot, colours: ChartColours): void {
    drawAxisTitle(plot, frequencyTitle('hz'), colours)
    const data = this.#data
    if (!data || data.lines === 0) return
    if (this.#reading.drawing === 'cascade') this.#drawCascade(plot, data, colours)
    else this.#drawColours(plot, data, colours)
    const { hz } = this.#cursor.getState()
    if (hz !== null) drawVerticals(plot, [hz], '#ffffff', [3, 3])
    const row = this.#cursorRow()
    if (row < 0) return
    const { ctx, bbox } = plot
    const [from, to] = [this.#order.length - row - 1, this.#order.length - row].map((y) => plot.valToPos(y, 'y', true))
    if (from === undefined || to === undefined || to > bbox.top + bbox.height || from < bbox.top) return
    ctx.save()
    ctx.strokeStyle = this.#reading.drawing === 'cascade' ? colours.text : '#ffffff'
    ctx.strokeRect(bbox.left, to, bbox.width, Math.max(2, from - to))
    ctx.restore()
  }

  #drawColours(plot: uPlot, data: MapData, colours: ChartColours): void {
    const { left, top, width, height } = plot.bbox
    const [w, h] = [Math.round(width), Math.round(height)]
    const { x, y } = this.host.views
    const key = [w, h, x.min, x.max, y.min, y.max, this.#reading.rangeDb, colours.panel].join()
    if (this.#picture?.key !== key) {
      if (this.#pooled.length !== w * h) this.#pooled = new Float32Array(w * h)
      const window = { fromHz: x.min, toHz: x.max, fromRow: this.#order.length - y.max, rows: y.max - y.min }
      poolMap(data, this.#order, window, w, h, this.#pooled)
      const image =
        this.#picture?.image.width === w && this.#picture.image.height === h ? this.#picture.image : new ImageData(w, h)
      const pixels = new Uint32Array(image.data.buffer)
      colourMap(this.#pooled, this.#scaleFor(colours), pixels)
      this.#picture = { key, image }
    }
    plot.ctx.putImageData(this.#picture.image, Math.round(left), Math.round(top))
  }

  #scaleFor(colours: ChartColours): ColourScale {
    const { rangeDb } = this.#reading
    const key = [this.#top, rangeDb, colours.line].join()
    if (this.#scale?.key !== key)
      this.#scale = { key, of: colourScale(this.#top, rangeDb, this.#palette, wordOf(colours.line)) }
    return this.#scale.of
  }

  /** Lines one above the other, from the back to the front, each on a ground of its own so that it hides those behind. */
  #drawCascade(plot: uPlot, data: MapData, colours: ChartColours): void {
    const { ctx, bbox } = plot
    const { x, y } = this.host.views
    const visible = Math.max(1, Math.floor(bbox.height / cascadeGapPx))
    const firstShown = Math.max(0, Math.floor(this.#order.length - y.max))
    const lastShown = Math.min(this.#order.length, Math.ceil(this.#order.length - y.min))
    const step = Math.max(1, Math.ceil((lastShown - firstShown) / visible))
    const tall = Math.min(bbox.height / 3, (bbox.height / Math.max(1, (lastShown - firstShown) / step)) * 5)
    const pooled = new Float32Array(Math.round(bbox.width))
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    ctx.fillStyle = colours.panel
    ctx.strokeStyle = colours.series[0] ?? colours.text
    ctx.lineWidth = 1
    for (let shown = firstShown; shown < lastShown; shown += step) {
      const window = { fromHz: x.min, toHz: x.max, fromRow: shown, rows: 1 }
      poolMap(data, this.#order, window, pooled.length, 1, pooled)
      const base = plot.valToPos(this.#order.length - shown - 1, 'y', true)
      ctx.beginPath()
      ctx.moveTo(bbox.left, base)
      for (const [column, value] of pooled.entries())
        ctx.lineTo(bbox.left + column, base - this.#share(Number.isNaN(value) ? 0 : value) * tall)
      ctx.lineTo(bbox.left + bbox.width, base)
      ctx.fill()
      ctx.stroke()
    }
    ctx.restore()
  }

  #share(value: number): number {
    const { rangeDb } = this.#reading
    if (rangeDb === null) return Math.min(1.2, value / this.#top)
    return value > 0 ? Math.max(0, 1 + (20 * Math.log10(value / this.#top)) / rangeDb) : 0
  }

  #words(hz: number, row: number): string {
    const info = this.#infoOf(row)
    const data = this.#data
    if (!info || !data) return t('plot.atHz', { hz: formatNumber(hz, 5) })
    const line = Math.round(hz / data.resolutionHz)
    const value = data.amplitude[(this.#order[row] ?? 0) * data.lines + line] ?? Number.NaN
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
    const { progress, failure } = this.#reading
    const empty = this.#order.length === 0
    const words = failure ?? (progress && empty ? t('plot.computing') : empty ? t('plot.mapEmpty') : '')
    say(says, words)
    setText(
      mark,
      progress && progress.total > 0
        ? t('plot.mapProgress', progress)
        : empty
          ? ''
          : t('plot.mapAbout', { count: this.#order.length }),
    )
    const { hz } = this.#cursor.getState()
    const text = this.#hover
      ? this.#words(this.#hover.hz, this.#hover.row)
      : hz === null
        ? t('plot.mapHint')
        : this.#words(hz, this.#cursorRow())
    setText(readout, text)
  }
}

/** A hex colour as a word of image data. */
function wordOf(hex: string): number {
  const value = Number.parseInt(hex.replace('#', ''), 16)
  return ((255 << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0
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
