import type { SqlValue } from '../database.ts'

/**
 * Intervals by how long they are: class k holds those of at most 4^k microseconds, -1 those without an end. Those that hold a
 * moment are then a bounded range of starts in each class, however many ended before it. The text below stands in indexes:
 * SQLite uses an index on an expression only for the very same text.
 */
const widestClass = 27

export function spanClassSql(end: string, start: string): string {
  const steps = Array.from({ length: widestClass }, (_, k) => `WHEN (${end}) - ${start} <= ${4 ** k} THEN ${k}`)
  const ladder = steps.join(' ')
  return `CASE WHEN (${end}) IS NULL THEN -1 ${ladder} ELSE ${widestClass} END`
}

export const spanClasses: readonly number[] = Array.from({ length: widestClass + 2 }, (_, i) => i - 1)

/** Bounds of the starts of intervals of a class that may hold `atUs`. */
export function startsOfClass(k: number, atUs: number): [least: SqlValue, most: SqlValue] {
  const farthest = Number.MAX_SAFE_INTEGER
  const most = Math.min(Math.floor(atUs), farthest)
  return [k < 0 || k >= widestClass ? -farthest : Math.max(most - 4 ** k, -farthest), most]
}
