import type { Priority } from './alert.ts'
import type { AuditEntry } from './audit-trail.ts'
import type { TimeUs } from './time.ts'

/** One state of one condition of a server (OPC 10000-9), as the server last reported it. A branch is a row of its own. */
export interface Condition {
  serverId: string
  /** NodeId of the condition in its lasting form. */
  conditionId: string
  /** Empty: the condition itself; else the earlier state of it that still waits for someone. */
  branchId: string
  /** Of the last event, hexadecimal: what an acknowledgement answers. */
  eventId: string
  /** NodeId of the type, lasting form. */
  eventType: string
  sourceName: string
  conditionName: string
  message: string
  /** 1 to 1000. */
  severity: number
  /** The server's time of the event. */
  timeUs: TimeUs
  /** When it reached this engine. */
  heardUs: TimeUs
  /** The server still wants it to be shown. */
  retain: boolean
  enabled: boolean
  /** null: a condition without such a state. */
  active: boolean | null
  acked: boolean | null
  confirmed: boolean | null
  suppressedOrShelved: boolean
  shelving: Shelving | null
  /** When a shelved one comes back by itself; null when it does not say. */
  unshelveUs: TimeUs | null
  /** Status code of what the condition rests on. */
  quality: number
  comment: string
  /** Who the server says acted last. */
  clientUserId: string
}

export type Shelving = 'unshelved' | 'timed' | 'one-shot'

/** A row of the present: with the time since when it has been active, by the server's clock. */
export interface PresentCondition extends Condition {
  activeSinceUs: TimeUs
}

export const conditionChanges = [
  'found',
  'activated',
  'returned',
  'acknowledged',
  'unacknowledged',
  'confirmed',
  'unconfirmed',
  'shelved',
  'unshelved',
  'suppressed',
  'unsuppressed',
  'commented',
  'severity',
  'message',
  'quality',
  'enabled',
  'disabled',
  'repeated',
  'ended',
  'gone',
  'asked',
  'refused',
  'unheard',
] as const
export type ConditionChange = (typeof conditionChanges)[number]

/**
 * A row of the journal, never changed. `found` to `ended` are what the server reported; `gone`: not in its list any more;
 * `asked` and `refused`: what somebody here wanted of it; `unheard`: a span in which nobody listened.
 */
export interface ConditionEntry {
  serverId: string
  /** Empty with `unheard`, which is the whole server's. */
  conditionId: string
  branchId: string
  eventId: string
  sourceName: string
  conditionName: string
  message: string
  severity: number
  changes: ConditionChange[]
  /** The server's time; ours for what was not an event. */
  atUs: TimeUs
  heardUs: TimeUs
  active: boolean | null
  acked: boolean | null
  confirmed: boolean | null
  /** A person here, or who the server names. */
  by: string
  comment: string
  /** In words, where the changes alone do not say it. */
  detail: string
}

/** Present rows that are new or changed, those that go, and the rows of the journal, in one transaction. */
export interface ConditionCommit {
  present: readonly PresentCondition[]
  removed: readonly ConditionKey[]
  entries: readonly ConditionEntry[]
  /** Of what people asked for, stored with it. */
  audit?: readonly AuditEntry[]
}

export type ConditionKey = Pick<Condition, 'serverId' | 'conditionId' | 'branchId'>

export function keyOfCondition({ serverId, conditionId, branchId }: ConditionKey): string {
  return `${serverId}\n${conditionId}\n${branchId}`
}

/** What the connection to a server hears of its alarms, in order. */
export type ConditionNews =
  | { kind: 'events'; serverId: string; events: Condition[] }
  /** From here to `refreshed` the server tells all that it retains; what is not among it is gone. */
  | { kind: 'refreshing'; serverId: string }
  | { kind: 'refreshed'; serverId: string }
  /** Changes in between were not heard. */
  | { kind: 'unheard'; serverId: string; fromUs: TimeUs; toUs: TimeUs; detail: string }

/**
 * How far the alarms of a server are known. `none`: it has no conditions. `reading`: the present ones have not all come.
 * `changes-only`: it cannot list them, so those from before are not known.
 */
export const alarmPhases = ['off', 'none', 'reading', 'listening', 'changes-only'] as const
export interface AlarmsState {
  phase: (typeof alarmPhases)[number]
  /** In words. */
  message: string
}

export const conditionActions = ['acknowledge', 'confirm', 'comment', 'shelve', 'shelve-once', 'unshelve'] as const
export type ConditionAction = (typeof conditionActions)[number]

/** What is asked of a server. */
export interface ConditionRequest {
  action: ConditionAction
  conditionId: string
  branchId: string
  eventId: string
  comment: string
  /** Of `shelve`. */
  durationMs: number
}

/** `message`: a sentence for the person who asked. */
export type ConditionAnswer = { ok: true } | { ok: false; status: string; message: string }

/**
 * A server's severity as one of our priorities. The thirds are the classes OPC 40083, 6.4 gives for all its events; the
 * top class of OPC 40250-1, 6.6.1 begins at 801. Values outside 1 to 1000 count as the nearest.
 */
export const severityFrom = { urgent: 801, high: 667, medium: 334 } as const

export function priorityOfSeverity(severity: number): Priority {
  if (severity >= severityFrom.urgent) return 'urgent'
  if (severity >= severityFrom.high) return 'high'
  return severity >= severityFrom.medium ? 'medium' : 'low'
}
