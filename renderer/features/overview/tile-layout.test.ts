import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitGrid, gapPx } from './fit-grid.ts'
import { nearestIndex } from './nearest-tile.ts'
import { linePlaces, rowsInSight, scrollTo, tileSpots } from './tile-layout.ts'

const counts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 })
const linesOf = (numbers: readonly number[]): string[][] =>
  numbers.map((count, line) => Array.from({ length: count }, (_, i) => `${line}/${i}`))

describe('tiles that are not drawn', () => {
  it('have their place all the same: lines end where the grid says that the page ends', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 300, max: 2500 }), (numbers, widthPx) => {
        const grid = fitGrid(numbers, widthPx, 800)
        const last = linePlaces(numbers, grid).at(-1)
        expect((last?.topPx ?? 0) + (last?.rows ?? 0) * (grid.tilePx + gapPx)).toBe(grid.heightPx)
      }),
    )
  })

  it('are never in sight, and of those in sight none is left out', () => {
    fc.assert(
      fc.property(counts, fc.nat(20_000), fc.integer({ min: 100, max: 1500 }), (numbers, topPx, heightPx) => {
        const grid = fitGrid(numbers, 1300, 800)
        const places = linePlaces(numbers, grid)
        const drawn = new Set(
          places.flatMap((place, line) => {
            const { first, end } = rowsInSight(place, grid, { topPx, heightPx })
            const from = first * grid.columns
            return linesOf(numbers)[line]?.slice(from, Math.max(from, end * grid.columns)) ?? []
          }),
        )
        for (const { id, y } of tileSpots(linesOf(numbers), grid)) {
          if (y + grid.tilePx > topPx && y < topPx + heightPx) expect(drawn.has(id)).toBe(true)
        }
        expect(drawn.size).toBeLessThanOrEqual((Math.ceil(heightPx / grid.tilePx) + 4) * grid.columns)
      }),
    )
  })

  it('are reached by the keys: down goes to the next row, right over the end of a line, and the page follows', () => {
    const grid = { columns: 3, tilePx: 68 }
    const spots = tileSpots(linesOf([4, 2, 5]), grid)
    const from = (id: string, key: string): string | undefined =>
      spots[
        nearestIndex(
          spots,
          spots.findIndex((spot) => spot.id === id),
          key,
        ) ?? -1
      ]?.id
    expect(from('0/1', 'ArrowDown')).toBe('0/3')
    expect(from('0/3', 'ArrowDown')).toBe('1/0')
    expect(from('0/3', 'ArrowRight')).toBe('1/0')
    expect(from('2/4', 'ArrowDown')).toBeUndefined()
    expect(from('0/1', 'End')).toBe('2/4')
    const last = spots.at(-1)?.y ?? 0
    expect(scrollTo(last, 68, { topPx: 0, heightPx: 200 })).toBe(last + 68 - 200)
    expect(scrollTo(28, 68, { topPx: 150, heightPx: 200 })).toBe(0)
    expect(scrollTo(300, 68, { topPx: 200, heightPx: 400 })).toBe(200)
  })
})
