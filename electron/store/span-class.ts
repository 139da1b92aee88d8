import type { SqlValue } from './database.ts'

/**
 * Spans by how long they are: class k holds those of at most 4^k (microseconds, or sequence numbers). Those that reach into a
 * range are then a bounded range of starts or ends in each class, however many lie elsewhere. The last class holds all that are
 * longer: 4^27 is beyond 2^53, the farthest that a time or a number can be, so that no bound is left to compute.
 */
const widestClass = 27
const farthest = Number.MAX_SAFE_INTEGER

export function classOf(span: number): number {
  let k = 0
  while (k < widestClass && span > 4 ** k) k++
  return k
}

export function clamp(t: number): number {
  return Math.min(Math.max(t, -farthest), farthest)
}

/** The last end of spans of class k that begin by `to`. */
export function lastEnd(to: number, k: number): number {
  return k >= widestClass ? farthest : Math.min(to + 4 ** k, farthest)
}

/** The first start of spans of class k that end at `end` or later. */
export function firstStart(end: number, k: number): number {
  return k >= widestClass ? -farthest : Math.max(end - 4 ** k, -farthest)
}

/**
 * The class of an interval, -1 for one without an end. The text stands in indexes: SQLite uses an index on an expression only for
 * the very same text.
 */
export function spanClassSql(end: string, start: string): string {
  const steps = Array.from({ length: widestClass }, (_, k) => `WHEN (${end}) - ${start} <= ${4 ** k} THEN ${k}`)
  const ladder = steps.join(' ')
  return `CASE WHEN (${end}) IS NULL THEN -1 ${ladder} ELSE ${widestClass} END`
}

export const spanClasses: readonly number[] = Array.from({ length: widestClass + 2 }, (_, i) => i - 1)

/** Bounds of the starts of intervals of a class that may hold `atUs`. */
export function startsOfClass(k: number, atUs: number): [least: SqlValue, most: SqlValue] {
  const most = Math.min(Math.floor(atUs), farthest)
  return [k < 0 ? -farthest : firstStart(most, k), most]
}
