import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Fault } from '../../shared/domain/fault.ts'
import { pointSchema } from '../../shared/domain/plant-file.ts'
import type { ConfigRevision } from '../../shared/domain/config-history.ts'
import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { Template, TemplateSite } from '../../shared/domain/template.ts'
import { invertChanges } from '../../shared/lib/invert-changes.ts'
import { checkPlantFile, shippedTemplates } from '../assets/index.ts'
import { ConfigDesk } from './config-desk.ts'
import { PlantEditor } from './config-editor.ts'
import { readEdited } from './plant-text.ts'
import { resourcePath } from './resources.ts'
import { TemplateStore } from './template-store.ts'

const author = { name: 'Rita', role: 'reliability-engineer' } as const
const example = fs.readFileSync(resourcePath('examples/full-plant.json'), 'utf8')
let file = ''
let revisions: string[] = []
let desk: ConfigDesk
let templates: TemplateStore
let history: ConfigRevision[] = []

const plant = () => {
  const { plant: read } = checkPlantFile(fs.readFileSync(file, 'utf8'))
  if (!read) throw new Error('The plant file has faults.')
  return read
}

beforeEach(() => {
  file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'config-desk-')), 'plant.json')
  fs.writeFileSync(file, example)
  revisions = []
  const apply = (_read: unknown, by: { name: string }, reason: string): Promise<Fault[]> => {
    revisions.push(`${by.name}: ${reason}`)
    return Promise.resolve([])
  }
  const editor = new PlantEditor({
    file,
    read: async (text, edit) => readEdited(text, edit, []),
    faults: async (text, edit) => readEdited(text, edit, []).faults,
    apply,
  })
  templates = new TemplateStore(shippedTemplates(resourcePath('templates')), path.join(path.dirname(file), 'templates'))
  history = []
  desk = new ConfigDesk({
    plant,
    editor,
    templates,
    history: () => Promise.resolve(history),
    first: () => Promise.resolve(null),
    record: (by, { action, subject }) => {
      revisions.push(`${by.name} ${action} ${subject}`)
      return Promise.resolve()
    },
    nowUs: () => Date.parse('2026-11-22T23:30:00Z') * 1000,
  })
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
  const good = await desk.preview([wider()], author, '')
  expect(good.faults).toEqual([])
  expect(good.changes.map(({ field }) => field)).not.toContain('contract.reason')
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

test('whoever was quicker is named with time and reason', async () => {
  const change = wider()
  await desk.change([change], author, 'first')
  const at = { id: 1, hash: 'h', atUs: Date.parse('2026-11-22T13:03:00Z') * 1000 }
  history = [
    { ...at, author: 'Otto', reason: 'a name', changes: [{ ...change, field: 'name' }] },
    { ...at, author: 'Rita', reason: 'the pump was rebuilt', changes: [change] },
  ]
  const refused = desk.change([{ ...change, after: [0, 1] }], author, 'second')
  await expect(refused).rejects.toMatchObject({
    failure: {
      code: 'changed-meanwhile',
      remedy: expect.stringContaining(
        'Rita changed its contract.expectedRange at 2026-11-22 14:03 (Europe/Berlin): "the pump was rebuilt". Nothing of your edit is lost',
      ),
    },
  })
})

