import { medianInPlace } from '../../shared/lib/median.ts'
import { isBackfilled } from '../../shared/domain/status-code.ts'
import type { FineColumns } from './input.ts'

/** Seconds by which values came later than they were stamped (negative: stamped in the future), and their robust scatter. */
export interface ClockSkew {
  median: number
  spread: number
  count: number
}

/** More than enough for a median; the rest is left out evenly. */
const most = 4096

/** Null where no value has a source time. What was read from a server's history says nothing of its clock. */
export function clockSkew(fine: readonly FineColumns[]): ClockSkew | null {
  const total = fine.reduce((sum, { count }) => sum + count, 0)
  const step = Math.max(1, Math.ceil(total / most))
  const late = new Float64Array(Math.ceil(total / step) + fine.length)
  let n = 0
  for (const { count, sourceUs, receiveUs, status } of fine) {
    for (let i = 0; i < count; i += step) {
      const d = (receiveUs[i] as number) - (sourceUs[i] as number)
      if (Number.isFinite(d) && !isBackfilled(status[i] as number)) late[n++] = d / 1e6
    }
  }
  if (n === 0) return null
  const median = medianInPlace(late, n)
  for (let i = 0; i < n; i++) late[i] = Math.abs((late[i] as number) - median)
  return { median, spread: 1.4826 * medianInPlace(late, n), count: n }
}
