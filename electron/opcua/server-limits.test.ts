import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { LinkRig } from '../testkit/opcua/link-rig.ts'
import { faultsOf, until } from '../testkit/opcua/recording-sink.ts'
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
})
