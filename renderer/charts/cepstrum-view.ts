import type uPlot from 'uplot'
import type { PlotCepstrum } from '../../shared/protocol/plots.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import { cepstrumMarks, peakAt } from './cepstrum-marks.ts'
import { seriesColour, type ChartColours } from './colours.ts'
import { harmonicsOf, type View } from './cursor-maths.ts'
import type { Figure } from './figure.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { drawAxisTitle, horizontalAxis, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost, type PlotConfig } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { splitsOf } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { drawCursor, drawLanes, familyName, laneGapPx, laneHeightPx } from './spectrum-drawing.ts'
import type { CursorKey } from './spectrum-keys.ts'
import { isFound, mergedLanes, mergedLanesOf, type Lane } from './spectrum-marks.ts'
import { niceCeiling } from './y-range.ts'

export interface CepstrumElements {
  body: HTMLElement
  mark: HTMLElement
  says: HTMLElement
  readout: HTMLElement
}

/** Below stands the smooth shape of the whole spectrum, many times higher than any family. */
const firstMs = 2
/** Turns of the shaft in view before anybody has zoomed. */
const shownTurns = 4
const shownWithoutSpeedMs = 250

/** Periods that repeat in a spectrum: a family of equally spaced lines is one peak. Its cursor is the others' frequency. */
export class CepstrumView {
  readonly host: PlotHost
  readonly #elements: CepstrumElements
  readonly #cursor: SpectrumCursorStore
  readonly #colourIndex: number
  readonly #navigation: NavigationHost
  readonly #stops: (() => void)[]
  #data: PlotCepstrum | null = null
  #ms = new Float64Array(0)
  #lanes: Lane[] = []
  #view: View | null = null
  #words = ''
  #mark = ''
  #hoverMs: number | null = null

