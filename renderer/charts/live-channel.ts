import type uPlot from 'uplot'
import type { WaveformChannel } from '../../shared/protocol/views.ts'
import { formatDuration, formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import { seriesColour } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { envelopePath } from './envelope-path.ts'
import { LiveDelay } from './live-delay.ts'
import { meter } from './meter.ts'
import { navigationPlugin, type NavigationHost } from './navigation.ts'
import type { Figure } from './figure.ts'
import {
  axisTitle,
  drawAxisTitle,
  drawLimit,
  drawValueTitle,
  horizontalAxis,
  valueAxis,
  valueTitlePx,
  withoutTitle,
} from './plot-frame.ts'
import { commonOptions, drivenScales, PlotHost } from './plot-host.ts'
import { say, setText } from './plot-words.ts'
import { SourceClock } from './source-clock.ts'
import { splitsOf } from './spectrum-axes.ts'
import { drawVerticals } from './spectrum-drawing.ts'
import { WaveRing } from './wave-ring.ts'
import { YRange } from './y-range.ts'

export interface LiveSpec {
  pointId: string
  quantity: string
  unit: string
  /** Place of the point in the plant file: gives the colour. */
  colourIndex: number
  /** After this age the view counts as stale. */
  staleAfterMs: number
  /** The time axis is shown under the last plot of a column only. */
  showTime: boolean
  /** High enough for the quantity beside the unit. */
  roomy: boolean
}

export interface LiveElements {
  body: HTMLElement
  /** LIVE with rate and latency, or what it is instead. */
  mark: HTMLElement
  /** Words across the plot; hidden while live. */
  says: HTMLElement
  readout: HTMLElement
}

const ringMargin = 2
const textEveryMs = 400
/** Without a frame for this long the plot says that it waits. */
const waitMs = 1200

/** One live waveform: ring, buffers and plot; nothing of it is React state. */
export class LiveChannel {
  readonly spec: LiveSpec
  readonly host: PlotHost
  readonly delay = new LiveDelay()
  readonly #clock = new SourceClock()
  readonly #elements: LiveElements
  readonly #range = new YRange()
  readonly #createdMs = performance.now()
  #ring: WaveRing | null = null
  #binUs = 0
  #count = 0
  #xs = new Float64Array(0)
  #min = new Float32Array(0)
  #max = new Float32Array(0)
  #edgeBin = Number.NaN
  #dirty = false
  #rateHz = 0
  #quality: WaveformChannel['quality'] = 'good'
  #endUs = Number.NaN
  #textMs = 0
  /** Extremes since peak hold was switched on; null: it is off. */
  #held: { min: number; max: number } | null = null
  /** Seconds before the right edge; null: no cursor. */
  #cursorS: number | null = null

  constructor(spec: LiveSpec, elements: LiveElements, navigation: NavigationHost) {
    this.spec = spec
    this.#elements = elements
    this.host = new PlotHost(elements.body)
    this.host.configure((colours) => {
      const colour = seriesColour(colours, spec.colourIndex)
      const look = { label: spec.quantity, unit: spec.unit }
      const value = valueAxis(colours, look)
      const time = horizontalAxis(colours)
      return {
        ...commonOptions,
        padding: [spec.roomy ? 6 : valueTitlePx, 8, 0, 0],
        scales: drivenScales,
        axes: [
          spec.showTime ? time : { ...time, size: 6, values: (_plot: uPlot, splits: number[]) => splits.map(() => '') },
          spec.roomy ? value : withoutTitle(value),
        ],
        series: [
          {},
          { paths: envelopePath(2), fill: colour, stroke: colour, points: { show: false } },
          { show: false },
        ],
        plugins: [navigationPlugin(navigation)],
        hooks: {
          draw: [
            (plot: uPlot) => {
              if (!spec.roomy) drawValueTitle(plot, look, colours)
              if (spec.showTime) drawAxisTitle(plot, t('plot.timeBefore'), colours)
              if (this.#held && this.#held.max >= this.#held.min) {
                drawLimit(plot, this.#held.max, t('plot.holdMax'), colours.muted, colours)
                drawLimit(plot, this.#held.min, t('plot.holdMin'), colours.muted, colours)
              }
              if (this.#cursorS !== null) drawVerticals(plot, [this.#cursorS], colours.text, [])
            },
          ],
        },
      }
    })
    this.host.setY({ min: -1, max: 1 })
  }

  get endUs(): number {
    return this.#endUs
  }

  /** The view's width in source time changed: columns of another width cannot be kept. */
  reset(): void {
    this.#ring = null
    this.#binUs = 0
    this.#edgeBin = Number.NaN
  }

  apply(frame: WaveformChannel, windowMs: number, nowUs: number, nowMs: number): void {
    if (frame.binUs !== this.#binUs || !this.#ring) this.#start(frame.binUs, windowMs)
    const before = this.#endUs
    this.#clock.observe(frame.receiveUs - frame.endUs)
    // Ages on our clock: a wrong server clock is told in words, it does not shift the picture out of view.
    const hereUs = nowUs - this.#clock.skewUs
    if (Number.isNaN(before)) this.delay.observe(hereUs - frame.endUs, 0, nowMs)
    else if (frame.endUs > before) this.delay.observe(hereUs - before, frame.endUs - before, nowMs)
    this.#endUs = Number.isNaN(before) ? frame.endUs : Math.max(before, frame.endUs)
    this.#rateHz = frame.sampleRateHz
    this.#quality = frame.quality
    // Bad samples are a gap on the plot, never a line.
    if (frame.quality !== 'bad') {
      this.#ring?.apply(frame.firstBin, frame.min, frame.max)
      if (this.#held) widen(this.#held, frame.min, frame.max)
    }
    this.#dirty = true
  }

  /** Draws the columns up to `edgeUs`; answers whether the picture changed. */
  draw(edgeUs: number, nowUs: number, nowMs: number, x: View, frozen: boolean): boolean {
    this.host.setX(x)
    if (this.#ring && this.#count > 0) {
      const holdUs = this.spec.staleAfterMs * 1000
      const ownEdgeUs = Math.min(edgeUs - this.#clock.skewUs, this.#endUs + holdUs)
      const edgeBin = Math.floor(ownEdgeUs / this.#binUs)
      if (edgeBin !== this.#edgeBin || this.#dirty) {
        this.#edgeBin = edgeBin
        this.#dirty = false
        this.#ring.read(edgeBin - this.#count, this.#count, this.#min, this.#max)
        if (this.#range.update(this.#tallest(), nowMs)) this.host.setY({ min: -this.#range.top, max: this.#range.top })
        this.host.touch()
        if (!frozen) meter.sampleDrawn((nowUs - Math.min(this.#endUs, ownEdgeUs)) / 1000)
      }
    }
    if (nowMs - this.#textMs > textEveryMs) {
      this.#textMs = nowMs
      this.#tell(edgeUs, nowUs, nowMs, frozen)
    }
    return this.host.flush()
  }

  destroy(): void {
    this.host.destroy()
  }

  /** Keeps the largest and smallest sample from now on, the window in view included, or forgets them. */
  hold(on: boolean): void {
    if (on === (this.#held !== null)) return
    this.#held = on ? { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY } : null
    if (this.#held) widen(this.#held, this.#min, this.#max)
    this.#dirty = true
    this.host.touch()
  }

  place(seconds: number | null): void {
    this.#cursorS = seconds
    this.#textMs = 0
    this.host.touch()
  }

  /** The reading under the placed cursor; empty without one. */
  text(): string {
    return this.#cursorS === null || this.#count === 0 ? '' : this.#wordsAt(this.#indexAt(this.#cursorS))
  }

  figure(title: string): Figure | null {
    if (this.#count === 0) return null
    const { x, y } = this.host.views
    const { quantity: label, unit } = this.spec
    return {
      title,
      about: this.#elements.mark.textContent ?? '',
      x: { title: t('plot.timeBefore'), view: x, ...splitsOf(x, 1, 10) },
      y: { title: axisTitle({ label, unit }), view: y, ...splitsOf(y, 1, 6) },
      series: [{ name: title, x: this.#xs, y: this.#max, low: this.#min }],
      marks: this.#held
        ? [
            { at: this.#held.max, along: 'y', label: t('plot.holdMax') },
            { at: this.#held.min, along: 'y', label: t('plot.holdMin') },
          ]
        : [],
      table: {
        head: [t('plot.timeBefore'), `min (${unit})`, `max (${unit})`],
        columns: [this.#xs, this.#min, this.#max],
      },
    }
  }

  #start(binUs: number, windowMs: number): void {
    this.#binUs = binUs
    this.#count = Math.max(2, Math.ceil((windowMs * 1000) / binUs) + 1)
    this.#ring = new WaveRing(this.#count * ringMargin)
    this.#xs = Float64Array.from({ length: this.#count }, (_, i) => ((i - this.#count + 0.5) * binUs) / 1e6)
    this.#min = new Float32Array(this.#count)
    this.#max = new Float32Array(this.#count)
    this.#edgeBin = Number.NaN
    this.host.setData([this.#xs, this.#max, this.#min])
  }

  #largest(): number {
    let largest = Number.NaN
    for (let i = 0; i < this.#count; i++) {
      const high = Math.max(this.#max[i] ?? Number.NaN, -(this.#min[i] ?? Number.NaN))
      if (!(high <= largest) && !Number.isNaN(high)) largest = high
    }
    return largest
  }

  /** What has to fit: with peak hold its lines too. */
  #tallest(): number {
    const largest = this.#largest()
    if (!this.#held || !(this.#held.max >= this.#held.min)) return largest
    const held = Math.max(this.#held.max, -this.#held.min)
    return Number.isNaN(largest) ? held : Math.max(held, largest)
  }

  #indexAt(seconds: number): number {
    return Math.min(this.#count - 1, Math.max(0, Math.round((seconds * 1e6) / this.#binUs + this.#count - 0.5)))
  }

  #tell(edgeUs: number, nowUs: number, nowMs: number, frozen: boolean): void {
    const { mark, says, readout } = this.#elements
    const { skewUs } = this.#clock
    const ageUs = nowUs - skewUs - this.#endUs
    const waiting = Number.isNaN(this.#endUs)
    const stale = !waiting && ageUs > this.delay.blockUs * 2 + this.spec.staleAfterMs * 1000
    const latencyMs = Math.round((nowUs - skewUs - Math.min(this.#endUs, edgeUs - skewUs)) / 1000)
    let state = t(this.spec.roomy ? 'plot.live' : 'plot.liveShort', {
      rate: formatNumber(this.#rateHz / 1000, 3),
      latency: latencyMs,
    })
    if (skewUs !== 0) state += ` \u00b7 ${skewWords(skewUs)}`
    let words = ''
    if (frozen) {
      state = t('plot.frozenMark')
      words = t('plot.frozen', { duration: formatDuration((nowUs - edgeUs) / 1e6) })
    } else if (waiting) {
      state = t('plot.waitingMark')
      if (nowMs - this.#createdMs > waitMs) words = t('plot.waiting')
    } else if (stale) {
      state = t('plot.staleMark')
      words = t('plot.stale', { duration: formatDuration(ageUs / 1e6) })
    } else if (this.#quality === 'bad') words = t('plot.bad')
    setText(mark, state)
    mark.dataset['live'] = String(!frozen && !waiting && !stale)
    say(says, words)
    setText(readout, this.#readoutWords())
  }

  #readoutWords(): string {
    const index = this.host.plot?.cursor.idx
    const { unit } = this.spec
    if (index != null && this.host.plot?.cursor.left !== -10) return this.#wordsAt(index)
    if (this.#cursorS !== null && this.#count > 0) return this.#wordsAt(this.#indexAt(this.#cursorS))
    if (this.#held && this.#held.max >= this.#held.min)
      return t('plot.heldReadout', {
        min: formatNumber(this.#held.min, 3),
        max: formatNumber(this.#held.max, 3),
        unit,
      })
    const peak = this.#largest()
    // Side by side there is room for the name or for this, and the name is worth more.
    return Number.isNaN(peak) || !this.spec.roomy ? '' : t('plot.peakReadout', { value: formatNumber(peak, 3), unit })
  }

  #wordsAt(index: number): string {
    const [low, high] = [this.#min[index] ?? Number.NaN, this.#max[index] ?? Number.NaN]
    return t('plot.waveReadout', {
      at: formatNumber((this.#xs[index] ?? 0) * 1000, 4),
      min: formatNumber(low, 3),
      max: formatNumber(high, 3),
      unit: this.spec.unit,
    })
  }
}

function widen(range: { min: number; max: number }, lows: Float32Array, highs: Float32Array): void {
  for (const low of lows) if (low < range.min) range.min = low
  for (const high of highs) if (high > range.max) range.max = high
}

function skewWords(skewUs: number): string {
  const duration = formatDuration(Math.abs(skewUs) / 1e6)
  return t(skewUs > 0 ? 'plot.clockBehind' : 'plot.clockAhead', { duration })
}
