import type { TrendFrame } from '../../shared/protocol/views.ts'

/** An ordinary array with null where nothing is known: uPlot breaks its lines at null, and a typed array has none. */
export function nullsFor(values: Float64Array | Float32Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value))
}

/** A limit up to this many times the largest value is worth the space it takes. */
const limitReach = 4

/** Extent of the value axis: all values, and the limits unless they would flatten the trend to a line. */
export function trendTop(
  frame: Pick<TrendFrame, 'min' | 'max'> & { limits: Pick<TrendFrame['limits'], 'warning' | 'alarm'> },
): { bottom: number; top: number } {
  let top = 0
  let bottom = 0
  for (const value of frame.max) if (value > top) top = value
  for (const value of frame.min) if (value < bottom) bottom = value
  const largest = top
  for (const limit of [frame.limits.warning, frame.limits.alarm]) {
    if (limit !== null && limit > top && (largest === 0 || limit <= largest * limitReach)) top = limit * 1.1
  }
  return { bottom, top: top === 0 ? 1 : top }
}
