import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Contract } from '../../shared/domain/plant-file.ts'
import { type Link, LinkRig, throughFault } from '../testkit/opcua/link-rig.ts'
import { testContract } from '../testkit/opcua/plant-parts.ts'
import { faultsOf, until } from '../testkit/opcua/recording-sink.ts'
import { TcpProxy } from '../testkit/opcua/tcp-proxy.ts'
import { plantUri, startTestServer, type TestServer } from '../testkit/opcua/test-server.ts'
import type { MappedPoint } from './types.ts'

// Starting a server takes seconds of CPU; on a machine with other work that is most of a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let rig: LinkRig

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

/** Counter `n` of the server as point `p<n>` with key n, or on another node. */
function point(n: number, contract: Partial<Contract> = {}, node = `c${n}`): MappedPoint {
  const source = { serverId: 'opc-1', nodeId: `nsu=${plantUri};s=${node}` }
  return { key: n, point: { id: `p${n}`, assetId: 'pump', kind: 'scalar', source, contract: testContract(contract) } }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_unused, i) => from + i)
const pointsOf = (from: number, to: number): MappedPoint[] => range(from, to).map((n) => point(n))

async function delivers({ sink }: Link, keys: readonly number[], more = 5): Promise<void> {
  const before = keys.map((key) => sink.values(key).length)
  await until('values come', () => keys.every((key, i) => sink.values(key).length >= (before[i] ?? 0) + more))
}

async function allCounted(server: TestServer, { sink }: Link, keys: readonly number[]): Promise<void> {
  server.hold()
  await until('the last count has come', () => keys.every((key) => sink.values(key).at(-1) === server.count()))
  for (const key of keys) expect(faultsOf(sink.values(key)), `point ${key}`).toEqual({ lost: [], repeated: [] })
}

