import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Link, LinkRig, throughFault } from '../testkit/opcua/link-rig.ts'
import {
  array,
  builtIn,
  ByteWriter,
  dataChange,
  dataValue,
  diagnosticInfo,
  double,
  type ItemBytes,
  type NodeIdBytes,
  scalar,
  statusChange,
  type ValueBytes,
} from '../testkit/opcua/bytes.ts'
import { faultsOf, until } from '../testkit/opcua/recording-sink.ts'
import { ScriptedServer, type ScriptedWishes } from '../testkit/opcua/scripted-server.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const startUs = 1_700_000_000_000_000
const whole = { lost: [], repeated: [] }
let rig: LinkRig

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

/** Value `number`, taken `number` seconds after the start. */
const timeOf = (number: number): number => startUs + number * 1_000_000

interface Plant {
  server: ScriptedServer
  link: Link
  /** One message with the next count of each of these points; returns the count. */
  count: (...names: string[]) => number
  item: (name: string, wish: ValueBytes) => ItemBytes
}

async function plant(names: readonly string[], wishes: Partial<ScriptedWishes> = {}): Promise<Plant> {
  const server = rig.keep(await ScriptedServer.start(wishes))
  const link = await rig.live(server.port, names, { timings: { keepAliveMs: 500, silenceGraceMs: 800 } })
  let counted = 0
  const item = (name: string, wish: ValueBytes): ItemBytes => ({
    handle: server.handleOf(name),
    value: dataValue(wish),
  })
  const count = (...points: string[]): number => {
    counted += 1
    const wanted = points.length > 0 ? points : [names[0] ?? 'c0']
    const wish = { value: double(counted), sourceUs: timeOf(counted) }
    server.say(server.of(wanted[0] ?? ''), [dataChange(wanted.map((name) => item(name, wish)))])
    return counted
  }
  return { server, link, count, item }
}

const came = (link: Link, value: number, key = 1) =>
  until(`${value} has come`, () => link.sink.values(key).at(-1) === value)

async function expectWhole(link: Link, last: number, key = 1): Promise<void> {
  await came(link, last, key)
  expect(faultsOf(link.sink.values(key))).toEqual(whole)
  expect(link.sink.gaps).toEqual([])
}

