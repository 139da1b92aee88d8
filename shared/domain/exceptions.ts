import type { PlantFile } from './plant-file.ts'

/**
 * What a person may allow for one server and a time, in the plant file's `exceptions` with the scope
 * `opcua:SERVER:RULE`. Never waived: an untrusted or revoked certificate, a wrong application URI (OPC 10000-4, 6.1.3,
 * table 100: these may not be suppressed), and a password over a connection without encryption.
 */
export const exceptionRules = ['host-name', 'validity', 'revocation-unknown', 'weak-key', 'deprecated-policy'] as const
export type ExceptionRule = (typeof exceptionRules)[number]

/** What the screen offers. A weak key protects nobody whatever the reason: who must live with one edits the plant file. */
export const offeredRules = ['host-name', 'validity', 'revocation-unknown', 'deprecated-policy'] as const
export type OfferedRule = (typeof offeredRules)[number]

export function isOffered(rule: ExceptionRule | null): rule is OfferedRule {
  return offeredRules.some((offered) => offered === rule)
}

/** Days. An exception is a bridge to a repair: a month is usual, half a year the most that the screen makes. */
export const exceptionDays = { usual: 30, most: 183, warn: 7, urgent: 1 } as const

export type PlantException = NonNullable<PlantFile['exceptions']>[number]

export function exceptionScope(serverId: string, rule: ExceptionRule): string {
  return `opcua:${serverId}:${rule}`
}

/** Whose and of what; null for an exception that is not of a connection. */
export function exceptionOf(scope: string): { serverId: string; rule: ExceptionRule } | null {
  const [, serverId, name] = /^opcua:([^:]+):([^:]+)$/.exec(scope) ?? []
  const rule = exceptionRules.find((one) => one === name)
  return serverId === undefined || rule === undefined ? null : { serverId, rule }
}

const dayUs = 86_400e6

/** When it has ended: the last day counts whole, in UTC. */
export function endOfException({ until }: { until: string }): number {
  return Date.parse(`${until}T00:00:00Z`) * 1_000 + dayUs
}

/** Whole days that are left after today; negative when it has ended. */
export function daysLeft(exception: { until: string }, nowUs: number): number {
  return Math.floor((endOfException(exception) - nowUs) / dayUs)
}

/** The day, ISO, so many days from now in UTC. */
export function dayFrom(nowUs: number, days: number): string {
  return new Date((nowUs + days * dayUs) / 1_000).toISOString().slice(0, 10)
}
