import uPlot from 'uplot'
import { tMaybe } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'
import type { View } from './cursor-maths.ts'
import type { LineMark } from './line-marks.ts'
import { isFound, type Lane } from './spectrum-marks.ts'

export const laneHeightPx = 12
/** Between the lowest lane and the plotting area, so that its name does not touch the top label of the axis. */
export const laneGapPx = 7

/** Where families and cursors are drawn, in device pixels. */
interface Pen {
  ctx: CanvasRenderingContext2D
  ratio: number
  left: number
  right: number
  top: number
  bottom: number
  x: (hz: number) => number
}

function penOf(plot: uPlot): Pen {
  const { left, top, width, height } = plot.bbox
  return {
    ctx: plot.ctx,
    ratio: uPlot.pxRatio,
    left,
    right: left + width,
    top,
    bottom: top + height,
    x: (hz) => plot.valToPos(hz, 'x', true),
  }
}

export function familyName(fault: string): string {
  return tMaybe(`fault.${fault}`, fault.toUpperCase())
}

/** Fault-frequency families as a lane of ticks each above the plot: filled where a line was found, hollow where not. */
export function drawLanes(plot: uPlot, lanes: readonly Lane[], hovered: string | null, colours: ChartColours): void {
  const pen = penOf(plot)
  const { ctx, ratio, left, right, top } = pen
  ctx.save()
  ctx.font = `${11 * ratio}px "Source Sans 3"`
  ctx.textBaseline = 'middle'
  for (const [index, lane] of lanes.entries()) {
    const y = top - (laneGapPx + (lanes.length - index - 0.5) * laneHeightPx) * ratio
    const strong = hovered === null || hovered === lane.fault
    ctx.globalAlpha = strong ? 1 : 0.35
    ctx.fillStyle = hovered === lane.fault ? colours.text : colours.muted
    ctx.textAlign = 'right'
    ctx.fillText(familyName(lane.fault), left - 6 * ratio, y)
    let labelEnd = Number.NEGATIVE_INFINITY
    for (const [at, mark] of lane.marks.entries()) {
      const x = pen.x(mark.hz)
      if (x < left || x > right) continue
      const found = isFound(mark)
      ctx.fillStyle = found ? colours.text : colours.muted
      ctx.strokeStyle = ctx.fillStyle
      ctx.lineWidth = ratio
      ctx.beginPath()
      ctx.moveTo(x - 3 * ratio, y - 3 * ratio)
      ctx.lineTo(x + 3 * ratio, y - 3 * ratio)
      ctx.lineTo(x, y + 3 * ratio)
      ctx.closePath()
      if (found) ctx.fill()
      else ctx.stroke()
      const label = markLabel(lane, mark)
      const end = x + (5 * ratio + ctx.measureText(label).width)
      const next = lane.marks[at + 1]
      if (label === '' || x - 4 * ratio < labelEnd || (next && pen.x(next.hz) - 5 * ratio < end)) continue
      ctx.textAlign = 'left'
      ctx.fillText(label, x + 5 * ratio, y)
      labelEnd = end
    }
    if (hovered === lane.fault)
      drawLines(
        pen,
        lane.marks.map((mark) => mark.hz),
        colours.muted,
        [2, 3],
      )
  }
  ctx.restore()
}

/** Vertical lines at values of the horizontal axis. */
export function drawVerticals(plot: uPlot, at: readonly number[], colour: string, dash: readonly number[]): void {
  drawLines(penOf(plot), at, colour, dash)
}

function drawLines(pen: Pen, hz: readonly number[], colour: string, dash: readonly number[]): void {
  const { ctx, ratio } = pen
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = ratio
  ctx.setLineDash(dash.map((length) => length * ratio))
  ctx.beginPath()
  for (const at of hz) {
    const x = Math.round(pen.x(at)) + 0.5
    if (x < pen.left || x > pen.right) continue
    ctx.moveTo(x, pen.top)
    ctx.lineTo(x, pen.bottom)
  }
  ctx.stroke()
  ctx.restore()
}

/** Harmonic number in a family's own lane; in a shared lane the family's name at its first harmonic. */
function markLabel(lane: Lane, mark: LineMark): string {
  if (lane.fault === mark.fault) return mark.harmonic === 1 ? '' : `${mark.harmonic}\u00d7`
  return mark.harmonic === 1 ? familyName(mark.fault) : ''
}

export interface CursorLines {
  hz: number
  /** Amplitude under the cursor, for the point on the curve. */
  amplitude: number
  harmonics: readonly number[]
  sidebands: readonly number[]
}

/** The placed cursor: a full line with a point on the curve; its families dashed. */
export function drawCursor(plot: uPlot, cursor: CursorLines, colours: ChartColours): void {
  const pen = penOf(plot)
  drawLines(pen, cursor.harmonics.slice(1), colours.text, [6, 4])
  drawLines(pen, cursor.sidebands, colours.text, [1, 3])
  drawLines(pen, [cursor.hz], colours.text, [])
  const x = pen.x(cursor.hz)
  if (x < pen.left || x > pen.right || Number.isNaN(cursor.amplitude)) return
  const { ctx, ratio } = pen
  ctx.save()
  ctx.fillStyle = colours.panel
  ctx.strokeStyle = colours.text
  ctx.lineWidth = 1.5 * ratio
  ctx.beginPath()
  ctx.arc(x, plot.valToPos(cursor.amplitude, 'y', true), 3.5 * ratio, 0, 2 * Math.PI)
  ctx.fill()
  ctx.stroke()
  ctx.restore()
}

