import fs from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import { open, testTwin, type TestTwin } from '../twin-fixtures.ts'

const made: TestTwin[] = []
afterEach(() => {
  for (const { dir } of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
})

const change = (id: string, field: string, before: unknown, after: unknown): PlantChange => ({
  kind: 'changed',
  section: 'points',
  id,
  field,
  before,
  after,
})

it('tells the revisions that changed an entry, newest first, and nothing of its neighbours', async () => {
  const at = testTwin()
  made.push(at)
  const twin = await open(at)
  const commit = (hash: string, atUs: number, changes: PlantChange[]) =>
    twin.commitConfig({ hash, text: `{ "hash": "${hash}" }`, author: 'rita', reason: `why ${hash}`, atUs, changes })
  await commit('h1', 1, [])
  await commit('h2', 2, [change('p-1', 'contract.unit', 'g', 'm/s2'), change('p-2', 'name', 'a', 'b')])
  await commit('h3', 3, [change('p-10', 'name', 'x', 'y')])
  await commit('h1', 4, [change('p-1', 'contract.unit', 'm/s2', 'g'), change('p-1', 'contract.version', 2, 1)])
  const query = { section: 'points', id: 'p-1', beforeRevision: null, limit: 10 }
  const history = await twin.configHistory(query)
  expect(history.map(({ hash, atUs, author, reason }) => [hash, atUs, author, reason])).toEqual([
    ['h1', 4, 'rita', 'why h1'],
    ['h2', 2, 'rita', 'why h2'],
  ])
  expect(history[0]?.changes).toEqual([
    change('p-1', 'contract.unit', 'm/s2', 'g'),
    change('p-1', 'contract.version', 2, 1),
  ])
  const [newest] = await twin.configHistory({ ...query, limit: 1 })
  const [older] = await twin.configHistory({ ...query, beforeRevision: newest?.id ?? null })
  expect(older?.hash).toBe('h2')
  expect(await twin.firstConfig()).toMatchObject({ hash: 'h1', atUs: 1 })
  await twin.close()
})
