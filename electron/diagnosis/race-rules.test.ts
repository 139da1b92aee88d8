import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { narrowBands } from './band-search.ts'
import { decideByLattice, decideByLines, likelierRace, suspectRace, type Race } from './race-rules.ts'

const race = (name: Race['name'], evidence: number, overRival: number, overChance: number, depth = 0.3): Race => ({
  name,
  line: name === 'outer' ? 'BPFO' : 'BPFI',
  evidence,
  overRival,
  overChance,
  depth,
})

describe('verdict on a race by its lattice', () => {
  test('a spall of the outer race may hide outside the load zone, one of the inner race may not', () => {
    expect(decideByLattice(race('outer', 16.4, 12.7, 10.6))?.verdict).toBe('outer-race')
    expect(decideByLattice(race('inner', 16.4, 12.7, 10.6))).toBeNull()
    expect(decideByLattice(race('inner', 22, 15, 15))?.verdict).toBe('inner-race')
  })

  test('the marks of taking a bearing apart are suspected, not named', () => {
    const lines = race('outer', 6.2, 3, 3.7, 0.38)
    const lattice = race('outer', 10.8, 4.3, 5.9)
    expect(decideByLines(lines, lattice)).toBeNull()
    expect(decideByLattice(lattice)).toBeNull()
    expect(suspectRace(lines, lattice)?.verdict).toBe('undecided')
  })

  test('more of everything never takes a verdict away', () => {
    const value = fc.double({ min: 0, max: 40, noNaN: true })
    fc.assert(
      fc.property(value, value, value, value, fc.constantFrom('outer', 'inner'), (a, b, c, more, name) => {
        if (decideByLattice(race(name, a, b, c)) === null) return
        expect(decideByLattice(race(name, a + more, b + more, c + more))).not.toBeNull()
      }),
    )
  })
})

describe('which race, where none is named', () => {
  const silent = race('inner', 1.5, 1, 0.1)

  test('the prewhitened lattice goes before lines of the raw envelope', () => {
    const beats = race('inner', 6.5, 5, 2)
    expect(likelierRace(beats, race('outer', 9.2, 5, 4.7)).name).toBe('outer')
    expect(likelierRace(beats, race('outer', 4.3, 0.4, 0)).name).toBe('inner')
    expect(likelierRace(silent, race('inner', 16.7, 10, 12.8)).name).toBe('inner')
  })

  test('where nothing speaks, the race that can hide is the likelier one', () => {
    expect(likelierRace(silent, race('inner', 3, 0.5, -1)).name).toBe('outer')
  })
})

test('narrow bands cover the range, hold the lattice of a race, and stay few', () => {
  const rate = fc.double({ min: 2000, max: 102_400, noNaN: true })
  fc.assert(
    fc.property(rate, fc.double({ min: 1, max: 100, noNaN: true }), (sampleRateHz, shaftHz) => {
      const bands = narrowBands(sampleRateHz, shaftHz)
      expect(bands.length).toBeLessThanOrEqual(79)
      for (const { lowHz, highHz } of bands) {
        expect(highHz - lowHz).toBeGreaterThanOrEqual(10 * shaftHz - 1e-6)
        expect(highHz).toBeLessThanOrEqual(sampleRateHz / 2)
      }
      const last = bands.at(-1)
      if (last) expect(sampleRateHz / 2 - last.highHz).toBeLessThan((last.highHz - last.lowHz) / 2)
    }),
  )
})
