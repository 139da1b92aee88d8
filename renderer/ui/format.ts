import type { TimeUs } from '../../shared/domain/time.ts'
import { t } from './text.ts'

/** Thin space between number and unit, minus sign of the number's own width: ISO 80000-1, 7.2. */
const minus = '\u2212'
export const noValue = '\u2013'

/**
 * A number with about `significant` digits and without an exponent in the range of plant values; trailing zeros stay,
 * so that a live number keeps its width.
 */
export function formatNumber(value: number | null, significant = 4): string {
  if (value === null || Number.isNaN(value)) return noValue
  if (!Number.isFinite(value)) return value > 0 ? '\u221e' : `${minus}\u221e`
  const size = Math.abs(value)
  const text =
    size !== 0 && (size >= 1e9 || size < 1e-6)
      ? size.toExponential(significant - 1)
      : size.toFixed(decimalsOf(size, significant))
  return value < 0 && Number(text) !== 0 ? minus + text : text
}

function decimalsOf(size: number, significant: number): number {
  if (size === 0) return Math.min(significant - 1, 2)
  return Math.max(0, Math.min(12, significant - 1 - Math.floor(Math.log10(size))))
}

export function formatPercent(share: number): string {
  return t('format.percent', { value: Math.round(share * 100) })
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units (IEC 80000-13). */
export function formatBytes(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${formatNumber(bytes / 1000 ** step, step === 0 ? 1 : 3)} ${byteUnits[step] ?? 'B'}`
}

/** A length of time in its two largest units. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('format.seconds', { s })
  if (s < 3600) return t('format.minutes', { min: Math.floor(s / 60), s: String(s % 60).padStart(2, '0') })
  if (s < 86_400)
    return t('format.hours', { h: Math.floor(s / 3600), min: String(Math.floor((s % 3600) / 60)).padStart(2, '0') })
  return t('format.days', { d: Math.floor(s / 86_400), h: Math.floor((s % 86_400) / 3600) })
}

/** Age of something in words; a time ahead of the clock is said, not hidden (clock step, wrong server clock). */
export function formatAge(tUs: TimeUs | null, nowUs: TimeUs): string {
  if (tUs === null) return t('format.neverSeen')
  const seconds = (nowUs - tUs) / 1e6
  if (seconds < -2) return t('format.ahead', { duration: formatDuration(-seconds) })
  if (seconds < 1.5) return t('format.now')
  return t('format.ago', { duration: formatDuration(seconds) })
}

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string, kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${kind}`
  const known = formatters.get(key)
  if (known) return known
  // en-GB: a 24-hour clock, and zone names such as CET instead of GMT+1.
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options })
  formatters.set(key, made)
  return made
}

const clock = { hour: '2-digit', minute: '2-digit' } as const
const clockWithSeconds = { ...clock, second: '2-digit' } as const

/** `14:03:27`, for places whose zone is told nearby (an axis, a table head). */
export function formatClock(tUs: TimeUs, zone: string): string {
  return formatter(zone, 'clock', clockWithSeconds).format(tUs / 1000)
}

/** `14:03 CET` */
export function formatClockWithZone(tUs: TimeUs, zone: string): string {
  return formatter(zone, 'clock-zone', { ...clock, timeZoneName: 'short' }).format(tUs / 1000)
}

/** `14:03:27 CET` on the plant's present day, `21 Nov 14:03:27 CET` on another. */
export function formatTime(tUs: TimeUs, zone: string, nowUs: TimeUs = Date.now() * 1000): string {
  const day = formatter(zone, 'day', { year: 'numeric', month: '2-digit', day: '2-digit' })
  const sameDay = day.format(tUs / 1000) === day.format(nowUs / 1000)
  const time = formatter(zone, 'time-zone', { ...clockWithSeconds, timeZoneName: 'short' }).format(tUs / 1000)
  if (sameDay) return time
  const sameYear = new Date(tUs / 1000).getUTCFullYear() === new Date(nowUs / 1000).getUTCFullYear()
  const options = sameYear ? { day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short', year: 'numeric' }
  const date = formatter(zone, sameYear ? 'date' : 'date-year', options as Intl.DateTimeFormatOptions).format(
    tUs / 1000,
  )
  return `${date} ${time}`
}

/** Both ends of a span: with their days where they differ, since `16 Nov 02:36 to 02:36` reads like no time at all. */
export function formatSpan(
  fromUs: TimeUs,
  toUs: TimeUs,
  zone: string,
  nowUs: TimeUs = Date.now() * 1000,
): { from: string; to: string } {
  const isOneDay = formatDay(fromUs, zone, nowUs) === formatDay(toUs, zone, nowUs)
  return isOneDay
    ? { from: formatTime(fromUs, zone, nowUs), to: formatTime(toUs, zone, fromUs) }
    : { from: formatTime(fromUs, zone, toUs), to: formatTime(toUs, zone, fromUs) }
}

/** Times in a sentence of the engine, which writes them in UTC, as the plant's clock shows them. */
export function inPlantTime(words: string, zone: string): string {
  return words.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (iso) =>
    formatTime(Date.parse(iso) * 1000, zone),
  )
}

/** `21 Nov`, with the year where it is not this one: a tick of an axis of days. */
export function formatDay(tUs: TimeUs, zone: string, nowUs: TimeUs = Date.now() * 1000): string {
  const sameYear = new Date(tUs / 1000).getUTCFullYear() === new Date(nowUs / 1000).getUTCFullYear()
  const options = sameYear ? ({ day: 'numeric', month: 'short' } as const) : dayOfYear
  return formatter(zone, sameYear ? 'date' : 'date-year', options).format(tUs / 1000)
}
const dayOfYear = { day: 'numeric', month: 'short', year: 'numeric' } as const

/** Short name of the zone at a moment: CET or CEST. */
export function zoneName(tUs: TimeUs, zone: string): string {
  const parts = formatter(zone, 'zone', { hour: '2-digit', timeZoneName: 'short' }).formatToParts(tUs / 1000)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone
}
