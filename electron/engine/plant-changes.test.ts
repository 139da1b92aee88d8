import { expect, test } from 'vitest'
import type { PlantFile, Point } from '../../shared/domain/plant-file.ts'
import { engineActor } from '../../shared/domain/access.ts'
import { plantChanges, revisionOf } from './plant-changes.ts'

const anna = { name: 'anna', role: 'administrator' } as const

function plantOf(...ids: string[]): PlantFile {
  const points = ids.map((id): Point => ({ id, assetId: 'a', kind: 'scalar', source: { serverId: 's', nodeId: id } }))
  return {
    schema: 'millwright/plant@1',
    plant: { id: 'p', name: 'P', timeZone: 'UTC' },
    lines: [],
    servers: [],
    assets: [],
    points,
    alerts: [],
    sync: [],
  }
}

test('a revision says by id what it adds, changes and removes, and where things have none that they changed', () => {
  const before = plantOf('kept', 'changed', 'removed')
  const after = plantOf('kept', 'changed', 'added')
  const [, changed] = after.points
  if (changed) changed.name = 'Another name'
  after.retention = { captures: { maxAgeDays: 30 } }
  expect(plantChanges(before, after)).toEqual({
    points: { added: ['added'], changed: ['changed'], removed: ['removed'] },
    retention: 'changed',
  })
  expect(plantChanges(before, before)).toEqual({})
})

test('names of many are counted behind the first twenty', () => {
  const many = Array.from({ length: 25 }, (_, i) => `p-${i}`)
  const { points } = plantChanges(plantOf(), plantOf(...many))
  expect(points).toMatchObject({ added: [...many.slice(0, 20), 'and 5 more'] })
})

test('a start with the file of last time is no entry of anybody’s; an edit is', () => {
  const loaded = { configHash: 'new', plant: plantOf('a') }
  const start = { was: null, loaded, text: '{}', by: engineActor, reason: 'read at start', atUs: 1 }
  expect(revisionOf({ ...start, was: loaded })).toEqual({
    hash: 'new',
    text: '{}',
    author: 'file',
    reason: 'read at start',
    atUs: 1,
  })
  const was = { configHash: 'old', plant: plantOf() }
  const { audit, author } = revisionOf({ ...start, was, by: anna })
  expect(author).toBe('anna')
  expect(audit).toMatchObject({
    actor: 'anna',
    role: 'administrator',
    action: 'config.revision',
    before: { hash: 'old' },
    after: { hash: 'new', changes: { points: { added: ['a'] } } },
  })
})

test('a revision carries what it changed of each entry, by field', () => {
  const before = plantOf('kept', 'changed', 'removed')
  const after = plantOf('kept', 'changed', 'added')
  const [, changed] = after.points
  if (changed) changed.name = 'Another name'
  const [was, loaded] = [
    { configHash: 'old', plant: before },
    { configHash: 'new', plant: after },
  ]
  const { changes } = revisionOf({ was, loaded, text: '{}', by: anna, reason: 'why', atUs: 1 })
  expect(changes?.map(({ kind, id, field }) => `${kind} ${id} ${field}`)).toEqual([
    'added changed name',
    'added added ',
    'removed removed ',
  ])
})
