import {
  dayFrom,
  daysLeft,
  exceptionDays,
  exceptionOf,
  type ExceptionRule,
  type PlantException,
} from '../../../../shared/domain/exceptions.ts'
import type { PlantFile } from '../../../../shared/domain/plant-file.ts'

/** What a person writes for an exception. */
export interface ExceptionDraft {
  owner: string
  /** Last day, ISO. */
  until: string
  reason: string
}

export type ExceptionField = keyof ExceptionDraft
export interface ExceptionFault {
  field: ExceptionField
  key: 'required' | 'reason' | 'day'
}

/** Shortest text taken for a reason, as for a connection without security. */
const leastReason = 8

export function newException(owner: string, nowUs: number): ExceptionDraft {
  return { owner, until: dayFrom(nowUs, exceptionDays.usual), reason: '' }
}

/** First and last day that can be chosen. */
export function dayLimits(nowUs: number): { first: string; last: string } {
  return { first: dayFrom(nowUs, 0), last: dayFrom(nowUs, exceptionDays.most) }
}

export function checkException({ owner, until, reason }: ExceptionDraft, nowUs: number): ExceptionFault[] {
  const { first, last } = dayLimits(nowUs)
  const faults: ExceptionFault[] = []
  if (owner.trim() === '') faults.push({ field: 'owner', key: 'required' })
  if (!/^\d{4}-\d\d-\d\d$/.test(until) || until < first || until > last) faults.push({ field: 'until', key: 'day' })
  if (reason.trim().length < leastReason) faults.push({ field: 'reason', key: 'reason' })
  return faults
}

export interface ExceptionRow {
  exception: PlantException
  serverId: string
  rule: ExceptionRule
  /** Whole days left after today; negative when it has ended. */
  days: number
  state: 'holds' | 'near' | 'ended'
}

/** Exceptions of connections, the one that ends first on top. */
export function exceptionRows(plant: PlantFile, nowUs: number, serverId?: string): ExceptionRow[] {
  return (plant.exceptions ?? [])
    .flatMap((exception): ExceptionRow[] => {
      const of = exceptionOf(exception.scope)
      if (of === null || (serverId !== undefined && of.serverId !== serverId)) return []
      const days = daysLeft(exception, nowUs)
      const state = days < 0 ? 'ended' : days <= exceptionDays.warn ? 'near' : 'holds'
      return [{ exception, ...of, days, state }]
    })
    .toSorted((a, b) => a.days - b.days)
}
