import uPlot from 'uplot'
import { displayUnit } from '../../shared/domain/units.ts'
import { formatNumber } from '../ui/format.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import { colourMap, colourScale, mapPalette, mapTop, poolMap, type ColourScale, type MapData } from './map-maths.ts'
import type { MapScene } from './map-scene.ts'

/** Lines of a cascade closer than this cannot be told apart. */
const cascadeGapPx = 9

/** The picture of a map: colours, kept while nothing that makes them changes, or a cascade of lines. */
export class MapDrawing {
  readonly #scene: MapScene
  readonly #palette = mapPalette()
  #top = 1
  #picture: { key: string; image: ImageData } | null = null
  #pooled = new Float32Array(0)
  #scale: { key: string; of: ColourScale } | null = null

  constructor(scene: MapScene) {
    this.#scene = scene
  }

  /** Rows came, went or changed their order. */
  renew(data: MapData | null): void {
    this.#picture = null
    if (data) this.#top = mapTop(data.amplitude)
  }

  draw(plot: uPlot, data: MapData, views: { x: View; y: View }, colours: ChartColours): void {
    if (this.#scene.reading.drawing === 'cascade') this.#drawCascade(plot, data, views, colours)
    else this.#drawColours(plot, data, views, colours)
  }

  /** What the colours stand for, at the right edge: the top in its unit, the bottom in decibels below it or zero. */
  drawLegend(plot: uPlot, unit: string, colours: ChartColours): void {
    const { drawing, rangeDb } = this.#scene.reading
    if (drawing === 'cascade' || !this.#scene.data) return
    const { ctx, bbox } = plot
    const ratio = uPlot.pxRatio
    const [left, width] = [bbox.left + bbox.width + 8 * ratio, 10 * ratio]
    const steps = this.#palette.length
    for (const [i, colour] of this.#palette.entries()) {
      ctx.fillStyle = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`
      const top = bbox.top + (bbox.height * (steps - 1 - i)) / steps
      ctx.fillRect(left, top, width, Math.ceil(bbox.height / steps) + 1)
    }
    ctx.save()
    ctx.font = `${11 * ratio}px "Source Sans 3"`
    ctx.fillStyle = colours.muted
    ctx.textAlign = 'left'
    const at = left + width + 4 * ratio
    ctx.textBaseline = 'top'
    ctx.fillText(formatNumber(this.#top, 2), at, bbox.top)
    ctx.fillText(displayUnit(unit), at, bbox.top + 13 * ratio)
    ctx.textBaseline = 'bottom'
    ctx.fillText(rangeDb === null ? '0' : t('plot.mapBottom', { db: rangeDb }), at, bbox.top + bbox.height)
    ctx.restore()
  }

  #drawColours(plot: uPlot, data: MapData, { x, y }: { x: View; y: View }, colours: ChartColours): void {
    const { left, top, width, height } = plot.bbox
    const [w, h] = [Math.round(width), Math.round(height)]
    const { order, reading } = this.#scene
    const key = [w, h, x.min, x.max, y.min, y.max, reading.rangeDb, colours.panel].join()
    if (this.#picture?.key !== key) {
      if (this.#pooled.length !== w * h) this.#pooled = new Float32Array(w * h)
      const window = { fromHz: x.min, toHz: x.max, fromRow: order.length - y.max, rows: y.max - y.min }
      poolMap(data, order, window, w, h, this.#pooled)
      const image =
        this.#picture?.image.width === w && this.#picture.image.height === h ? this.#picture.image : new ImageData(w, h)
      const pixels = new Uint32Array(image.data.buffer)
      colourMap(this.#pooled, this.#scaleFor(colours), pixels)
      this.#picture = { key, image }
    }
    plot.ctx.putImageData(this.#picture.image, Math.round(left), Math.round(top))
  }

  #scaleFor(colours: ChartColours): ColourScale {
    const { rangeDb } = this.#scene.reading
    const key = [this.#top, rangeDb, colours.line].join()
    if (this.#scale?.key !== key)
      this.#scale = { key, of: colourScale(this.#top, rangeDb, this.#palette, wordOf(colours.line)) }
    return this.#scale.of
  }

  /** Lines one above the other, from the back to the front, each on a ground of its own so that it hides those behind. */
  #drawCascade(plot: uPlot, data: MapData, { x, y }: { x: View; y: View }, colours: ChartColours): void {
    const { ctx, bbox } = plot
    const { order } = this.#scene
    const visible = Math.max(1, Math.floor(bbox.height / cascadeGapPx))
    const firstShown = Math.max(0, Math.floor(order.length - y.max))
    const lastShown = Math.min(order.length, Math.ceil(order.length - y.min))
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
      poolMap(data, order, window, pooled.length, 1, pooled)
      const base = plot.valToPos(order.length - shown - 1, 'y', true)
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
    const { rangeDb } = this.#scene.reading
    if (rangeDb === null) return Math.min(1.2, value / this.#top)
    return value > 0 ? Math.max(0, 1 + (20 * Math.log10(value / this.#top)) / rangeDb) : 0
  }
}

/** A hex colour as a word of image data. */
function wordOf(hex: string): number {
  const value = Number.parseInt(hex.replace('#', ''), 16)
  return ((255 << 24) | ((value & 255) << 16) | (value & 0xff00) | (value >> 16)) >>> 0
}
