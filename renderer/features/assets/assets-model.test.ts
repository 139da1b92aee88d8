import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { PlantFile } from '../../../shared/domain/plant-file.ts'
import { canonicalJson, type Raw } from '../../../shared/lib/json.ts'
import { fakeMachines, fakePlant } from '../../testkit/fake-plant.ts'
import {
  beginDraft,
  changesOf,
  decided,
  entryOf,
  faultsOfEntry,
  isEdited,
  rebased,
  withText,
  withValue,
} from './drafts.ts'
import { versionsOf } from './HistoryTab.tsx'
import { comeBack, leave } from './retire.ts'
import { everySpec } from './specs.ts'
import { find, plantKey, rowsOf, structureOf } from './structure.ts'
import { jump, treeKey } from '../../ui/Tree.tsx'

const plant = fakePlant(fakeMachines(false, false))
const words = JSON.parse(readFileSync(new URL('../../../resources/lang/en.json', import.meta.url), 'utf8')) as Raw

function entry(id: string): Raw {
  const found = entryOf(plant, 'points', id)
  if (!found) throw new Error(`There is no ${id}.`)
  return found
}

describe('a draft', () => {
  const id = 'pump-101.de.accel'
  const begun = () => beginDraft('points', id, entry(id))

  test('holds the changes by field, and nothing when they are taken back', () => {
    const draft = withValue(begun(), 'contract.unit', 'm/s2')
    expect(changesOf(draft)).toEqual([
      { kind: 'changed', section: 'points', id, field: 'contract.unit', before: 'g', after: 'm/s2' },
    ])
    expect(isEdited(withValue(draft, 'contract.unit', 'g'))).toBe(false)
  })

  test('that is no number yet changes no value, and cannot pass for saved', () => {
    const draft = withText(begun(), 'contract.sampleRateHz', '12k', undefined, 'number')
    expect(changesOf(draft)).toEqual([])
    expect(isEdited(draft)).toBe(true)
    const mended = withText(draft, 'contract.sampleRateHz', '12', 12, null)
    expect(mended.invalid).toEqual({})
    expect(changesOf(mended).map(({ after }) => after)).toEqual([12])
  })

  test('moves along with what others change elsewhere', () => {
    const draft = withValue(begun(), 'contract.unit', 'm/s2')
    const theirs = withValue(begun(), 'contract.expectedRange', [-60, 60]).now
    const next = rebased(draft, theirs)
    expect(next?.clashes).toEqual([])
    expect(next && changesOf(next).map(({ field }) => field)).toEqual(['contract.unit'])
    expect(next?.now).toMatchObject({ contract: { unit: 'm/s2', expectedRange: [-60, 60] } })
  })

  test('of the same field keeps both values until somebody chooses', () => {
    const draft = withValue(withValue(begun(), 'contract.expectedRange', [-55, 55]), 'name', 'Mine')
    const theirs = withValue(begun(), 'contract.expectedRange', [-60, 60]).now
    const next = rebased(draft, theirs)
    expect(next?.clashes).toEqual([{ field: 'contract.expectedRange', mine: [-55, 55], theirs: [-60, 60] }])
    if (!next) return
    const mine = decided(next, 'contract.expectedRange', 'mine')
    expect(mine.clashes).toEqual([])
    expect(changesOf(mine).map(({ field, before, after }) => [field, before, after])).toContainEqual([
      'contract.expectedRange',
      [-60, 60],
      [-55, 55],
    ])
    expect(changesOf(decided(next, 'contract.expectedRange', 'theirs')).map(({ field }) => field)).toEqual(['name'])
  })

  test('of a field that went clashes too, and one of a removed entry is kept', () => {
    const draft = withValue(begun(), 'contract.placement', 'non-drive end')
    const theirs = withValue(begun(), 'contract.placement', undefined).now
    const next = rebased(draft, theirs)
    expect(next?.clashes).toEqual([{ field: 'contract.placement', mine: 'non-drive end', theirs: undefined }])
    const gone = rebased(draft, null)
    expect(gone).toMatchObject({ isGone: true, now: draft.now })
  })

  test('that has been saved is over once the new revision is in force', () => {
    const draft = withValue(begun(), 'contract.unit', 'm/s2')
    const saved = withValue(withValue(draft, 'contract.version', 2), 'contract.author', 'rita').now
    expect(rebased(draft, saved)).toBeNull()
  })

  test('finds the faults of the engine that are its own', () => {
    const at = plant.points.findIndex((point) => point.id === id)
    const faults = [
      { path: `points[${at}].contract.unit`, message: 'No unit.', remedy: 'Use g.' },
      { path: `points[${at + 1}].contract.unit`, message: 'Another.', remedy: 'No.' },
    ]
    expect(faultsOfEntry(plant, { section: 'points', id }, faults)).toEqual({ 'contract.unit': 'No unit. Use g.' })
  })
})

