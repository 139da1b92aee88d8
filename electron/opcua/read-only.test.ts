import { BinaryStream } from 'node-opcua-binary-stream'
import { CallRequest } from 'node-opcua-client'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { AlarmServer } from '../testkit/opcua/alarm-server.ts'
import { LinkRig, throughFault } from '../testkit/opcua/link-rig.ts'
import { plainServer, testPoints } from '../testkit/opcua/plant-parts.ts'
import { systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { plantUri, startTestServer } from '../testkit/opcua/test-server.ts'
import { WireRelay, type WireMessage } from '../testkit/opcua/wire-relay.ts'
import { runConnectionDoctor } from './doctor/run-doctor.ts'

/** Services by the number of their request's binary encoding (OPC 10000-6, annex A). */
const callRequest = 712
/** Services that change something in the server's address space or history: none may be on the wire. */
const changing: Record<number, string> = {
  488: 'AddNodes',
  494: 'AddReferences',
  500: 'DeleteNodes',
  506: 'DeleteReferences',
  673: 'Write',
  700: 'HistoryUpdate',
}
/** Methods of the standard that change nothing but what this session is sent. */
const harmless = new Set([
  'ns=0;i=11492', // GetMonitoredItems
  'ns=0;i=12873', // ResendData
  'ns=0;i=3875', // ConditionRefresh
  'ns=0;i=12912', // ConditionRefresh2
])

let rig: LinkRig

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterEach(() => rig.endTest())
afterAll(() => rig.close())

function methodsOf({ body }: WireMessage): string[] {
  const request = new CallRequest()
  // Behind the four bytes of the type.
  request.decode(new BinaryStream(body.subarray(4)))
  return (request.methodsToCall ?? []).map(({ methodId }) => methodId.toString())
}

test('a whole session that only looks carries no Write and no Call but those that change nothing', async () => {
  const server = rig.keep(
    await startTestServer({ counters: 3, tickMs: 20, waveforms: 1, blockMs: 50, history: true, manyNodes: 50 }),
  )
  const relay = rig.keep(await WireRelay.start(server.port))
  const seen = new Map<number, number>()
  const called: string[] = []
  relay.onRequest = (message) => {
    seen.set(message.typeId, (seen.get(message.typeId) ?? 0) + 1)
    if (message.typeId === callRequest) called.push(...methodsOf(message))
    return 'pass'
  }
  const link = await rig.live(relay.port, ['c0', 'c1', 'w0', 'temperature'])
  const { connection, sink } = link
  const node = (name: string): string => `nsu=${plantUri};s=${name}`
  await until('values and blocks came', () => sink.values(1).length > 5 && sink.blocks.length > 2)
  await connection.browse('i=85')
  await connection.readAttributes(['i=85', node('c0'), node('temperature')])
  await connection.readValues([node('c0')])
  await connection.search('tag', 10, true)
  // What asking whether something could be written does: it reads.
  await connection.prepareWrite(node('slow'))
  await throughFault(link, () => {
    server.dropSessions()
    relay.cut()
  })
  await until('what the gap left out was read from the history', () => connection.counters().backfilled > 0)
  expect(await failedSteps(relay.port)).toEqual([])
  await connection.stop()

  // The relay did look: services that a session like this cannot do without.
  for (const needed of [461, 467, 527, 631, 664, 751, 787, 826, 473])
    expect([...seen.keys()], `service ${needed}`).toContain(needed)
  expect([...seen.keys()].flatMap((typeId) => changing[typeId] ?? [])).toEqual([])
  expect(called.filter((method) => !harmless.has(method))).toEqual([])
})

test('listening to a server’s alarms calls their refresh and nothing else, after a reconnect too', async () => {
  const server = rig.keep(await AlarmServer.start({ active: [1], confirm: true }))
  const relay = rig.keep(await WireRelay.start(server.port))
  const seen = new Set<number>()
  const called: string[] = []
  relay.onRequest = (message) => {
    seen.add(message.typeId)
    if (message.typeId === callRequest) called.push(...methodsOf(message))
    return 'pass'
  }
  const link = await rig.live(relay.port, [])
  const refreshed = (): number => link.sink.news.filter(({ kind }) => kind === 'refreshed').length
  await until('the alarms are known', () => refreshed() > 0)
  await throughFault(link, () => relay.cut())
  await until('alarms are listened to again', () => link.connection.state().alarms?.phase === 'listening')
  await link.connection.stop()
  expect([...seen].flatMap((typeId) => changing[typeId] ?? [])).toEqual([])
  expect(called.length).toBeGreaterThan(0)
  expect(called.filter((method) => !harmless.has(method))).toEqual([])
})

test('the same relay sees a Write when there is one', async () => {
  const server = rig.keep(await startTestServer({ counters: 1 }))
  const relay = rig.keep(await WireRelay.start(server.port))
  const seen = new Set<number>()
  relay.onRequest = ({ typeId }) => {
    seen.add(typeId)
    return 'pass'
  }
  const { connection } = await rig.live(relay.port, ['c0'])
  const address = `nsu=${plantUri};s=slow`
  await connection.write(address, '1', await connection.prepareWrite(address))
  expect([...seen].flatMap((typeId) => changing[typeId] ?? [])).toEqual(['Write'])
})

async function failedSteps(port: number): Promise<string[]> {
  const { endpointUrl, security, user } = plainServer(port)
  const report = await runConnectionDoctor({
    endpointUrl,
    security,
    user,
    points: testPoints(['c0']).map(({ point }) => point),
    pki: rig.pki,
    undecided: false,
    secrets: async () => null,
    nowUs: () => systemClock.nowUs(),
  })
  return report.steps.flatMap(({ name, result, detail }) => (result === 'fail' ? [`${name}: ${detail}`] : []))
}
