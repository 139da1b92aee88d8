import type { Priority } from '../../shared/domain/alert.ts'
import { priorities } from '../../shared/domain/alert.ts'
import { priorityOfSeverity } from '../../shared/domain/condition.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { ServerAlarmsFrame, ServerAlarmView } from '../../shared/protocol/views.ts'
import type { ConditionDesk } from './condition-desk.ts'

export type ConditionSource = Pick<ConditionDesk, 'present' | 'reach'>

const perPriority = (): Record<Priority, number> => ({ urgent: 0, high: 0, medium: 0, low: 0 })
const reachRank = { live: 0, reading: 1, unreachable: 2 } as const

/** What windows are shown of the servers' own alarms. `nameOf`: the server's name for people. */
export function serverAlarmsFrame(source: ConditionSource, nameOf: (serverId: string) => string): ServerAlarmsFrame {
  const unacknowledged = perPriority()
  const active = perPriority()
  let shelved = 0
  let unreachable = 0
  const views = source.present().map((condition): ServerAlarmView => {
    const { reach, sinceUs } = source.reach(condition.serverId)
    const priority = priorityOfSeverity(condition.severity)
    if (reach !== 'live') unreachable += 1
    else if (condition.suppressedOrShelved) shelved += 1
    else {
      active[priority] += 1
      if (condition.acked === false) unacknowledged[priority] += 1
    }
    return { condition, serverName: nameOf(condition.serverId), priority, reach, reachSinceUs: sinceUs }
  })
  const open = views.toSorted(byUrgency).slice(0, limits.serverAlarmsShown)
  return { open, more: views.length - open.length, unacknowledged, active, shelved, unreachable }
}

function byUrgency(a: ServerAlarmView, b: ServerAlarmView): number {
  return (
    reachRank[a.reach] - reachRank[b.reach] ||
    priorities.indexOf(a.priority) - priorities.indexOf(b.priority) ||
    a.condition.activeSinceUs - b.condition.activeSinceUs
  )
}