test('notes under x- and blanks at the end of words do not pass for somebody else’s edit', async () => {
  fs.writeFileSync(
    file,
    example.replace('"name": "Packaging line 1"', '"name": "Packaging line 1 ", "x-note": "north"'),
  )
  const name = { section: 'lines', id: 'line-1', field: 'name', before: 'Packaging line 1', after: 'Line one' } as const
  expect((await desk.change([{ kind: 'changed', ...name }], author, 'renamed')).faults).toEqual([])
  expect(plant().lines[0]?.name).toBe('Line one')
  expect(fs.readFileSync(file, 'utf8')).toContain('"x-note": "north"')
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

function newerFan(): Template {
  const found = templates.list().find(({ id }) => id === 'fan-on-frame')
  if (!found) throw new Error('There is no template for a fan.')
  const next = structuredClone(found)
  next.version += 1
  const [alert] = next.alerts
  if (!alert) throw new Error('The fan has no alert.')
  alert.alert['onDelayMs'] = 7000
  return next
}

test('a newer template that somebody brings along proposes; each machine is decided for itself, the last one takes the plant over', async () => {
  await desk.instantiate('fan-on-frame', site, author, 'first fan')
  await desk.instantiate('fan-on-frame', { ...site, assetId: 'fan-8', name: 'Exhaust fan 8' }, author, 'second fan')
  await expect(desk.offerTemplate('{', author)).rejects.toThrow(/is no JSON/)
  await expect(desk.offerTemplate('{"schema":"millwright/plant@1"}', author)).rejects.toThrow(
    /no millwright\/template@1/,
  )
  const next = newerFan()
  const found = await desk.offerTemplate(JSON.stringify(next), author)
  expect(found).toEqual({ templateId: 'fan-on-frame', version: next.version, machines: 2 })
  await expect(desk.offerTemplate(JSON.stringify(next), author)).rejects.toThrow(/here already/)
  expect(revisions.at(-1)).toBe('Rita template.offer fan-on-frame')
  const [upgrade] = desk.templates().upgrades
  expect(upgrade?.proposals.map(({ assetId, applies }) => [assetId, applies.length])).toEqual([
    ['fan-7', 1],
    ['fan-8', 1],
  ])

  const first = [{ assetId: 'fan-7', decision: 'accepted' as const }]
  const preview = await desk.previewUpgrade('fan-on-frame', first, author)
  expect(preview.faults).toEqual([])
  const taken = await desk.upgrade('fan-on-frame', first, author, 'delay agreed')
  expect(taken.faults).toEqual([])
  expect(plant().assets.find(({ id }) => id === 'fan-7')?.templateReview).toEqual({
    version: next.version,
    decision: 'accepted',
    by: 'Rita',
    on: '2026-11-23',
    reason: 'delay agreed',
  })
  expect(desk.templates().upgrades[0]?.proposals.map(({ assetId }) => assetId)).toEqual(['fan-8'])
  expect(plant().templates?.find((entry) => entry['id'] === 'fan-on-frame')?.['version']).toBe(next.version - 1)

  const second = [{ assetId: 'fan-8', decision: 'declined' as const }]
  const last = await desk.upgrade('fan-on-frame', second, author, 'that fan is let run out')
  expect(last.changes.map(({ section, field }) => `${section} ${field}`)).toEqual([
    'assets templateReview',
    'templates ',
  ])
  expect(desk.templates().upgrades).toEqual([])
  expect(
    plant()
      .alerts.filter(({ id }) => id.startsWith('fan-'))
      .map(({ onDelayMs }) => onDelayMs),
  ).toContain(7000)
  await expect(desk.upgrade('fan-on-frame', second, author, 'again')).rejects.toThrow(/decided about this template/)
  await desk.change(invertChanges(last.changes), author, 'undo')
  expect(desk.templates().upgrades[0]?.proposals.map(({ assetId }) => assetId)).toEqual(['fan-8'])
  const again = new TemplateStore(
    shippedTemplates(resourcePath('templates')),
    path.join(path.dirname(file), 'templates'),
  )
  expect(again.list().find(({ id }) => id === 'fan-on-frame')?.version).toBe(next.version)
})

test('a newer template that asks for more is not taken over before it is answered; the answer stays with the machine', async () => {
  await desk.instantiate('fan-on-frame', site, author, 'first fan')
  const next = newerFan()
  next.facts.push({ id: 'blades', name: 'number of blades', unit: '1', range: [2, 40] })
  const [point] = next.points
  if (point) point.point = { ...point.point, name: undefined }
  await desk.offerTemplate(JSON.stringify(next), author)
  expect(desk.templates().upgrades[0]?.proposals[0]?.needs.map(({ id }) => id)).toEqual(['blades'])
  const accept = { assetId: 'fan-7', decision: 'accepted' as const }
  await expect(desk.upgrade('fan-on-frame', [accept], author, 'yes')).rejects.toThrow(/Say the number of blades/)
  expect((await desk.upgrade('fan-on-frame', [{ ...accept, facts: { blades: 9 } }], author, 'yes')).faults).toEqual([])
  expect(plant().assets.find(({ id }) => id === 'fan-7')?.templateFacts).toMatchObject({ ratedRpm: 1180, blades: 9 })
})

test('a contract that begins has its author and reason', async () => {
  const { id = '', contract } = plant().points.find((point) => point.contract) ?? {}
  const field = { section: 'points', id, field: 'contract' } as const
  const gone = await desk.preview([{ ...field, kind: 'removed', before: contract, after: undefined }], author, 'why')
  expect(gone.changes).toHaveLength(1)
  const nowhere = { ...field, id: 'none', kind: 'added', before: undefined, after: { version: 1 } } as const
  await expect(desk.preview([nowhere], author, 'agreed')).rejects.toThrow(/changed meanwhile/)
  const { author: _who, reason: _why, ...rest } = contract ?? {}
  fs.writeFileSync(
    file,
    JSON.stringify({
      ...plant(),
      points: plant().points.map((point) => (point.id === id ? { ...point, contract: undefined } : point)),
      alerts: [],
      captures: undefined,
    }),
  )
  const begun = await desk.preview([{ ...field, kind: 'added', before: undefined, after: rest }], author, 'agreed')
  expect(begun.changes[0]?.after).toMatchObject({ author: 'Rita', reason: 'agreed' })
})

test('a machine leaves service with its points and alerts, keeps its id, and comes back as it was', async () => {
  await desk.instantiate('fan-on-frame', site, author, 'new fan')
  const { assets, points, alerts } = plant()
  const gone = {
    assets: assets.filter(({ id }) => id === 'fan-7'),
    points: points.filter(({ assetId }) => assetId === 'fan-7'),
    alerts: alerts.filter(({ pointId }) => pointId.startsWith('fan-7.')),
  }
  const leave = (['alerts', 'points', 'assets'] as const).flatMap((section) =>
    gone[section].map((entry): PlantChange => ({
      kind: 'removed',
      section,
      id: entry.id,
      field: '',
      before: entry,
      after: undefined,
    })),
  )
  const note = { retiredOn: '2026-11-22', by: 'Rita', reason: 'scrapped', entries: gone }
  const retired = { id: 'fan-7', kind: 'asset', name: 'Exhaust fan 7', ...note }
  const done = await desk.change(
    [...leave, { kind: 'added', section: 'retired', id: 'fan-7', field: '', before: undefined, after: retired }],
    author,
    'scrapped',
  )
  expect(done.faults).toEqual([])
  expect(plant().assets.map(({ id }) => id)).not.toContain('fan-7')
  const second = await desk.instantiate('fan-on-frame', site, author, 'the same id')
  expect(second.faults.map(({ code }) => code)).toContain('retired-id')
  await desk.change(invertChanges(done.changes), author, 'back')
  expect(plant().assets.find(({ id }) => id === 'fan-7')).toEqual(gone.assets[0])
  const back = plant().points.filter(({ assetId }) => assetId === 'fan-7')
  expect(new Map(back.map((point) => [point.id, point]))).toEqual(
    new Map(gone.points.map((point) => [point.id, point])),
  )
})

test('a point that may be written leaves and comes back with that right, and nobody gains it on the way', async () => {
  const before = plant()
  const first = before.points.find(({ kind, contract }) => kind === 'scalar' && contract)
  if (!first) throw new Error('The example has no scalar point.')
  const write = { roles: ['operator' as const], range: [0, 1] as [number, number] }
  const source = { ...first.source, nodeId: 'nsu=urn:plant;s=valve-1' }
  const writable = { ...first, id: 'valve-1', source, write }
  fs.writeFileSync(file, JSON.stringify({ ...before, points: [...before.points, writable] }, null, 2))
  const note = { id: 'valve-1', kind: 'point', name: 'Valve', retiredOn: '2026-11-22', by: 'Rita', reason: 'rebuilt' }
  const at = { section: 'points', id: 'valve-1', field: '' } as const
  const kept = { section: 'retired', id: 'valve-1', field: '', before: undefined } as const
  const leave = (point: object): PlantChange[] => [
    { ...at, kind: 'removed', before: writable, after: undefined },
    { ...kept, kind: 'added', after: { ...note, entries: { points: [point] } } },
  ]
  const wider = { ...writable, write: { ...write, range: [0, 100] } }
  await expect(desk.change(leave(wider), author, 'more')).rejects.toThrow(/cannot be changed here/)
  const done = await desk.change(leave(writable), author, 'rebuilt')
  expect(done.faults).toEqual([])
  const edit = {
    kind: 'changed',
    section: 'retired',
    id: 'valve-1',
    field: 'entries.points',
    before: undefined,
  } as const
  await expect(desk.preview([{ ...edit, after: [wider] }], author, '')).rejects.toThrow(/cannot be changed here/)
  await expect(desk.preview([{ ...at, kind: 'added', before: undefined, after: wider }], author, '')).rejects.toThrow(
    /cannot be changed here/,
  )
  expect((await desk.change(invertChanges(done.changes), author, 'back')).faults).toEqual([])
  expect(plant().points.find(({ id }) => id === 'valve-1')?.write).toEqual(write)
})
