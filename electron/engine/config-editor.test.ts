import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, type ParseError } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import { editList } from '../assets/index.ts'
import { PlantEditor } from './config-editor.ts'

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
    const edited = editList(text, { list: 'points', values })
    expect(read(edited)).toMatchObject({ points: [{ id: 'a' }, ...values], sync: [] })
    expect(edited).toContain('// the plant of the north hall')
    expect(edited).toContain('{ "id": "a" }, // the first\n')
    expect(edited).toContain('\n    {\n      "id": "b"')
  })

  it('begins an empty list, and one that is missing', () => {
    expect(read(editList(text, { list: 'servers', values: [{ id: 's' }] }))).toMatchObject({
      servers: [{ id: 's' }],
    })
    const bare = editList('{}', { list: 'points', values: [{ id: 'b' }, { id: 'c' }] })
    expect(read(bare)).toEqual({ points: [{ id: 'b' }, { id: 'c' }] })
  })

  it('takes a thousand points in one go', () => {
    const values = Array.from({ length: 1_000 }, (_, i) => ({ id: `p${i}`, contract: { version: 1, unit: 'g' } }))
    const { points } = read(editList(text, { list: 'points', values })) as { points: unknown[] }
    expect(points).toHaveLength(1_001)
  })
})

describe('taking out of a plant file', () => {
  const held = `{
  "exceptions": [
    // until the drive is replaced
    { "scope": "opcua:a:validity", "until": "2026-01-01" }, // asked for by otto
    { "scope": "opcua:b:validity", "until": "2026-02-01" }
  ],
  // the north hall
  "sync": []
}
`
  const scopeOf = (entry: unknown): unknown => (entry instanceof Object ? Reflect.get(entry, 'scope') : null)

  it('removes and puts in as one edit; the rest and its comments stay', () => {
    const edited = editList(held, {
      list: 'exceptions',
      remove: (entry) => scopeOf(entry) === 'opcua:b:validity',
      values: [{ scope: 'opcua:b:validity', until: '2026-03-01' }],
    })
    expect(read(edited)).toEqual({
      exceptions: [
        { scope: 'opcua:a:validity', until: '2026-01-01' },
        { scope: 'opcua:b:validity', until: '2026-03-01' },
      ],
      sync: [],
    })
    expect(edited).toContain('// until the drive is replaced')
    expect(edited).toContain('// the north hall')
  })

  it('removes all there are, and nothing where the list is missing', () => {
    expect(read(editList(held, { list: 'exceptions', remove: () => true }))).toEqual({ exceptions: [], sync: [] })
    expect(editList(text, { list: 'exceptions', remove: () => true })).toBe(text)
  })
})

describe('two edits at once', () => {
  it('follow one another; one with a fault leaves the file as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millwright-editor-'))
    const file = join(folder, 'plant.json')
    await writeFile(file, text)
    const applied: string[] = []
    const editor = new PlantEditor({
      file,
      check: (edited) =>
        edited.includes('bad') ? [{ path: 'points', code: 'bad', message: 'It is bad.', remedy: 'Mend it.' }] : [],
      apply: async (_text, author, reason) => {
        applied.push(`${author.name}: ${reason}`)
        return []
      },
    })
    const someone = (name: string) => ({ name, role: 'administrator' as const })
    const faults = await Promise.all([
      editor.edit([{ list: 'points', values: [{ id: 'b' }] }], someone('anna'), 'first'),
      editor.edit([{ list: 'points', values: [{ id: 'bad' }] }], someone('bert'), 'second'),
      editor.edit([{ list: 'points', values: [{ id: 'c' }] }], someone('carl'), 'third'),
    ])
    expect(faults.map(({ length }) => length)).toEqual([0, 1, 0])
    expect(read(await readFile(file, 'utf8'))).toMatchObject({ points: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] })
    expect(applied).toEqual(['anna: first', 'carl: third'])
    await rm(folder, { recursive: true })
  })
})
