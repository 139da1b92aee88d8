import { DataType, DataValue, StatusCodes, Variant } from 'node-opcua'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Link, LinkRig, throughFault } from '../testkit/opcua/link-rig.ts'
import { testPoints } from '../testkit/opcua/plant-parts.ts'
import { faultsOf, until } from '../testkit/opcua/recording-sink.ts'
import { ServerProcess } from '../testkit/opcua/server-process.ts'
import { TcpProxy } from '../testkit/opcua/tcp-proxy.ts'
import { startTestServer, type TestServerOptions } from '../testkit/opcua/test-server.ts'
import { withoutSourceTimes } from '../testkit/opcua/wire.ts'
import { publishedIn, serviceFault, wireIds, WireRelay } from '../testkit/opcua/wire-relay.ts'

// Starting a server takes seconds of CPU; on a machine with other work that is most of a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let rig: LinkRig

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

const whole = { lost: [], repeated: [] }

async function served(options: TestServerOptions) {
  return rig.keep(await startTestServer(options))
}

/** All counts up to the last one have come, none twice and without a gap. */
async function expectWhole(link: Link, last: number, key = 1): Promise<void> {
  await until(`count ${last} has come`, () => link.sink.values(key).at(-1) === last)
  expect(faultsOf(link.sink.values(key))).toEqual(whole)
  expect(link.sink.gaps).toEqual([])
}

const hasValues = (link: Link, key = 1, count = 5) =>
  until('values have come', () => link.sink.values(key).length > count)

