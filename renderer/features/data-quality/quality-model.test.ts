import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { QualitySummary } from '../../../shared/protocol/quality.ts'
import { above, below, countsOf, placeIn, shownRows, type Criteria } from './quality-model.ts'

const group = (id: string, name: string, failing: string[] = []) => ({
  id,
  name,
  score: failing.length > 0 ? 40 : 99,
  completeness: 0.9,
  points: 2,
  judged: 2,
  gate: failing.length > 0 ? ('fail' as const) : ('pass' as const),
  failing,
  mappingVerified: 0,
  mapping: { points: 0, verified: 0, tested: 0, outOfDate: 0, accuracy: null },
})
const point = (id: string, assetId: string, lineId: string, fail = false): QualitySummary['points'][number] => ({
  id,
  name: `Name of ${id}`,
  assetId,
  lineId,
  sensorClass: 'temperature',
  score: fail ? 10 : 99,
  completeness: fail ? 0.1 : 1,
  gate: fail ? 'fail' : 'pass',
  exception: null,
  kinds: fail ? ['flatline', 'gap'] : [],
})

function report(points = [point('t1', 'pump', 'l1', true), point('t2', 'pump', 'l1'), point('t3', 'fan', 'l2')]) {
  return {
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-08T00:00:00Z',
    plant: { ...group('p', 'Plant', ['t1']), timeZone: 'UTC' },
    lines: [group('l1', 'Line 1', ['t1']), group('l2', 'Line 2')],
    assets: [
      { ...group('pump', 'Feed pump', ['t1']), lineId: 'l1' },
      { ...group('fan', 'Fan'), lineId: 'l2' },
    ],
    points,
    exceptions: [],
    gate: { threshold: 0.95, state: 'fail', failing: 1, excepted: 0 },
    basis: { points: 3, values: 9, read: 9, seconds: 1 },
  } satisfies QualitySummary
}

const all: Criteria = { level: 'points', within: null, text: '', failingOnly: false, state: null, kind: null }
const now = new Map([['t2', 'stale' as const]])
const ids = (criteria: Partial<Criteria>): string[] =>
  shownRows(report(), { ...all, ...criteria }, now).map(({ id }) => id)

describe('rows of the list', () => {
  it('are those of the level, within a line or machine, in the report’s order', () => {
    expect(ids({ level: 'lines' })).toEqual(['l1', 'l2'])
    expect(ids({ level: 'assets', within: 'l2' })).toEqual(['fan'])
    expect(ids({ within: 'pump' })).toEqual(['t1', 't2'])
    expect(ids({ within: 'l1' })).toEqual(['t1', 't2'])
  })

  it('are found by id, name or kind of finding, every word of it, and by the gate', () => {
    expect(ids({ text: 'NAME t3' })).toEqual(['t3'])
    expect(ids({ text: 'flat gap' })).toEqual(['t1'])
    expect(ids({ text: 'flat drift' })).toEqual([])
    expect(ids({ failingOnly: true })).toEqual(['t1'])
  })

  it('are found by state and finding; a line or machine is there while one of its tags is', () => {
    expect(ids({ state: 'stale' })).toEqual(['t2'])
    expect(ids({ kind: 'gap' })).toEqual(['t1'])
    expect(ids({ state: 'stale', kind: 'gap' })).toEqual([])
    expect(ids({ level: 'lines', state: 'stale' })).toEqual(['l1'])
    expect(ids({ level: 'assets', state: 'normal' })).toEqual(['pump', 'fan'])
    expect(ids({ level: 'assets', within: 'l2', failingOnly: true })).toEqual([])
  })

  it('are counted for each choice as the others stand', () => {
    const counts = countsOf(report(), all, now)
    expect([counts.tags, counts.failing, counts.states.stale, counts.states.normal]).toEqual([3, 1, 1, 2])
    expect([counts.kinds.get('gap'), counts.kinds.get('drift')]).toEqual([1, 0])
    const stale = countsOf(report(), { ...all, state: 'stale' }, now)
    expect([stale.tags, stale.failing, stale.states.normal, stale.kinds.get('gap')]).toEqual([1, 0, 2, 0])
    expect(countsOf(report(), { ...all, within: 'l2' }, now).tags).toBe(1)
  })

  it('lead down and up again', () => {
    expect([below('lines'), below('assets'), below('points')]).toEqual(['assets', 'points', null])
    expect(above(report(), 'points', 'fan')).toEqual({ level: 'assets', within: 'l2' })
    expect(above(report(), 'assets', 'l2')).toEqual({ level: 'lines', within: null })
    expect(above(report(), 'lines', null)).toBeNull()
  })
})

describe('a strip', () => {
  it('holds every span inside its ends, and shows the shortest', () => {
    const us = fc.integer({ min: -1000, max: 2000 })
    fc.assert(
      fc.property(us, us, (a, b) => {
        const { left, width } = placeIn(Math.min(a, b), Math.max(a, b), { fromUs: 0, toUs: 1000 })
        expect(left).toBeGreaterThanOrEqual(0)
        expect(width).toBeGreaterThanOrEqual(0.4)
        expect(left + width).toBeLessThanOrEqual(100.000001)
      }),
    )
    expect(placeIn(250, 500, { fromUs: 0, toUs: 1000 })).toEqual({ left: 25, width: 25 })
  })
})
