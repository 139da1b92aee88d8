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
