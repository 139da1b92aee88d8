import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { LinkRig, throughFault } from '../testkit/opcua/link-rig.ts'
import { faultsOf, until } from '../testkit/opcua/recording-sink.ts'
import { sleep } from '../testkit/opcua/seeded.ts'
import { ServerProcess } from '../testkit/opcua/server-process.ts'
import { TcpProxy } from '../testkit/opcua/tcp-proxy.ts'
import { startTestServer } from '../testkit/opcua/test-server.ts'

// Starting a server takes seconds of CPU; on a machine with other work that is most of a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

let rig: LinkRig

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

describe('a server', () => {
  test('that reads one node a call is connected to, read, browsed and searched', async () => {
    const server = rig.keep(await startTestServer({ counters: 3, waveforms: 1, maxNodesPerRead: 1, tickMs: 50 }))
    const { connection, sink } = await rig.live(server.port, ['c0', 'c1', 'c2', 'w0'])
    await until(
      'all points deliver',
      () => [1, 2, 3].every((key) => sink.values(key).length > 3) && sink.blocks.length > 3,
    )
    server.hold()
    await until('the last count has come', () => [1, 2, 3].every((key) => sink.values(key).at(-1) === server.count()))
    for (const key of [1, 2, 3]) expect(faultsOf(sink.values(key))).toEqual({ lost: [], repeated: [] })
    const ids = ['c0', 'c1'].map((name) => `nsu=${server.plantUri};s=${name}`)
    expect((await connection.readAttributes(ids)).map(({ browseName }) => browseName)).toEqual(['c0', 'c1'])
    expect((await connection.readValues(ids)).map(({ number }) => number)).toEqual([server.count(), server.count()])
    expect((await connection.search('c2', 5, false)).matches).toBe(1)
    expect(sink.gaps).toEqual([])
  })
  test('whose limits are others after a restart: kept to, queues too short are said, an outage beyond them is a gap', async () => {
    const names = ['c0', 'c1', 'c2', 'c3', 'c4']
    const keys = [1, 2, 3, 4, 5]
    const options = { counters: names.length, tickMs: 100 }
    const tight = { maxMonitoredItemsPerCall: 2, maxNotificationsPerPublish: 3, maxNodesPerRead: 2, mostQueued: 10 }
    let server = rig.keep(await ServerProcess.start(options))
    const proxy = rig.keep(await TcpProxy.start(server.port))
    const link = await rig.live(proxy.port, names)
    const { sink } = link
    const restart = async (limits: object): Promise<void> => {
      await throughFault(link, async () => {
        await server.kill()
        server = rig.keep(await ServerProcess.start({ ...options, ...limits, port: server.port }))
      })
      const before = keys.map((key) => sink.values(key).length)
      await until('all deliver again', () => keys.every((key, i) => sink.values(key).length > (before[i] ?? 0) + 5))
    }
    await until('all deliver', () => keys.every((key) => sink.values(key).length > 3))
    expect(sink.problems.has('opcua.queues:opc-1')).toBe(false)
    await restart(tight)
    expect(link.connection.state()).toMatchObject({ itemsGood: 5, itemsBad: 0 })
    expect(sink.problems.get('opcua.queues:opc-1')?.message).toBe(
      'Server opc-1 keeps values for 1 s while the link is down, not for 60 s (5 of 5 points, least of c0).',
    )
    const first = sink.values(1).length
    await throughFault(link, async () => {
      proxy.down()
      const before = await server.ask('count')
      while ((await server.ask('count')) < before + 30) await sleep(100)
      proxy.up()
    })
    const last = await server.ask('hold')
    await until('the last count has come', () => keys.every((key) => sink.values(key).at(-1) === last))
    for (const key of keys) {
      const rows = (sink.byKey.get(key) ?? []).slice(first)
      const { lost, repeated } = faultsOf(rows.map(({ value }) => value))
      expect(repeated).toEqual([])
      expect(lost.length).toBeGreaterThan(10)
      const gaps = sink.gaps.filter(({ cause, pointKey }) => cause === 'overflow' && pointKey === key)
      for (const missing of lost) {
        const before = rows.findLast(({ value }) => value < missing)?.sourceUs
        const after = rows.find(({ value }) => value > missing)?.sourceUs
        expect(gaps.some(({ startUs, endUs }) => startUs === before && endUs === after)).toBe(true)
      }
    }
    await restart({})
    expect(sink.problems.has('opcua.queues:opc-1')).toBe(false)
  })
})
