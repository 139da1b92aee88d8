import uPlot from 'uplot'
import type { PlotStrip } from '../../shared/protocol/plots.ts'
import type { TrendFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { formatClock, formatDay, formatNumber, formatTime, zoneName } from '../ui/format.ts'
import { limitState } from '../ui/limit-words.ts'
import { t, tMaybe } from '../ui/text.ts'
import { seriesColour, type ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { envelopePath } from './envelope-path.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { axisTitle, beforeTitle, drawAxisTitle, drawLimit, horizontalAxis, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost, type PlotConfig } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import type { Figure } from './figure.ts'
import { splitsOf } from './spectrum-axes.ts'
import type { SpectrumCursorStore } from './spectrum-cursor.ts'
import { drawVerticals } from './spectrum-drawing.ts'
import type { CursorKey } from './spectrum-keys.ts'
import { nullsFor, trendTop } from './trend-data.ts'
import { captureNear, drawStrip, stripPx, stripWords } from './trend-strip.ts'
import { niceCeiling } from './y-range.ts'

export interface TrendElements {
  body: HTMLElement
  says: HTMLElement
  readout: HTMLElement
}

export interface TrendLook {
  label: string
  unit: string
  colourIndex: number
  zone: string
}

/** What a trend on the desk knows besides; all of it may change while the plot stands. */
export interface TrendDesk {
  cursor: SpectrumCursorStore
  /** Null: it has not come yet. */
  strip: PlotStrip | null
  /** The stretch in view, read again for its own columns. */
  detail: TrendFrame | null
  onView: (view: { fromUs: number; toUs: number } | null) => void
  /** A moment was chosen: the capture nearest to it, when there is one near. */
  onPick: (captureId: string | null, atUs: number) => void
}

const textEveryMs = 250
/** A click opens a capture within so many pixels of it. */
const pickPx = 12

/** Trend of one feature: band of minima and maxima, mean, limits as named lines, gaps hatched with their cause. */
export class TrendView {
  readonly host: PlotHost
  readonly #elements: TrendElements
  readonly #source: FrameSource<TrendFrame>
  readonly #look: TrendLook
  readonly #navigation: NavigationHost
  readonly #stops: (() => void)[]
  #frame: TrendFrame | null = null
  #zoomed: View | null = null
  #desk: TrendDesk | null = null
  #stopCursor: (() => void) | null = null
  #textMs = 0

  constructor(elements: TrendElements, source: FrameSource<TrendFrame>, look: TrendLook) {
    this.#elements = elements
    this.#source = source
    this.#look = look
    this.host = new PlotHost(elements.body)
    this.#navigation = {
      view: () => this.host.views.x,
      full: () => this.#full(),
      narrowest: () => 2,
      onView: (view) => {
        const full = this.#full()
        this.#zoomed = view.min <= full.min && view.max >= full.max ? null : view
        this.host.setX(view)
        this.#desk?.onView(this.#zoomed && { fromUs: view.min * 1e6, toUs: view.max * 1e6 })
        this.#data()
      },
      onClick: (seconds) => this.#pick(seconds * 1e6),
    }
    this.host.configure(this.#config)
    this.#stops = [
      source.subscribe(() => this.#take(source.latest)),
      joinFrameLoop((nowMs) => {
        this.host.flush()
        if (nowMs - this.#textMs > textEveryMs) this.#tell(nowMs)
        return false
      }),
    ]
    this.#take(source.latest)
  }

  destroy(): void {
    for (const stop of this.#stops) stop()
    this.#stopCursor?.()
    this.host.destroy()
  }

  /** Puts it on the desk: linked, with its strip. */
  desk(desk: TrendDesk): void {
    const first = this.#desk === null
    if (this.#desk?.cursor !== desk.cursor) {
      this.#stopCursor?.()
      this.#stopCursor = desk.cursor.subscribe(() => {
        this.host.touch()
        this.#textMs = 0
      })
    }
    this.#desk = desk
    // Room for the strip, which a plot elsewhere does not have.
    if (first) {
      this.host.configure((colours) => this.#config(colours))
      this.#elements.says.style.bottom = `${22 + stripPx}px`
    }
    this.#data()
    this.host.touch()
  }

  #pick(atUs: number): void {
    const desk = this.#desk
    if (!desk) return
    desk.cursor.setState({ tUs: atUs })
    const { min, max } = this.host.views.x
    const perPx = ((max - min) * 1e6) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
    desk.onPick(desk.strip ? captureNear(desk.strip, atUs, pickPx * perPx) : null, atUs)
  }

  key(event: CursorKey): boolean {
    const placed = this.#desk?.cursor.getState().tUs ?? null
    const view = viewForKey(event.key, this.#navigation, placed === null ? null : placed / 1e6)
    if (view) {
      this.#navigation.onView(view)
      return true
    }
    const desk = this.#desk
    if (!desk) return false
    const { min, max } = this.host.views.x
    const frame = this.#shownFrame()
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const direction = event.key === 'ArrowLeft' ? -1 : 1
      const column = frame ? ((frame.tUs[1] ?? 0) - (frame.tUs[0] ?? 0)) / 1e6 : 0
      const step = event.ctrlKey && column > 0 ? column : Math.max(column, (max - min) * 0.01)
      const at = (placed === null ? (min + max) / 2 : placed / 1e6) + direction * step
      const full = this.#full()
      desk.cursor.setState({ tUs: Math.min(full.max, Math.max(full.min, at)) * 1e6 })
      return true
    }
    if (event.key === 'Enter' && placed !== null) {
      this.#pick(placed)
      return true
    }
    if (event.key === 'Escape') {
      desk.cursor.setState({ tUs: null })
      return true
    }
    return false
  }

  text(): string {
    const frame = this.#shownFrame()
    const tUs = this.#desk?.cursor.getState().tUs ?? null
    if (!frame || tUs === null) return ''
    return this.#wordsAt(frame, columnOf(frame, tUs))
  }

  /** A note belongs to a waveform, and a trend shows none. */
  marked(): null {
    return null
  }

  figure(title: string): Figure | null {
    const frame = this.#shownFrame()
    if (!frame) return null
    const { x, y } = this.host.views
    const zone = zoneName(frame.atUs, this.#look.zone)
    const ticks = splitsOf(x, 1, 7).splits
    return {
      title,
      about: `${formatTime(x.min * 1e6, this.#look.zone)} \u2013 ${formatTime(x.max * 1e6, this.#look.zone)}`,
      x: {
        title: t('plot.timeIn', { zone }),
        view: x,
        splits: ticks,
        labels: ticks.map((s) => formatTime(s * 1e6, this.#look.zone)),
      },
      y: { title: axisTitle(this.#look), view: y, ...splitsOf(y, 1, 6) },
      series: [{ name: title, x: Float64Array.from(frame.tUs, (tUs) => tUs / 1e6), y: frame.max, low: frame.min }],
      marks: [
        ...(['warning', 'alarm'] as const).flatMap((level) => {
          const at = frame.limits[level]
          return at === null ? [] : [{ at, along: 'y' as const, label: t(`plot.${level}`) }]
        }),
        ...(this.#desk?.strip?.breaks ?? []).map(({ atUs, words }) => ({
          at: atUs / 1e6,
          along: 'x' as const,
          label: words,
        })),
      ],
      table: {
        head: [t('plot.unixSeconds'), ...['min', 'mean', 'max'].map((name) => `${name} (${frame.unit})`)],
        columns: [Float64Array.from(frame.tUs, (tUs) => tUs / 1e6), frame.min, frame.mean, frame.max],
      },
    }
  }

  readonly #config: PlotConfig = (colours) => {
    const colour = seriesColour(colours, this.#look.colourIndex)
    const { zone } = this.#look
    return {
      ...commonOptions,
      ...(this.#desk ? { padding: [6, 8, stripPx, 0] as [number, number, number, number] } : {}),
      scales: drivenScales,
      axes: [
        {
          ...horizontalAxis(colours),
          space: 90,
          values: (plot: uPlot, splits: number[]) =>
            beforeTitle(
              plot,
              splits,
              splits.map((s, i) => timeLabel(s, splits[i - 1], (splits[1] ?? 0) - (splits[0] ?? 0), zone)),
            ),
          // Ticks on whole seconds, minutes, hours: decimal steps mean nothing on a clock.
          incrs: [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800,
            604_800, 1_209_600, 2_592_000, 7_776_000, 15_552_000, 31_104_000,
          ],
        },
        valueAxis(colours, { label: this.#look.label, unit: this.#look.unit }),
      ],
      series: [
        {},
        { paths: envelopePath(2), fill: `${colour}55`, stroke: colour, points: { show: false } },
        { show: false },
        { stroke: colour, width: 1.5, points: { show: false } },
      ],
      plugins: [navigationPlugin(this.#navigation)],
      hooks: { draw: [(plot: uPlot) => this.#drawMarks(plot, colours)] },
    }
  }

  #drawMarks(plot: uPlot, colours: ChartColours): void {
    const frame = this.#frame
    if (!frame) return
    drawAxisTitle(plot, t('plot.timeIn', { zone: zoneName(frame.atUs, this.#look.zone) }), colours)
    for (const gap of frame.gaps)
      drawGap(plot, gap.startUs / 1e6, (gap.endUs ?? frame.atUs) / 1e6, tMaybe(`gap.${gap.cause}`, gap.cause), colours)
    const { warning, alarm } = frame.limits
    const state = limitState(frame.limits)
    const of = (level: string): string => (state === null ? level : t('limits.of', { level, state }))
    let besidePx = 0
    if (alarm !== null) {
      const width = drawLimit(plot, alarm, of(t('plot.alarm')), colours.urgent, colours)
      const apart = warning === null ? 0 : plot.valToPos(warning, 'y', true) - plot.valToPos(alarm, 'y', true)
      // In a low plot the words of the two would lie on each other.
      if (Math.abs(apart) < 32 * uPlot.pxRatio) besidePx = width + 4 * uPlot.pxRatio
    }
    if (warning !== null) drawLimit(plot, warning, of(t('plot.warning')), colours.high, colours, besidePx)
    const desk = this.#desk
    if (!desk) return
    if (desk.strip) drawStrip(plot, desk.strip, frame.atUs, colours)
    const { tUs } = desk.cursor.getState()
    if (tUs !== null) drawVerticals(plot, [tUs / 1e6], colours.text, [])
  }

  #full(): View {
    const frame = this.#frame
    if (!frame || frame.tUs.length === 0) return { min: 0, max: 1 }
    const first = (frame.tUs[0] ?? 0) / 1e6
    return { min: first, max: Math.max(first + 1, frame.atUs / 1e6) }
  }

  #take(frame: TrendFrame | null): void {
    if (!frame) return
    this.#frame = frame
    this.host.setX(this.#zoomed ?? this.#full())
    this.#data()
  }

  /** What is drawn: the stretch that was read for this view while it is zoomed, else the whole. */
  #shownFrame(): TrendFrame | null {
    const detail = this.#desk?.detail ?? null
    const view = this.#zoomed
    if (!detail || !view || detail.tUs.length < 2) return this.#frame
    const [from, to] = [(detail.tUs[0] ?? 0) / 1e6, (detail.tUs.at(-1) ?? 0) / 1e6]
    const column = (to - from) / (detail.tUs.length - 1)
    return view.min >= from - 2 * column && view.max <= to + 2 * column ? detail : this.#frame
  }

  #data(): void {
    const frame = this.#shownFrame()
    if (!frame) return
    const seconds = Float64Array.from(frame.tUs, (tUs) => tUs / 1e6)
    const { bottom, top } = trendTop(frame)
    const y = { min: bottom < 0 ? -niceCeiling(-bottom) : 0, max: niceCeiling(top) }
    const now = this.host.views.y
    if (now.min !== y.min || now.max !== y.max) this.host.setY(y)
    this.host.setData([seconds, frame.max, frame.min, nullsFor(frame.mean)])
  }

  #tell(nowMs: number): void {
    this.#textMs = nowMs
    const { says, readout } = this.#elements
    const frame = this.#shownFrame()
    const failure = this.#source.failure
    const words = failure
      ? failure.message
      : !frame
        ? t('plot.waiting')
        : frame.mean.every(Number.isNaN)
          ? t('plot.trendEmpty')
          : ''
    say(says, words)
    const placed = this.#desk?.cursor.getState().tUs ?? null
    const index = this.host.plot?.cursor.idx ?? (frame && placed !== null ? columnOf(frame, placed) : null)
    const text = frame && index !== null ? this.#wordsAt(frame, index) : this.#desk ? t('plot.trendHint') : ''
    setText(readout, text)
    readout.title = text
  }

  #wordsAt(frame: TrendFrame, index: number): string {
    const mean = frame.mean[index] ?? Number.NaN
    const at = formatTime(frame.tUs[index] ?? 0, this.#look.zone)
    const strip = this.#desk?.strip
    const { min, max } = this.host.views.x
    const usPerPx = ((max - min) * 1e6) / Math.max(1, this.host.plot?.over.clientWidth ?? 1)
    const happened = strip ? stripWords(strip, frame.tUs[index] ?? 0, usPerPx) : []
    const more = happened.length > 0 ? ` \u00b7 ${happened.join(' \u00b7 ')}` : ''
    if (Number.isNaN(mean)) return `${t('plot.trendGapReadout', { at })}${more}`
    const words = t('plot.trendReadout', {
      at,
      mean: formatNumber(mean, 4),
      min: formatNumber(frame.min[index] ?? Number.NaN, 3),
      max: formatNumber(frame.max[index] ?? Number.NaN, 3),
      unit: frame.unit,
    })
    return `${words}${more}`
  }
}

function columnOf(frame: TrendFrame, tUs: number): number {
  const [first = 0, second = 0] = frame.tUs
  const step = second - first
  return step > 0 ? Math.min(frame.tUs.length - 1, Math.max(0, Math.round((tUs - first) / step))) : 0
}

/** Clock times; from days on the date, and with the clock at the first tick of a new day. */
function timeLabel(s: number, before: number | undefined, step: number, zone: string): string {
  if (step >= 86_400) return formatDay(s * 1e6, zone)
  const clock = formatClock(s * 1e6, zone)
  return before !== undefined && clock < formatClock(before * 1e6, zone) ? formatDay(s * 1e6, zone) : clock
}

function drawGap(plot: uPlot, fromS: number, toS: number, words: string, colours: ChartColours): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  const left = Math.max(bbox.left, plot.valToPos(fromS, 'x', true))
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(toS, 'x', true))
  if (right - left < ratio) return
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, bbox.top, right - left, bbox.height)
  ctx.clip()
  ctx.strokeStyle = colours.hatch
  ctx.lineWidth = 2 * ratio
  ctx.beginPath()
  for (let x = left - bbox.height; x < right; x += 8 * ratio) {
    ctx.moveTo(x, bbox.top + bbox.height)
    ctx.lineTo(x + bbox.height, bbox.top)
  }
  ctx.stroke()
  ctx.restore()
  ctx.save()
  ctx.font = `${11 * ratio}px "Source Sans 3"`
  if (right - left > ctx.measureText(words).width + 4 * ratio) {
    ctx.fillStyle = colours.muted
    ctx.textAlign = 'center'
    ctx.textBaseline = 'top'
    ctx.fillText(words, (left + right) / 2, bbox.top + 2 * ratio)
  }
  ctx.restore()
}
