import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, Variant, VariantArrayType } from 'node-opcua'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { plainServer, securedServer, testPoints } from '../testkit/opcua/plant-parts.ts'
import { faultsOf, RecordingSink, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { plantUri, startTestServer, type TestServer, type TestServerOptions } from '../testkit/opcua/test-server.ts'
import { createOpcuaConnection } from './connection.ts'
import { discoverEndpoints } from './discover.ts'
import { PkiStore } from './pki.ts'
import type { OpcuaConnection, OpcuaConnectionOptions } from './types.ts'

// Starting a server takes seconds of CPU; on a machine with other work that is most of a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const applicationUri = 'urn:millwright:test'
let folder = ''
let pki: PkiStore
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millwright-pki-'))
  pki = await PkiStore.open(join(folder, 'pki'), { applicationUri })
})

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

afterAll(async () => {
  await pki.close()
  await rm(folder, { recursive: true, force: true })
})

async function serverWith(options: TestServerOptions): Promise<TestServer> {
  const server = await startTestServer(options)
  closing.push(() => server.stop())
  return server
}

function connect(
  server: PlantServer,
  names: readonly string[],
  change: Partial<OpcuaConnectionOptions> = {},
): { connection: OpcuaConnection; sink: RecordingSink } {
  const sink = new RecordingSink()
  const connection = createOpcuaConnection({
    server,
    points: testPoints(names),
    pki,
    secrets: async () => null,
    clock: systemClock,
    sink,
    applicationUri,
    timings: { retryMs: 100, retryMaxMs: 500, refusedRetryMs: 60_000 },
    ...change,
  })
  closing.push(() => connection.stop())
  return { connection, sink }
}

