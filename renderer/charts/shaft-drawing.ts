import uPlot from 'uplot'
import type { PlotShaft } from '../../shared/protocol/plots.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import { tickLabels } from './plot-frame.ts'
import { bodeParts, polarPoint, polarRings, type Curve } from './shaft-curves.ts'

const font = (ratio: number): string => `${12 * ratio}px "Source Sans 3"`

/** Runs `draw` with the plotting area as its edge. */
export function clipped(plot: uPlot, draw: () => void): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  draw()
  ctx.restore()
}

export function drawCurves(plot: uPlot, curves: readonly Curve[], colours: ChartColours): void {
  const { ctx } = plot
  for (const curve of curves) {
    ctx.strokeStyle = curve.colour(colours)
    ctx.lineWidth = curve.width * uPlot.pxRatio
    ctx.beginPath()
    let pen = false
    for (const [i, x] of curve.x.entries()) {
      const y = curve.y[i] ?? Number.NaN
      if (Number.isNaN(y)) {
        pen = false
        continue
      }
      const [px, py] = [plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true)]
      if (pen) ctx.lineTo(px, py)
      else ctx.moveTo(px, py)
      pen = true
    }
    ctx.stroke()
  }
}

/** Names of the curves in their colours, at the left from a height of the axis down; left out: from the top. */
export function drawKey(plot: uPlot, curves: readonly Curve[], colours: ChartColours, below?: number): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  const top = below === undefined ? bbox.top : plot.valToPos(below, 'y', true)
  ctx.save()
  ctx.font = font(ratio)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  for (const [i, curve] of curves.filter(({ quiet }) => quiet !== true).entries()) {
    const y = top + (10 + 16 * i) * ratio
    const left = bbox.left + 8 * ratio
    const width = ctx.measureText(curve.name).width
    ctx.fillStyle = colours.panel
    ctx.fillRect(left - 3 * ratio, y - 8 * ratio, width + 31 * ratio, 16 * ratio)
    ctx.strokeStyle = curve.colour(colours)
    ctx.lineWidth = Math.max(2, curve.width) * ratio
    ctx.beginPath()
    ctx.moveTo(left, y)
    ctx.lineTo(left + 18 * ratio, y)
    ctx.stroke()
    ctx.fillStyle = colours.text
    ctx.fillText(curve.name, left + 24 * ratio, y)
  }
  ctx.restore()
}

/** Dots at places: where the shaft's mark passes, where the cursor stands. */
export function drawDots(plot: uPlot, at: readonly { x: number; y: number }[], radius: number, fill: string): void {
  const { ctx } = plot
  ctx.fillStyle = fill
  for (const { x, y } of at) {
    ctx.beginPath()
    ctx.arc(plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true), radius * uPlot.pxRatio, 0, 2 * Math.PI)
    ctx.fill()
  }
}

/** Places at which the shaft's mark passed its sensor: the phase, and the way the shaft goes. */
export function keyphasorPlaces({ whole, marks }: PlotShaft): { x: number; y: number }[] {
  return [...marks].flatMap((at) => {
    const [x, y] = [whole[2 * at], whole[2 * at + 1]]
    return x === undefined || y === undefined ? [] : [{ x, y }]
  })
}

/** Rings of amplitude and spokes of phase lag. */
export function drawPolarGrid(plot: uPlot, reach: number, unit: string, colours: ChartColours): void {
  const { ctx } = plot
  const ratio = uPlot.pxRatio
  const place = (x: number, y: number): [number, number] => [plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true)]
  const [cx, cy] = place(0, 0)
  const rings = polarRings(reach)
  const outer = rings.at(-1) ?? reach
  const perUnit = Math.abs(plot.valToPos(1, 'x', true) - cx)
  const labels = tickLabels([0, ...rings]).slice(1)
  ctx.strokeStyle = colours.line
  ctx.lineWidth = ratio
  ctx.fillStyle = colours.muted
  ctx.font = font(ratio)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'bottom'
  for (const [i, ring] of rings.entries()) {
    ctx.beginPath()
    ctx.arc(cx, cy, ring * perUnit, 0, 2 * Math.PI)
    ctx.stroke()
    // Beside the spoke to 45 degrees, where a resonance seldom leads the curve.
    const [x, y] = [cx + ring * perUnit * Math.SQRT1_2, cy - ring * perUnit * Math.SQRT1_2]
    ctx.fillText(i === rings.length - 1 ? `${labels[i] ?? ''} ${unit}` : (labels[i] ?? ''), x + 2 * ratio, y)
  }
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  for (let lag = 0; lag < 360; lag += 30) {
    const at = polarPoint(outer, lag)
    const [x, y] = place(at.x, at.y)
    ctx.beginPath()
    ctx.moveTo(cx, cy)
    ctx.lineTo(x, y)
    ctx.stroke()
    if (lag % 90 !== 0) continue
    const away = polarPoint(1, lag)
    const words = lag === 0 ? t('plot.polarZero') : `${lag}\u00b0`
    ctx.fillText(words, x + away.x * 18 * ratio, y - away.y * 10 * ratio)
  }
}

/** Speeds along a course, as far apart as they can be read. */
export function drawSpeeds(
  plot: uPlot,
  rpm: Float32Array,
  at: (index: number) => { x: number; y: number },
  colours: ChartColours,
): void {
  const { ctx } = plot
  const ratio = uPlot.pxRatio
  const gap = 44 * ratio
  ctx.font = font(ratio)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  const drawn: [number, number][] = []
  const step = Math.max(1, Math.floor(rpm.length / 60))
  for (let i = 0; i < rpm.length; i += step) {
    const { x, y } = at(i)
    const [px, py] = [plot.valToPos(x, 'x', true), plot.valToPos(y, 'y', true)]
    if (drawn.some(([ox, oy]) => Math.hypot(px - ox, py - oy) < gap)) continue
    drawn.push([px, py])
    ctx.fillStyle = colours.text
    ctx.beginPath()
    ctx.arc(px, py, 2 * ratio, 0, 2 * Math.PI)
    ctx.fill()
    const words = String(Math.round(rpm[i] ?? 0))
    ctx.fillStyle = colours.panel
    ctx.globalAlpha = 0.8
    ctx.fillRect(px + 4 * ratio, py - 7 * ratio, ctx.measureText(words).width + 4 * ratio, 14 * ratio)
    ctx.globalAlpha = 1
    ctx.fillStyle = colours.muted
    ctx.fillText(words, px + 6 * ratio, py)
  }
}

/** Titles of the two parts of a Bode plot, upright beside them, and the line between. */
export function drawBodeTitles(plot: uPlot, amplitude: string, phase: string, colours: ChartColours): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  const middle = ({ min, max }: { min: number; max: number }): number => plot.valToPos((min + max) / 2, 'y', true)
  ctx.save()
  ctx.font = font(ratio)
  ctx.fillStyle = colours.muted
  ctx.textAlign = 'center'
  ctx.textBaseline = 'top'
  for (const [words, part] of [
    [amplitude, bodeParts.amplitude],
    [phase, bodeParts.phase],
  ] as const) {
    ctx.save()
    ctx.translate(2 * ratio, middle(part))
    ctx.rotate(-Math.PI / 2)
    ctx.fillText(words, 0, 0)
    ctx.restore()
  }
  const y = Math.round(plot.valToPos((bodeParts.amplitude.max + bodeParts.phase.min) / 2, 'y', true)) + 0.5
  ctx.strokeStyle = colours.muted
  ctx.lineWidth = ratio
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.restore()
}
