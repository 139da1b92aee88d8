import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldOf, withEntryChanges, withField } from './entry-changes.ts'
import { invertChanges } from './invert-changes.ts'
import { canonicalJson } from './json.ts'
import { diffEntry } from './plant-diff.ts'

const leaf = fc.oneof(fc.integer(), fc.string({ maxLength: 3 }), fc.array(fc.integer(), { maxLength: 2 }))
const inner = fc.dictionary(fc.constantFrom('x', 'y'), leaf)
const parts = fc
  .uniqueArray(fc.tuple(fc.constantFrom('de', 'de.b', 'n'), inner), { selector: ([id]) => id, minLength: 1 })
  .map((list) => list.map(([id, rest]) => ({ id, ...rest })))
const entry = fc.record({ a: leaf, contract: inner, components: parts }, { requiredKeys: [] })

describe('changes of an entry', () => {
  test('lead from the one to the other, and turned round back again', () => {
    fc.assert(
      fc.property(entry, entry, (before, after) => {
        const changes = diffEntry('assets', 'i', before, after)
        expect(sorted(withEntryChanges(before, changes))).toBe(sorted(after))
        expect(sorted(withEntryChanges(after, invertChanges(changes)))).toBe(sorted(before))
      }),
      { numRuns: 300 },
    )
  })

  test('of the whole entry put it in and take it out', () => {
    expect(withEntryChanges(undefined, [{ kind: 'added', field: '', before: undefined, after: { id: 'a' } }])).toEqual({
      id: 'a',
    })
    expect(
      withEntryChanges({ id: 'a' }, [{ kind: 'removed', field: '', before: { id: 'a' }, after: undefined }]),
    ).toBeUndefined()
  })
})

test('a field is set and taken out at any depth; what is left empty goes', () => {
  const made = withField({ id: 'p' }, 'contract.deadband.value', 2)
  expect(made).toEqual({ id: 'p', contract: { deadband: { value: 2 } } })
  expect(fieldOf(made, 'contract.deadband.value')).toBe(2)
  expect(withField(made, 'contract.deadband.value', undefined)).toEqual({ id: 'p' })
})

/** Elements by id: their order says nothing. */
function sorted(value: unknown): string {
  const copy = structuredClone(value) as { components?: { id: string }[] } | undefined
  copy?.components?.sort((a, b) => (a.id < b.id ? -1 : 1))
  return canonicalJson(copy ?? null)
}
