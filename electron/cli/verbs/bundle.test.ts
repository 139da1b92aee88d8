import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { bundleSchema, type Bundle } from '../../../shared/domain/bundle.ts'
import { checkPlantFile, configHash } from '../../assets/index.ts'
import { UsageError } from '../io.ts'
import { runBundle } from './bundle.ts'
import { runSchema } from './schema.ts'

const cwd = mkdtempSync(path.join(tmpdir(), 'millwright-bundle-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const example = new URL('../../../resources/examples/full-plant.json', import.meta.url)
writeFileSync(path.join(cwd, 'a.json'), readFileSync(example))

const reads = z.object({
  ok: z.boolean(),
  applied: z.boolean().optional(),
  signer: z.string().optional(),
  contracts: z.union([z.number(), z.object({ count: z.number(), equal: z.number() })]).optional(),
  overwrites: z.number().optional(),
  changes: z
    .array(z.object({ kind: z.string(), section: z.string(), id: z.string().nullable(), field: z.string() }))
    .optional(),
  faults: z.array(z.object({ path: z.string(), code: z.string(), message: z.string(), remedy: z.string() })).optional(),
  bundle: z.object({ trusted: z.boolean(), signer: z.string() }).optional(),
})

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const io = {
    stdout: (text: string) => void (out += text),
    stderr: (text: string) => void (err += text),
    cwd,
    json: false,
  }
  const code = await runBundle(argv, io)
  return { code, out, err }
}

async function json(...argv: string[]): Promise<z.infer<typeof reads> & { code: number }> {
  let out = ''
  const io = { stdout: (text: string) => void (out += text), stderr: () => {}, cwd, json: true }
  const code = await runBundle(argv, io)
  return { code, ...reads.parse(JSON.parse(out)) }
}

const file = (name: string): string => path.join(cwd, name)
const write = (name: string, value: unknown): void => writeFileSync(file(name), JSON.stringify(value, null, 2))
const plantOf = (name: string) => {
  const { plant, faults } = checkPlantFile(readFileSync(file(name), 'utf8'))
  expect(faults).toEqual([])
  if (!plant) throw new Error('The plant file has faults.')
  return plant
}

/** Plant B: a line and a server of its own, and nothing else. */
function plantB(name: string): void {
  writeFileSync(
    file(name),
    `{
  // Plant B keeps its comments.
  "schema": "millwright/plant@1",
  "plant": { "id": "plant-b", "name": "Plant B", "timeZone": "UTC" },
  "lines": [{ "id": "water", "name": "Water" }],
  "servers": [{ "id": "gate", "endpointUrl": "opc.tcp://198.51.100.7:4840",
    "security": { "mode": "None", "policy": "None", "reason": "laboratory" }, "user": { "type": "anonymous" } }],
  "assets": [],
  "points": [],
  "alerts": [],
  "sync": []
}
`,
  )
}

const site = {
  schema: 'millwright/bundle-site@1',
  serverId: 'gate',
  machines: [
    {
      from: 'pump-101',
      id: 'p-7',
      name: 'Pump 7',
      lineId: 'water',
      identity: { serial: 'B-0007', criticality: 2 },
      nodePattern: 'nsu=urn:plant-b;s=P7/{point}',
      nodes: { speed: 'nsu=urn:plant-b;s=DRIVE_7.N' },
      sensors: { 'de.x': { id: 'b-acc-1', serial: 'S1', calibrationDue: '2029-01-01' } },
    },
  ],
}

async function exported(): Promise<string> {
  const { signer } = await json(
    'export',
    '--plant',
    'a.json',
    '--out',
    'a.bundle',
    '--key',
    'keys/a.pem',
    '--machine',
    'pump-101',
  )
  return signer ?? ''
}

describe('export', () => {
  it('takes what another plant can use, and nothing of the site', async () => {
    const signer = await exported()
    expect(signer).toMatch(/^[0-9a-f]{64}$/)
    if (process.platform !== 'win32') expect(statSync(file('keys/a.pem')).mode & 0o077).toBe(0)
    const written = readFileSync(file('a.bundle'), 'utf8')
    const bundle: Bundle = bundleSchema.parse(JSON.parse(written))
    const [machine] = bundle.content.machines
    expect(bundle.content.machines).toHaveLength(1)
    expect(machine?.points.length).toBe(plantOf('a.json').points.filter(({ assetId }) => assetId === 'pump-101').length)
    for (const key of ['lineId', 'serial', 'commissionedOn', 'criticality', 'name', 'id', 'operatingContext'])
      expect(machine?.asset).not.toHaveProperty(key)
    for (const { point } of machine?.points ?? [])
      for (const key of ['source', 'mapping', 'write', 'sensorId', 'assetId']) expect(point).not.toHaveProperty(key)
    // Addresses, nodes, serials and evidence of the site appear nowhere; contracts go word for word, with their author.
    for (const word of ['192.0.2.10', 'LW12345', 'urn:example:gateway', 'Struck the housing'])
      expect(written).not.toContain(word)
    expect(machine?.points.find(({ id }) => id === 'de.x')?.sensor).toEqual({
      kind: 'accelerometer',
      manufacturer: 'PCB',
      model: '603C01',
      sensitivity: '100 mV/g',
      mounting: 'stud',
    })
    expect(bundle.content.failureModes.length).toBeGreaterThan(0)
    expect((await run('show', 'a.bundle')).out).toContain((signer.match(/.{4}/g) ?? []).join(' '))
  })

  it('uses the same key again, and refuses one that is none', async () => {
    const first = await exported()
    expect(await exported()).toBe(first)
    writeFileSync(file('no-key.pem'), 'nothing')
    const wrong = run('export', '--plant', 'a.json', '--out', 'x.bundle', '--key', 'no-key.pem')
    await expect(wrong).rejects.toThrow(/holds no private key/)
    const unknown = run(
      'export',
      '--plant',
      'a.json',
      '--out',
      'x.bundle',
      '--key',
      'keys/a.pem',
      '--machine',
      'pump-9',
    )
    await expect(unknown).rejects.toThrow(/no machine "pump-9"/)
  })
})

describe('import', () => {
  it('asks for site fields only, and lists every change without writing', async () => {
    await exported()
    plantB('b.json')
    const before = readFileSync(file('b.json'), 'utf8')
    await run('form', 'a.bundle', '--out', 'form.json')
    const empty = await json('import', 'a.bundle', '--plant', 'b.json', '--site', 'form.json')
    expect(empty.code).toBe(1)
    expect(empty.faults?.map((fault) => fault.path)).toEqual([
      'serverId',
      'machines[0].id',
      'machines[0].name',
      'machines[0].lineId',
    ])
    write('site.json', site)
    const dry = await json('import', 'a.bundle', '--plant', 'b.json', '--site', 'site.json')
    expect(dry.faults).toEqual([])
    expect(dry).toMatchObject({ code: 0, ok: true, applied: false, overwrites: 0, bundle: { trusted: false } })
    expect(readFileSync(file('b.json'), 'utf8')).toBe(before)
    expect(new Set(dry.changes?.map(({ kind }) => kind))).toEqual(new Set(['added']))
    expect(dry.changes?.map(({ section, id }) => `${section} ${id ?? ''}`)).toContain('points p-7.de.x')
  })

  it('of a trusted signer gives the contracts word for word, with the ids and nodes of the site', async () => {
    const signer = await exported()
    plantB('b.json')
    write('site.json', site)
    const spoken = (signer.toUpperCase().match(/.{4}/g) ?? []).join(' ')
    const done = await json(
      'import',
      'a.bundle',
      '--plant',
      'b.json',
      '--site',
      'site.json',
      '--trust',
      spoken,
      '--apply',
    )
    expect(done.faults).toEqual([])
    expect(done.applied).toBe(true)
    const [a, b] = [plantOf('a.json'), plantOf('b.json')]
    const ofA = a.points.filter(({ assetId }) => assetId === 'pump-101')
    expect(b.points.map(({ id }) => id)).toEqual(ofA.map(({ id }) => id.replace('pump-101', 'p-7')))
    for (const [i, point] of b.points.entries()) expect(configHash(point.contract)).toBe(configHash(ofA[i]?.contract))
    expect(done.contracts).toEqual({ count: ofA.length, equal: ofA.length })
    const x = b.points.find(({ id }) => id === 'p-7.de.x')
    expect(x).toMatchObject({
      source: { serverId: 'gate', nodeId: 'nsu=urn:plant-b;s=P7/de.x' },
      tachoPointId: 'p-7.speed',
      pairPointId: 'p-7.de.y',
      sensorId: 'b-acc-1',
    })
    expect(x).not.toHaveProperty('mapping')
    expect(b.points.find(({ id }) => id === 'p-7.speed')?.source.nodeId).toBe('nsu=urn:plant-b;s=DRIVE_7.N')
    expect(b.sensors).toEqual([
      expect.objectContaining({ id: 'b-acc-1', serial: 'S1', model: '603C01', calibrationDue: '2029-01-01' }),
    ])
    expect(b.assets[0]).toMatchObject({ id: 'p-7', name: 'Pump 7', serial: 'B-0007', criticality: 2 })
    expect(JSON.stringify(b.assets[0]?.runState)).toContain('p-7.')
    expect(b.alerts.every(({ pointId }) => pointId.startsWith('p-7.'))).toBe(true)
    expect(b.bundles?.[0]).toMatchObject({ plantId: a.plant.id, signer, machines: [{ id: 'p-7', from: 'pump-101' }] })
    expect(readFileSync(file('b.json'), 'utf8')).toContain('// Plant B keeps its comments.')

    const again = await json(
      'import',
      'a.bundle',
      '--plant',
      'b.json',
      '--site',
      'site.json',
      '--trust',
      signer,
      '--apply',
    )
    expect(again).toMatchObject({ ok: true, applied: false, changes: [] })
  })

  it('refuses a signer that nobody trusts, and names the fingerprint', async () => {
    const signer = await exported()
    plantB('b.json')
    write('site.json', site)
    const refused = await json('import', 'a.bundle', '--plant', 'b.json', '--site', 'site.json', '--apply')
    expect(refused).toMatchObject({ code: 1, ok: false, applied: false })
    expect(refused.faults?.[0]).toMatchObject({ code: 'untrusted-signer' })
    expect(refused.faults?.[0]?.remedy).toContain(signer)
    expect(plantOf('b.json').points).toEqual([])
  })

  it('refuses what was altered or is not signed, whatever is trusted', async () => {
    const signer = await exported()
    plantB('b.json')
    write('site.json', site)
    const bundle: Bundle = bundleSchema.parse(JSON.parse(readFileSync(file('a.bundle'), 'utf8')))
    const altered = (change: (copy: Bundle) => void): Bundle => {
      const copy = structuredClone(bundle)
      change(copy)
      return copy
    }
    const bundles: [Bundle, RegExp][] = [
      [altered((copy) => (copy.name = 'Other')), /altered after it was signed/],
      [altered((copy) => Object.assign(copy.content.machines[0]?.points[0] ?? {}, { id: 'de.q' })), /altered/],
      [altered((copy) => (copy.hash = configHash(copy.name))), /altered/],
      [altered((copy) => copy.signature && (copy.signature.publicKey = 'AAAA')), /altered/],
      [altered((copy) => delete copy.signature), /is not signed, so nobody answers for it/],
    ]
    for (const [each, words] of bundles) {
      write('bad.bundle', each)
      const refused = await json(
        'import',
        'bad.bundle',
        '--plant',
        'b.json',
        '--site',
        'site.json',
        '--trust',
        signer,
        '--apply',
      )
      expect(refused.code).toBe(1)
      expect(refused.faults?.[0]?.message).toMatch(words)
    }
    expect(plantOf('b.json').assets).toEqual([])
    writeFileSync(file('bad.bundle'), '{"schema":"millwright/plant@1"}')
    await expect(run('show', 'bad.bundle')).rejects.toThrow(UsageError)
  })

  it('says in a sentence each what the site has left out, and does not overwrite unasked', async () => {
    const signer = await exported()
    plantB('b.json')
    const [machine] = site.machines
    write('site.json', {
      ...site,
      serverId: 'none',
      machines: [{ ...machine, nodePattern: undefined, lineId: 'l', from: 'pump-101' }],
    })
    const needs = await json('import', 'a.bundle', '--plant', 'b.json', '--site', 'site.json')
    expect(needs.faults?.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        'The plant has no server "none": name one it has, or describe it in "server".',
        'The plant has no line "l": name one it has, or add it to "lines".',
        'Say the node of "de.x" of p-7 in "nodes" or by "nodePattern", or name it in "without".',
      ]),
    )
    write('site.json', site)
    const taking = ['import', 'a.bundle', '--plant', 'b.json', '--site', 'site.json', '--trust', signer, '--apply']
    await json(...taking)
    const plant = z
      .looseObject({ alerts: z.array(z.looseObject({ deadband: z.number() })) })
      .parse(JSON.parse(readFileSync(file('b.json'), 'utf8').replace(/\/\/.*/, '')))
    if (plant.alerts[0]) plant.alerts[0].deadband = 0.77
    write('b.json', plant)
    const kept = await json(...taking)
    expect(kept).toMatchObject({ code: 1, overwrites: 1, applied: false })
    expect(kept.faults?.[0]).toMatchObject({ code: 'overwrites' })
    expect((await json(...taking, '--replace')).applied).toBe(true)
    expect(plantOf('b.json').alerts[0]?.deadband).not.toBe(0.77)
  })

  it('leaves out points that the site does not have, with what rests on them', async () => {
    const signer = await exported()
    plantB('b.json')
    const [machine] = site.machines
    write('site.json', { ...site, machines: [{ ...machine, nodes: {}, without: ['speed'] }] })
    const done = await json(
      'import',
      'a.bundle',
      '--plant',
      'b.json',
      '--site',
      'site.json',
      '--trust',
      signer,
      '--apply',
    )
    expect(done.faults).toEqual([])
    const b = plantOf('b.json')
    expect(b.points.some(({ id }) => id === 'p-7.speed')).toBe(false)
    expect(b.points.some((point) => point.tachoPointId !== undefined)).toBe(false)
    expect(JSON.stringify(b)).not.toContain('p-7.speed')
  })
})

it('its JSON Schemas are printed', async () => {
  for (const name of ['bundle', 'bundle-site']) {
    let out = ''
    const io = { stdout: (text: string) => void (out += text), stderr: () => {}, cwd, json: false }
    expect(await runSchema([name], io)).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ title: `millwright/${name}@1`, type: 'object' })
  }
})