  constructor(elements: CepstrumElements, cursor: SpectrumCursorStore, colourIndex: number) {
    this.#elements = elements
    this.#cursor = cursor
    this.#colourIndex = colourIndex
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => ({ min: 0, max: this.#ms.at(-1) ?? 1 }),
      narrowest: () => 40 * (this.#data?.stepS ?? 0.001) * 1000,
      onView: (view) => {
        this.#view = view
        this.host.setX(view)
        this.#scale()
      },
      onClick: (ms) => this.#place(this.#peakNear(ms, 4)),
      onHover: (ms, topPx) => {
        this.#hoverMs = ms === null || topPx < 0 ? null : ms
      },
    }
    this.host.configure(this.#config)
    this.#stops = [
      cursor.subscribe(() => this.host.touch()),
      joinFrameLoop(() => {
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

  /** `words`: across the plot in the place of a curve; `mark`: what it is made of. */
  show(data: PlotCepstrum | null, words: string, mark: string): void {
    this.#words = words
    this.#mark = mark
    if (data !== null && data !== this.#data) {
      this.#data = data
      this.#ms = Float64Array.from(data.values, (_, i) => i * data.stepS * 1000)
      this.#lanes = mergedLanesOf(cepstrumMarks(data))
      this.host.setX(this.#view ?? this.#start(data))
      this.#scale()
      this.host.setData([this.#ms, data.values])
    }
    this.host.touch()
  }

  key(event: CursorKey): boolean {
    const data = this.#data
    if (!data) return false
    const { min, max } = this.host.views.x
    const placed = this.#placedMs()
    const view = viewForKey(event.key, this.#navigation, placed)
    if (view) {
      this.#navigation.onView(view)
      return true
    }
    const at = placed ?? (min + max) / 2
    const stepMs = data.stepS * 1000
    switch (event.key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        const px = (4 * (max - min)) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
        const by = event.ctrlKey ? stepMs : Math.max(stepMs, px)
        const next = at + (event.key === 'ArrowLeft' ? -by : by)
        this.#place(Math.max(stepMs, Math.round(next / stepMs) * stepMs))
        return true
      }
      case 'p':
      case 'P':
        this.#place(this.#peakNear(at, 40))
        return true
      case 'h':
      case 'H':
        this.#cursor.setState({ harmonics: !this.#cursor.getState().harmonics })
        if (placed === null) this.#place(this.#peakNear(at, 40))
        return true
      case 'Escape':
        this.#cursor.setState({ hz: null, harmonics: false })
        return true
      default:
        return false
    }
  }

  text(): string {
    const ms = this.#placedMs()
    return ms === null ? '' : this.#wordsAt(ms)
  }

  /** A note belongs to a place of a waveform or of a spectrum. */
  marked(): null {
    return null
  }

  figure(title: string): Figure | null {
    const data = this.#data
    if (!data) return null
    const { x, y } = this.host.views
    return {
      title,
      about: this.#mark,
      x: { title: t('plot.quefrency'), view: x, ...splitsOf(x, 1, 10) },
      y: { title: t('plot.cepstrum'), view: y, ...splitsOf(y, 1, 6) },
      series: [{ name: title, x: this.#ms, y: data.values, low: null }],
      marks: this.#lanes
        .flatMap(({ marks }) => marks)
        .filter(isFound)
        .map(({ fault, harmonic, foundHz }) => ({
          at: foundHz,
          along: 'x' as const,
          label: `${familyName(fault)} ${harmonic}\u00d7`,
        })),
      table: { head: [t('plot.quefrency'), t('plot.cepstrum')], columns: [this.#ms, data.values] },
    }
  }

  readonly #config: PlotConfig = (colours) => ({
    ...commonOptions,
    padding: [laneHeightPx * mergedLanes + laneGapPx, 8, 0, 0],
    scales: drivenScales,
    axes: [horizontalAxis(colours), valueAxis(colours, { label: t('plot.cepstrum'), unit: '' })],
    series: [{}, { stroke: seriesColour(colours, this.#colourIndex), width: 1, points: { show: false } }],
    plugins: [navigationPlugin(this.#navigation)],
    hooks: { draw: [(plot: uPlot) => this.#draw(plot, colours)] },
  })

  #start({ rpm, values, stepS }: PlotCepstrum): View {
    const last = (values.length - 1) * stepS * 1000
    const wanted = rpm !== null && rpm > 0 ? (shownTurns * 60_000) / rpm : shownWithoutSpeedMs
    return { min: 0, max: Math.min(last, wanted) }
  }

  /** By what is in view beyond the smooth shape; half as far down as up. */
  #scale(): void {
    const data = this.#data
    if (!data) return
    const { min, max } = this.host.views.x
    const step = data.stepS * 1000
    const from = Math.ceil(Math.max(min, Math.min(firstMs, max / 4)) / step)
    let top = 1e-6
    for (let i = from; i * step <= max && i < data.values.length; i++) top = Math.max(top, data.values[i] ?? 0)
    const ceiling = niceCeiling(top * 1.05)
    const now = this.host.views.y
    if (now.max !== ceiling) this.host.setY({ min: -ceiling / 2, max: ceiling })
  }

  #placedMs(): number | null {
    const { hz } = this.#cursor.getState()
    return hz !== null && hz > 0 ? 1000 / hz : null
  }

  #place(ms: number): void {
    if (ms > 0) this.#cursor.setState({ hz: 1000 / ms })
  }

  #peakNear(ms: number, px: number): number {
    const data = this.#data
    if (!data) return ms
    const { min, max } = this.host.views.x
    const reachMs = (px * (max - min)) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
    return peakAt(data.values, data.stepS, ms / 1000, reachMs / 1000).s * 1000
  }

  #draw(plot: uPlot, colours: ChartColours): void {
    drawAxisTitle(plot, t('plot.quefrency'), colours)
    drawLanes(plot, this.#lanes, null, colours)
    const ms = this.#placedMs()
    const last = this.#ms.at(-1) ?? 0
    if (ms === null || ms > last) return
    const harmonics = this.#cursor.getState().harmonics ? harmonicsOf(ms, last) : []
    drawCursor(plot, { hz: ms, amplitude: this.#valueAt(ms), harmonics, sidebands: [] }, colours)
  }

  #valueAt(ms: number): number {
    const data = this.#data
    return data?.values[Math.round(ms / 1000 / data.stepS)] ?? Number.NaN
  }

  #wordsAt(ms: number): string {
    const parts = [
      t('plot.cepstrumReadout', {
        ms: formatNumber(ms, 4),
        hz: formatNumber(1000 / ms, 4),
        value: formatNumber(this.#valueAt(ms), 3),
      }),
    ]
    const rpm = this.#data?.rpm ?? null
    if (rpm !== null && rpm > 0) parts.push(t('plot.order', { order: (60_000 / rpm / ms).toFixed(2) }))
    const near = this.#lanes
      .flatMap(({ marks }) => marks)
      .find(({ hz }) => Math.abs(hz - ms) <= Math.max(ms * 0.01, 2 * (this.#data?.stepS ?? 0) * 1000))
    if (near) parts.push(`${familyName(near.fault)} ${near.harmonic}\u00d7`)
    if (this.#cursor.getState().harmonics) parts.push(t('plot.rahmonics'))
    return parts.join(' \u00b7 ')
  }

  #tell(): void {
    const { mark, says, readout } = this.#elements
    setText(mark, this.#mark)
    say(says, this.#words)
    const ms = this.#hoverMs ?? this.#placedMs()
    const last = this.#ms.at(-1) ?? 0
    const text = this.#data === null ? '' : ms === null || ms > last ? t('plot.cepstrumHint') : this.#wordsAt(ms)
    setText(readout, text)
    readout.title = text
  }
}
