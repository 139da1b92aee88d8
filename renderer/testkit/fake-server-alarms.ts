import { priorityOfSeverity, type ConditionEntry, type PresentCondition } from '../../shared/domain/condition.ts'
import type { MethodName, MethodResult } from '../../shared/protocol/methods.ts'
import type { ServerAlarmsFrame, ServerAlarmView } from '../../shared/protocol/views.ts'

const entries = [
  {
    name: 'Level high',
    source: 'Boiler 2',
    message: 'Level above 82 %',
    severity: 850,
    acked: false,
    shelving: 'unshelved',
  },
  {
    name: 'Pump trip',
    source: 'Feed water',
    message: 'Motor protection has tripped',
    severity: 700,
    acked: true,
    shelving: 'unshelved',
  },
  {
    name: 'Filter',
    source: 'Oil skid',
    message: 'Differential pressure high',
    severity: 400,
    acked: true,
    shelving: 'timed',
  },
] as const

function condition(index: number, nowUs: number): PresentCondition {
  const { name, source, message, severity, acked, shelving } = entries[index] ?? entries[0]
  return {
    serverId: 'opc-1',
    conditionId: `nsu=urn:plant;s=alarm-${index}`,
    branchId: '',
    eventId: `0${index}`,
    eventType: 'i=10637',
    sourceName: source,
    conditionName: name,
    message,
    severity,
    timeUs: nowUs - (index + 1) * 330e6,
    heardUs: nowUs - (index + 1) * 330e6,
    retain: true,
    enabled: true,
    active: true,
    acked,
    confirmed: index === 1 ? false : null,
    suppressedOrShelved: shelving === 'timed',
    shelving,
    unshelveUs: shelving === 'timed' ? nowUs + 1_500e6 : null,
    quality: 0,
    comment: acked ? 'Fitter is on the way.' : '',
    clientUserId: acked ? 'operator' : '',
    activeSinceUs: nowUs - (index + 1) * 330e6,
  }
}

/** Alarms of a server as its list would give them; `reach` of all. */
export function fakeServerAlarms(nowUs: number, reach: ServerAlarmView['reach'] | null): ServerAlarmsFrame {
  const none = { urgent: 0, high: 0, medium: 0, low: 0 }
  if (reach === null) return { open: [], more: 0, unacknowledged: none, active: none, shelved: 0, unreachable: 0 }
  const open = entries.map((_entry, index): ServerAlarmView => {
    const one = condition(index, nowUs)
    const priority = priorityOfSeverity(one.severity)
    return { condition: one, serverName: 'Boiler house', priority, reach, reachSinceUs: nowUs - 95e6 }
  })
  const isLive = reach === 'live'
  return {
    open,
    more: 0,
    unacknowledged: { ...none, urgent: isLive ? 1 : 0 },
    active: { ...none, urgent: isLive ? 1 : 0, high: isLive ? 1 : 0 },
    shelved: isLive ? 1 : 0,
    unreachable: isLive ? 0 : 3,
  }
}

function fakeServerJournal(nowUs: number): { rows: (ConditionEntry & { id: number })[]; more: boolean } {
  const rows = (['acknowledged', 'asked', 'activated'] as const).map((change, index) => {
    const of = condition(1, nowUs)
    return {
      id: 3 - index,
      ...of,
      changes: [change],
      atUs: nowUs - (index + 1) * 60e6,
      by: change === 'activated' ? '' : 'operator',
      comment: change === 'activated' ? '' : 'Fitter is on the way.',
      detail: change === 'asked' ? 'acknowledge' : '',
    }
  })
  return { rows, more: false }
}

type ServerAlarmMethod = Extract<MethodName, `serverAlarm.${string}`>

export function isServerAlarmMethod(method: MethodName): method is ServerAlarmMethod {
  return method.startsWith('serverAlarm.')
}

export function fakeServerAlarmCall(method: ServerAlarmMethod, nowUs: number): MethodResult<ServerAlarmMethod> {
  return method === 'serverAlarm.journal' ? fakeServerJournal(nowUs) : {}
}
