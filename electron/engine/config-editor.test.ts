import { parse, type ParseError } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import { appendToPlantText } from './config-editor.ts'

const text = `{
  // the plant of the north hall
  "servers": [],
  "points": [
    { "id": "a" } // the first
  ],
  "sync": []
}
`

function read(edited: string): unknown {
  const errors: ParseError[] = []
  const value: unknown = parse(edited, errors)
  expect(errors).toEqual([])
  return value
}

describe('adding to a plant file', () => {
  it('puts several values in at once, in order; comments and layout stay', () => {
    const values = [{ id: 'b', contract: { unit: 'g' } }, { id: 'c "quoted"' }]
    const edited = appendToPlantText(text, { list: 'points', values })
    expect(read(edited)).toMatchObject({ points: [{ id: 'a' }, ...values], sync: [] })
    expect(edited).toContain('// the plant of the north hall')
    expect(edited).toContain('// the first')
    expect(edited).toContain('\n    {\n      "id": "b"')
  })

  it('begins an empty list, and one that is missing', () => {
    expect(read(appendToPlantText(text, { list: 'servers', values: [{ id: 's' }] }))).toMatchObject({
      servers: [{ id: 's' }],
    })
    const bare = appendToPlantText('{}', { list: 'points', values: [{ id: 'b' }, { id: 'c' }] })
    expect(read(bare)).toEqual({ points: [{ id: 'b' }, { id: 'c' }] })
  })

  it('takes a thousand points in one go', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => ({ id: `p${i}`, contract: { version: 1, unit: 'g' } }))
    const { points } = read(appendToPlantText(text, { list: 'points', values })) as { points: unknown[] }
    expect(points).toHaveLength(1_001)
  })
})
