import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { hasOverflow, isBackfilled } from '../../shared/domain/status-code.ts'
import { plainServer, testPoints } from '../testkit/opcua/plant-parts.ts'
import { faultsOf, RecordingSink, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { TcpProxy } from '../testkit/opcua/tcp-proxy.ts'
import { plantUri, startTestServer, type TestServer, type TestServerOptions } from '../testkit/opcua/test-server.ts'
import { createOpcuaConnection } from './connection.ts'
import { PkiStore } from './pki.ts'
import type { OpcuaConnection, TestHooks, Timings } from './types.ts'

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

interface Rig {
  server: TestServer
  proxy: TcpProxy
  connection: OpcuaConnection
  sink: RecordingSink
}

async function rig(
  names: readonly string[],
  options: TestServerOptions = {},
  testHooks: TestHooks = {},
  timings: Partial<Timings> = {},
): Promise<Rig> {
  const server = await startTestServer(options)
  closing.push(() => server.stop())
  const proxy = await TcpProxy.start(server.port)
  closing.push(() => proxy.stop())
  const sink = new RecordingSink()
  const connection = createOpcuaConnection({
    server: plainServer(proxy.port),
    points: testPoints(names),
    pki,
    secrets: async () => null,
    clock: systemClock,
    sink,
    applicationUri,
    timings: { retryMs: 100, retryMaxMs: 500, ...timings },
    testHooks,
  })
  closing.push(() => connection.stop())
  await connection.start()
  await until('connected', () => connection.state().phase === 'connected')
  return { server, proxy, connection, sink }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A cut that the connection has noticed and repaired. */
async function cutAndRepair(
  { proxy, connection }: Rig,
  fault: () => void | Promise<void> = () => proxy.cut(),
): Promise<void> {
  const { reconnects } = connection.state()
  await fault()
  await until(
    'the link is back',
    () => connection.state().reconnects > reconnects && connection.state().phase === 'connected',
  )
}

/** Throws the server's replies away until it has sent some messages into the void. */
async function swallow({ proxy, server }: Rig, messages: number): Promise<void> {
  const before = proxy.swallowed
  proxy.swallowReplies()
  // Both counts: a message that is unacknowledged may have arrived, and one that was thrown away may be a keep-alive.
  await until('messages were sent', () => server.unacknowledged() >= messages && proxy.swallowed - before >= messages)
}

/** Stops the counting and waits until the last count is here. */
async function settle({ server, sink }: Rig, key = 1): Promise<void> {
  await sleep(300)
  server.hold()
  await until('the last count has come', () => sink.values(key).at(-1) === server.count())
}

describe('cuts', () => {
  test('ten cuts, some with replies thrown away before: nothing lost, nothing twice, no gap', async () => {
    const parts = await rig(['c0', 'c1', 'w0'], { tickMs: 50, waveforms: 1, blockSize: 256 })
    for (let cut = 0; cut < 10; cut += 1) {
      await sleep(60 * cut)
      await cutAndRepair(parts, async () => {
        if (cut % 3 === 1) {
          await swallow(parts, 2)
        }
        parts.proxy.cut()
      })
    }
    await settle(parts)
    const { sink, connection } = parts
    for (const key of [1, 2]) expect(faultsOf(sink.values(key))).toEqual({ lost: [], repeated: [] })
    const blocks = sink.blocks.map(({ samples }) => samples[0] ?? Number.NaN)
    expect(faultsOf(blocks)).toEqual({ lost: [], repeated: [] })
    expect(sink.gaps).toEqual([])
    expect(connection.state().reconnects).toBe(10)
    expect(connection.counters()).toMatchObject({ recreated: 0, rebuilds: 0 })
    expect(connection.counters().republished).toBeGreaterThan(0)
  })

  test('remedy C: without ledger and Republish the replies that were thrown away are lost', async () => {
    const parts = await rig(['c0'], { tickMs: 50 }, { noLedger: true })
    // A loss can be told only between two values that came.
    await until('values have come', () => parts.sink.values(1).length > 2)
    await cutAndRepair(parts, async () => {
      await swallow(parts, 3)
      parts.proxy.cut()
    })
    await settle(parts)
    expect(faultsOf(parts.sink.values(1)).lost.length).toBeGreaterThan(0)
  })

  test.each([false, true])(
    'remedy A (switched off: %s): the message after a keep-alive, whose reply is lost',
    async (countKeepAlives) => {
      const parts = await rig(['slow'], {}, { countKeepAlives }, { keepAliveMs: 250 })
      await until('the first value is here', () => parts.sink.values(1).length === 1)
      // Several keep-alives carry the number of the message that is then thrown away.
      await sleep(1_200)
      await cutAndRepair(parts, async () => {
        parts.proxy.swallowReplies()
        for (const value of [1, 2]) {
          parts.server.set('slow', value)
          await until('it was sent', () => parts.server.unacknowledged() === value)
        }
        parts.proxy.cut()
      })
      await until('the last value has come', () => parts.sink.values(1).includes(2))
      await sleep(400)
      expect(parts.sink.values(1)).toEqual(countKeepAlives ? [0, 2] : [0, 1, 2])
    },
  )

  test.each([
    [false, 5],
    [true, 12],
  ])('remedy D (switched off: %s): publish requests outstanding after six cuts', async (unboundedPublish, expected) => {
    const parts = await rig(['slow'], {}, { unboundedPublish })
    for (let cut = 0; cut < 6; cut += 1) await cutAndRepair(parts)
    await sleep(300)
    const queued = parts.server.publishRequestsQueued()
    if (unboundedPublish) expect(queued).toBeGreaterThan(expected)
    else expect(queued).toBe(expected)
  })

  test('an outage longer than the queues: the overflow is a gap from the last value to the first after it', async () => {
    const parts = await rig(['c0'], { tickMs: 50 }, {}, { bridgeMs: 1_000 })
    await until('values have come', () => parts.sink.values(1).length > 5)
    await cutAndRepair(parts, async () => {
      parts.proxy.down()
      await sleep(2_500)
      parts.proxy.up()
    })
    await settle(parts)
    const { sink } = parts
    const rows = sink.byKey.get(1) ?? []
    const flagged = rows.findIndex(({ status }) => hasOverflow(status))
    const { lost, repeated } = faultsOf(sink.values(1))
    expect(repeated).toEqual([])
    expect(lost.length).toBeGreaterThan(0)
    expect(sink.gaps).toEqual([
      {
        pointKey: 1,
        serverId: 'opc-1',
        cause: 'overflow',
        startUs: rows[flagged - 1]?.sourceUs,
        endUs: rows[flagged]?.sourceUs,
        count: null,
        detail: expect.stringMatching(/queue for c0 overflowed/),
      },
    ])
    expect(lost[0]).toBe((rows[flagged - 1]?.value ?? 0) + 1)
  })

  test('a link that goes silent without closing is noticed and made anew; nothing is lost', async () => {
    const parts = await rig(['c0'], { tickMs: 50 }, {}, { keepAliveMs: 500, silenceGraceMs: 500 })
    await cutAndRepair(parts, async () => {
      parts.proxy.swallowReplies()
      await until('noticed', () => parts.connection.state().phase === 'lost')
    })
    await settle(parts)
    expect(parts.connection.counters().watchdogTrips).toBe(1)
    expect(parts.sink.links.some(({ message }) => /has been silent for/.test(message))).toBe(true)
    expect(faultsOf(parts.sink.values(1))).toEqual({ lost: [], repeated: [] })
    expect(parts.sink.gaps).toEqual([])
  })

  test('a server that stands still is noticed; when it goes on, so does the link, and nothing is lost', async () => {
    const parts = await rig(['c0'], { tickMs: 50 }, {}, { keepAliveMs: 500, silenceGraceMs: 500 })
    await cutAndRepair(parts, async () => {
      parts.proxy.pause()
      await until('noticed', () => parts.connection.state().phase === 'lost')
      await sleep(1_500)
      parts.proxy.resume()
    })
    await settle(parts)
    expect(faultsOf(parts.sink.values(1))).toEqual({ lost: [], repeated: [] })
  })

  test('a repair that does not succeed gets a new client, which takes over the old subscriptions or says what is lost', async () => {
    const parts = await rig(['c0'], { tickMs: 50 }, {}, { rebuildAfterMs: 300 })
    await until('values have come', () => parts.sink.values(1).length > 5)
    await cutAndRepair(parts, async () => {
      parts.proxy.down()
      await until('a new client was made', () => parts.connection.counters().rebuilds === 1)
      parts.proxy.up()
    })
    await settle(parts)
    const { lost, repeated } = faultsOf(parts.sink.values(1))
    expect(repeated).toEqual([])
    if (parts.connection.counters().transferred > 0) expect(lost).toEqual([])
    else {
      const rows = parts.sink.byKey.get(1) ?? []
      const after = rows.findIndex(({ value }) => value > (lost.at(-1) ?? Number.NaN))
      const span = { startUs: rows[after - 1]?.sourceUs, endUs: rows[after]?.sourceUs }
      expect(parts.sink.gaps).toEqual([
        expect.objectContaining({ cause: 'session-recreated', pointKey: null, ...(after > 0 ? span : {}) }),
      ])
    }
  })
})

describe('a restarted server', () => {
  const orders = [
    ['urn:decoy', plantUri],
    [plantUri, 'urn:decoy'],
  ]

  async function restart(parts: Rig, namespaces: string[]): Promise<TestServer> {
    parts.proxy.down()
    await parts.server.stop()
    const again = await startTestServer({ port: parts.server.port, namespaces, tickMs: 50 })
    closing.push(() => again.stop())
    return again
  }

  test('remedy B: with its namespaces in another order the same points come back, with a gap that says since when', async () => {
    const parts = await rig(['c0'], { namespaces: orders[0] ?? [], tickMs: 50 })
    await until('values have come', () => parts.sink.values(1).length > 5)
    let lastUs = Number.NaN
    await cutAndRepair(parts, async () => {
      await restart(parts, orders[1] ?? [])
      lastUs = parts.sink.byKey.get(1)?.at(-1)?.sourceUs ?? Number.NaN
      parts.proxy.up()
    })
    await until('the gap has its end', () => parts.sink.gaps.length > 0)
    expect(parts.sink.values(1).filter((value) => value < 0)).toEqual([])
    const [gap] = parts.sink.gaps
    const firstAfter = (parts.sink.byKey.get(1) ?? []).find(({ sourceUs }) => sourceUs > lastUs)
    expect(gap).toMatchObject({ cause: 'server-restart', pointKey: null, serverId: 'opc-1', startUs: lastUs })
    expect(gap?.endUs).toBe(firstAfter?.sourceUs)
    expect(gap?.detail).toMatch(/restarted with its namespaces in another order/)
  })

  test('remedy B switched off: the decoy of the same name arrives as a good value', async () => {
    const parts = await rig(['c0'], { namespaces: orders[0] ?? [], tickMs: 50 }, { keepNamespaceIndexes: true })
    await until('values have come', () => parts.sink.values(1).length > 5)
    await cutAndRepair(parts, async () => {
      await restart(parts, orders[1] ?? [])
      parts.proxy.up()
    })
    await until('the decoy has come', () => parts.sink.byKey.get(1)?.at(-1)?.value === -1)
    expect(parts.sink.byKey.get(1)?.at(-1)?.status).toBe(0)
  })

  test('stopping before any new value came hands over the gap without an end; stopping on a silent host does not wait', async () => {
    const parts = await rig(['c0'], { tickMs: 50 })
    await until('values have come', () => parts.sink.values(1).length > 5)
    await cutAndRepair(parts, async () => {
      parts.proxy.down()
      await parts.server.stop()
      const again = await startTestServer({ port: parts.server.port, counters: 0 })
      closing.push(() => again.stop())
      parts.proxy.up()
    })
    expect(parts.connection.state()).toMatchObject({ itemsGood: 0, itemsBad: 1 })
    await parts.connection.stop()
    expect(parts.sink.gaps).toEqual([expect.objectContaining({ cause: 'server-restart', endUs: null })])
    expect(parts.sink.lastPhase).toBe('stopped')

    parts.proxy.pause()
    const second = createOpcuaConnection({
      server: plainServer(parts.proxy.port),
      points: testPoints(['c0']),
      pki,
      secrets: async () => null,
      clock: systemClock,
      sink: parts.sink,
      applicationUri,
    })
    await second.start()
    await sleep(200)
    await second.stop()
    expect(second.state().phase).toBe('stopped')
    parts.proxy.resume()
  })
})

describe('a gap on a server with a history', () => {
  test.each([
    ['subscription gone', 'session-recreated', {}],
    ['queues too short', 'overflow', { bridgeMs: 500 }],
  ] as const)('%s: what was lost is read, marked, and the gap says how much', async (_what, cause, timings) => {
    const parts = await rig(['c0'], { tickMs: 20, history: true }, {}, timings)
    await until('values have come', () => parts.sink.values(1).length > 5)
    await cutAndRepair(parts, async () => {
      parts.proxy.down()
      const before = parts.server.count()
      await until('many were lost', () => parts.server.count() > before + 100)
      if (cause === 'session-recreated') parts.server.dropSessions()
      parts.proxy.up()
    })
    await until('it is filled', () =>
      parts.sink.gaps.some(({ detail }) => /read from the server's history/.test(detail)),
    )
    await settle(parts)
    const all = (): number[] =>
      [...(parts.sink.byKey.get(1) ?? []), ...(parts.sink.backfilled.get(1) ?? [])]
        .sort((a, b) => a.sourceUs - b.sourceUs)
        .map(({ value }) => value)
    // On a busy machine short queues overflow again and again, the last time just now.
    await until('every gap is filled', () => faultsOf(all()).lost.length === 0)
    expect(faultsOf(all())).toEqual({ lost: [], repeated: [] })
    const live = parts.sink.byKey.get(1) ?? []
    const past = parts.sink.backfilled.get(1) ?? []
    expect(past.every(({ status }) => isBackfilled(status))).toBe(true)
    expect(live.some(({ status }) => isBackfilled(status))).toBe(false)
    const gaps = parts.sink.gaps.filter((gap) => gap.cause === cause && gap.pointKey === 1)
    const filled = gaps.filter(({ detail }) => /values? (was|were) read from the server's history/.test(detail))
    const read = filled.reduce((sum, { detail }) => sum + Number(/(\d+) values? w/.exec(detail)?.[1] ?? 0), 0)
    expect(read).toBe(past.length)
    for (const { sourceUs } of past)
      expect(filled.some(({ startUs, endUs }) => startUs < sourceUs && sourceUs < (endUs ?? 0))).toBe(true)
    expect(parts.connection.counters().backfilled).toBe(past.length)
  })
})
