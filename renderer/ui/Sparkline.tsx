import { useEffect, useRef, useState } from 'react'
import { useTheme } from '../stores/theme.ts'

interface SparklineProps {
  /** Oldest first; NaN is a gap. */
  values: Float32Array
  /** Value at the top edge; the bottom is 0. */
  top: number
  /** Drawn as a thin line across. */
  limit?: number
  width: number
  height: number
  label: string
}

/** The first of equal values: each frame brings a new array, and most say what the one before said. */
function useSame(values: Float32Array): Float32Array {
  const [held, setHeld] = useState(values)
  if (held === values) return held
  if (held.length === values.length && held.every((value, i) => Object.is(value, values[i]))) return held
  setHeld(values)
  return values
}

/** A small trend on a canvas: sixty of them as SVG cost 5 ms of style work a frame, as canvas nothing once drawn. */
export function Sparkline({ values: given, top, limit, width, height, label }: SparklineProps) {
  const ref = useRef<HTMLCanvasElement | null>(null)
  const values = useSame(given)
  const { theme } = useTheme()
  useEffect(() => {
    const canvas = ref.current
    const context = canvas?.getContext('2d')
    if (!canvas || !context) return
    // Colours come from the style: another theme draws anew.
    canvas.dataset['theme'] = theme
    const ratio = devicePixelRatio
    canvas.width = Math.round(width * ratio)
    canvas.height = Math.round(height * ratio)
    const style = getComputedStyle(canvas)
    context.scale(ratio, ratio)
    const y = (value: number): number => height - 1 - Math.min(1, Math.max(0, value / top)) * (height - 2)
    if (limit !== undefined) {
      context.strokeStyle = style.borderTopColor
      context.beginPath()
      context.moveTo(0, Math.round(y(limit)) + 0.5)
      context.lineTo(width, Math.round(y(limit)) + 0.5)
      context.stroke()
    }
    context.strokeStyle = style.color
    context.lineWidth = 1.25
    context.beginPath()
    let drawing = false
    for (const [index, value] of values.entries()) {
      if (Number.isNaN(value)) {
        drawing = false
        continue
      }
      const x = values.length < 2 ? width : (index / (values.length - 1)) * width
      if (drawing) context.lineTo(x, y(value))
      else context.moveTo(x, y(value))
      drawing = true
    }
    context.stroke()
  }, [values, top, limit, width, height, theme])
  return <canvas ref={ref} className="sparkline" style={{ width, height }} role="img" aria-label={label} />
}
