import uPlot from 'uplot'
import { displayUnit } from '../../shared/domain/units.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import { seriesColour, type ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { envelopePath } from './envelope-path.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { axisTitle, drawAxisTitle, drawLimit, horizontalAxis, valueAxis, type AxisLook } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { setText } from './plot-words.ts'
import { splitsOf } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { drawBand, drawNotes, drawVerticals, type PlacedNote } from './spectrum-drawing.ts'
import type { CursorKey } from './spectrum-keys.ts'
import { nullsFor } from './trend-data.ts'
import type { WaveColumns, WaveRecord, WaveStatistics } from './wave-record.ts'
import { niceCeiling } from './y-range.ts'

export interface CaptureElements {
  body: HTMLElement
  mark: HTMLElement
  /** Under the header: what is selected, in figures. */
  statistics: HTMLElement
  readout: HTMLElement
}

export interface CaptureLook extends AxisLook {
  colourIndex: number
  /** When and why it was taken. */
  about: string
}

export interface CaptureReading {
  /** Dashed lines at the largest and the smallest value of the whole record. */
  hold: boolean
  notes: readonly PlacedNote[]
}

const textEveryMs = 250
/** More period marks than this are a grey area. */
const mostPeriods = 80

/** A stored waveform outside React: what is drawn costs the plot's width, however long the record is. */
export class CaptureView {
  readonly host: PlotHost
  readonly #elements: CaptureElements
  readonly #record: WaveRecord
  readonly #cursor: SpectrumCursorStore
  readonly #look: CaptureLook
  readonly #navigation: NavigationHost
  readonly #full: View
  readonly #stops: (() => void)[]
  #reading: CaptureReading = { hold: false, notes: [] }
  #columns: WaveColumns | null = null
  #drawnFor: { view: View; width: number } | null = null
  #statistics: { from: number; to: number; of: WaveStatistics } | null = null
  #hoverS: number | null = null
  #textMs = 0

