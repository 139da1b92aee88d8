import { describe, expect, it } from 'vitest'
import { invertChanges } from '../lib/invert-changes.ts'
import { replacedOf, sensorBreaks, sensorSwapChanges, startOfDayUs } from './sensor.ts'

const plantOf = (sensor: Record<string, unknown>) => ({
  plant: { id: 'p', name: 'P', timeZone: 'Europe/Berlin' },
  sensors: [sensor],
})
const us = (iso: string): number => Date.parse(iso) * 1000

describe('sensors', () => {
  it('a swap is a break: of its time, else of its day in the zone of the plant', () => {
    expect(sensorBreaks({}, plantOf({ id: 'acc-1', replacedOn: '2026-07-01' }))).toEqual([])
    expect(sensorBreaks({ sensorId: 'acc-1' }, plantOf({ id: 'acc-1' }))).toEqual([])
    expect(
      sensorBreaks({ sensorId: 'acc-1' }, plantOf({ id: 'acc-1', replacedOn: '2026-07-01', serial: 'B' })),
    ).toEqual([{ tUs: us('2026-06-30T22:00:00Z'), sensorId: 'acc-1', serial: 'B' }])
    expect(startOfDayUs('2026-01-15', 'America/St_Johns')).toBe(us('2026-01-15T03:30:00Z'))
    expect(startOfDayUs('2026-01-15', 'UTC')).toBe(us('2026-01-15T00:00:00Z'))
  })

  it('a recorded swap keeps the earlier ones, says what is known of the new sensor only, and can be taken back', () => {
    const sensor = {
      id: 'acc-1',
      serial: 'A',
      calibrationDue: '2026-05-01',
      calibratedOn: '2024-05-01',
      replacements: [{ at: '2024-05-01T08:00:00Z', serial: 'A' }],
    }
    const swap = { at: '2026-07-01T10:15:00Z', serial: 'B', reason: 'cable damaged' }
    const changes = sensorSwapChanges(sensor, swap)
    const after: Record<string, unknown> = { ...sensor }
    for (const { field, after: value } of changes)
      if (value === undefined) delete after[field]
      else after[field] = value
    expect(after).toEqual({
      id: 'acc-1',
      serial: 'B',
      replacedAt: '2026-07-01T10:15:00Z',
      replacements: [{ at: '2024-05-01T08:00:00Z', serial: 'A' }, swap],
    })
    expect(replacedOf(after)).toBe('2026-07-01')
    expect(sensorBreaks({ sensorId: 'acc-1' }, plantOf(after))).toEqual([
      { tUs: us('2024-05-01T08:00:00Z'), sensorId: 'acc-1', serial: 'A' },
      { tUs: us('2026-07-01T10:15:00Z'), sensorId: 'acc-1', serial: 'B' },
    ])
    expect(invertChanges(changes).length).toBe(changes.length)
  })
})
