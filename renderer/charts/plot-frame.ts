import uPlot from 'uplot'
import { displayUnit } from '../../shared/domain/units.ts'
import { formatNumber } from '../ui/format.ts'
import type { ChartColours } from './colours.ts'

export const chartFont = '12px "Source Sans 3"'

export interface AxisLook {
  label: string
  unit: string
}

/** Quantity and unit, as every axis carries them. */
export function axisTitle({ label, unit }: AxisLook): string {
  return unit === '' ? label : `${label} (${displayUnit(unit)})`
}

/** uPlot's steps have at most three significant figures; beyond this a step is rounding noise. */
const mostDecimals = 9

/** Decimals that show a step exactly: 0.25 needs two although it is above 0.1. */
function decimalsOfStep(step: number): number {
  for (let decimals = 0; decimals < mostDecimals; decimals++) {
    const scaled = step * 10 ** decimals
    if (Math.abs(scaled - Math.round(scaled)) < scaled * 1e-6 && Math.round(scaled) > 0) return decimals
  }
  return mostDecimals
}

/** Tick labels with just the digits that tell them apart. */
export function tickLabels(splits: readonly number[]): string[] {
  const step = splits.length > 1 ? Math.abs((splits[1] ?? 0) - (splits[0] ?? 0)) : 1
  const decimals = decimalsOfStep(step)
  return splits.map((value) => (Math.abs(value) < step / 1e6 ? '0' : value.toFixed(decimals).replace('-', '\u2212')))
}

export function valueAxis(colours: ChartColours, look: AxisLook): uPlot.Axis {
  return {
    scale: 'y',
    label: axisTitle(look),
    labelFont: chartFont,
    labelSize: 18,
    labelGap: 0,
    font: chartFont,
    // The widest label that formatNumber makes; a fixed size keeps plots aligned and still.
    size: 50,
    gap: 4,
    stroke: colours.muted,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    space: 28,
    values: (_plot, splits) => tickLabels(splits),
  }
}

/** Room at the right end of the tick row for the axis title, which stands there instead of taking a row of its own. */
const titleRoomPx = 110

/** For plots too low for an upright title: `drawValueTitle` puts it above the axis instead. */
export function withoutTitle({ label: _label, ...axis }: uPlot.Axis): uPlot.Axis {
  return axis
}

export function horizontalAxis(colours: ChartColours): uPlot.Axis {
  return {
    scale: 'x',
    font: chartFont,
    size: 22,
    gap: 3,
    stroke: colours.muted,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    space: 70,
    values: (plot, splits) => beforeTitle(plot, splits, tickLabels(splits)),
  }
}

/** Labels without those that would run into the axis title. */
export function beforeTitle(plot: uPlot, splits: readonly number[], labels: readonly string[]): string[] {
  const { min, max } = plot.scales['x'] ?? {}
  if (min === undefined || max === undefined) return [...labels]
  const last = max - ((max - min) * titleRoomPx) / Math.max(1, plot.bbox.width / uPlot.pxRatio)
  return labels.map((label, index) => ((splits[index] ?? 0) > last ? '' : label))
}

export const valueTitlePx = 14

/** Quantity and unit of the value axis, lying above its top end; needs `valueTitlePx` of padding there. */
export function drawValueTitle(plot: uPlot, look: AxisLook, colours: ChartColours): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  ctx.save()
  ctx.font = `${12 * ratio}px "Source Sans 3"`
  ctx.fillStyle = colours.muted
  ctx.textAlign = 'left'
  ctx.textBaseline = 'bottom'
  ctx.fillText(axisTitle(look), bbox.left, bbox.top - ratio)
  ctx.restore()
}

/** The quantity and unit of the horizontal axis, at the end of its tick row. */
export function drawAxisTitle(plot: uPlot, title: string, colours: ChartColours): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  ctx.save()
  ctx.font = `${12 * ratio}px "Source Sans 3"`
  ctx.fillStyle = colours.muted
  ctx.textAlign = 'right'
  ctx.textBaseline = 'top'
  ctx.fillText(title, bbox.left + bbox.width, bbox.top + bbox.height + 5 * ratio)
  ctx.restore()
}

/**
 * A dashed line across with its name and value at the right end: the limit is on the plot, not in a legend. `besidePx` moves
 * the words to the left; answers how wide they are. Both in device pixels.
 */
export function drawLimit(
  plot: uPlot,
  value: number,
  words: string,
  colour: string,
  colours: ChartColours,
  besidePx = 0,
): number {
  const { text, panel: plate } = colours
  const y = Math.round(plot.valToPos(value, 'y', true)) + 0.5
  const { left, top, width, height } = plot.bbox
  if (y < top || y > top + height) return 0
  const { ctx } = plot
  const ratio = uPlot.pxRatio
  ctx.save()
  ctx.strokeStyle = colour
  ctx.lineWidth = ratio
  ctx.setLineDash([6 * ratio, 4 * ratio])
  ctx.beginPath()
  ctx.moveTo(left, y)
  ctx.lineTo(left + width, y)
  ctx.stroke()
  ctx.font = `${12 * ratio}px "Source Sans 3"`
  ctx.textAlign = 'right'
  ctx.textBaseline = y - top < 16 * ratio ? 'top' : 'bottom'
  const label = `${words} ${formatNumber(value, 3)}`
  const labelWidth = ctx.measureText(label).width + 6 * ratio
  const labelTop = ctx.textBaseline === 'top' ? y + ratio : y - 15 * ratio
  // A plate, since the trend runs behind the label as soon as it nears the limit.
  ctx.fillStyle = plate
  ctx.fillRect(left + width - labelWidth - besidePx, labelTop, labelWidth, 14 * ratio)
  ctx.fillStyle = text
  ctx.fillText(label, left + width - 3 * ratio - besidePx, y)
  ctx.restore()
  return labelWidth
}
