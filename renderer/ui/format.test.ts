import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatAge,
  formatBytes,
  formatClockWithZone,
  formatDuration,
  formatNumber,
  formatSpan,
  formatTime,
  inPlantTime,
  zoneName,
} from './format.ts'
import { t, tMaybe } from './text.ts'

const us = (iso: string): number => Date.parse(iso) * 1000

describe('formatNumber', () => {
  it('keeps four significant digits and their zeros', () => {
    expect(formatNumber(1.2)).toBe('1.200')
    expect(formatNumber(1772.4)).toBe('1772')
    expect(formatNumber(0.01234)).toBe('0.01234')
    expect(formatNumber(-0.5, 2)).toBe('\u22120.50')
  })

  it('says plainly when there is no number', () => {
    expect(formatNumber(null)).toBe('\u2013')
    expect(formatNumber(Number.NaN)).toBe('\u2013')
    expect(formatNumber(Number.NEGATIVE_INFINITY)).toBe('\u2212\u221e')
  })

  it('stays within half a unit of its last digit, and never shows a negative zero', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e8, max: 1e8, noNaN: true }), fc.integer({ min: 2, max: 6 }), (value, digits) => {
        const text = formatNumber(value, digits)
        const shown = Number(text.replace('\u2212', '-'))
        expect(Math.abs(shown - value)).toBeLessThanOrEqual(Math.max(Math.abs(value) * 10 ** (1 - digits), 0.5))
        if (shown === 0) expect(text.startsWith('\u2212')).toBe(false)
      }),
    )
  })
})

describe('times', () => {
  const noon = us('2026-07-01T12:00:05Z')

  it('carry the zone, summer time included', () => {
    expect(formatClockWithZone(noon, 'Europe/Berlin')).toBe('14:00 CEST')
    expect(zoneName(us('2026-01-01T12:00:00Z'), 'Europe/Berlin')).toBe('CET')
    expect(formatTime(noon, 'Europe/Berlin', noon)).toBe('14:00:05 CEST')
  })

  it('carry the day when it is not today in the plant, by the plant\u2019s own midnight', () => {
    const lateEvening = us('2026-07-01T22:30:00Z')
    expect(formatTime(lateEvening, 'Europe/Berlin', lateEvening - 3.6e9)).toBe('2 Jul 00:30:00 CEST')
    expect(formatTime(us('2025-07-01T12:00:05Z'), 'UTC', noon)).toBe('1 Jul 2025 12:00:05 UTC')
  })

  it('of a span carry their days where they differ', () => {
    const span = (from: string, to: string) => formatSpan(us(from), us(to), 'UTC', noon)
    expect(span('2026-07-01T11:00:00Z', '2026-07-01T12:00:00Z')).toEqual({ from: '11:00:00 UTC', to: '12:00:00 UTC' })
    expect(span('2026-06-24T12:00:00Z', '2026-07-01T12:00:00Z')).toEqual({
      from: '24 Jun 12:00:00 UTC',
      to: '1 Jul 12:00:00 UTC',
    })
    expect(span('2026-06-24T12:00:00Z', '2026-06-24T13:00:00Z')).toEqual({
      from: '24 Jun 12:00:00 UTC',
      to: '13:00:00 UTC',
    })
  })

  it('in sentences of the engine become those of the plant', () => {
    const words = inPlantTime('Restored at 2020-07-01T12:00:05Z from a.mwbackup.', 'Europe/Berlin')
    expect(words).toBe('Restored at 1 Jul 2020 14:00:05 CEST from a.mwbackup.')
  })

  it('say ages in two units, and a time ahead of the clock as such', () => {
    expect(formatAge(noon - 47e6, noon)).toBe('47 s ago')
    expect(formatAge(noon - 412e6, noon)).toBe('6 min 52 s ago')
    expect(formatAge(noon, noon)).toBe('now')
    expect(formatAge(null, noon)).toBe('never')
    expect(formatAge(noon + 5e6, noon)).toBe('5 s ahead of the clock')
    expect(formatDuration(93_600)).toBe('1 d 2 h')
    expect(formatDuration(7260)).toBe('2 h 01 min')
  })
})

describe('formatBytes', () => {
  it('uses decimal units', () => {
    expect(formatBytes(184_300_000)).toBe('184 MB')
    expect(formatBytes(512)).toBe('512 B')
    expect(formatBytes(0)).toBe('0 B')
  })
})

describe('t', () => {
  it('fills in parameters and picks the plural', () => {
    expect(t('problems.some', { count: 1 })).toBe('1 problem')
    expect(t('problems.some', { count: 3 })).toBe('3 problems')
    expect(t('format.ago', { duration: '5 s' })).toBe('5 s ago')
  })

  it('leaves an unknown parameter visible', () => {
    expect(t('format.ago')).toBe('{duration} ago')
    expect(tMaybe('no.such.key', 'as it is')).toBe('as it is')
  })
})