describe('the tree', () => {
  const structure = structureOf(plant, new Map([['fan-202', ['criticality']]]))

  test('goes from the plant to the point, over the component it sits on', () => {
    const path = [plantKey, 'line:line-1', 'asset:pump-101', 'component:pump-101/de-bearing', 'point:pump-101.de.accel']
    const rows = rowsOf(structure, new Set(path), null)
    expect(path.map((key) => rows.find((row) => row.key === key)?.level)).toEqual([1, 2, 3, 4, 5])
    expect(rows.find(({ key }) => key === 'point:pump-101.de.accel')?.node.name).toBe('Drive end, radial')
  })

  test('is searched by words of a thing and of what it belongs to; filters leave what is above', () => {
    const hits = (text: string, filter: 'all' | 'drafts' = 'all') => find(structure, text, filter, new Set())
    expect(hits('pump 101 speed')?.hits).toEqual(['point:pump-101.speed'])
    expect(hits('etanorm')?.hits).toHaveLength(7)
    expect(hits('speed etanorm')?.hits).toHaveLength(7)
    expect(hits('nothing like it')?.hits).toEqual([])
    expect(hits('')).toBeNull()
    const drafts = hits('', 'drafts')
    expect(drafts?.hits).toEqual(['asset:fan-202'])
    expect(rowsOf(structure, new Set(), drafts?.shown ?? null).map(({ key }) => key)).toEqual([
      plantKey,
      'line:line-2',
      'asset:fan-202',
    ])
  })

  test('a point without a contract is grey, a machine below another is its child, the retired stand apart', () => {
    const other = structuredClone<PlantFile>(plant)
    const [first, second] = other.assets
    if (first && second) second.parentId = first.id
    delete other.points[0]?.contract
    other.retired = [
      {
        id: 'old',
        kind: 'asset',
        name: 'Old pump',
        retiredOn: '2026-01-01',
        by: 'rita',
        reason: 'scrapped',
        entries: {},
      },
    ]
    const { nodes } = structureOf(other, new Map())
    expect(nodes.get(`asset:${second?.id}`)?.parent).toBe(`asset:${first?.id}`)
    expect(nodes.get(`point:${other.points[0]?.id}`)?.isGrey).toBe(true)
    expect(nodes.get('retired:old')?.parent).toBe('left')
  })

  test('is walked by keys and letters', () => {
    const rows = rowsOf(structure, new Set([plantKey, 'line:line-1']), null)
    expect(treeKey(rows, 0, 'ArrowRight', 10)).toEqual({ kind: 'focus', index: 1 })
    expect(treeKey(rows, 2, 'ArrowRight', 10)).toEqual({ kind: 'open', index: 2 })
    expect(treeKey(rows, 2, 'ArrowLeft', 10)).toEqual({ kind: 'focus', index: 1 })
    expect(treeKey(rows, 1, 'ArrowLeft', 10)).toEqual({ kind: 'close', index: 1 })
    expect(treeKey(rows, 2, 'End', 10)?.index).toBe(rows.length - 1)
    expect(treeKey(rows, 2, 'x', 10)).toBeNull()
    expect(rows[jump(rows, 0, 'ag')]?.text).toBe('Agitator motor 103')
    expect(rows[jump(rows, jump(rows, 0, 'f'), 'f')]?.text).toBe('Feed pump 101')
    expect(jump(rows, 3, 'q')).toBe(3)
  })
})

