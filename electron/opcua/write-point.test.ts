import { DataType, StatusCodes, Variant, VariantArrayType } from 'node-opcua-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { LinkRig } from '../testkit/opcua/link-rig.ts'
import { until } from '../testkit/opcua/recording-sink.ts'
import { plantUri, startTestServer, type TestServer } from '../testkit/opcua/test-server.ts'
import { WireRelay } from '../testkit/opcua/wire-relay.ts'
import type { OpcuaConnection } from './types.ts'

const writeRequest = 673
const writeResponse = 676
const node = (name: string): string => `nsu=${plantUri};s=${name}`

let rig: LinkRig
let server: TestServer
let relay: WireRelay
let writes = 0

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

async function connect(): Promise<OpcuaConnection> {
  server = rig.keep(await startTestServer({ counters: 1 }))
  relay = rig.keep(await WireRelay.start(server.port))
  writes = 0
  relay.onRequest = ({ typeId }) => {
    if (typeId === writeRequest) writes += 1
    return 'pass'
  }
  return (await rig.live(relay.port, ['c0'])).connection
}

async function held(connection: OpcuaConnection, name: string): Promise<string | null> {
  const [value] = await connection.readValues([node(name)])
  return value?.value ?? null
}

test('a value goes to the server once, in the node’s own type, and is read back', async () => {
  const connection = await connect()
  const cases: [Variant, string, string][] = [
    [new Variant({ dataType: DataType.Double, value: 1.5 }), '2.25', '2.25'],
    [new Variant({ dataType: DataType.Float, value: 1.5 }), '0.1', '0.1'],
    [new Variant({ dataType: DataType.Int16, value: -3 }), '-32768', '-32768'],
    [new Variant({ dataType: DataType.UInt32, value: 1 }), '4294967295', '4294967295'],
    [
      new Variant({ dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0, 5] }),
      '-9007199254740993',
      '-9007199254740993',
    ],
  ]
  for (const [before, typed, after] of cases) {
    server.set('switching', before)
    const prepared = await connection.prepareWrite(node('switching'))
    expect(prepared).toMatchObject({ dataType: DataType[before.dataType], refusal: null })
    const sent = writes
    const outcome = await connection.write(node('switching'), typed, prepared)
    expect(outcome).toEqual({ state: 'done', status: StatusCodes.Good.value, detail: '', readBack: after })
    expect(writes).toBe(sent + 1)
  }
})

test('a switch is thrown by true and false, and by 1 and 0', async () => {
  const connection = await connect()
  const prepared = await connection.prepareWrite(node('flag'))
  expect(prepared).toMatchObject({ dataType: 'Boolean', value: 'false' })
  expect(await connection.write(node('flag'), '1', prepared)).toMatchObject({ state: 'done', readBack: 'true' })
  expect(await connection.write(node('flag'), 'false', prepared)).toMatchObject({ state: 'done', readBack: 'false' })
})

test('what would not fit is refused before anything is sent', async () => {
  const connection = await connect()
  server.set('switching', new Variant({ dataType: DataType.Int16, value: 7 }))
  const prepared = await connection.prepareWrite(node('switching'))
  for (const typed of ['7.5', '40000', 'seven'])
    await expect(connection.write(node('switching'), typed, prepared)).rejects.toThrow(
      /would lose|does not fit|not a number/,
    )
  expect(await held(connection, 'switching')).toBe('7')
  expect(writes).toBe(0)
})

test('a node that cannot be written says why: read-only, an array, a text, one that is not there', async () => {
  const connection = await connect()
  // ServiceLevel of every server: a Byte that clients only read.
  expect((await connection.prepareWrite('i=2267')).refusal).toMatch(/AccessLevel/)
  await expect(connection.prepareWrite(node('text'))).rejects.toThrow(/String; only single numbers/)
  server.set(
    'wfloats',
    new Variant({ dataType: DataType.Float, arrayType: VariantArrayType.Array, value: new Float32Array(4) }),
  )
  await expect(connection.prepareWrite(node('wfloats'))).rejects.toThrow(/in an array/)
  await expect(connection.prepareWrite(node('no-such'))).rejects.toThrow(/BadNodeIdUnknown/)
  // Whatever the client thinks: the server refuses, and that is what is told.
  const prepared = await connection.prepareWrite('i=2267')
  expect(await connection.write('i=2267', '1', prepared)).toMatchObject({
    state: 'refused',
    detail: expect.stringMatching(/^Bad/),
  })
})

test('a Write whose answer is lost is told as unknown, and not sent again when the link is back', async () => {
  const connection = await connect()
  const prepared = await connection.prepareWrite(node('slow'))
  relay.onReply = ({ typeId }) => {
    if (typeId !== writeResponse) return 'pass'
    relay.cut()
    return 'drop'
  }
  expect(await connection.write(node('slow'), '5', prepared)).toMatchObject({ state: 'unknown', readBack: null })
  relay.onReply = () => 'pass'
  await until('the link is back', () => connection.state().reconnects === 1 && connection.state().phase === 'connected')
  expect(await held(connection, 'slow')).toBe('5')
  expect(writes).toBe(1)
})

test('what was prepared before a reconnect is void, and nothing waits for the link', async () => {
  const connection = await connect()
  const prepared = await connection.prepareWrite(node('slow'))
  relay.cut()
  await until('the loss is noticed', () => connection.state().phase === 'lost')
  await expect(connection.write(node('slow'), '5', prepared)).rejects.toThrow(/not connected; nothing is written/)
  await until('the link is back', () => connection.state().phase === 'connected')
  await expect(connection.write(node('slow'), '5', prepared)).rejects.toThrow(/made anew since/)
  expect(await held(connection, 'slow')).toBe('0')
  expect(writes).toBe(0)
})
