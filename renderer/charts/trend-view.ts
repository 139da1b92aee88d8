import uPlot from 'uplot'
import type { TrendFrame } from '../../shared/protocol/views.ts'
import type { FrameSource } from '../bridge/frame-source.ts'
import { formatClock, formatNumber, formatTime, zoneName } from '../ui/format.ts'
import { t, tMaybe } from '../ui/text.ts'
import { seriesColour, type ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { envelopePath } from './envelope-path.ts'
import { joinFrameLoop } from './frame-loop.ts'
import { navigationPlugin, viewForKey, type NavigationHost } from './navigation.ts'
import { beforeTitle, drawAxisTitle, drawLimit, horizontalAxis, valueAxis } from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost, type PlotConfig } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { nullsFor, trendTop } from './trend-data.ts'
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

const textEveryMs = 250

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
      },
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
    this.host.destroy()
  }

  key(key: string): boolean {
    const view = viewForKey(key, this.#navigation, null)
    if (!view) return false
    this.#navigation.onView(view)
    return true
  }

  readonly #config: PlotConfig = (colours) => {
    const colour = seriesColour(colours, this.#look.colourIndex)
    const { zone } = this.#look
    return {
      ...commonOptions,
      scales: drivenScales,
      axes: [
        {
          ...horizontalAxis(colours),
          space: 90,
          values: (plot: uPlot, splits: number[]) =>
            beforeTitle(
              plot,
              splits,
              splits.map((s) => formatClock(s * 1e6, zone)),
            ),
          // Ticks on whole seconds, minutes, hours: decimal steps mean nothing on a clock.
          incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400],
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
    if (warning !== null) drawLimit(plot, warning, t('plot.warning'), colours.high, colours)
    if (alarm !== null) drawLimit(plot, alarm, t('plot.alarm'), colours.urgent, colours)
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
    const seconds = Float64Array.from(frame.tUs, (tUs) => tUs / 1e6)
    this.host.setX(this.#zoomed ?? this.#full())
    const { bottom, top } = trendTop(frame)
    const y = { min: bottom < 0 ? -niceCeiling(-bottom) : 0, max: niceCeiling(top) }
    const now = this.host.views.y
    if (now.min !== y.min || now.max !== y.max) this.host.setY(y)
    this.host.setData([seconds, frame.max, frame.min, nullsFor(frame.mean)])
  }

  #tell(nowMs: number): void {
    this.#textMs = nowMs
    const { says, readout } = this.#elements
    const frame = this.#frame
    const failure = this.#source.failure
    const words = failure
      ? failure.message
      : !frame
        ? t('plot.waiting')
        : frame.mean.every(Number.isNaN)
          ? t('plot.trendEmpty')
          : ''
    say(says, words)
    const index = this.host.plot?.cursor.idx
    const text = frame && index != null ? this.#wordsAt(frame, index) : ''
    setText(readout, text)
  }

  #wordsAt(frame: TrendFrame, index: number): string {
    const mean = frame.mean[index] ?? Number.NaN
    const at = formatTime(frame.tUs[index] ?? 0, this.#look.zone)
    if (Number.isNaN(mean)) return t('plot.trendGapReadout', { at })
    return t('plot.trendReadout', {
      at,
      mean: formatNumber(mean, 4),
      min: formatNumber(frame.min[index] ?? Number.NaN, 3),
      max: formatNumber(frame.max[index] ?? Number.NaN, 3),
      unit: frame.unit,
    })
  }
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