describe('a change of points', () => {
  test('one added and one removed among 20: the others miss nothing, in the same session and subscription', async () => {
    const server = rig.keep(await startTestServer({ counters: 22, tickMs: 20 }))
    const link = await rig.live(server.port, [], { points: pointsOf(1, 21) })
    await delivers(link, range(1, 21))
    const sessions = server.sessionIds()
    const subscriptions = server.subscriptionIds()
    for (let round = 0; round < 5; round += 1) {
      link.connection.revise(round % 2 === 0 ? pointsOf(2, 22) : pointsOf(1, 21))
      await delivers(link, [round % 2 === 0 ? 21 : 1])
      const removed = round % 2 === 0 ? 1 : 21
      const atLast = link.sink.values(removed).length
      await delivers(link, [2], 10)
      expect(link.sink.values(removed).length).toBe(atLast)
    }
    expect(link.connection.state()).toMatchObject({ itemsGood: 20, itemsBad: 0, reconnects: 0 })
    await allCounted(server, link, range(2, 21))
    expect(server.sessionIds()).toEqual(sessions)
    expect(server.subscriptionIds()).toEqual(subscriptions)
    expect(server.monitoredItems()).toBe(20)
    expect(link.sink.gaps).toEqual([])
    expect(link.connection.counters()).toMatchObject({ recreated: 0, transferred: 0 })
  })

  test('with a limit of two items a call, and of a class that was not there: created beside the others', async () => {
    const server = rig.keep(await startTestServer({ counters: 10, tickMs: 20, maxMonitoredItemsPerCall: 2 }))
    const link = await rig.live(server.port, [], { points: pointsOf(1, 3) })
    await delivers(link, [1, 2])
    const slow = [5, 6, 7].map((n) => point(n, { updateCadenceMs: 1_000 }))
    link.connection.revise([...pointsOf(1, 5), ...slow])
    await delivers(link, [1, 2, 3, 4, 5, 6, 7])
    expect(server.subscriptionIds()).toHaveLength(2)
    link.connection.revise(pointsOf(1, 5))
    await until('the subscription of the slow ones is gone', () => server.subscriptionIds().length === 1)
    link.connection.revise([])
    await until('nothing is left', () => server.monitoredItems() === 0)
    link.connection.revise(pointsOf(1, 3))
    await delivers(link, [1, 2])
    expect(link.connection.state().reconnects).toBe(0)
    expect(server.sessions()).toBe(1)
  })

  test('another contract is asked for in place; another rate class or node is a gap of that point alone', async () => {
    const server = rig.keep(await startTestServer({ counters: 10, tickMs: 20 }))
    const link = await rig.live(server.port, [], { points: pointsOf(1, 5) })
    await delivers(link, [1, 2, 3, 4])
    // Server time as well, in the item that stands.
    link.connection.revise([point(1, { timestampSource: 'server' }), ...pointsOf(2, 5)])
    await until('both times come', () => !Number.isNaN(link.sink.byKey.get(1)?.at(-1)?.serverUs ?? Number.NaN))
    expect(link.sink.gaps).toEqual([])
    link.connection.revise([
      point(1, { timestampSource: 'server' }),
      point(2),
      point(3, { updateCadenceMs: 1_000 }),
      point(4, {}, 'c9'),
    ])
    await until('the other node has begun', () => link.sink.gaps.some(({ pointKey }) => pointKey === 4))
    await delivers(link, [1, 2, 3, 4])
    for (const { pointKey, cause, startUs, endUs } of link.sink.gaps) {
      expect(cause).toBe('configuration-change')
      expect([3, 4]).toContain(pointKey)
      expect(endUs).toBeGreaterThanOrEqual(startUs)
    }
    // Whether a count fell between the old item and the new one is chance. What did not come lies in the gap to the sample; a
    // count that the new item began with leaves a gap too, since the client cannot know that nothing was between.
    const { lost, repeated } = faultsOf(link.sink.values(3))
    expect(repeated).toEqual([])
    const rows = link.sink.byKey.get(3) ?? []
    for (const missing of lost) {
      const startUs = rows.findLast(({ value }) => value < missing)?.sourceUs
      const endUs = rows.find(({ value }) => value > missing)?.sourceUs
      expect(link.sink.gaps).toContainEqual(expect.objectContaining({ pointKey: 3, startUs, endUs }))
    }
    await allCounted(server, link, [1, 2])
    expect(server.monitoredItems()).toBe(4)
    expect(link.connection.state().reconnects).toBe(0)
  })

  test('while the link is down is brought about with its repair; a bad node is named, and forgotten with its point', async () => {
    const server = rig.keep(await startTestServer({ counters: 10, tickMs: 20 }))
    const proxy = rig.keep(await TcpProxy.start(server.port))
    const link = await rig.live(proxy.port, [], { points: pointsOf(1, 4) })
    await delivers(link, [1, 2, 3])
    await throughFault(link, async () => {
      proxy.down()
      await until('the loss is known', () => link.connection.state().phase === 'lost')
      link.connection.revise([...pointsOf(2, 6), point(8, {}, 'nothing')])
      proxy.up()
    })
    await delivers(link, [2, 3, 4, 5])
    await until('the bad one is named', () => link.sink.problems.has('opcua.item:p8'))
    expect(link.connection.state()).toMatchObject({ itemsGood: 4, itemsBad: 1 })
    link.connection.revise(pointsOf(2, 6))
    await until('it is forgotten', () => link.connection.state().itemsBad === 0)
    expect(link.sink.problems.has('opcua.item:p8')).toBe(false)
    await allCounted(server, link, [2, 3, 4, 5])
    expect(link.sink.gaps).toEqual([])
  })

  test('several at once, and one in the middle of another: the last one holds', async () => {
    const server = rig.keep(await startTestServer({ counters: 30, tickMs: 20 }))
    const link = await rig.connect(server.port, [], { points: pointsOf(1, 11) })
    for (let n = 1; n <= 10; n += 1) {
      link.connection.revise(pointsOf(5, 11 + n))
      await new Promise((resolve) => setTimeout(resolve, 7 * n))
    }
    link.connection.revise(pointsOf(5, 25))
    await delivers(link, range(5, 25))
    await allCounted(server, link, range(5, 25))
    expect(server.monitoredItems()).toBe(20)
    expect(link.connection.state()).toMatchObject({ itemsGood: 20, itemsBad: 0 })
    expect(link.sink.gaps).toEqual([])
  })
})
