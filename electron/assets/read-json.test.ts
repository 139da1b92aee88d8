import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readJson } from './read-json.ts'

describe('JSON with and without comments', () => {
  it('is the same value either way, whatever stands in its keys and texts', () => {
    const tricky = fc.constantFrom('a": 1', '\\', '"', ':', ' : ', '{"a":1}', '//', '')
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        tricky,
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(tricky, fc.string()), tie('any'), { maxKeys: 4 }),
      ),
    })).any
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1, '\t'), (wanted, indent) => {
        const text = JSON.stringify(wanted, null, indent)
        const plain = readJson(text)
        expect(plain.faults).toEqual([])
        expect(plain).toEqual(readJson(`// a comment\n${text}`))
        expect(JSON.stringify(plain.value)).toBe(JSON.stringify(wanted))
      }),
    )
  })

  it('names keys that stand twice, with a comment in the text and without one', () => {
    const text = '{ "a": { "b": 1, "c": "\\"b\\": 2", "b": 3 } }'
    for (const source of [text, `${text} // twice`]) {
      expect(readJson(source).faults.map(({ path, code }) => `${path} ${code}`)).toEqual(['a.b duplicate-key'])
    }
  })
})
