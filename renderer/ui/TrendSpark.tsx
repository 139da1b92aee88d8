import { useEffect, useRef } from 'react'
import type { TrendFrame } from '../../shared/protocol/views.ts'
import { useTheme } from '../stores/theme.ts'

interface TrendSparkProps {
  trend: Pick<TrendFrame, 'min' | 'max' | 'mean'> | null
  limits: { warning: number | null; alarm: number | null }
  width: number
  height: number
  label: string
}

interface Scale {
  low: number
  high: number
}

/**
 * Range of the drawing: all of the data, and a limit when it is near enough that the data still shows its shape (within
 * three times its own span).
 */
export function sparkScale(min: Float64Array, max: Float64Array, limits: readonly (number | null)[]): Scale | null {
  let low = Infinity
  let high = -Infinity
  for (const value of min) if (value < low) low = value
  for (const value of max) if (value > high) high = value
  if (low > high) return null
  const span = Math.max(high - low, Math.abs(high) * 0.02, 1e-12)
  for (const limit of limits) {
    if (limit === null) continue
    if (limit > high && limit - high <= 3 * span) high = limit
    if (limit < low && low - limit <= 3 * span) low = limit
  }
  const margin = Math.max((high - low) * 0.06, span * 0.06)
  return { low: low - margin, high: high + margin }
}

/** A trend without axes: band from minimum to maximum, mean as a line, limits as thin lines, gaps left open. */
export function TrendSpark({ trend, limits, width, height, label }: TrendSparkProps) {
  const ref = useRef<HTMLCanvasElement | null>(null)
  const { theme } = useTheme()
  const { warning, alarm } = limits
  useEffect(() => {
    const canvas = ref.current
    const context = canvas?.getContext('2d')
    if (!canvas || !context) return
    // Colours come from the style: another theme draws anew.
    canvas.dataset['theme'] = theme
    const ratio = devicePixelRatio
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    const scale = trend && sparkScale(trend.min, trend.max, [warning, alarm])
    if (!trend || !scale) return
    const style = getComputedStyle(canvas)
    context.scale(ratio, ratio)
    const y = (value: number): number => height - 1 - ((value - scale.low) / (scale.high - scale.low)) * (height - 2)
    context.strokeStyle = style.borderTopColor
    for (const limit of [warning, alarm]) {
      if (limit === null || limit < scale.low || limit > scale.high) continue
      context.beginPath()
      context.moveTo(0, Math.round(y(limit)) + 0.5)
      context.lineTo(width, Math.round(y(limit)) + 0.5)
      context.stroke()
    }
    const step = width / trend.mean.length
    context.fillStyle = style.color
    context.strokeStyle = style.color
    context.globalAlpha = 0.35
    for (const [index, high] of trend.max.entries()) {
      const low = trend.min[index] ?? Number.NaN
      if (Number.isNaN(high) || Number.isNaN(low)) continue
      context.fillRect(index * step, y(high), Math.max(1, step), Math.max(1, y(low) - y(high)))
    }
    context.globalAlpha = 1
    context.lineWidth = 1.25
    context.beginPath()
    let isDrawing = false
    for (const [index, value] of trend.mean.entries()) {
      if (Number.isNaN(value)) {
        isDrawing = false
        continue
      }
      if (isDrawing) context.lineTo((index + 0.5) * step, y(value))
      else context.moveTo((index + 0.5) * step, y(value))
      isDrawing = true
    }
    context.stroke()
  }, [trend, warning, alarm, width, height, theme])
  return <canvas ref={ref} className="sparkline" style={{ width, height }} role="img" aria-label={label} />
}
