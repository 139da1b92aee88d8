import { priorities, type Priority } from '../../shared/domain/alert.ts'
import { keyOfCondition } from '../../shared/domain/condition.ts'
import type { AlertsFrame, AlertView, ServerAlarmView } from '../../shared/protocol/views.ts'

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

/** The same of servers' alarms: those that are known now and neither shelved nor suppressed. They come sorted. */
export function highestOfServers({ servers }: AlertsFrame): ServerAlarmView | null {
  const isWaiting = ({ condition, reach }: ServerAlarmView): boolean =>
    reach === 'live' && condition.acked === false && !condition.suppressedOrShelved
  return servers.open.find(isWaiting) ?? null
}

/** Whichever of the two a person should see first. */
export function topOf(frame: AlertsFrame): AlertView | ServerAlarmView | null {
  const own = highestUnacknowledged(frame)
  const server = highestOfServers(frame)
  if (!own || !server) return own ?? server
  const rank = priorities.indexOf(own.occurrence.priority) - priorities.indexOf(server.priority)
  return (rank || own.occurrence.raisedUs - server.condition.activeSinceUs) <= 0 ? own : server
}

/** Ours and the servers' together. */
export function countsOf(frame: AlertsFrame, priority: Priority) {
  const servers = frame.servers.active[priority]
  return {
    unacknowledged: frame.unacknowledged[priority] + frame.servers.unacknowledged[priority],
    active: frame.active[priority] + servers,
    servers,
  }
}

/** The id by which the list of alerts knows a server's alarm. */
export function rowIdOf({ condition }: ServerAlarmView): string {
  return `server:${keyOfCondition(condition).replaceAll('\n', '|')}`
}