describe('a server process', () => {
  test('frozen: noticed by its silence; when it goes on nothing is lost and nothing comes twice', async () => {
    const server = rig.keep(await ServerProcess.start({ counters: 1, tickMs: 50 }))
    const link = await rig.live(server.port, ['c0'], { timings: { keepAliveMs: 500, silenceGraceMs: 500 } })
    await hasValues(link)
    await throughFault(link, async () => {
      server.freeze()
      await until('noticed', () => link.connection.state().phase === 'lost')
      // Attempts on a frozen server connect and get no answer: let one of them begin.
      await until('values are missing', () => link.connection.counters().watchdogTrips === 1)
      server.thaw()
    })
    await expectWhole(link, await server.ask('hold'))
    expect(link.sink.links.some(({ message }) => /has been silent for/.test(message))).toBe(true)
  })

  test('killed and started again on its port: one gap from the last value to the first of the new run', async () => {
    const options = { counters: 2, tickMs: 50 }
    const server = rig.keep(await ServerProcess.start(options))
    const link = await rig.live(server.port, ['c0', 'c1'])
    await hasValues(link)
    let last = Number.NaN
    await throughFault(link, async () => {
      await server.kill()
      await until('noticed', () => link.connection.state().phase === 'lost')
      last = link.sink.byKey.get(1)?.at(-1)?.sourceUs ?? Number.NaN
      rig.keep(await ServerProcess.start({ ...options, port: server.port }))
    })
    await until('the gap has its end', () => link.sink.gaps.length > 0)
    const first = link.sink.byKey.get(1)?.find(({ sourceUs }) => sourceUs > last)
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ cause: 'server-restart', pointKey: null, startUs: last, endUs: first?.sourceUs }),
    ])
    // Each run counts from 1; their times only rise.
    const times = (link.sink.byKey.get(1) ?? []).map(({ sourceUs }) => sourceUs)
    expect(times.every((us, i) => i === 0 || us > (times[i - 1] ?? 0))).toBe(true)
  })

  test.each([3_600_000, -3_600_000])(
    'with its clock %i ms off: said, cut and killed; gaps are in its own time',
    async (clockAheadMs) => {
      const server = rig.keep(await ServerProcess.start({ counters: 1, tickMs: 50, clockAheadMs }))
      const proxy = rig.keep(await TcpProxy.start(server.port))
      const link = await rig.live(proxy.port, ['c0'])
      await hasValues(link)
      await throughFault(link, () => proxy.cut())
      const held = await server.ask('hold')
      await expectWhole(link, held)
      await until('said', () => link.sink.problems.has('opcua.clock:opc-1'))
      expect(link.sink.problems.get('opcua.clock:opc-1')?.message).toMatch(
        clockAheadMs > 0 ? /clock of server opc-1 is 3600 s ahead/ : /clock of server opc-1 is 3600 s behind/,
      )
      let last = Number.NaN
      await throughFault(link, async () => {
        proxy.down()
        await server.kill()
        await until('noticed', () => link.connection.state().phase === 'lost')
        last = link.sink.byKey.get(1)?.at(-1)?.sourceUs ?? Number.NaN
        rig.keep(await ServerProcess.start({ counters: 1, tickMs: 50, port: server.port, clockAheadMs }))
        proxy.up()
      })
      await until('the gap has its end', () => link.sink.gaps.length > 0)
      const first = link.sink.byKey.get(1)?.find(({ sourceUs }) => sourceUs > last)
      expect(link.sink.gaps).toEqual([
        expect.objectContaining({ cause: 'server-restart', startUs: last, endUs: first?.sourceUs }),
      ])
    },
  )

  test('whose clock is set back by an hour at a restart: the gap closes all the same', async () => {
    const server = rig.keep(await ServerProcess.start({ counters: 1, tickMs: 50, clockAheadMs: 3_600_000 }))
    const link = await rig.live(server.port, ['c0'])
    await hasValues(link)
    await until('said', () => link.sink.problems.has('opcua.clock:opc-1'))
    let last = Number.NaN
    await throughFault(link, async () => {
      await server.kill()
      await until('noticed', () => link.connection.state().phase === 'lost')
      last = link.sink.byKey.get(1)?.at(-1)?.sourceUs ?? Number.NaN
      rig.keep(await ServerProcess.start({ counters: 1, tickMs: 50, port: server.port }))
    })
    await until('the gap has its end', () => link.sink.gaps.length > 0)
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ endUs: last, detail: expect.stringMatching(/clock was set back/) }),
    ])
    await until('the problem is over', () => !link.sink.problems.has('opcua.clock:opc-1'))
  })

  test('that puts three notifications in a message: an outage comes in many small ones, whole and in order', async () => {
    const server = rig.keep(await ServerProcess.start({ counters: 2, tickMs: 20, maxNotificationsPerPublish: 3 }))
    const proxy = rig.keep(await TcpProxy.start(server.port))
    const link = await rig.live(proxy.port, ['c0', 'c1'])
    await hasValues(link)
    await throughFault(link, async () => {
      proxy.down()
      const before = await server.ask('count')
      while ((await server.ask('count')) < before + 150) await new Promise((resolve) => setTimeout(resolve, 50))
      proxy.up()
    })
    const last = await server.ask('hold')
    await expectWhole(link, last)
    await expectWhole(link, last, 2)
    expect(link.connection.counters().messages).toBeGreaterThan(80)
  })
})

