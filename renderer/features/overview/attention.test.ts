import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alarmStates, alertLevels, priorities } from '../../../shared/domain/alert.ts'
import { countPointStates } from '../../../shared/domain/point-state.ts'
import type { AssetTile } from '../../../shared/protocol/views.ts'
import { matchesSearch } from '../../ui/matches-search.ts'
import { attentionClass, groupByLine, needsAttention, orderByAttention } from './attention.ts'
import { fitGrid, lineHeadPx, tileSizes } from './fit-grid.ts'

function tile(id: string, over: Partial<AssetTile> = {}): AssetTile {
  return {
    id,
    lineId: 'line-1',
    name: id,
    family: 'pump',
    runState: 'running',
    freshness: 'live',
    lastUs: 1,
    health: 0.2,
    healthOf: null,
    spark: new Float32Array(0),
    sparkFromUs: 0,
    level: 'normal',
    priority: null,
    state: 'normal',
    finding: null,
    openAlerts: 0,
    pointStates: countPointStates(['normal']),
    ...over,
  }
}

const anyTile = fc.record({
  priority: fc.constantFrom(null, ...priorities),
  state: fc.constantFrom(...alarmStates),
  level: fc.constantFrom(...alertLevels),
  freshness: fc.constantFrom('never' as const, 'live' as const, 'stale' as const, 'missing' as const),
  health: fc.option(fc.double({ min: 0, max: 3, noNaN: true }), { nil: null }),
  lineId: fc.constantFrom('line-1', 'line-2', 'line-9'),
})
const anyTiles = fc.array(anyTile, { maxLength: 40 }).map((list) => list.map((over, i) => tile(`m${i}`, over)))

describe('attention', () => {
  it('puts priority before acknowledgement, then machines that cannot be seen, then a limit nearly used', () => {
    const names = [
      tile('quiet'),
      tile('near', { health: 0.9 }),
      tile('never', { freshness: 'never' }),
      tile('stale', { freshness: 'stale' }),
      tile('missing', { freshness: 'missing' }),
      tile('low', { priority: 'low', state: 'unacknowledged', level: 'warning' }),
      tile('urgentSeen', { priority: 'urgent', state: 'acknowledged', level: 'alarm' }),
      tile('urgent', { priority: 'urgent', state: 'unacknowledged', level: 'alarm' }),
    ]
    const order = orderByAttention(names, []).map((entry) => entry.id)
    expect(order).toEqual(['urgent', 'urgentSeen', 'low', 'missing', 'stale', 'never', 'near', 'quiet'])
    expect(names.filter(needsAttention).map((entry) => entry.id)).toEqual([
      'never',
      'stale',
      'missing',
      'low',
      'urgentSeen',
      'urgent',
    ])
  })

  it('does not move a tile when only its values change', () => {
    fc.assert(
      fc.property(
        anyTiles,
        fc.array(fc.double({ min: 0, max: 0.79, noNaN: true }), { minLength: 40, maxLength: 40 }),
        (tiles, healths) => {
          const first = orderByAttention(tiles, [])
          const held = first.map((entry) => entry.id)
          const drifted = tiles.map((entry, i) =>
            entry.health !== null && entry.health < 0.8 ? { ...entry, health: healths[i] ?? 0 } : entry,
          )
          expect(orderByAttention(drifted.toReversed(), held).map((entry) => entry.id)).toEqual(held)
        },
      ),
    )
  })

  it('keeps every machine, once, in a sorted order of class', () => {
    fc.assert(
      fc.property(anyTiles, (tiles) => {
        const order = orderByAttention(tiles, [])
        expect(new Set(order.map((entry) => entry.id)).size).toBe(tiles.length)
        const classes = order.map(attentionClass)
        expect(classes).toEqual(classes.toSorted((a, b) => a - b))
      }),
    )
  })

  it('groups by line, keeps the place order of the plant file, and never loses a machine of an unknown line', () => {
    const lines = [
      { id: 'line-1', name: 'One' },
      { id: 'line-2', name: 'Two' },
      { id: 'empty', name: 'Empty' },
    ]
    fc.assert(
      fc.property(anyTiles, (tiles) => {
        for (const order of ['place', 'attention'] as const) {
          const groups = groupByLine(tiles, lines, order, [])
          expect(groups.flatMap((group) => group.tiles).length).toBe(tiles.length)
          expect(groups.every((group) => group.tiles.length > 0)).toBe(true)
        }
        const place = groupByLine(tiles, lines, 'place', [])
        expect(place.map((group) => group.id)).toEqual(
          ['line-1', 'line-2', 'line-9'].filter((id) => tiles.some((entry) => entry.lineId === id)),
        )
      }),
    )
  })

  it('by attention, the line with the worst machine comes first', () => {
    const tiles = [tile('a'), tile('b', { lineId: 'line-2', priority: 'high', state: 'unacknowledged' })]
    const lines = [
      { id: 'line-1', name: 'One' },
      { id: 'line-2', name: 'Two' },
    ]
    expect(groupByLine(tiles, lines, 'attention', []).map((group) => group.id)).toEqual(['line-2', 'line-1'])
  })

  it('search needs every word, in any field', () => {
    const pump = tile('pump-101', { name: 'Feed pump 101', finding: 'Outer race defect' })
    expect(matchesSearch(pump, 'Packaging', '')).toBe(true)
    expect(matchesSearch(pump, 'Packaging', 'outer PUMP')).toBe(true)
    expect(matchesSearch(pump, 'Packaging', 'pack feed')).toBe(true)
    expect(matchesSearch(pump, 'Packaging', 'feed 102')).toBe(false)
  })
})

describe('fitGrid', () => {
  it('shows 60 machines on a 1920x1080 screen without scrolling, in few or many lines', () => {
    // 1920 - 56 navigation - 2 x 16 padding; 1080 - 80 header and banner - 56 toolbar - 16 padding.
    for (const counts of [[60], [30, 30], [10, 10, 10, 10, 10, 10], [12, 9, 9, 8, 8, 7, 7], [20, 1, 19, 2, 18]]) {
      expect(fitGrid(counts, 1832, 928).fits).toBe(true)
    }
  })

  it('takes the roomiest size that fits and never claims to fit when it does not', () => {
    expect(fitGrid([6], 1832, 928).density).toBe('roomy')
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 12 }),
        fc.integer({ min: 300, max: 3800 }),
        fc.integer({ min: 300, max: 2000 }),
        (counts, width, height) => {
          const grid = fitGrid(counts, width, height)
          expect(grid.fits).toBe(grid.heightPx <= height)
          expect(grid.heightPx).toBeGreaterThanOrEqual(counts.length * (lineHeadPx + tileSizes[grid.density].heightPx))
          if (!grid.fits) expect(grid.density).toBe('dense')
        },
      ),
    )
  })
})
