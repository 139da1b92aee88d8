import { describe, expect, it } from 'vitest'
import { momentOf, wallTime } from './zone-time.ts'

const us = (iso: string): number => Date.parse(iso) * 1000

describe('time on the wall of the plant', () => {
  it('is that of its zone, there and back, in summer and winter', () => {
    expect(wallTime(us('2026-01-05T13:03:27Z'), 'Europe/Berlin')).toBe('2026-01-05T14:03:27')
    expect(wallTime(us('2026-07-05T22:30:00Z'), 'Europe/Berlin')).toBe('2026-07-06T00:30:00')
    for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe']) {
      for (let hours = 0; hours < 9000; hours += 29) {
        const tUs = us('2026-01-01T00:00:00Z') + hours * 3600e6
        const back = momentOf(wallTime(tUs, zone), zone) ?? 0
        // An hour that comes twice is taken the first time.
        expect([0, -3600e6, -1800e6]).toContain(back - tUs)
      }
    }
  })

  it('is the first of an hour that comes twice, the next of one that is left out, and none of what is no time', () => {
    expect(momentOf('2026-10-25T02:30:00', 'Europe/Berlin')).toBe(us('2026-10-25T00:30:00Z'))
    expect(momentOf('2026-03-29T02:30:00', 'Europe/Berlin')).toBe(us('2026-03-29T01:30:00Z'))
    expect(momentOf('', 'Europe/Berlin')).toBe(null)
    expect(momentOf('2026-13-01T00:00:00', 'UTC')).toBe(null)
    // Without seconds, as a field gives it when they are zero.
    expect(momentOf('2026-03-01T10:00', 'UTC')).toBe(us('2026-03-01T10:00:00Z'))
  })
})