describe('an OPC UA connection', () => {
  test('None and anonymous: scalars and blocks arrive, each once, with their times', async () => {
    const server = await serverWith({ counters: 3, waveforms: 2, blockSize: 512 })
    const { connection, sink } = connect(plainServer(server.port), ['c0', 'c1', 'c2', 'w0', 'w1'])
    await connection.start()
    await until('values have come', () => sink.values(1).length > 12 && sink.blocks.length > 12)
    server.hold()
    await until('all has come', () => sink.values(3).at(-1) === server.count())
    for (const key of [1, 2, 3]) expect(faultsOf(sink.values(key))).toEqual({ lost: [], repeated: [] })
    // Before the first count the server holds a 0 with a time of its own.
    const rows = (sink.byKey.get(1) ?? []).filter(({ value }) => value > 0)
    for (const [i, row] of rows.entries()) {
      if (i > 0) expect(row.sourceUs - (rows[i - 1]?.sourceUs ?? 0)).toBe(100_000)
      expect(row.serverUs).toBeNaN()
      expect(row.status).toBe(0)
      expect(row.receiveUs).toBeGreaterThan(1.7e15)
    }
    const blocks = sink.blocks.filter(({ pointKey, sourceUs }) => pointKey === 4 && sourceUs > 0)
    expect(blocks.every(({ samples }) => samples.length === 512)).toBe(true)
    expect(connection.state()).toMatchObject({
      phase: 'connected',
      message: '',
      security: 'None',
      itemsGood: 5,
      itemsBad: 0,
    })
    expect(connection.counters().publishOutstanding).toBe(5)
    expect(sink.gaps).toEqual([])
    expect([...sink.problems.keys()]).toEqual([])
    await connection.stop()
    expect(sink.lastPhase).toBe('stopped')
    expect(server.sessions()).toBe(0)
  })

  test('both times are asked for where the contract orders by server time', async () => {
    const server = await serverWith({ counters: 1 })
    const { connection, sink } = connect(plainServer(server.port), [], {
      points: testPoints(['c0'], { timestampSource: 'server' }),
    })
    await connection.start()
    await until('values have come', () => sink.values(1).length > 3)
    expect(sink.byKey.get(1)?.at(-1)?.serverUs).toBeGreaterThan(1.7e15)
  })

  test('a bad node, a wrong type and a foreign namespace are named; the others go on', async () => {
    const server = await serverWith({ counters: 1, maxMonitoredItemsPerCall: 2 })
    const names = ['c0', 'missing', 'text', 'nsu=urn:somewhere-else;s=x', 'ns=2;s=c0', 'big', 'flag', 'w-none']
    const { connection, sink } = connect(plainServer(server.port), names)
    await connection.start()
    await until('values have come', () => sink.values(1).length > 3 && sink.problems.has('opcua.decode:text'))
    expect(connection.state()).toMatchObject({ phase: 'connected', itemsGood: 4, itemsBad: 4 })
    expect(sink.problems.get('opcua.item:missing')?.message).toMatch(/does not deliver point missing .*no such node/)
    expect(sink.problems.get('opcua.item:nsu=urn:somewhere-else;s=x')?.message).toMatch(
      /no namespace "urn:somewhere-else"/,
    )
    expect(sink.problems.get('opcua.item:ns=2;s=c0')?.message).toMatch(/write nsu=URI/)
    expect(sink.problems.get('opcua.decode:text')?.message).toMatch(/delivers text \(String\) where a number/)

    server.set('flag', new Variant({ dataType: DataType.Boolean, value: true }))
    server.set(
      'big',
      new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0x0400_0000, 1] }),
    )
    await until('both have come', () => sink.values(7).at(-1) === 1 && sink.problems.has('opcua.precision:big'))
    expect(sink.byKey.get(6)?.at(-1)?.status).toBe(0x4000_0000)
    await connection.stop()
    expect(sink.gaps).toContainEqual(expect.objectContaining({ pointKey: 3, cause: 'decode-failed', count: 1 }))
    expect(sink.problems.size).toBe(0)
  })

  test('browses in pages and reads attributes; without a link it says so', async () => {
    const server = await serverWith({ counters: 700 })
    const { connection } = connect(plainServer(server.port), ['c0'])
    await expect(connection.browse('i=85')).rejects.toThrow(/is not connected/)
    await connection.start()
    await until('connected', () => connection.state().phase === 'connected')
    const objects = await connection.browse('i=85')
    const plant = objects.references.find(({ displayName }) => displayName === 'Plant')
    expect(plant?.nodeId).toMatch(/^nsu=urn:millwright:test-plant;i=\d+$/)
    const first = await connection.browse(plant?.nodeId ?? '')
    expect(first.references).toHaveLength(500)
    const second = await connection.browse(plant?.nodeId ?? '', first.continuation ?? '')
    expect(second.continuation).toBeNull()
    expect(first.references.length + second.references.length).toBe(705)
    const [c0, none] = await connection.readAttributes([`nsu=${plantUri};s=c0`, `nsu=${plantUri};s=none`])
    expect(c0).toMatchObject({
      exists: true,
      nodeClass: 'Variable',
      displayName: 'c0',
      dataType: 'i=11',
      valueRank: -1,
    })
    expect(none).toMatchObject({ exists: false, value: null })
    await expect(connection.browse('nonsense')).rejects.toThrow(/is not a NodeId/)
  })

  test('no server: the link says why and connects when there is one', async () => {
    const server = await startTestServer({})
    const { port } = server
    await server.stop()
    const { connection, sink } = connect(plainServer(port), ['c0'])
    await connection.start()
    await until('lost', () => connection.state().phase === 'lost')
    expect(connection.state().message).toBe(
      `Nothing answers for server opc-1 at opc.tcp://127.0.0.1:${port}: connection refused.`,
    )
    expect(sink.problems.get('opcua.link:opc-1')?.severity).toBe('error')
    await serverWith({ port })
    await until('values have come', () => sink.values(1).length > 2)
    expect(connection.state()).toMatchObject({ phase: 'connected', reconnects: 0 })
    expect(sink.problems.size).toBe(0)
  })
})

