import { describe, expect, it } from 'vitest'
import catalogueFile from '../../resources/bearings.json' with { type: 'json' }
import {
  bearingOrders,
  findBearing,
  hasRoom,
  matchBearing,
  orderFault,
  ordersOfBearing,
  withOwnBearings,
  type BearingCatalogue,
} from './bearings.ts'

const catalogue: BearingCatalogue = { schema: 'millwright/bearings@1', bearings: catalogueFile.bearings }
const plain = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')

describe('the shipped catalogue', () => {
  it('gives the multipliers that makers and data sets publish, within 0.5 %', () => {
    let compared = 0
    for (const { name, geometry, published } of catalogue.bearings) {
      if (!geometry || !published) continue
      const computed = bearingOrders(geometry)
      for (const key of ['bpfo', 'bpfi', 'bsf', 'ftf'] as const) {
        const printed = published[key]
        if (printed === undefined) continue
        compared++
        expect(Math.abs(computed[key] / printed - 1), `${name} ${key}: ${computed[key]} for ${printed}`).toBeLessThan(
          5e-3,
        )
      }
    }
    expect(compared).toBeGreaterThanOrEqual(17)
  })

  it('every entry can be, says where its numbers are from, and no name leads to two', () => {
    const names = new Set<string>()
    for (const entry of catalogue.bearings) {
      const orders = ordersOfBearing(entry)
      expect(orderFault(orders), entry.name).toBeNull()
      if (entry.geometry) expect(hasRoom(entry.geometry), entry.name).toBe(true)
      expect(entry.source, entry.name).not.toBeNull()
      if (/Estimated|Second hand/.test(entry.source ?? '')) expect(entry.verified, entry.name).toBe(false)
      for (const name of [entry.name, ...entry.aliases]) {
        expect(names.has(plain(name)), name).toBe(false)
        names.add(plain(name))
      }
    }
  })
})

describe('a bearing by name', () => {
  const nameOf = (wanted: string): string | undefined => matchBearing(catalogue, wanted)?.entry.name

  it('is found whatever its seals, clearance and grease', () => {
    const entry = nameOf('SKF 6205-2RS JEM')
    for (const wanted of ['6205', 'skf 6205', 'SKF 6205-2RSH/C3', '6205 ZZ C3', '6205-2Z/C3WT', '6205DDU', '6205LLU'])
      expect(nameOf(wanted), wanted).toBe(entry)
    expect(matchBearing(catalogue, '6205-2RS')?.by).toBe('name')
    expect(matchBearing(catalogue, '6205-2RS1/C3')?.by).toBe('suffix')
    expect(nameOf('ZA 2115')).toBe('Rexnord ZA-2115')
  })

  it('of another maker is unverified and says whose numbers they are', () => {
    expect(matchBearing(catalogue, 'NTN 6205LLU')?.by).toBe('maker')
    const entry = findBearing(catalogue, 'NTN 6205LLU')
    expect(entry?.verified).toBe(false)
    expect(entry?.source).toContain('of SKF 6205-2RS JEM')
    expect(findBearing(catalogue, 'SKF 6205')?.verified).toBe(true)
  })

  it('is not found where a letter changes the rolling elements, or nothing is like it', () => {
    for (const wanted of ['6205 ETN9', '62050', '16205', 'NU 6205', '6999', ' - ', '', 'C3', '-2RS'])
      expect(matchBearing(catalogue, wanted), wanted).toBeNull()
  })

  it("is the plant's own before the catalogue's", () => {
    const geometry = { rollingElements: 9, elementDiameter: 8, pitchDiameter: 39, contactAngleDeg: 0 }
    const own = [
      { name: 'SKF 6205', geometry },
      { name: 'Special 17', orders: { bpfo: 3, bpfi: 5, bsf: 1.9, ftf: 0.375 } },
    ]
    const both = withOwnBearings(catalogue, own)
    expect(findBearing(both, 'SKF 6205-2Z')?.geometry).toEqual(geometry)
    expect(findBearing(both, 'SKF 6205')?.verified).toBe(false)
    const special = findBearing(both, 'special-17')
    expect(special && ordersOfBearing(special).bpfi).toBe(5)
    expect(withOwnBearings(catalogue, own)).toBe(both)
    expect(withOwnBearings(catalogue, undefined)).toBe(catalogue)
  })
})

describe('four frequencies of one bearing', () => {
  it('fit each other when a geometry makes them', () => {
    for (const contactAngleDeg of [0, 15, 40]) {
      const orders = bearingOrders({ rollingElements: 11, elementDiameter: 9, pitchDiameter: 60, contactAngleDeg })
      expect(orderFault(orders)).toBeNull()
    }
  })

  it.each([
    [{ bpfo: 3.5848, bpfi: 5.2, bsf: 2.357, ftf: 0.398 }, /bpfo \+ bpfi is 8\.785/],
    [{ bpfo: 5.4152, bpfi: 3.5848, bsf: 2.357, ftf: 0.398 }, /not above bpfo/],
    [{ bpfo: 3.5848, bpfi: 5.4152, bsf: 2.357, ftf: 0.6017 }, /turning outer ring/],
    [{ bpfo: 3.5848, bpfi: 5.4152, bsf: 4.7135, ftf: 0.39828 }, /give half/],
    [{ bpfo: 3.5848, bpfi: 5.4152, bsf: 9, ftf: 0.39828 }, /bsf is 9/],
  ])('and are refused otherwise: %o', (orders, words) => {
    expect(orderFault(orders)).toMatch(words)
  })
})
