import uPlot from 'uplot'
import type { PlotStrip } from '../../shared/protocol/plots.ts'
import { t } from '../ui/text.ts'
import type { ChartColours } from './colours.ts'

/** Below the ticks of the time axis. */
export const stripPx = 26
const axisPx = 24
const rowPx = 8

/**
 * What happened along a trend: how the machine ran (a bar by shade, empty when it stood), alerts (bars in their colour),
 * captures (ticks), and moments from which values may not compare with those before (a line up through the plot with words).
 */
export function drawStrip(plot: uPlot, strip: PlotStrip, endUs: number, colours: ChartColours): void {
  const { ctx, bbox } = plot
  const ratio = uPlot.pxRatio
  const [left, right] = [bbox.left, bbox.left + bbox.width]
  const x = (us: number): number => plot.valToPos(us / 1e6, 'x', true)
  const inside = (us: number): number => Math.min(right, Math.max(left, x(us)))
  const top = bbox.top + bbox.height + axisPx * ratio
  ctx.save()
  ctx.lineWidth = ratio
  for (const [i, { atUs, state }] of strip.runStates.entries()) {
    const from = inside(atUs)
    const to = inside(strip.runStates[i + 1]?.atUs ?? endUs)
    if (to - from < 0.5) continue
    if (state === 'running' || state === 'transient') {
      ctx.globalAlpha = state === 'running' ? 1 : 0.45
      ctx.fillStyle = colours.muted
      ctx.fillRect(from, top, to - from, rowPx * ratio)
      ctx.globalAlpha = 1
    } else {
      ctx.strokeStyle = colours.muted
      ctx.setLineDash(state === 'unknown' ? [2 * ratio, 2 * ratio] : [])
      ctx.strokeRect(from + 0.5, top + 0.5, to - from - 1, rowPx * ratio - 1)
      ctx.setLineDash([])
    }
  }
  const second = top + (rowPx + 2) * ratio
  for (const { fromUs, toUs, level } of strip.alerts) {
    const [from, to] = [inside(fromUs), inside(toUs ?? endUs)]
    if (x(fromUs) > right || x(toUs ?? endUs) < left) continue
    ctx.fillStyle = level === 'alarm' ? colours.urgent : colours.high
    ctx.fillRect(from, second, Math.max(3 * ratio, to - from), (rowPx - 2) * ratio)
  }
  ctx.strokeStyle = colours.text
  ctx.beginPath()
  let last = Number.NEGATIVE_INFINITY
  for (const { tUs } of [...strip.captures].sort((a, b) => a.tUs - b.tUs)) {
    const at = Math.round(x(tUs)) + 0.5
    if (at < left || at > right || at === last) continue
    last = at
    ctx.moveTo(at, second + (rowPx - 1) * ratio)
    ctx.lineTo(at, second + (rowPx + 5) * ratio)
  }
  ctx.stroke()
  ctx.font = `${11 * ratio}px "Source Sans 3"`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  ctx.setLineDash([4 * ratio, 3 * ratio])
  for (const { atUs, kind, words } of strip.breaks) {
    const at = Math.round(x(atUs)) + 0.5
    if (at < left || at > right) continue
    ctx.strokeStyle = colours.text
    ctx.beginPath()
    ctx.moveTo(at, bbox.top)
    ctx.lineTo(at, second)
    ctx.stroke()
    const text = `${t(`plot.break.${kind}`)}: ${words}`
    const width = ctx.measureText(text).width
    const from = at + width + 6 * ratio > right ? at - width - 4 * ratio : at + 3 * ratio
    ctx.fillStyle = colours.panel
    ctx.fillRect(from - ratio, bbox.top + 14 * ratio, width + 2 * ratio, 13 * ratio)
    ctx.fillStyle = colours.text
    ctx.fillText(text, from, bbox.top + 14 * ratio)
  }
  ctx.restore()
}

/** What the strip says of a moment, in words. */
export function stripWords(strip: PlotStrip, atUs: number): string[] {
  const state = strip.runStates.findLast((change) => change.atUs <= atUs)?.state
  const alerts = strip.alerts.filter(({ fromUs, toUs }) => fromUs <= atUs && (toUs === null || toUs >= atUs))
  return [...(state ? [t(`runState.${state}`)] : []), ...alerts.slice(0, 2).map(({ words }) => words)]
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
