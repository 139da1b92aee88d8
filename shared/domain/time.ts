/** Integer Unix microseconds as a number: exact until the year 2255, and the unit of every stored time. */
export type TimeUs = number

/** ISO 8601 with seven decimals and Z, the form of every export. `tick` is the 100 ns remainder, 0 to 9. */
export function isoFromUs(tUs: TimeUs, tick = 0): string {
  const ms = Math.floor(tUs / 1000)
  const rest = tUs - ms * 1000
  return `${new Date(ms).toISOString().slice(0, -1)}${String(rest).padStart(3, '0')}${tick}Z`
}

/** Unix microseconds of an ISO time (up to seven decimals; the 100 ns digit is dropped). NaN when it is no time. */
export function usFromIso(iso: string): TimeUs {
  const match = /^(.*?:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/.exec(iso)
  if (!match) return Date.parse(iso) * 1000
  const wholeMs = Date.parse(`${match[1]}${match[3] ?? 'Z'}`)
  const us = Number((match[2] ?? '').padEnd(6, '0').slice(0, 6))
  return wholeMs * 1000 + us
}

/** The engine's clock, handed to whoever needs time so that tests can drive it. */
export interface Clock {
  /** Wall clock, Unix microseconds. */
  nowUs(): TimeUs
  /** Monotonic milliseconds, for intervals and deadlines; unaffected by clock steps. */
  monotonicMs(): number
}
