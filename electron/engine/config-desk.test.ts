import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../../shared/domain/fault.ts'
import { pointSchema } from '../../shared/domain/plant-file.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { TemplateSite } from '../../shared/domain/template.ts'
import { invertChanges } from '../../shared/lib/invert-changes.ts'
import { checkPlantFile, shippedTemplates } from '../assets/index.ts'
import { ConfigDesk } from './config-desk.ts'
import { PlantEditor } from './config-editor.ts'
import { resourcePath } from './resources.ts'

const author = { name: 'Rita', role: 'reliability-engineer' } as const
const example = fs.readFileSync(resourcePath('examples/full-plant.json'), 'utf8')
let file = ''
let revisions: string[] = []
let desk: ConfigDesk

const check = (text: string): Fault[] => checkPlantFile(text).faults
const plant = () => {
  const { plant: read } = checkPlantFile(fs.readFileSync(file, 'utf8'))
  if (!read) throw new Error('The plant file has faults.')
  return read
}

beforeEach(() => {
  file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'config-desk-')), 'plant.json')
  fs.writeFileSync(file, example)
  revisions = []
  const apply = (_text: string, by: { name: string }, reason: string): Promise<Fault[]> => {
    revisions.push(`${by.name}: ${reason}`)
    return Promise.resolve([])
  }
  const editor = new PlantEditor({ file, check, apply })
  const templates = shippedTemplates(resourcePath('templates'))
  desk = new ConfigDesk({ plant, editor, check, templates: () => templates })
})
afterEach(() => fs.rmSync(path.dirname(file), { recursive: true }))

function wider(): PlantChange {
  const { id, contract } = plant().points.find((point) => point.contract) ?? {}
  if (id === undefined || !contract) throw new Error('The example has no contract.')
  const [low, high] = contract.expectedRange
  const field = 'contract.expectedRange'
  return { kind: 'changed', section: 'points', id, field, before: [low, high], after: [low, high + 1] }
}

function contractOf(id: string | null) {
  return plant().points.find((point) => point.id === id)?.contract
}

test('a change of a contract makes a new version with author and reason; its opposite takes it back to the letter', async () => {
  const change = wider()
  const version = contractOf(change.id)?.version ?? 0
  const done = await desk.change([change], author, 'the pump was rebuilt')
  expect(done.faults).toEqual([])
  expect(contractOf(change.id)).toMatchObject({
    version: version + 1,
    author: 'Rita',
    reason: 'the pump was rebuilt',
    expectedRange: change.after,
  })
  await desk.change(invertChanges(done.changes), author, 'undo')
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual(JSON.parse(example))
  expect(revisions).toEqual(['Rita: the pump was rebuilt', 'Rita: undo'])
})

test('a preview says all that a change would do, and does nothing', async () => {
  const bad = { ...wider(), after: [10, 5] }
  const { changes, faults } = await desk.preview([bad], author, 'trial')
  expect(changes.map(({ field }) => field)).toContain('contract.version')
  expect(faults.map(({ code }) => code)).toEqual(['inverted-range'])
  expect((await desk.change([bad], author, 'trial')).faults).toEqual(faults)
  expect(fs.readFileSync(file, 'utf8')).toBe(example)
  expect(revisions).toEqual([])
})

test('what was changed meanwhile is not overwritten', async () => {
  const change = wider()
  await desk.change([change], author, 'first')
  await expect(desk.change([{ ...change, after: [0, 1] }], author, 'second')).rejects.toThrow(/changed meanwhile/)
})

test('trust, data that leaves the plant and the right to write are not changed by id and field', async () => {
  const at = { kind: 'changed', id: 'opc-1', before: undefined } as const
  const point = { ...plant().points[0], id: 'new', write: { roles: ['operator'], range: [0, 1] } }
  for (const change of [
    { ...at, section: 'servers', field: 'security.mode', after: 'None' },
    { ...at, section: 'sync', field: '', after: {} },
    { ...at, section: 'points', id: plant().points[0]?.id ?? '', field: 'write.range', after: [0, 1] },
    { ...at, kind: 'added' as const, section: 'points', id: 'new', field: '', after: point },
  ])
    await expect(desk.preview([change], author, '')).rejects.toThrow(/cannot be changed here/)
  expect(() => desk.addPoints([pointSchema.parse(point)], author, '')).toThrow(/cannot be made writable here/)
  expect(fs.readFileSync(file, 'utf8')).toBe(example)
})

const site: TemplateSite = {
  assetId: 'fan-7',
  name: 'Exhaust fan 7',
  lineId: 'line-1',
  serverId: 'opc-1',
  identity: { manufacturer: 'Howden', model: 'L3N', commissionedOn: '2026-01-01', criticality: 2 },
  facts: { ratedRpm: 1180, powerKw: 37, ratedCurrentA: 62, ratedFlowM3H: 18000 },
  components: { 'de-bearing': { bearing: '6308' } },
  nodes: { 'de.radial': 'nsu=urn:plant;s=fan-7.de', speed: 'nsu=urn:plant;s=fan-7.speed' },
}

test('a machine from a template is one revision, with its points, alerts and the template it came from', async () => {
  const { templates, upgrades } = desk.templates()
  expect(templates.map(({ family }) => family)).toContain('fan')
  expect(upgrades).toEqual([])
  const { needs } = await desk.previewTemplate('fan-on-frame', { ...site, facts: {} }, author)
  expect(needs.map(({ id }) => id)).toEqual(['ratedRpm', 'powerKw', 'ratedCurrentA', 'ratedFlowM3H'])
  expect((await desk.previewTemplate('fan-on-frame', site, author)).faults).toEqual([])
  const { faults, changes } = await desk.instantiate('fan-on-frame', site, author, 'new fan')
  expect(faults).toEqual([])
  const after = plant()
  expect(after.assets.find(({ id }) => id === 'fan-7')).toMatchObject({ templateRef: 'fan-on-frame', ratedRpm: 1180 })
  expect(after.points.filter(({ assetId }) => assetId === 'fan-7').map(({ id }) => id)).toEqual([
    'fan-7.de.radial',
    'fan-7.speed',
  ])
  await desk.change(invertChanges(changes), author, 'undo')
  expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toEqual(JSON.parse(example))
})

test('a second machine of the same id is refused, and the file stays', async () => {
  await desk.instantiate('fan-on-frame', site, author, 'new fan')
  const text = fs.readFileSync(file, 'utf8')
  await expect(desk.instantiate('fan-on-frame', site, author, 'again')).rejects.toThrow(/changed meanwhile/)
  expect(fs.readFileSync(file, 'utf8')).toBe(text)
})