describe('the wire', () => {
  test('a connection reset in the middle of a message: that message is fetched again, nothing else', async () => {
    const server = await served({ counters: 1, tickMs: 50 })
    const relay = rig.keep(await WireRelay.start(server.port))
    const link = await rig.live(relay.port, ['c0'])
    await hasValues(link)
    for (let cut = 0; cut < 3; cut += 1) await throughFault(link, () => relay.resetInNextData())
    server.hold()
    await expectWhole(link, server.count())
    expect(link.connection.counters().republished).toBeGreaterThanOrEqual(3)
  })

  test('half-open: nothing passes in either direction, no end is seen, and new connections work', async () => {
    const server = await served({ counters: 1, tickMs: 50 })
    const proxy = rig.keep(await TcpProxy.start(server.port))
    const link = await rig.live(proxy.port, ['c0'], { timings: { keepAliveMs: 500, silenceGraceMs: 500 } })
    await hasValues(link)
    await throughFault(link, () => proxy.blackHole())
    server.hold()
    await expectWhole(link, server.count())
    expect(link.connection.counters().watchdogTrips).toBe(1)
  })

  test('publish responses out of order and twice: delivered once and in order, nothing is asked for in vain', async () => {
    const server = await served({ counters: 1, tickMs: 50 })
    const relay = rig.keep(await WireRelay.start(server.port))
    let data = 0
    let passed = 0
    relay.onReply = ({ typeId, body }) => {
      if (typeId !== wireIds.publishResponse) return 'pass'
      const { count } = publishedIn(body)
      if (count === 0) return 'pass'
      data += 1
      if (data % 4 === 1) return 'hold'
      passed += 1
      setImmediate(() => relay.release())
      return data % 4 === 3 ? [body, body] : 'pass'
    }
    const link = await rig.live(relay.port, ['c0'])
    await until('many came out of order', () => passed > 20)
    relay.onReply = () => 'pass'
    relay.release()
    server.hold()
    await expectWhole(link, server.count())
    expect(link.connection.counters().duplicates).toBeGreaterThan(0)
  })

  test('a message that never comes and that the server no longer has: a gap exactly around it, and only there', async () => {
    const server = await served({ counters: 1, tickMs: 50 })
    const relay = rig.keep(await WireRelay.start(server.port))
    const link = await rig.live(relay.port, ['c0', 'slow'])
    await hasValues(link)
    let dropped = 0
    relay.onReply = ({ typeId, body }) => {
      if (typeId === wireIds.publishResponse && dropped === 0 && publishedIn(body).count > 0) {
        dropped = publishedIn(body).sequenceNumber
        return 'drop'
      }
      return typeId === wireIds.republishResponse ? [serviceFault(body, 0x807b_0000)] : 'pass'
    }
    await until('the gap is told', () => link.sink.gaps.length > 0)
    relay.onReply = () => 'pass'
    server.hold()
    await until('the last count has come', () => link.sink.values(1).at(-1) === server.count())
    const rows = link.sink.byKey.get(1) ?? []
    const { lost, repeated } = faultsOf(link.sink.values(1))
    expect(repeated).toEqual([])
    const after = rows.findIndex(({ value }) => value > (lost.at(-1) ?? 0))
    // `slow` was asked for its present value and turned out to have lost nothing.
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({
        cause: 'sequence-lost',
        pointKey: 1,
        startUs: rows[after - 1]?.sourceUs,
        endUs: rows[after]?.sourceUs,
      }),
    ])
    expect(link.sink.values(2)).toEqual([0])
  })

  test('BadTooManyPublishRequests: fewer are kept outstanding, and everything comes', async () => {
    const server = await served({ counters: 1, tickMs: 50, maxPublishRequests: 2 })
    const link = await rig.live(server.port, ['c0'])
    await hasValues(link, 1, 20)
    server.hold()
    await expectWhole(link, server.count())
    await until(
      'two are kept outstanding',
      () => link.connection.counters().publishOutstanding === 2 && server.publishRequestsQueued() === 2,
    )
  })

  test('a reply too large for the connection: smaller messages are asked for, and what was in it is a gap', async () => {
    const server = await served({ counters: 8, tickMs: 50 })
    const relay = rig.keep(await WireRelay.start(server.port))
    const mostBytes = 200
    relay.onReply = ({ typeId, body }) =>
      (typeId === wireIds.publishResponse || typeId === wireIds.republishResponse) && body.length > mostBytes
        ? [serviceFault(body, 0x80b9_0000)]
        : 'pass'
    const names = Array.from({ length: 8 }, (_unused, i) => `c${i}`)
    const link = await rig.live(relay.port, names)
    await until('values come', () => link.sink.values(1).length > 20)
    server.hold()
    await until('the last count has come', () => link.sink.values(8).at(-1) === server.count())
    expect(link.sink.problems.get('opcua.message-size:opc-1')?.message).toMatch(/too large/)
    for (const key of [1, 8]) {
      const rows = link.sink.byKey.get(key) ?? []
      expect(faultsOf(link.sink.values(key)).repeated).toEqual([])
      const gaps = link.sink.gaps.filter(({ pointKey }) => pointKey === null || pointKey === key)
      const { lost } = faultsOf(link.sink.values(key))
      for (const missing of lost) {
        const startUs = rows.findLast(({ value }) => value < missing)?.sourceUs
        const endUs = rows.find(({ value }) => value > missing)?.sourceUs
        expect(gaps).toContainEqual(expect.objectContaining({ startUs, endUs }))
      }
    }
  })
})

