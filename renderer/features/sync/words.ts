import type { DestinationState } from '../../../shared/domain/outbox.ts'
import type { LinkState } from '../../../shared/domain/intake.ts'

export type DeliveryPhase = 'outage' | 'draining' | 'delivering' | 'upToDate' | 'paused' | 'notYet'

/**
 * State of a destination by receipts alone. An outage is told as soon as deliveries fail; rows that wait while receipts
 * come are a backlog on its way out.
 */
export function deliveryPhase(destination: DestinationState): DeliveryPhase {
  if (destination.state === 'paused') return 'paused'
  if (destination.failingSinceUs !== null) return 'outage'
  if (destination.depth === 0) return destination.lastReceiptUs === null ? 'notYet' : 'upToDate'
  // More than a minute of rows is a backlog; less is the ordinary rhythm of delivery.
  if (destination.secondsToEmpty !== null && destination.secondsToEmpty > 60) return 'draining'
  return destination.lastReceiptUs === null && destination.state === 'waiting' ? 'notYet' : 'delivering'
}

/** Reason a link gives for being insecure (`insecure: reason`, or None without one); null when it is secured. */
export function insecureReason(link: LinkState): string | null {
  const match = /^(?:insecure|none)\b[:,\s]*(.*)$/i.exec(link.security.trim())
  return match ? (match[1] ?? '') : null
}

/** Share of a queue in use; more than the limit counts as full. */
export function fill(depth: number, limit: number): number {
  if (limit <= 0) return 0
  return Math.min(1, depth / limit)
}

const severityRank = { error: 0, warning: 1, info: 2 } as const

export function orderProblems<P extends { severity: 'info' | 'warning' | 'error'; sinceUs: number }>(
  problems: readonly P[],
): P[] {
  return problems.toSorted((a, b) => severityRank[a.severity] - severityRank[b.severity] || a.sinceUs - b.sinceUs)
}