describe('security', () => {
  test('SignAndEncrypt: an unknown certificate is refused by thumbprint, trusting it connects, rejecting it ends the link', async () => {
    const server = await serverWith({ security: 'Basic256Sha256', applicationUri: 'urn:millwright:secured' })
    const { connection, sink } = connect(securedServer(server.port), ['c0'])
    await connection.start()
    await until('refused', () => connection.state().phase === 'refused')
    const thumbprint = /Thumbprint ([0-9a-f]{40})/.exec(connection.state().message)?.[1] ?? ''
    expect(connection.state().message).toMatch(/nobody here has trusted yet/)
    expect((await discoverEndpoints(server.endpointUrl, pki))[0]).toMatchObject({
      mode: 'SignAndEncrypt',
      policy: 'Basic256Sha256',
      thumbprint,
      applicationUri: 'urn:millwright:secured',
      userTokens: expect.arrayContaining(['anonymous']),
    })
    expect((await pki.list()).rejected.map((certificate) => certificate.thumbprint)).toContain(thumbprint)

    await pki.trust(thumbprint)
    await until('values have come', () => sink.values(1).length > 2)
    expect(connection.state()).toMatchObject({ phase: 'connected', security: 'SignAndEncrypt, Basic256Sha256' })
    expect(sink.problems.get('opcua.link:opc-1')).toBeUndefined()
    const listed = await pki.list()
    expect(listed.trusted).toContainEqual(
      expect.objectContaining({ thumbprint, applicationUri: 'urn:millwright:secured', keyBits: 2_048 }),
    )
    expect(listed.own.applicationUri).toBe(applicationUri)

    await pki.reject(thumbprint)
    await until('refused again', () => connection.state().phase === 'refused')
    await expect(pki.trust('00')).rejects.toThrow(/no certificate with the thumbprint/)
  })

  test('user names: the right password is taken, a wrong one refused, a missing one asked for', async () => {
    const server = await serverWith({ security: 'Basic256Sha256', users: { operator: 'right' } })
    const thumbprint = (await discoverEndpoints(server.endpointUrl, pki))[0]?.thumbprint ?? ''
    const user = { type: 'userName', name: 'operator', secretRef: 'plc' } as const
    const first = connect(securedServer(server.port, user), ['c0'], { secrets: async () => 'wrong' })
    await first.connection.start()
    await until('refused', () => first.connection.state().phase === 'refused')
    await pki.trust(thumbprint)
    await until('the password is refused', () => /its password/.test(first.connection.state().message))
    expect(first.connection.state().message).toMatch(/refused the user "operator" or its password/)

    const right = connect(securedServer(server.port, user), ['c0'], {
      secrets: async (ref) => (ref === 'plc' ? 'right' : null),
    })
    await right.connection.start()
    await until('values have come', () => right.sink.values(1).length > 2)

    const none = connect(securedServer(server.port, user), ['c0'])
    await none.connection.start()
    await until('refused', () => none.connection.state().phase === 'refused')
    expect(none.connection.state().message).toMatch(/The password "plc" of user "operator" .* is not stored/)
    expect(JSON.stringify([...right.sink.links, ...first.sink.links])).not.toMatch(/wrong|"right"/)
  })

  test.each([
    [
      { mode: 'None', policy: 'None', reason: 'laboratory' },
      { type: 'userName', name: 'operator', secretRef: 'plc' },
      /password would cross/,
    ],
    [{ mode: 'None', policy: 'None' }, { type: 'anonymous' }, /no security without a reason/],
    [{ mode: 'Sign', policy: 'None' }, { type: 'anonymous' }, /security mode Sign with policy None/],
  ] as const)('refused before a byte is sent: %j %j', async (security, user, message) => {
    const server = await serverWith({})
    let asked = 0
    const { connection } = connect({ ...plainServer(server.port), security, user }, ['c0'], {
      secrets: async () => {
        asked += 1
        return 'secret'
      },
    })
    await connection.start()
    await until('refused', () => connection.state().phase === 'refused')
    expect(connection.state().message).toMatch(message)
    expect(asked).toBe(0)
    expect(server.sessions()).toBe(0)
  })

  test('a mode the server does not offer is named', async () => {
    const server = await serverWith({})
    const { connection } = connect(securedServer(server.port), ['c0'])
    await connection.start()
    await until('refused', () => connection.state().phase === 'refused')
    expect(connection.state().message).toMatch(/does not offer SignAndEncrypt with Basic256Sha256/)
  })
})
