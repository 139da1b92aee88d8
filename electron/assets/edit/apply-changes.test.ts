import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parse } from 'jsonc-parser'
import { describe, expect, test } from 'vitest'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { canonicalJson } from '../parse-plant-file.ts'
import { diffPlants } from '../plant-diff.ts'
import { applyChanges, PlantEditError } from './apply-changes.ts'

const example = readFileSync(new URL('../../../resources/examples/full-plant.json', import.meta.url), 'utf8')

const commented = `{
  // The plant of the north hall.
  "plant": { "id": "a", "name": "A" },
  "lines": [
    // First line.
    { "id": "l1", "name": "One" }, // still running
    { "id": "l2", "name": "Two" },
    // Last line.
    { "id": "l3", "name": "Three" }
  ]
}
`

function change(kind: PlantChange['kind'], id: string | null, field: string, after?: unknown): PlantChange {
  return { kind, section: 'lines', id, field, before: undefined, after }
}

describe('changes of a plant file', () => {
  test('leave comments and layout of the rest as they were', () => {
    const text = applyChanges(commented, [
      change('changed', 'l1', 'name', 'First'),
      change('removed', 'l2', ''),
      change('added', 'l4', '', { id: 'l4', name: 'Four' }),
      change('added', 'l3', 'note', 'new'),
    ])
    expect(text).toBe(`{
  // The plant of the north hall.
  "plant": { "id": "a", "name": "A" },
  "lines": [
    // First line.
    { "id": "l1", "name": "First" }, // still running
    // Last line.
    { "id": "l3", "name": "Three", "note": "new" },
    {
      "id": "l4",
      "name": "Four"
    }
  ]
}
`)
  })

  test('can empty a list, fill an empty one and begin a section', () => {
    const empty = applyChanges(
      commented,
      ['l1', 'l2', 'l3'].map((id) => change('removed', id, '')),
    )
    expect(parse(empty)).toEqual({ plant: { id: 'a', name: 'A' }, lines: [] })
    expect(empty).toContain('// still running')
    const filled = applyChanges(empty, [
      change('added', 'n', '', { id: 'n' }),
      { ...change('added', 's1', '', { id: 's1' }), section: 'sensors' },
      { ...change('added', 's2', '', { id: 's2' }), section: 'sensors' },
    ])
    expect(parse(filled)).toMatchObject({ lines: [{ id: 'n' }], sensors: [{ id: 's1' }, { id: 's2' }] })
  })

  test('for another file are refused, and say why', () => {
    expect(() => applyChanges(commented, [change('changed', 'l9', 'name', 'x')])).toThrow(PlantEditError)
    expect(() => applyChanges(commented, [change('added', 'l9', 'name', 'x')])).toThrow(PlantEditError)
    expect(() => applyChanges(commented, [change('added', 'l1', 'a.b', 1)])).toThrow(
      /no longer as it was at lines l1 a.b/,
    )
  })
})

const value = fc.oneof(
  fc.integer(),
  fc.string({ maxLength: 4 }),
  fc.constant(null),
  fc.array(fc.integer(), { maxLength: 3 }),
)
const fields = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof(value, fc.dictionary(fc.constantFrom('x', 'y'), value)),
)
const list = fc.uniqueArray(fc.tuple(fc.constantFrom('i', 'i.a', 'k', 'n.1'), fields), { selector: ([id]) => id })
const plants = fc.record({ points: list, assets: list }).map(({ points, assets }) => ({
  schema: 'x',
  points: points.map(([id, rest]) => ({ id, ...rest })),
  assets: assets.map(([id, rest]) => ({ id, ...rest })),
}))

const sorted = canonicalJson

/** Lists by id, since their order says nothing. */
function unordered(plant: { points: { id: string }[]; assets: { id: string }[] }): unknown {
  const by = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)
  return { ...plant, points: plant.points.toSorted(by), assets: plant.assets.toSorted(by) }
}

describe('properties', () => {
  test('the difference of two plants leads from the one to the other, however the text is laid out', () => {
    fc.assert(
      fc.property(plants, plants, fc.constantFrom(0, 2, 4), (before, after, spaces) => {
        const text = JSON.stringify(before, null, spaces)
        const changed = applyChanges(text, diffPlants(before, after))
        expect(sorted(unordered(parse(changed) as typeof before))).toBe(sorted(unordered(after)))
      }),
      { numRuns: 200 },
    )
  })

  test('and back again: the same changes turned round undo them', () => {
    const before = parse(example) as { points: { id: string; contract?: { version: number } }[] }
    const after = structuredClone(before)
    const [first] = after.points
    if (first?.contract) first.contract.version += 1
    after.points.splice(2, 1)
    const changes = diffPlants(before, after)
    const there = applyChanges(example, changes)
    expect(diffPlants(parse(there), after)).toEqual([])
    expect(diffPlants(parse(applyChanges(there, diffPlants(after, before))), before)).toEqual([])
    expect(changes.map(({ kind, section, field }) => `${kind} ${section} ${field}`)).toEqual([
      'changed points contract.version',
      'removed points ',
    ])
  })
})
