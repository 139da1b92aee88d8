import type { HistoryTime } from '../../../shared/domain/backtest.ts'

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/

/** Seconds of an ISO time; without a zone it is read as UTC, since only differences count. NaN for anything else. */
export function isoSeconds(text: string): number {
  const match = ISO.exec(text.trim())
  if (match === null) return Number.NaN
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] = match
  const clock = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  const sign = zone.startsWith('-') ? -1 : 1
  const offset = zone === 'Z' ? 0 : sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60)
  return clock / 1000 + Number(`0.${fraction}`) - offset
}

/** ISO time or seconds; NaN for what is neither. */
export function historySeconds(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) ? value : Number.NaN
  return typeof value === 'string' ? isoSeconds(value) : Number.NaN
}

/** A moment in the form in which the index gives its times. */
export function inFormOf(example: HistoryTime, seconds: number): HistoryTime {
  if (typeof example === 'number') return Math.round(seconds)
  const iso = new Date(Math.round(seconds) * 1000).toISOString().slice(0, 19)
  return example.includes('T') ? `${iso}Z` : iso.replace('T', ' ')
}
