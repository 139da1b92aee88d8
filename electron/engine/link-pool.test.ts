import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { createOpcuaConnection } from '../opcua/index.ts'
import { LinkRig } from '../testkit/opcua/link-rig.ts'
import { plainServer, testContract } from '../testkit/opcua/plant-parts.ts'
import { faultsOf, RecordingSink, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { plantUri, startTestServer, type TestServer } from '../testkit/opcua/test-server.ts'
import { LinkPool } from './link-pool.ts'
import { buildPlantModel, type PlantModel } from './plant-model.ts'

let rig: LinkRig

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

/** A plant of these servers, each with counters; keys 1, 2, ... in their order. */
function modelOf(servers: Record<string, { server: TestServer; points: string[] }>): PlantModel {
  const ids = Object.keys(servers)
  const points = ids.flatMap((serverId) =>
    (servers[serverId]?.points ?? []).map((name) => ({
      id: `${serverId}.${name}`,
      assetId: 'pump',
      kind: 'scalar' as const,
      source: { serverId, nodeId: `nsu=${plantUri};s=${name}` },
      contract: testContract(),
    })),
  )
  const plant = {
    schema: 'millwright/plant@1' as const,
    plant: { id: 'p', name: 'P', timeZone: 'UTC' },
    lines: [{ id: 'line', name: 'Line' }],
    servers: ids.map((id): PlantServer => ({ ...plainServer(servers[id]?.server.port ?? 0), id })),
    assets: [{ id: 'pump', lineId: 'line', family: 'pump' as const, name: 'Pump' }],
    points,
    alerts: [],
    sync: [],
  }
  // The twin gives a point the same key for ever.
  const keyOf = (id: string): number => 1 + ['a.c0', 'b.c0', 'b.c1', 'c.c0'].indexOf(id)
  const refs = points.map(({ id, assetId, kind }) => ({ key: keyOf(id), id, assetId, kind }))
  return buildPlantModel(plant, JSON.stringify(points), 'plant.json', refs, [])
}

test('a server or a point more, or one less, leaves the other links alone: no value lost, none twice, no gap', async () => {
  const [a, b, c] = [
    rig.keep(await startTestServer({ counters: 2, tickMs: 20 })),
    rig.keep(await startTestServer({ counters: 2, tickMs: 20 })),
    rig.keep(await startTestServer({ counters: 2, tickMs: 20 })),
  ]
  let made = 0
  const pool = rig.keep(
    new LinkPool((server, model, sink) => {
      made += 1
      return createOpcuaConnection({
        server,
        points: model.points
          .filter(({ point }) => point.source.serverId === server.id)
          .map(({ key, point }) => ({ key, point })),
        pki: rig.pki,
        secrets: async () => null,
        clock: systemClock,
        sink,
        applicationUri: rig.applicationUri,
      })
    }),
  )
  const revisions = [
    modelOf({ a: { server: a, points: ['c0'] }, b: { server: b, points: ['c0'] } }),
    modelOf({ a: { server: a, points: ['c0'] }, b: { server: b, points: ['c0', 'c1'] } }),
    modelOf({
      a: { server: a, points: ['c0'] },
      b: { server: b, points: ['c0', 'c1'] },
      c: { server: c, points: ['c0'] },
    }),
    modelOf({ a: { server: a, points: ['c0'] }, c: { server: c, points: ['c0'] } }),
  ]
  const sinks: RecordingSink[] = []
  const changed: string[][] = []
  for (const model of revisions) {
    changed.push(await pool.release(model))
    const sink = new RecordingSink()
    sinks.push(sink)
    pool.direct(sink)
    await pool.complete(model)
    for (const { key } of model.points) await until('values have come', () => sink.values(key).length > 3)
  }
  a.hold()
  await until('the last count has come', () => sinks.at(-1)?.values(1).at(-1) === a.count())
  expect(faultsOf(sinks.flatMap((sink) => sink.values(1)))).toEqual({ lost: [], repeated: [] })
  expect(sinks.flatMap(({ gaps }) => gaps)).toEqual([])
  expect(changed).toEqual([[], [], [], []])
  expect(made).toBe(3)
  expect(pool.connections.get('a')?.state().reconnects).toBe(0)
  expect([...pool.connections.keys()]).toEqual(['a', 'c'])
  expect(b.sessions()).toBe(0)
})
