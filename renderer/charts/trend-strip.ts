import uPlot from 'uplot'
import type { PlotStrip } from '../../shared/protocol/plots.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'

const axisPx = 24
const rowPx = 11
const barPx = 8
const rows = ['state', 'alerts', 'captures'] as const
/** Below the ticks of the time axis. */
export const stripPx = rows.length * rowPx + 1
/** Words of a break; those that would run into each other stand below, as far as there is room. */
const breakPx = 14
const breakRows = 3

interface Pen {
  plot: uPlot
  ctx: CanvasRenderingContext2D
  ratio: number
  left: number
  right: number
  x: (us: number) => number
  /** Top of a row of the strip. */
  row: (name: (typeof rows)[number]) => number
  colours: ChartColours
}

/**
 * What happened along a trend: how the machine ran (a bar by shade, empty when it stood), alerts (bars in their colour),
 * captures (ticks), and moments from which values may not compare with those before (a line up through the plot with words).
 */
export function drawStrip(plot: uPlot, strip: PlotStrip, endUs: number, colours: ChartColours): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  const top = bbox.top + bbox.height + axisPx * ratio
  const pen: Pen = {
    plot,
    ctx,
    ratio,
    left: bbox.left,
    right: bbox.left + bbox.width,
    x: (us) => plot.valToPos(us / 1e6, 'x', true),
    row: (name) => top + rows.indexOf(name) * rowPx * ratio,
    colours,
  }
  ctx.save()
  drawNames(pen)
  drawStates(pen, strip, endUs)
  drawAlerts(pen, strip, endUs)
  drawCaptures(pen, strip)
  drawBreaks(pen, strip)
  ctx.restore()
}

function drawNames({ ctx, ratio, left, row, colours }: Pen): void {
  ctx.font = `${10 * ratio}px "Source Sans 3"`
  ctx.fillStyle = colours.muted
  ctx.textAlign = 'right'
  ctx.textBaseline = 'middle'
  for (const name of rows) ctx.fillText(t(`plot.strip.${name}`), left - 5 * ratio, row(name) + (barPx / 2) * ratio)
}

function drawStates({ ctx, ratio, left, right, x, row, colours }: Pen, { runStates }: PlotStrip, endUs: number): void {
  const top = row('state')
  const inside = (us: number): number => Math.min(right, Math.max(left, x(us)))
  ctx.lineWidth = ratio
  for (const [i, { atUs, state }] of runStates.entries()) {
    const from = inside(atUs)
    const to = inside(runStates[i + 1]?.atUs ?? endUs)
    if (to - from < 0.5) continue
    if (state === 'running' || state === 'transient') {
      ctx.globalAlpha = state === 'running' ? 1 : 0.45
      ctx.fillStyle = colours.muted
      ctx.fillRect(from, top, to - from, barPx * ratio)
      ctx.globalAlpha = 1
    } else {
      ctx.strokeStyle = colours.muted
      ctx.setLineDash(state === 'unknown' ? [2 * ratio, 2 * ratio] : [])
      ctx.strokeRect(from + 0.5, top + 0.5, to - from - 1, barPx * ratio - 1)
      ctx.setLineDash([])
    }
  }
}

function drawAlerts({ ctx, ratio, left, right, x, row, colours }: Pen, { alerts }: PlotStrip, endUs: number): void {
  for (const { fromUs, toUs, level } of alerts) {
    const [from, to] = [x(fromUs), x(toUs ?? endUs)]
    if (from > right || to < left) continue
    const start = Math.min(right - 3 * ratio, Math.max(left, from))
    ctx.fillStyle = level === 'alarm' ? colours.urgent : colours.high
    ctx.fillRect(start, row('alerts'), Math.max(3 * ratio, Math.min(right, to) - start), barPx * ratio)
  }
}

function drawCaptures({ ctx, ratio, left, right, x, row, colours }: Pen, { captures }: PlotStrip): void {
  const top = row('captures')
  ctx.strokeStyle = colours.text
  ctx.beginPath()
  let last = Number.NEGATIVE_INFINITY
  for (const { tUs } of [...captures].sort((a, b) => a.tUs - b.tUs)) {
    const at = Math.round(x(tUs)) + 0.5
    if (at < left || at > right || at === last) continue
    last = at
    ctx.moveTo(at, top)
    ctx.lineTo(at, top + barPx * ratio)
  }
  ctx.stroke()
}

function drawBreaks({ plot, ctx, ratio, left, right, x, row, colours }: Pen, { breaks }: PlotStrip): void {
  const { bbox } = plot
  ctx.font = `${11 * ratio}px "Source Sans 3"`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  ctx.setLineDash([4 * ratio, 3 * ratio])
  /** Right end of what stands in each row. */
  const ends: number[] = []
  for (const { atUs, kind, words } of breaks) {
    if (x(atUs) < left - 1 || x(atUs) > right + 1) continue
    // One of just now stands on the edge.
    const at = Math.min(right - 0.5, Math.max(left + 0.5, Math.round(x(atUs)) + 0.5))
    ctx.strokeStyle = colours.text
    ctx.beginPath()
    ctx.moveTo(at, bbox.top)
    ctx.lineTo(at, row('captures') + barPx * ratio)
    ctx.stroke()
    const text = `${t(`plot.break.${kind}`)}: ${words}`
    const width = ctx.measureText(text).width
    const from = at + width + 6 * ratio > right ? at - width - 4 * ratio : at + 3 * ratio
    let line = 0
    while (line < breakRows && from < (ends[line] ?? left)) line += 1
    const y = bbox.top + (2 + line * breakPx) * ratio
    if (line === breakRows || y + breakPx * ratio > bbox.top + bbox.height) continue
    ends[line] = from + width + 4 * ratio
    ctx.fillStyle = colours.panel
    ctx.fillRect(from - ratio, y, width + 2 * ratio, 13 * ratio)
    ctx.fillStyle = colours.text
    ctx.fillText(text, from, y)
  }
}

/** A break is said from so many pixels beside its line. */
const breakReachPx = 4

/** What the strip says of a moment, in words. */
export function stripWords(strip: PlotStrip, atUs: number, usPerPx = 0): string[] {
  const state = strip.runStates.findLast((change) => change.atUs <= atUs)?.state
  const alerts = strip.alerts.filter(({ fromUs, toUs }) => fromUs <= atUs && (toUs === null || toUs >= atUs))
  const near = strip.breaks.filter((one) => Math.abs(one.atUs - atUs) <= breakReachPx * usPerPx)
  return [
    ...near.map(({ kind, words }) => `${t(`plot.break.${kind}`)}: ${words}`),
    ...(state ? [t(`runState.${state}`)] : []),
    ...alerts.slice(0, 2).map(({ words }) => words),
  ]
}

/** The capture nearest to a moment, within `reachUs`; null when there is none. */
export function captureNear(strip: PlotStrip, atUs: number, reachUs: number): string | null {
  let best: string | null = null
  let distance = reachUs
  for (const { captureId, tUs } of strip.captures) {
    const off = Math.abs(tUs - atUs)
    if (off <= distance) {
      distance = off
      best = captureId
    }
  }
  return best
}