describe('what a message may hold (OPC 10000-6, 5.2)', () => {
  test('DataValues with every combination of fields, one behind the other', async () => {
    const masks = Array.from({ length: 64 }, (_unused, mask) => mask)
    const { server, link, item } = await plant(masks.map((mask) => `m${mask}`))
    const items = masks.map((mask) =>
      item(`m${mask}`, {
        ...(mask & 1 ? { value: double(mask) } : {}),
        ...(mask & 2 ? { status: 0x4090_0000 } : {}),
        ...(mask & 4 ? { sourceUs: timeOf(mask), sourceTick: 7 } : {}),
        ...(mask & 8 ? { serverUs: timeOf(mask) + 5 } : {}),
        ...(mask & 16 ? { sourcePico: 9_999 } : {}),
        ...(mask & 32 ? { serverPico: 1 } : {}),
      }),
    )
    server.say(server.of('m0'), [dataChange(items)])
    await until('the last has come', () => link.sink.values(64).length === 1)
    for (const mask of masks) {
      const row = link.sink.byKey.get(mask + 1)?.[0]
      expect(row?.value).toBe(mask & 1 ? mask : Number.NaN)
      // A value that is not there is bad, and no message says that it is good.
      expect(row?.status).toBe(mask & 1 ? (mask & 2 ? 0x4090_0000 : 0) : 0x809b_0000)
      expect(row?.sourceUs).toBe(mask & 4 ? timeOf(mask) : Number.NaN)
      expect(row?.serverUs).toBe(mask & 8 ? timeOf(mask) + 5 : Number.NaN)
    }
  })

  const text = (value: string | null): Buffer => new ByteWriter().text(value).done()
  const node = (id: NodeIdBytes): Buffer => new ByteWriter().nodeId(id).done()
  const vendor: NodeIdBytes = { form: 'string', namespace: 2, id: 'Vendor.Type' }
  const structure = (type: NodeIdBytes, encoding: 0 | 1 | 2): Buffer =>
    new ByteWriter().extension(type, encoding, Buffer.from('<Speed>7</Speed>')).done()
  const foreign: [string, Buffer][] = [
    ['no value', Buffer.from([0])],
    ['an empty text', scalar(builtIn.string, text(''))],
    ['a null text', scalar(builtIn.string, text(null))],
    ['a long text', scalar(builtIn.string, text('x'.repeat(70_000)))],
    ['a LocalizedText with nothing in it', scalar(builtIn.localizedText, Buffer.from([0]))],
    ['a LocalizedText', scalar(builtIn.localizedText, new ByteWriter().u8(3).text('de').text('läuft').done())],
    ['a QualifiedName', scalar(builtIn.qualifiedName, new ByteWriter().u16(3).text('a').done())],
    ['an XmlElement', scalar(builtIn.xmlElement, text('<a/>'))],
    ['a Guid', scalar(builtIn.guid, Buffer.alloc(16, 1))],
    ['a DateTime', scalar(builtIn.dateTime, new ByteWriter().time(startUs).done())],
    ['a StatusCode', scalar(builtIn.statusCode, new ByteWriter().u32(0x8000_0000).done())],
    ['a NodeId of four bytes', scalar(builtIn.nodeId, node({ form: 'four', id: 300, namespace: 4 }))],
    ['a long NodeId', scalar(builtIn.nodeId, node({ form: 'long', id: 70_000, namespace: 4 }))],
    ['a NodeId of text', scalar(builtIn.nodeId, node(vendor))],
    ['a NodeId of a Guid', scalar(builtIn.nodeId, node({ form: 'guid', namespace: 1 }))],
    ['a NodeId of bytes', scalar(builtIn.nodeId, node({ form: 'opaque', namespace: 1 }))],
    [
      'an ExpandedNodeId with its URI and server',
      scalar(builtIn.expandedNodeId, new ByteWriter().u8(0xc1).u8(0).u16(5).text('urn:x').u32(3).done()),
    ],
    ['a structure of an unknown type', scalar(builtIn.extensionObject, structure(vendor, 1))],
    ['a structure as XML', scalar(builtIn.extensionObject, structure(vendor, 2))],
    ['a structure without a body', scalar(builtIn.extensionObject, structure({ form: 'two', id: 0 }, 0))],
    ['a null ByteString', scalar(builtIn.byteString, new ByteWriter().bytes(null).done())],
    ['texts', array(builtIn.string, [text('a'), text(null), text('')])],
    ['a null array of texts', array(builtIn.string, null)],
    ['structures', array(builtIn.extensionObject, [structure(vendor, 1), structure(vendor, 2)])],
    ['a null array of numbers', array(builtIn.double, null)],
    ['an array of Variants', array(builtIn.variant, [double(1), scalar(builtIn.string, text('x'))])],
    ['a matrix of texts', array(builtIn.string, ['a', 'b', 'c', 'd'].map(text), [2, 2])],
    ['a DataValue', scalar(builtIn.dataValue, dataValue({ value: double(1), status: 0, sourceUs: startUs }))],
    ['a DiagnosticInfo', scalar(builtIn.diagnosticInfo, diagnosticInfo())],
  ]

  test.each(foreign)(
    '%s where a number is expected: marked, and what stands behind it is read',
    async (_name, value) => {
      const { server, link, item, count } = await plant(['c0', 'c1'])
      count('c0', 'c1')
      await came(link, 1, 2)
      const wishes: ValueBytes = { value, sourceUs: timeOf(2) }
      server.say(server.of('c0'), [
        dataChange([item('c0', wishes), item('c1', { value: double(2), sourceUs: timeOf(2) })]),
      ])
      await came(link, 2, 2)
      expect(link.sink.values(1)).toEqual([1, Number.NaN])
      expect(link.sink.byKey.get(1)?.at(-1)?.status).toBe(0x8074_0000)
    },
  )

  test('blocks: null arrays, dimensions, and a message in many chunks', async () => {
    const { server, link, item, count } = await plant(['w0', 'c0'], { chunkBytes: 999 })
    const float = (value: number): Buffer => new ByteWriter().f32(value).done()
    const samples = Array.from({ length: 4_000 }, (_unused, i) => i / 4)
    const wave = server.of('w0')
    const say = (value: Buffer, number: number): number =>
      server.say(wave, [dataChange([item('w0', { value, sourceUs: timeOf(number), serverPico: 3 })])])
    say(array(builtIn.float, samples.map(float)), 1)
    say(array(builtIn.float, null), 2)
    say(array(builtIn.float, samples.slice(0, 6).map(float), [2, 3]), 3)
    await until('the blocks have come', () => link.sink.blocks.length === 2)
    expect([...(link.sink.blocks[0]?.samples ?? [])]).toEqual(samples)
    expect([...(link.sink.blocks[1]?.samples ?? [])]).toEqual(samples.slice(0, 6))
    await came(link, count('c0'), 2)
    await until('the empty one is said', () => link.sink.gaps.length === 1)
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ pointKey: 1, cause: 'decode-failed', startUs: timeOf(2), endUs: timeOf(3), count: 1 }),
    ])
  })

  test('notifications of other kinds before, between and behind; diagnostics behind the values', async () => {
    const { server, link, item } = await plant(['c0'])
    const notification = (type: NodeIdBytes, encoding: 0 | 1 | 2): Buffer =>
      new ByteWriter().extension(type, encoding, Buffer.from('<Vendor/>')).done()
    const value = (number: number): Buffer =>
      dataChange([item('c0', { value: double(number), sourceUs: timeOf(number) })], {
        // The same type, written in the long form of its NodeId.
        type: number === 2 ? { form: 'long', id: 811 } : { form: 'four', id: 811 },
        diagnostics: new ByteWriter()
          .i32(2)
          .raw(diagnosticInfo())
          .raw(Buffer.from([0]))
          .done(),
      })
    server.say(server.of('c0'), [
      new ByteWriter().extension({ form: 'four', id: 916 }, 1, new ByteWriter().i32(0).done()).done(),
      value(1),
      notification({ form: 'string', namespace: 2, id: 'Vendor' }, 2),
      notification({ form: 'guid', namespace: 2 }, 1),
      value(2),
      notification({ form: 'opaque', namespace: 2 }, 0),
      notification({ form: 'long', namespace: 2, id: 811 }, 1),
      value(3),
    ])
    await came(link, 3)
    expect(link.sink.values(1)).toEqual([1, 2, 3])
    expect(link.sink.gaps).toEqual([])
  })

  test('headers with diagnostics, a table of texts and an additional header; types of replies in the long form', async () => {
    const additional = new ByteWriter()
      .extension({ form: 'string', namespace: 1, id: 'Extra' }, 1, Buffer.from([1, 2, 3]))
      .done()
    const header = { diagnostics: diagnosticInfo(1), strings: ['a', '', 'long'.repeat(50)], additional }
    const { server, link, count } = await plant(['c0'], { header, typeForm: 'long' })
    for (let i = 0; i < 5; i += 1) count()
    await came(link, 5)
    await throughFault(link, () => server.cut())
    await expectWhole(link, count())
  })

  test('a time beyond all time, and none at all', async () => {
    const { server, link, item, count } = await plant(['c0'])
    count()
    const never = new ByteWriter().raw(double(2)).done()
    // 9999-12-31 means "no end" (OPC 10000-6, 5.2.2.5).
    const last = Buffer.concat([Buffer.from([5]), never, Buffer.from('ffffffffffffff7f', 'hex')])
    server.say(server.of('c0'), [dataChange([{ handle: server.handleOf('c0'), value: last }])])
    server.say(server.of('c0'), [dataChange([item('c0', { value: double(3), sourceUs: null })])])
    await came(link, 3)
    expect(link.sink.byKey.get(1)?.map(({ sourceUs }) => sourceUs)).toEqual([timeOf(1), Number.NaN, Number.NaN])
    expect(link.connection.state().lastDataUs).toBeLessThan(4e15)
  })
})