describe('a server', () => {
  test('that takes two items a call and reads three nodes a call gets all of them, in two subscriptions', async () => {
    const server = await served({
      counters: 7,
      waveforms: 2,
      tickMs: 50,
      maxMonitoredItemsPerCall: 2,
      maxNodesPerRead: 5,
    })
    const names = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'w0', 'w1']
    const proxy = rig.keep(await TcpProxy.start(server.port))
    const link = await rig.live(proxy.port, names)
    await hasValues(link, 7)
    expect(link.connection.state()).toMatchObject({ itemsGood: 9, itemsBad: 0 })
    expect(server.subscriptions()).toBe(2)
    await throughFault(link, () => proxy.cut())
    server.hold()
    for (let key = 1; key <= 7; key += 1) await expectWhole(link, server.count(), key)
  })

  test('with all sessions taken is asked again until one is free', async () => {
    const server = await served({ counters: 1, tickMs: 50, maxSessions: 1 })
    const first = await rig.live(server.port, ['c0'])
    const second = await rig.connect(server.port, ['c0'])
    await until('said', () => /All sessions of server opc-1 .* are taken/.test(second.connection.state().message))
    expect(second.connection.state().phase).toBe('lost')
    await first.connection.stop()
    await hasValues(second)
    expect(second.sink.problems.size).toBe(0)
    server.hold()
    await expectWhole(second, server.count())
  })

  test('that forgets one subscription while the other goes on: it is made anew, the gap is its points alone', async () => {
    const server = await served({ counters: 1, waveforms: 1, tickMs: 50, blockMs: 50, blockSize: 64 })
    const points = testPoints(['c0', 'w0'], { sampleRateHz: 64 * 20, updateCadenceMs: 50 })
    const link = await rig.live(server.port, [], { points, timings: { keepAliveMs: 500, silenceGraceMs: 500 } })
    await until('blocks have come', () => link.sink.blocks.length > 5)
    const { reconnects } = link.connection.state()
    const last = (): number => link.sink.blocks.at(-1)?.sourceUs ?? Number.NaN
    const index = 1
    server.dropSubscription(index)
    await until('made anew', () => link.connection.counters().recreated === 1)
    await until('the gap has its end', () => link.sink.gaps.length > 0)
    const [gap] = link.sink.gaps
    const blocks = link.sink.blocks.map(({ samples, sourceUs }) => ({ number: samples[0] ?? 0, sourceUs }))
    const counters = faultsOf(link.sink.values(1))
    const lostBlocks = faultsOf(blocks.map(({ number }) => number)).lost
    expect(counters.repeated).toEqual([])
    expect(gap?.cause).toBe('session-recreated')
    if (gap?.pointKey === 2) {
      const after = blocks.findIndex(({ number }) => number > (lostBlocks.at(-1) ?? 0))
      expect(gap).toMatchObject({
        startUs: (blocks[after - 1]?.sourceUs ?? 0) + 50_000,
        endUs: blocks[after]?.sourceUs,
      })
      expect(counters.lost).toEqual([])
    } else {
      expect(gap?.pointKey).toBe(1)
      expect(lostBlocks).toEqual([])
      expect(counters.lost.length).toBeGreaterThan(0)
      const rows = link.sink.byKey.get(1) ?? []
      const after = rows.findIndex(({ value }) => value > (counters.lost.at(-1) ?? 0))
      expect(gap).toMatchObject({ startUs: rows[after - 1]?.sourceUs, endUs: rows[after]?.sourceUs })
    }
    expect(last()).toBeGreaterThan(0)
    // The others were not disturbed: the channel stayed.
    expect(link.connection.state().reconnects).toBe(reconnects)
  })

  test('status Uncertain and Bad, NaN and a wrong type arrive as what they are, and not again after a cut', async () => {
    const server = await served({ counters: 1, tickMs: 50 })
    const proxy = rig.keep(await TcpProxy.start(server.port))
    server.set('switching', 0)
    const link = await rig.live(proxy.port, ['slow', 'switching', 'c0'])
    await hasValues(link, 3)
    const at = Date.now()
    const put = (name: string, value: Variant | null, statusCode = StatusCodes.Good, ms = 0): void =>
      server.setExactly(
        name,
        new DataValue({ ...(value ? { value } : {}), statusCode, sourceTimestamp: new Date(at + ms) }),
      )
    const double = (value: number): Variant => new Variant({ dataType: DataType.Double, value })
    put('slow', double(1), StatusCodes.UncertainLastUsableValue, 1)
    put('slow', double(2), StatusCodes.BadSensorFailure, 2)
    put('slow', double(Number.NaN), StatusCodes.Good, 3)
    put('slow', null, StatusCodes.BadCommunicationError, 4)
    put('slow', double(5), StatusCodes.Good, 5)
    put('switching', new Variant({ dataType: DataType.String, value: 'off' }), StatusCodes.Good, 6)
    await until('all have come', () => link.sink.values(1).length === 6 && link.sink.values(2).length === 2)
    await throughFault(link, () => proxy.cut())
    put('switching', double(7), StatusCodes.Good, 7)
    await until('a number came again', () => link.sink.values(2).at(-1) === 7)
    const rows = (link.sink.byKey.get(1) ?? []).slice(1)
    expect(rows.map(({ status }) => status)).toEqual(
      [
        StatusCodes.UncertainLastUsableValue,
        StatusCodes.BadSensorFailure,
        StatusCodes.Good,
        StatusCodes.BadCommunicationError,
        StatusCodes.Good,
      ].map(({ value }) => value),
    )
    expect(rows.map(({ value }) => value)).toEqual([1, 2, Number.NaN, Number.NaN, 5])
    expect(rows.map(({ sourceUs }) => sourceUs - at * 1_000)).toEqual([1_000, 2_000, 3_000, 4_000, 5_000])
    expect(link.sink.gaps).toEqual([
      expect.objectContaining({ pointKey: 2, cause: 'decode-failed', count: 1, endUs: (at + 7) * 1_000 }),
    ])
  })

  test('that sends its own time only: that time is asked for and used, also across a cut', async () => {
    const server = await served({ counters: 1, tickMs: 50 })
    const relay = rig.keep(await WireRelay.start(server.port))
    relay.onReply = ({ typeId, body }) =>
      typeId === wireIds.publishResponse || typeId === wireIds.republishResponse
        ? [withoutSourceTimes(typeId, body)]
        : 'pass'
    const link = await rig.live(relay.port, ['c0'])
    const timed = () => (link.sink.byKey.get(1) ?? []).filter(({ serverUs }) => serverUs > 0)
    await until('values with a time come', () => timed().length > 5)
    expect((link.sink.byKey.get(1) ?? []).every(({ sourceUs }) => Number.isNaN(sourceUs))).toBe(true)
    for (let cut = 0; cut < 2; cut += 1) await throughFault(link, () => relay.cut())
    server.hold()
    await expectWhole(link, server.count())
    expect(link.sink.problems.get('opcua.time:opc-1')?.message).toMatch(/no source time for c0;/)
  })
})