  constructor(
    elements: CaptureElements,
    record: WaveRecord,
    cursor: SpectrumCursorStore,
    look: CaptureLook,
    view: View | null,
    onView: (view: View) => void,
  ) {
    this.#elements = elements
    this.#record = record
    this.#cursor = cursor
    this.#look = look
    setText(elements.mark, look.about)
    this.#full = { min: 0, max: Math.max(record.durationS, 1 / record.sampleRateHz) }
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => this.#full,
      narrowest: () => 16 / record.sampleRateHz,
      onView: (next) => {
        this.host.setX(next)
        onView(next)
      },
      onClick: (seconds) => this.#place(seconds),
      onSelect: (fromS, toS) => cursor.setState({ refSeconds: this.#onSample(fromS), seconds: this.#onSample(toS) }),
      onHover: (seconds) => {
        this.#hoverS = seconds
        this.#textMs = 0
      },
    }
    this.host.configure((colours) => this.#config(colours))
    this.host.setX(view && view.max <= this.#full.max ? view : this.#full)
    this.host.setY(heightsOf(record))
    this.#stops = [
      cursor.subscribe(() => {
        this.host.touch()
        this.#textMs = 0
      }),
      joinFrameLoop((nowMs) => {
        this.#draw()
        if (nowMs - this.#textMs > textEveryMs) this.#tell(nowMs)
        return false
      }),
    ]
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
    this.host.destroy()
  }

  read(reading: CaptureReading): void {
    this.#reading = reading
    this.host.touch()
  }

  key(event: CursorKey): boolean {
    const { seconds, refSeconds } = this.#cursor.getState()
    const view = viewForKey(event.key, this.#navigation, seconds)
    if (view) {
      this.#navigation.onView(view)
      return true
    }
    const { min, max } = this.host.views.x
    const at = seconds ?? (min + max) / 2
    const sampleS = 1 / this.#record.sampleRateHz
    switch (event.key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        const px = (4 * (max - min)) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
        const step = event.ctrlKey ? sampleS : Math.max(sampleS, px)
        this.#place(at + (event.key === 'ArrowLeft' ? -step : step))
        return true
      }
      case 'p':
      case 'P':
        this.#place(this.#peakNear(at))
        return true
      case 'd':
      case 'D':
        this.#cursor.setState({
          seconds: this.#onSample(at),
          refSeconds: refSeconds === null ? this.#onSample(at) : null,
        })
        return true
      case 'Escape':
        this.#cursor.setState({ seconds: null, refSeconds: null })
        return true
      default:
        return false
    }
  }

  text(): string {
    const { seconds } = this.#cursor.getState()
    return seconds === null
      ? ''
      : [this.#words(seconds), this.#selectionWords()].filter((words) => words !== '').join('\n')
  }

  marked(): { at: number; value: number; unit: string } | null {
    const { seconds } = this.#cursor.getState()
    if (seconds === null) return null
    return { at: seconds, value: this.#record.samples[this.#record.indexAt(seconds)] ?? 0, unit: this.#look.unit }
  }

  figure(title: string): Figure {
    const { x, y } = this.host.views
    const { seconds, min, max } = this.#record.columns(x, 1600)
    const cursor = this.#cursor.getState()
    const [from, to] = [this.#record.indexAt(x.min), this.#record.indexAt(x.max) + 1]
    const shown = this.#record.samples.subarray(from, to)
    return {
      title,
      about: this.#look.about,
      x: { title: t('plot.timeFromStart'), view: x, ...splitsOf(x, 1, 10) },
      y: { title: axisTitle(this.#look), view: y, ...splitsOf(y, 1, 6) },
      series: [{ name: title, x: seconds, y: max, low: min }],
      marks:
        cursor.seconds === null ? [] : [{ at: cursor.seconds, along: 'x', label: formatNumber(cursor.seconds, 5) }],
      table: {
        head: [t('plot.timeFromStart'), axisTitle(this.#look)],
        columns: [Float64Array.from(shown, (_, i) => this.#record.secondsAt(from + i)), shown],
      },
    }
  }

  #onSample(seconds: number): number {
    return this.#record.secondsAt(this.#record.indexAt(seconds))
  }

  #place(seconds: number): void {
    const at = this.#onSample(Math.min(this.#full.max, Math.max(0, seconds)))
    this.#cursor.setState({ seconds: at })
    const { min, max } = this.host.views.x
    if (at >= min && at <= max) return
    const span = max - min
    const from = Math.min(this.#full.max - span, Math.max(0, at - span / 2))
    this.#navigation.onView({ min: from, max: from + span })
  }

  /** The largest deviation within forty pixels. */
  #peakNear(seconds: number): number {
    const { min, max } = this.host.views.x
    const reach = (40 * (max - min)) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
    const [from, to] = [this.#record.indexAt(seconds - reach), this.#record.indexAt(seconds + reach)]
    let best = from
    for (let i = from; i <= to; i++)
      if (Math.abs(this.#record.samples[i] ?? 0) > Math.abs(this.#record.samples[best] ?? 0)) best = i
    return this.#record.secondsAt(best)
  }

  #config(colours: ChartColours) {
    const colour = seriesColour(colours, this.#look.colourIndex)
    return {
      ...commonOptions,
      scales: drivenScales,
      axes: [horizontalAxis(colours), valueAxis(colours, this.#look)],
      series: [
        {},
        { paths: envelopePath(2), fill: colour, stroke: colour, points: { show: false } },
        { show: false },
        { stroke: colour, width: 1, points: { show: false } },
      ],
      plugins: [navigationPlugin(this.#navigation)],
      hooks: { draw: [(plot: uPlot) => this.#marks(plot, colours)] },
    }
  }

  #marks(plot: uPlot, colours: ChartColours): void {
    drawAxisTitle(plot, t('plot.timeFromStart'), colours)
    const { seconds, refSeconds, hz } = this.#cursor.getState()
    const { hold, notes } = this.#reading
    if (hold) {
      const { min, max } = this.#record.range
      drawLimit(plot, max, t('plot.holdMax'), colours.muted, colours)
      drawLimit(plot, min, t('plot.holdMin'), colours.muted, colours)
    }
    drawNotes(plot, notes, colours)
    if (seconds === null) return
    if (refSeconds !== null) drawBand(plot, Math.min(seconds, refSeconds), Math.max(seconds, refSeconds), colours)
    // The period of the line under the frequency cursor: impacts of a damaged race stand on these.
    const { min, max } = this.host.views.x
    if (hz !== null && hz > 0 && (max - min) * hz <= mostPeriods) {
      const first = Math.ceil((min - seconds) * hz)
      const periods: number[] = []
      for (let k = first; seconds + k / hz <= max; k++) if (k !== 0) periods.push(seconds + k / hz)
      drawVerticals(plot, periods, colours.muted, [1, 4])
    }
    drawVerticals(plot, [seconds], colours.text, [])
  }

  #draw(): void {
    const plot = this.host.plot
    const view = this.host.views.x
    const width = plot ? Math.round(plot.bbox.width / uPlot.pxRatio) : 800
    if (this.#drawnFor?.view !== view || this.#drawnFor.width !== width) {
      this.#drawnFor = { view, width }
      this.#columns = this.#record.columns(view, width)
      const { exact, seconds, min, max } = this.#columns
      const none = new Float32Array(seconds.length).fill(Number.NaN)
      this.host.setData(exact ? [seconds, none, none, nullsFor(max)] : [seconds, max, min, nullsFor(none)])
    }
    this.host.flush()
  }

  #words(seconds: number): string {
    const index = this.#record.indexAt(seconds)
    const value = this.#record.samples[index] ?? Number.NaN
    const unit = displayUnit(this.#look.unit)
    return t('plot.atSeconds', { s: formatNumber(seconds, 6), value: formatNumber(value, 4), unit })
  }

  /** Statistics of the selection; empty without one. */
  #selectionWords(): string {
    const { seconds: placed, refSeconds } = this.#cursor.getState()
    if (placed === null || refSeconds === null || placed === refSeconds) return ''
    const { of } = this.#selection(refSeconds, placed)
    const dtS = Math.abs(placed - refSeconds)
    return t('plot.selection', {
      ms: formatNumber(dtS * 1000, 4),
      hz: formatNumber(1 / dtS, 4),
      count: of.count,
      mean: formatNumber(of.mean, 3),
      rms: formatNumber(of.rms, 3),
      peak: formatNumber(of.peak, 3),
      both: formatNumber(of.peakToPeak, 3),
      crest: formatNumber(of.crest, 3),
      kurtosis: formatNumber(of.kurtosis, 3),
      unit: displayUnit(this.#look.unit),
    })
  }

  #selection(from: number, to: number): { of: WaveStatistics } {
    const known = this.#statistics
    if (known && known.from === from && known.to === to) return known
    const made = { from, to, of: this.#record.statistics(from, to) }
    this.#statistics = made
    return made
  }

  #tell(nowMs: number): void {
    this.#textMs = nowMs
    const { readout, statistics } = this.#elements
    const selected = this.#selectionWords()
    setText(statistics, selected)
    statistics.hidden = selected === ''
    const seconds = this.#hoverS ?? this.#cursor.getState().seconds
    setText(readout, seconds === null ? t('plot.cursorHint') : this.#words(seconds))
    readout.title = readout.textContent ?? ''
  }
}

/** About zero; a signal that stays far from it, as the gap of a proximity probe does, fills the plot where it is. */
function heightsOf({ largest, range }: WaveRecord): View {
  const span = range.max - range.min
  if (span > 0 && (range.min > 0 || range.max < 0) && span < largest / 2) {
    const step = niceCeiling(span) / 5
    return {
      min: Math.floor((range.min - span * 0.05) / step) * step,
      max: Math.ceil((range.max + span * 0.05) / step) * step,
    }
  }
  const top = niceCeiling(largest)
  return { min: -top, max: top }
}
