import { describe, expect, test } from 'vitest'
import type { BandEnvelope } from './band.ts'
import type { BearingSearch, FamilyResult, RaceFamily } from './bearing-search.ts'
import { judgeBearing } from './verdict.ts'

const chance = { location: 1, scale: 0.8, upper: 2.5 }
const band = { lowHz: 1000, highHz: 2000 }
const none = new Float64Array(0)
const envelope: BandEnvelope = {
  band,
  prewhitened: false,
  resolutionHz: 0.1,
  ratio: none,
  decades: new Float32Array(0),
  power: none,
  floor: none,
  depth: none,
}

/** A family whose best fit lies this share off its kinematic place. */
const family = (baseHz: number, evidence: number, off = 0, depth = 0.3): FamilyResult => {
  const score = { score: evidence, evidence, depth, fundamentalHz: baseHz * (1 + off) }
  return { score, envelope, lines: [], baseHz, chance }
}

function searched(changed: Partial<Record<RaceFamily, FamilyResult>>): BearingSearch {
  const lattice = { decades: 3, fundamentalHz: 90, band }
  return {
    families: { outer: family(90, 2), inner: family(145, 2), cage: family(11, 2), ...changed },
    lattice: { outer: lattice, inner: lattice, chance },
    rollingElement: { lines: [0, 0, 0], spinHz: 59, band, smearedBins: 7, distance: 0, chance },
  }
}

describe('cage', () => {
  test('clear lines at their place name it', () => {
    const judged = judgeBearing(searched({ cage: family(11, 11.3, 0.004) }))
    expect([judged.verdict, judged.cageHz]).toEqual(['cage', 11 * 1.004])
  })

  test('lines at the end of their search may be those of an outer race at another speed', () => {
    const { verdict, confidence, evidence } = judgeBearing(searched({ cage: family(11, 11.3, 0.0118) }))
    expect([verdict, confidence]).toEqual(['undecided', 0])
    expect(evidence[0]).toMatch(/at another speed/)
  })

  test('an outer race goes first: its lines are lines of the cage as well', () => {
    const both = searched({ cage: family(11, 11.5), outer: family(90, 9.5, 0, 1.5) })
    expect(judgeBearing(both).verdict).toBe('outer-race')
  })
})

describe("lines that could be another part's", () => {
  test('clear cage lines beside a whole part of BPFO are no outer race', () => {
    const both = (off: number): BearingSearch =>
      searched({ cage: family(11, 12.7, 0), outer: family(90, 9.1, off, 1.5) })
    expect(judgeBearing(both(0.002)).verdict).toBe('outer-race')
    expect(judgeBearing(both(0.006)).verdict).toBe('undecided')
  })

  test('a bearing with 2 x BSF at BPFO: with spin lines there, neither is named', () => {
    const outer = family(90, 11.4, 0.006, 2)
    const spin = { lines: [1.4, 1, 0.5], spinHz: 45.4, band, smearedBins: 2, distance: 1.1, chance } as const
    expect(judgeBearing({ ...searched({ outer }), rollingElement: spin }).verdict).toBe('undecided')
    expect(judgeBearing({ ...searched({ outer }), rollingElement: { ...spin, distance: 0.2 } }).verdict).toBe(
      'outer-race',
    )
    expect(judgeBearing({ ...searched({ outer }), rollingElement: { ...spin, spinHz: 43 } }).verdict).toBe('outer-race')
  })
})

test('an undecided or healthy verdict says which race is the likelier one, and lists it before the other', () => {
  const { verdict, candidates, evidence } = judgeBearing(searched({ inner: family(145, 4, 0, 0.3) }))
  expect(verdict).toBe('normal')
  const races = candidates.map(({ fault }) => fault).filter((fault) => fault.endsWith('-race'))
  expect(races).toEqual(['outer-race', 'inner-race'])
  expect(evidence.at(-1)).toMatch(/rather the outer one/)
})
