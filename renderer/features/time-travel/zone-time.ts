import type { TimeUs } from '../../../shared/domain/time.ts'

const fields: Intl.DateTimeFormatOptions = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
}

/** What the clock on the plant's wall showed: `2026-03-01T14:03:27`. */
export function wallTime(tUs: TimeUs, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { ...fields, timeZone: zone }).formatToParts(tUs / 1000)
  const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? ''
  return `${of('year').padStart(4, '0')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}:${of('second')}`
}

/**
 * The moment of a wall time; null for what is none. Of an hour that comes twice in a year it is the first, of one that is left out
 * the one after.
 */
export function momentOf(wall: string, zone: string): TimeUs | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(wall)) return null
  const asUtc = Date.parse(`${wall}Z`)
  if (Number.isNaN(asUtc)) return null
  const offsetAt = (ms: number): number => Date.parse(`${wallTime(ms * 1000, zone)}Z`) - Math.floor(ms / 1000) * 1000
  const found = [asUtc - offsetAt(asUtc - 86_400_000), asUtc - offsetAt(asUtc + 86_400_000)]
  const exact = found.filter((ms) => wallTime(ms * 1000, zone) === wallTime(asUtc * 1000, 'UTC'))
  return Math.min(...(exact.length > 0 ? exact : found.slice(0, 1))) * 1000
}
