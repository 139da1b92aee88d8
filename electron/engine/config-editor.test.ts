import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, type ParseError } from 'jsonc-parser'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../shared/domain/limits.ts'
import { editList, editText, PlantEditError, type PlantEdit } from '../assets/index.ts'
import { PlantEditor } from './config-editor.ts'
import { readEdited } from './plant-text.ts'
import { PlantThread } from './plant-thread.ts'

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

  it('removes and puts in as one edit; the rest and its comments stay', () => {
    const edited = editList(held, {
      list: 'exceptions',
      remove: { scope: 'opcua:b:validity' },
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
    expect(read(editList(held, { list: 'exceptions', remove: {} }))).toEqual({ exceptions: [], sync: [] })
    expect(editList(text, { list: 'exceptions', remove: {} })).toBe(text)
  })
})

const someone = (name: string) => ({ name, role: 'administrator' as const })
const bad = { path: 'points', code: 'bad', message: 'It is bad.', remedy: 'Mend it.' }

describe('two edits at once', () => {
  let folder = ''
  let file = ''
  let applied: string[] = []
  let editor: PlantEditor
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millwright-editor-'))
    file = join(folder, 'plant.json')
    await writeFile(file, text)
    applied = []
    const faultsOf = (edited: string) => (edited.includes('bad') ? [bad] : [])
    editor = new PlantEditor({
      file,
      read: async (before, edit) => {
        const edited = edit ? editText(before, edit) : before
        return { text: edited, loaded: null, faults: faultsOf(edited) }
      },
      faults: async (before, edit) => faultsOf(editText(before, edit)),
      apply: async (read, author, reason) => {
        const { points = [] } = parse(read.text) as { points?: { id: string }[] }
        applied.push(`${author.name}: ${reason}: ${points.map(({ id }) => id).join(' ')}`)
        return []
      },
    })
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('follow one another; one with a fault leaves the file as it was', async () => {
    const faults = await Promise.all([
      editor.edit([{ list: 'points', values: [{ id: 'b' }] }], someone('anna'), 'first'),
      editor.edit([{ list: 'points', values: [{ id: 'bad' }] }], someone('bert'), 'second'),
      editor.edit([{ list: 'points', values: [{ id: 'c' }] }], someone('carl'), 'third'),
    ])
    expect(faults.map(({ length }) => length)).toEqual([0, 1, 0])
    expect(read(await readFile(file, 'utf8'))).toMatchObject({ points: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] })
    expect(applied).toEqual(['anna: first: a b', 'carl: third: a b c'])
  })

  it('what somebody wrote into the file is read after the edits before it, and does not undo them', async () => {
    await writeFile(file, text.replace('"a"', '"z"'))
    const edit = editor.edit([{ list: 'points', values: [{ id: 'b' }] }], someone('anna'), 'first')
    await Promise.all([edit, editor.reread(someone('file'), 'edited')])
    expect(applied).toEqual(['anna: first: z b', 'file: edited: z b'])
  })

  it('a look at an edit finds the edits before it, and writes nothing', async () => {
    const edit = editor.edit([{ list: 'points', values: [{ id: 'b' }] }], someone('anna'), 'first')
    expect(await editor.preview({ lists: [{ list: 'points', values: [{ id: 'bad' }] }] })).toEqual([bad])
    await edit
    expect(read(await readFile(file, 'utf8'))).toMatchObject({ points: [{ id: 'a' }, { id: 'b' }] })
  })
})

describe('the thread of the plant file', () => {
  const example = readFileSync(new URL('../../resources/examples/full-plant.json', import.meta.url), 'utf8')
  const thread = new PlantThread({ bearings: [] })
  afterAll(() => thread.close())
  const renamed = (before: string, after: string): PlantEdit => ({
    changes: [{ kind: 'changed', section: 'lines', id: 'line-1', field: 'name', before, after }],
  })

  it('says the same as the code it runs, and looks without sending back what it read', async () => {
    const edit = renamed('Packaging line 1', 'Line one')
    expect(await thread.read(example, edit)).toEqual(readEdited(example, edit, []))
    expect(await thread.read(example)).toEqual(readEdited(example, null, []))
    expect(await thread.faults(example, edit)).toEqual(readEdited(example, edit, []).faults)
    expect(await thread.read('{"plant": 1}')).toMatchObject({
      loaded: null,
      faults: expect.arrayContaining([expect.anything()]),
    })
    expect(thread.queue).toEqual({ depth: 0, limit: limits.plantTexts, hits: 0 })
  })

  it('an edit that has no place any more is refused with the change', async () => {
    const edit = renamed('Another name', 'Line one')
    const refused = thread.faults(example, edit)
    await expect(refused).rejects.toBeInstanceOf(PlantEditError)
    await expect(refused).rejects.toMatchObject({ change: 'changes' in edit ? edit.changes[0] : null })
  })

  it('more than it may have waiting are refused, and those before are answered', async () => {
    const asked = Array.from({ length: limits.plantTexts }, () => thread.faults('{}', { lists: [] }))
    await expect(thread.faults('{}', { lists: [] })).rejects.toMatchObject({ failure: { code: 'busy' } })
    expect(thread.queue.hits).toBe(1)
    expect(await Promise.all(asked)).toHaveLength(limits.plantTexts)
  })
})