test('what leaves service leaves whole, and comes back the same', () => {
  const note = { name: 'Feed pump 101', retiredOn: '2026-11-22', by: 'rita', reason: 'scrapped' }
  const changes = leave(plant, 'asset', 'pump-101', note)
  expect(changes.map(({ kind, section }) => `${kind} ${section}`)).toEqual([
    'removed alerts',
    'removed points',
    'removed points',
    'removed points',
    'removed points',
    'removed assets',
    'added retired',
  ])
  const retired = changes.at(-1)?.after
  const back = comeBack(retired as Parameters<typeof comeBack>[0])
  const removed = changes.filter(({ kind }) => kind === 'removed').map(({ before }) => canonicalJson(before))
  expect(
    back
      .filter(({ kind }) => kind === 'added')
      .map(({ after }) => canonicalJson(after))
      .sort(),
  ).toEqual(removed.sort())
})

test('an evidence of running that leaves takes the quorum along', () => {
  const other = structuredClone<PlantFile>(plant)
  const [first] = other.assets
  if (!first) return
  const evidence = (pointId: string) => ({ pointId, runningAbove: 2, stoppedBelow: 1 })
  first.runState = { evidences: [evidence(`${first.id}.speed`), evidence(`${first.id}.temperature`)], quorum: 2 }
  const note = { name: 'Speed', retiredOn: '2026-11-22', by: 'rita', reason: 'no tacho' }
  const changes = leave(other, 'point', `${first.id}.speed`, note)
  expect(changes.find(({ section }) => section === 'assets')?.after).toEqual({
    evidences: [evidence(`${first.id}.temperature`)],
    quorum: 1,
  })
})

test('versions are told from what is in force back to what was first recorded', () => {
  const change = (before: unknown, after: unknown, field: string) =>
    ({ kind: 'changed', section: 'points', id: 'p', field, before, after }) as const
  const now = { id: 'p', name: 'B', contract: { version: 3, unit: 'mm/s' } }
  const revision = (id: number, changes: ReturnType<typeof change>[]) => ({
    id,
    hash: `h${id}`,
    author: `author ${id}`,
    reason: `why ${id}`,
    atUs: id,
    changes,
  })
  const revisions = [
    revision(3, [change('in/s', 'mm/s', 'contract.unit'), change(2, 3, 'contract.version')]),
    revision(2, [change('A', 'B', 'name')]),
    revision(1, [change('g', 'in/s', 'contract.unit'), change(1, 2, 'contract.version')]),
  ]
  const first = { id: 0, hash: 'h0', author: 'file', reason: 'read at start', atUs: 0 }
  const versions = versionsOf(now, { revisions, more: false, first }, 'contract')
  expect(versions.map(({ number, author, entry: of }) => [number, author, (of as typeof now).contract.unit])).toEqual([
    [3, 'author 3', 'mm/s'],
    [2, 'author 1', 'in/s'],
    [1, 'file', 'g'],
  ])
  expect(versionsOf(now, { revisions, more: false, first })).toHaveLength(4)
  expect(versionsOf(now, { revisions, more: true, first }).at(-1)).toMatchObject({ atUs: null, author: '' })
})

test('every field of the forms has its words, and every value that can be chosen', () => {
  const of = (path: string): unknown =>
    path
      .split('.')
      .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), words)
  const specs = everySpec(plant, 'pump-101', 'pump-101.de.accel')
  const without = specs.filter(([section, { field }]) => typeof of(`assets.field.${section}.${field}`) !== 'string')
  expect(without.map(([section, { field }]) => `${section}.${field}`)).toEqual([])
  const values = specs.flatMap(([section, { field, values: list = [] }]) =>
    list.map((value) => `assets.option.${section}.${field}.${value}`),
  )
  expect(values.filter((path) => typeof of(path) !== 'string' && !path.includes('packing.type'))).toEqual([])
})