/** The family whose lane lies at `topPx` (negative: above the plotting area). */
export function laneAt(lanes: readonly Lane[], topPx: number): string | null {
  const above = -topPx - laneGapPx
  if (above < 0) return null
  return lanes[lanes.length - 1 - Math.floor(above / laneHeightPx)]?.fault ?? null
}

export const fullView = (resolutionHz: number, lines: number): View => ({
  min: 0,
  max: Math.max(resolutionHz, resolutionHz * (lines - 1)),
})

/** What a person said at a place of a plot. */
export interface PlacedNote {
  at: number | null
  text: string
}

/** Notes as flags at the top of the plotting area, their words beside the pole where there is room. */
export function drawNotes(plot: uPlot, notes: readonly PlacedNote[], colours: ChartColours): void {
  const pen = penOf(plot)
  const { ctx, ratio, left, right, top } = pen
  const placed = notes
    .flatMap(({ at, text }) => (at === null ? [] : [{ x: pen.x(at), text }]))
    .filter(({ x }) => x >= left && x <= right)
    .sort((a, b) => a.x - b.x)
  ctx.save()
  ctx.font = `${12 * ratio}px "Source Sans 3"`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  ctx.lineWidth = ratio
  for (const [i, { x, text }] of placed.entries()) {
    ctx.strokeStyle = colours.text
    ctx.beginPath()
    ctx.moveTo(Math.round(x) + 0.5, top)
    ctx.lineTo(Math.round(x) + 0.5, top + 34 * ratio)
    ctx.stroke()
    const next = placed[i + 1]?.x ?? right
    const room = next - x - 8 * ratio
    const width = ctx.measureText(text).width
    if (width > room && i < placed.length - 1) continue
    // The last one turns to the left where it would run out of the plot.
    const from = width > room ? x - width - 6 * ratio : x + ratio
    ctx.fillStyle = colours.panel
    ctx.fillRect(from, top + ratio, width + 6 * ratio, 15 * ratio)
    ctx.strokeStyle = colours.line
    ctx.strokeRect(from, top + ratio, width + 6 * ratio, 15 * ratio)
    ctx.fillStyle = colours.text
    ctx.fillText(text, from + 3 * ratio, top + 2 * ratio)
  }
  ctx.restore()
}

/** A shaded stretch between two frequencies: a difference, or the band whose RMS is read. */
export function drawBand(plot: uPlot, fromHz: number, toHz: number, colours: ChartColours): void {
  const pen = penOf(plot)
  const [from, to] = [Math.max(pen.left, pen.x(fromHz)), Math.min(pen.right, pen.x(toHz))]
  if (to <= from) return
  const { ctx } = pen
  ctx.save()
  ctx.globalAlpha = 0.14
  ctx.fillStyle = colours.text
  ctx.fillRect(from, pen.top, to - from, pen.bottom - pen.top)
  ctx.restore()
  drawLines(pen, [fromHz, toHz], colours.text, [2, 2])
}

/** Another spectrum on the same axes; one vertical stroke a pixel column where lines crowd. */
export function drawOverlay(plot: uPlot, heights: Float32Array, resolutionHz: number, colour: string): void {
  const pen = penOf(plot)
  const { ctx, left, right } = pen
  const path = new Path2D()
  const [scaleX, scaleY] = [plot.scales['x'], plot.scales['y']]
  if (scaleX?.min == null || scaleX.max == null || scaleY?.min == null || scaleY.max == null) return
  const perHz = (right - left) / (scaleX.max - scaleX.min)
  const perUnit = (pen.bottom - pen.top) / (scaleY.max - scaleY.min)
  const y = (value: number): number => pen.bottom - (value - (scaleY.min ?? 0)) * perUnit
  const first = Math.max(0, Math.floor(scaleX.min / resolutionHz) - 1)
  const last = Math.min(heights.length - 1, Math.ceil(scaleX.max / resolutionHz) + 1)
  let column = Number.NaN
  let low = 0
  let high = 0
  let begun = false
  const put = (): void => {
    if (Number.isNaN(column)) return
    if (!begun) path.moveTo(column, y(low))
    else path.lineTo(column, y(low))
    if (high !== low) path.lineTo(column, y(high))
    begun = true
  }
  for (let line = first; line <= last; line++) {
    const value = heights[line] ?? 0
    const at = Math.round(left + (line * resolutionHz - scaleX.min) * perHz)
    if (at !== column) {
      put()
      column = at
      low = value
      high = value
    } else {
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  put()
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, pen.top, right - left, pen.bottom - pen.top)
  ctx.clip()
  ctx.strokeStyle = colour
  ctx.lineWidth = pen.ratio
  ctx.stroke(path)
  ctx.restore()
}
