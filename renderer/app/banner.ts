import { priorities } from '../../shared/domain/alert.ts'
import type { AlertsFrame, AlertView } from '../../shared/protocol/views.ts'

/** The unacknowledged alert to show: highest priority, then the oldest (ISA-18.2: first come, first answered). */
export function highestUnacknowledged(frame: AlertsFrame): AlertView | null {
  let best: AlertView | null = null
  for (const view of frame.open) {
    const { state, priority, raisedUs } = view.occurrence
    if (state !== 'unacknowledged' && state !== 'returned-unacknowledged') continue
    const rank = priorities.indexOf(priority)
    const bestRank = best ? priorities.indexOf(best.occurrence.priority) : Infinity
    if (!best || rank < bestRank || (rank === bestRank && raisedUs < best.occurrence.raisedUs)) best = view
  }
  return best
}
