import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { symbolOfUnece, uneceNumber } from '../../shared/domain/unece-units.ts'
import { plainServer, testPoints } from '../testkit/opcua/plant-parts.ts'
import { RecordingSink, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { plantUri, startTestServer, type TestServer, type TestServerOptions } from '../testkit/opcua/test-server.ts'
import { rangeOf, unitOf } from './browse-properties.ts'
import { createOpcuaConnection } from './connection.ts'
import { PkiStore } from './pki.ts'
import type { OpcuaConnection } from './types.ts'

let folder = ''
let pki: PkiStore
const closing: (() => Promise<void>)[] = []
const id = (name: string): string => `nsu=${plantUri};s=${name}`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millwright-browse-'))
  pki = await PkiStore.open(join(folder, 'pki'), { applicationUri: 'urn:millwright:test' })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await pki.close()
  await rm(folder, { recursive: true, force: true })
})

async function connected(options: TestServerOptions): Promise<{ server: TestServer; connection: OpcuaConnection }> {
  const server = await startTestServer(options)
  closing.push(() => server.stop())
  const connection = createOpcuaConnection({
    server: plainServer(server.port),
    points: testPoints(['c0']),
    pki,
    secrets: async () => null,
    clock: systemClock,
    sink: new RecordingSink(),
    applicationUri: 'urn:millwright:test',
  })
  closing.push(() => connection.stop())
  await connection.start()
  await until('the link stands', () => connection.state().phase === 'connected')
  return { server, connection }
}

async function childrenOf(connection: OpcuaConnection, nodeId: string): Promise<string[]> {
  const names: string[] = []
  let continuation: string | undefined
  do {
    const page = await connection.browse(nodeId, continuation)
    names.push(...page.references.map(({ displayName }) => displayName))
    continuation = page.continuation ?? undefined
  } while (continuation !== undefined)
  return names
}

describe('looking around', () => {
  test('a folder of 10 000 nodes comes whole, in pages, and is searched by name', async () => {
    const { connection } = await connected({ manyNodes: 10_000, maxNodesPerBrowse: 50, maxNodesPerRead: 70 })
    const names = await childrenOf(connection, id('many'))
    expect(names).toHaveLength(10_000)
    expect(new Set(names).size).toBe(10_000)

    const found = await connection.search('TAG-0999', 100, false)
    expect(found).toMatchObject({ matches: 10, complete: true })
    expect(found.searched).toBeGreaterThan(10_000)
    expect(found.nodes[0]).toMatchObject({ nodeId: id('tag-09990'), nodeClass: 'Variable', path: ['Many'] })
    // Words in any order, names and NodeIds alike; what is not there is not found.
    expect((await connection.search('00042 tag', 100, false)).nodes).toHaveLength(1)
    expect((await connection.search('tag', 25, false)).nodes).toHaveLength(25)
    expect(await connection.search('nowhere', 25, true)).toMatchObject({ nodes: [], matches: 0 })
  })

  test('unit, range, length and rate as the server says them; nothing where it does not', async () => {
    const { server, connection } = await connected({ maxNodesPerBrowse: 2, maxNodesPerRead: 5 })
    server.set('temperature', 41.5, new Date('2026-03-01T10:00:00Z'))
    const [temperature, vibration, plain, gone] = await connection.readAttributes(
      ['temperature', 'vibration', 'c0', 'nowhere'].map(id),
    )
    expect(temperature).toMatchObject({
      exists: true,
      nodeClass: 'Variable',
      dataType: 'i=11',
      unit: 'degC',
      range: [-20, 180],
      arrayLength: null,
      value: '41.5',
      sourceUs: Date.parse('2026-03-01T10:00:00Z') * 1_000,
    })
    expect(vibration).toMatchObject({ unit: 'mm/s', range: [-50, 50], sampleRateHz: 25_600, arrayLength: 2_048 })
    expect(plain).toMatchObject({ unit: null, range: null, sampleRateHz: null, arrayLength: null })
    expect(gone).toMatchObject({ exists: false, unit: null })
    const [listed] = await connection.readAttributes([id('temperature')], false)
    expect(listed).toMatchObject({ unit: 'degC', value: null })
  })

  test('present values with status and both times', async () => {
    const { server, connection } = await connected({})
    const at = new Date('2026-03-01T10:00:00.250Z')
    server.set('slow', 12.25, at)
    const [slow, text, gone] = await connection.readValues(['slow', 'text', 'nowhere'].map(id))
    expect(slow).toMatchObject({ value: '12.25', number: 12.25, status: 0, sourceUs: at.getTime() * 1_000 })
    expect(slow?.serverUs).toBeGreaterThan(0)
    expect(text).toMatchObject({ value: 'not a number', number: null })
    expect(gone).toMatchObject({ value: null, number: null, status: 0x8034_0000 })
  })
})

describe('the words of a server', () => {
  test('units by their UNECE code, else by their name', () => {
    expect(uneceNumber('CEL')).toBe(4_408_652)
    expect(symbolOfUnece(4_408_652)).toBe('degC')
    const displayName = { text: ' furlong ' }
    expect(unitOf({ unitId: uneceNumber('K40'), namespaceUri: null, displayName })).toBe('g')
    expect(unitOf({ unitId: 1, namespaceUri: null, displayName })).toBe('furlong')
    // The same number in another vendor's table is another unit.
    expect(unitOf({ unitId: 4_408_652, namespaceUri: 'urn:vendor:units', displayName })).toBe('furlong')
    expect(unitOf({ unitId: -1, namespaceUri: '', displayName: { text: null } })).toBeNull()
    expect(unitOf(null)).toBeNull()
  })

  test('a range is one only when its ends are in order', () => {
    expect(rangeOf({ low: -1, high: 1 })).toEqual([-1, 1])
    expect(rangeOf({ low: 0, high: 0 })).toBeNull()
    expect(rangeOf({ low: 5, high: -5 })).toBeNull()
    expect(rangeOf({ low: Number.NaN, high: 1 })).toBeNull()
    expect(rangeOf(7)).toBeNull()
  })
})