describe('the channel (OPC 10000-6, 6.7 and 7.1)', () => {
  test('every reply in chunks of 64 bytes', async () => {
    const { server, link, count } = await plant(['c0', 'c1', 'c2'], { chunkBytes: 64 })
    for (let i = 0; i < 20; i += 1) count('c0', 'c1', 'c2')
    await throughFault(link, () => server.cut())
    await expectWhole(link, count('c0', 'c1', 'c2'), 3)
  })

  test.each([null, 'out of memory'])('a reply that is taken back by an abort (%s) is fetched again', async (reason) => {
    const { server, link, count } = await plant(['c0'])
    await came(link, count())
    server.abortNext = { status: 0x8003_0000, reason }
    const lost = count()
    await until('it was asked for', () => server.republished.includes(2))
    await came(link, lost)
    await expectWhole(link, count())
  })

  test('the server says an error and closes: the link is made again, nothing is lost', async () => {
    const { server, link, count } = await plant(['c0'])
    await came(link, count())
    await throughFault(link, () => {
      for (const channel of server.channels) channel.error(0x8080_0000, 'shutting down')
    })
    await expectWhole(link, count())
  })

  test('the token is renewed while messages go on under the old one', async () => {
    const { server, link, count } = await plant(['c0'], { tokenLifetimeMs: 600 })
    await until('it was renewed three times', () => {
      if (link.sink.values(1).length < 200) count()
      return server.renewals >= 3
    })
    await expectWhole(link, count())
    expect(link.connection.state().reconnects).toBe(0)
  })

  test('bytes that are no message of OPC UA end the connection, and the link comes back', async () => {
    const { server, link, count } = await plant(['c0'])
    await came(link, count())
    await throughFault(link, () => {
      for (const channel of server.channels) channel.raw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    await expectWhole(link, count())
  })
})

describe('subscriptions (OPC 10000-4, 5.14)', () => {
  test('two interleaved, many messages at once, every acknowledgement refused', async () => {
    const { server, link, item } = await plant(['c0', 'w0'], { acknowledged: 0x807a_0000 })
    const sample = (value: number): Buffer => array(builtIn.float, [new ByteWriter().f32(value).done()])
    for (let number = 1; number <= 30; number += 1) {
      server.prepare(server.of('c0'), [dataChange([item('c0', { value: double(number), sourceUs: timeOf(number) })])])
      server.prepare(server.of('w0'), [dataChange([item('w0', { value: sample(number), sourceUs: timeOf(number) })])])
    }
    server.flush()
    await expectWhole(link, 30)
    await until('the blocks have come', () => link.sink.blocks.at(-1)?.samples[0] === 30)
    expect(faultsOf(link.sink.blocks.map(({ samples }) => samples[0] ?? 0))).toEqual(whole)
    await until('each was acknowledged once', () => server.acknowledgements.length >= 60)
    expect(server.acknowledgements).toHaveLength(60)
  })

  test.each([
    [0x800a_0000, 'BadTimeout'],
    [0x002d_0000, 'GoodSubscriptionTransferred'],
  ])('the server ends one (%i, %s): it is made anew, with a gap from the last value to the first', async (status) => {
    const { server, link, count } = await plant(['c0'])
    await came(link, count())
    const before = server.of('c0')
    server.say(before, [statusChange(status)])
    server.subscriptions.delete(before.id)
    await until('made anew', () => [...server.subscriptions.values()].some(({ items }) => items.length > 0))
    expect(link.connection.counters().recreated).toBe(1)
    count()
    await came(link, count())
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ cause: 'session-recreated', startUs: timeOf(1), endUs: timeOf(2) }),
    ])
    expect(faultsOf(link.sink.values(1))).toEqual(whole)
  })

  test('a restart gives the subscription the same id: seen by the start time, and its subscription is not taken over', async () => {
    const { server, link, count } = await plant(['c0'])
    await came(link, count())
    const before = server.of('c0').id
    await throughFault(link, () =>
      server.restart({ namespaces: ['http://opcfoundation.org/UA/', 'urn:millwright:test-plant', 'urn:scripted'] }),
    )
    expect(server.of('c0').id).toBe(before)
    expect(server.of('c0').items[0]?.nodeId).toBe('ns=1;s=c0')
    expect(server.transfers).toBe(0)
    await came(link, count())
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ cause: 'server-restart', startUs: timeOf(1), endUs: timeOf(2) }),
    ])
  })

  test.each([
    [0, []],
    [0x801f_0000, [expect.objectContaining({ cause: 'session-recreated', startUs: timeOf(1), endUs: timeOf(4) })]],
  ])('the session has timed out and transfer is answered %i', async (transfer, gaps) => {
    const { server, link, count } = await plant(['c0'], { transfer })
    await came(link, count())
    await throughFault(link, () => {
      const subscription = server.of('c0')
      server.expireSessions()
      for (const number of [2, 3])
        server.prepare(subscription, [
          dataChange([
            { handle: server.handleOf('c0'), value: dataValue({ value: double(number), sourceUs: timeOf(number) }) },
          ]),
        ])
    })
    const now = server.of('c0')
    server.say(now, [
      dataChange([{ handle: server.handleOf('c0'), value: dataValue({ value: double(4), sourceUs: timeOf(4) }) }]),
    ])
    await came(link, 4)
    expect(link.sink.values(1)).toEqual(transfer === 0 ? [1, 2, 3, 4] : [1, 4])
    expect(link.sink.gaps).toEqual(gaps)
  })

  test.each([
    [0x800b_0000, 'BadServiceUnsupported'],
    [0x8002_0000, 'BadInternalError'],
    [0x8040_0000, 'BadNotImplemented'],
  ])('without Republish (%i, %s): the link comes back all the same, a lost message is a gap', async (status) => {
    const { server, link, count } = await plant(['c0'])
    server.interfere = (typeId) => (typeId === 832 ? status : null)
    await came(link, count())
    await throughFault(link, () => server.cut())
    await came(link, count())
    expect(link.sink.gaps).toEqual([])
    await throughFault(link, () => {
      server.abortNext = { status: 0x8003_0000, reason: null }
      count()
    })
    await came(link, count())
    expect(link.sink.values(1)).toEqual([1, 2, 4])
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ cause: 'sequence-lost', startUs: timeOf(2), endUs: timeOf(4) }),
    ])
  })

  test('a queue of one has no overflow bit: after a cut its points have a gap, unless their value is the same', async () => {
    const { server, link, count, item } = await plant(['c0', 'c1'], { revisedQueue: 1 })
    await came(link, count('c0', 'c1'), 2)
    await throughFault(link, () => server.cut())
    await until('the present values were asked for', () => server.resends === 1)
    // The present value of c1 is the one from before; c0 has another.
    server.say(server.of('c0'), [
      dataChange([
        item('c0', { value: double(2), sourceUs: timeOf(2) }),
        item('c1', { value: double(1), sourceUs: timeOf(1) }),
      ]),
    ])
    await came(link, 2)
    expect(link.sink.values(2)).toEqual([1])
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ pointKey: 1, cause: 'overflow', startUs: timeOf(1), endUs: timeOf(2) }),
    ])
  })
})
