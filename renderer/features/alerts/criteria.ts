import type { AlertOccurrence, Outcome, Priority } from '../../../shared/domain/alert.ts'
import { outcomes } from '../../../shared/domain/alert.ts'

/** An outcome says what was found, so somebody has to have looked first; the engine refuses it otherwise. */
export function canLabel(occurrence: AlertOccurrence): boolean {
  return occurrence.acknowledgedUs !== null
}

/** Digit 1 to 5 of the label form; the order is the plant-wide one and never changes. */
export function outcomeOfKey(key: string): Outcome | null {
  if (!/^[1-5]$/.test(key)) return null
  return outcomes[Number(key) - 1] ?? null
}

export function keyOfOutcome(outcome: Outcome): string {
  return String(outcomes.indexOf(outcome) + 1)
}

export function canAcknowledge(occurrence: AlertOccurrence): boolean {
  return occurrence.acknowledgedUs === null
}

/**
 * A label states what an inspection found, and an inspection starts with somebody taking the alert on. The signal need
 * not have returned: a bearing is often opened while it still rings.
 */
export function isAwaitingOutcome(occurrence: AlertOccurrence): boolean {
  return occurrence.outcome === null && occurrence.acknowledgedUs !== null
}

/** Limit still exceeded, or nobody has seen it yet. */
export function isActive(occurrence: AlertOccurrence): boolean {
  return occurrence.returnedUs === null || occurrence.acknowledgedUs === null
}

export type Countdown =
  | { kind: 'remaining'; seconds: number; tight: boolean }
  | { kind: 'overdue'; seconds: number }
  | { kind: 'met' }
  | { kind: 'late'; seconds: number }

/**
 * Time left to respond. The clock stops with the acknowledgement (ISA-18.2: the response starts there); it is tight in
 * the last fifth of the time allowed.
 */
export function countdownOf(occurrence: AlertOccurrence, nowUs: number): Countdown {
  if (occurrence.acknowledgedUs !== null) {
    return occurrence.acknowledgedUs <= occurrence.respondByUs
      ? { kind: 'met' }
      : { kind: 'late', seconds: (occurrence.acknowledgedUs - occurrence.respondByUs) / 1e6 }
  }
  const leftS = (occurrence.respondByUs - nowUs) / 1e6
  if (leftS < 0) return { kind: 'overdue', seconds: -leftS }
  return { kind: 'remaining', seconds: leftS, tight: leftS < occurrence.contract.respondWithinMin * 60 * 0.2 }
}

/** `14:59`, `3:05:00` or, beyond a day, `2 d 04:10`: fixed width while it runs. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (n: number): string => String(n).padStart(2, '0')
  const days = Math.floor(whole / 86_400)
  const hours = Math.floor((whole % 86_400) / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  if (days > 0) return `${days} d ${two(hours)}:${two(minutes)}`
  if (hours > 0) return `${hours}:${two(minutes)}:${two(whole % 60)}`
  return `${minutes}:${two(whole % 60)}`
}

export function priorityOrder(priority: Priority): number {
  return { urgent: 0, high: 1, medium: 2, low: 3 }[priority]
}
