import { describe, expect, it } from 'vitest'
import type { LinkState } from '../../shared/domain/intake.ts'
import { fakeAlerts, fakeAlertsFrame, type FakeWorld } from '../testkit/fake-views.ts'
import { fakeMachines, fakePlant } from '../testkit/fake-plant.ts'
import { highestUnacknowledged } from './banner.ts'
import { searchEntries, type PaletteEntry } from './palette-search.ts'
import { breadcrumb, summariseLinks, summariseSync } from './summary.ts'

const machines = fakeMachines(true, false)
const plant = fakePlant(machines)
const world: FakeWorld = { state: 'abnormal', startedUs: 0, machines, plant, alerts: fakeAlerts(machines, 1e15) }

describe('alert banner', () => {
  it('shows the highest unacknowledged alert, the older of two equals', () => {
    const frame = fakeAlertsFrame(world, 1e15)
    const [first] = frame.open
    if (!first) throw new Error('the fake plant has no alert')
    const older = { ...first, occurrence: { ...first.occurrence, id: 'older', raisedUs: 1 } }
    const low = { ...first, occurrence: { ...first.occurrence, id: 'low', priority: 'low', raisedUs: 0 } as const }
    expect(highestUnacknowledged({ ...frame, open: [low, first, older] })?.occurrence.id).toBe('older')
    const acknowledged = { ...first, occurrence: { ...first.occurrence, state: 'acknowledged' } as const }
    expect(highestUnacknowledged({ ...frame, open: [acknowledged] })).toBeNull()
  })
})

describe('header', () => {
  const link = (serverId: string, phase: LinkState['phase']): LinkState => ({
    serverId,
    endpointUrl: '',
    phase,
    sinceUs: 0,
    message: '',
    security: '',
    reconnects: 0,
    lastDataUs: null,
    itemsGood: 0,
    itemsBad: 0,
  })

  it('names the worst link', () => {
    expect(
      summariseLinks([link('a', 'connected'), link('b', 'connecting'), link('c', 'refused')]).worst?.serverId,
    ).toBe('c')
    expect(summariseLinks([link('a', 'connected')])).toEqual({ connected: 1, total: 1, worst: null })
  })

  it('tells since when deliveries fail', () => {
    const of = (depth: number, failingSinceUs: number | null) => ({
      id: 'd',
      kind: 'folder' as const,
      lane: 'later' as const,
      state: 'waiting' as const,
      depth,
      oldestUs: null,
      rowsPerSecond: 0,
      secondsToEmpty: null,
      lastReceiptUs: null,
      failingSinceUs,
      lastError: null,
      deliveredRows: 0,
    })
    expect(summariseSync([of(3, null), of(4, 90), of(5, 50)])).toEqual({ waiting: 12, failingSinceUs: 50 })
  })

  it('leads from the plant to what is shown', () => {
    expect(breadcrumb({ page: 'vibration', pointIds: ['fan-202.de.accel'] }, plant)).toEqual({
      line: 'Compressed air and exhaust',
      assetId: 'fan-202',
      asset: 'Exhaust fan 202',
    })
    expect(breadcrumb({ page: 'overview' }, plant)).toBeNull()
  })
})

describe('palette', () => {
  const entry = (title: string, detail = ''): PaletteEntry => ({
    id: title,
    kind: 'machine',
    title,
    detail,
    run: () => undefined,
  })

  it('needs every word and puts titles that start with it first', () => {
    const entries = [entry('Exhaust fan 202', 'fan-202'), entry('Fan coil', 'x'), entry('Elefant', 'y')]
    expect(searchEntries(entries, 'fan').map((found) => found.title)).toEqual([
      'Fan coil',
      'Exhaust fan 202',
      'Elefant',
    ])
    expect(searchEntries(entries, 'fan 202').map((found) => found.title)).toEqual(['Exhaust fan 202'])
    expect(searchEntries(entries, '', 2)).toHaveLength(2)
    expect(searchEntries(entries, 'pump')).toEqual([])
  })
})
