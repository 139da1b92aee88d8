import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DestinationState } from '../../shared/domain/outbox.ts'
import { mosquittoMissing, startMosquitto, type Mosquitto } from '../testkit/mosquitto.ts'
import { createSync, type Sync } from './index.ts'
import { createCutProxy } from '../testkit/sync/cut-proxy.ts'
import { eventually, MemoryOutbox, systemClock } from '../testkit/sync/memory-outbox.ts'

const missing = mosquittoMissing()
if (missing !== undefined) process.stderr.write(`Tests of MQTT are skipped: ${missing}\n`)

let dataDir = ''
beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'millwright-mqtt-'))
})
afterAll(() => rm(dataDir, { recursive: true, force: true }))

function sync(
  outbox: MemoryOutbox,
  port: number,
  onState: (states: DestinationState[]) => void = () => undefined,
  id = 'now',
): Sync {
  return createSync({
    outbox,
    destinations: [{ id, kind: 'mqtt', url: `mqtt://127.0.0.1:${port}`, lane: 'now' }],
    plantId: 'plant-a',
    clock: systemClock,
    random: () => 0.1,
    dataDir,
    secrets: () => Promise.resolve(null),
    onState,
  })
}

/** The fleet side: every message with its identity, by a client of its own. */
async function listen(broker: Mosquitto, topic: string) {
  const messages: { topic: string; payload: string; packet: IPublishPacket }[] = []
  const client: MqttClient = await mqtt.connectAsync(broker.url, { protocolVersion: 5, reconnectPeriod: 0 })
  client.on('message', (on, payload, packet) => messages.push({ topic: on, payload: payload.toString(), packet }))
  await client.subscribeAsync(topic, { qos: 1 })
  return { messages, close: () => client.endAsync(true) }
}

function seqOf(packet: IPublishPacket): number {
  return Number(packet.properties?.userProperties?.['seq'])
}
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe.skipIf(missing !== undefined)('MQTT 5 against Mosquitto', () => {
  let broker: Mosquitto
  beforeAll(async () => {
    broker = await startMosquitto()
  })
  afterAll(() => broker?.stop())

  it('publishes each row with its identity and confirms it by PUBACK', async () => {
    const fleet = await listen(broker, 'millwright/plant-a/#')
    const outbox = new MemoryOutbox()
    outbox.add('events', 300)
    const running = sync(outbox, broker.port)
    expect(await running.drainOnce()).toEqual([{ id: 'now', deliveredRows: 300, depth: 0, error: null }])
    await eventually(() => fleet.messages.length === 300, 'all messages')
    expect(fleet.messages.map(({ packet }) => seqOf(packet))).toEqual(upTo(300))
    expect(fleet.messages[0]).toMatchObject({ topic: 'millwright/plant-a/events', payload: '{"seq":1}' })
    expect({ ...fleet.messages[0]?.packet.properties?.userProperties }).toEqual({
      installation: 'inst',
      epoch: 'e1',
      stream: 'events',
      seq: '1',
      kind: 'alert',
      createdUs: '1700000000000001',
    })
    await running.stop()
    await fleet.close()
  })

  it('brings every row through a proxy that is cut in the middle of acknowledges, again and again', async () => {
    const proxy = await createCutProxy(broker.port)
    const fleet = await listen(broker, 'millwright/plant-a/events')
    const outbox = new MemoryOutbox()
    let states: DestinationState[] = []
    const running = sync(outbox, proxy.port, (all) => (states = all), 'cut')
    outbox.add('events', 2000)
    // A CONNACK and then some hundred bytes of acknowledges, 4 to 6 bytes each, before the line breaks.
    proxy.mend(300)
    running.start()
    let cuts = 0
    while ((await outbox.cursor('cut', 'events')).seq < 2000) {
      await eventually(
        async () => proxy.isCut() || (await outbox.cursor('cut', 'events')).seq === 2000,
        'a cut or the end',
      )
      if (proxy.isCut()) {
        cuts++
        proxy.mend(cuts < 4 ? 300 + 137 * cuts : undefined)
      }
    }
    expect(cuts).toBeGreaterThanOrEqual(4)
    await eventually(() => new Set(fleet.messages.map(({ packet }) => seqOf(packet))).size === 2000, 'all rows')
    // At least once, in order where each was first seen, with the effect of once by its identity.
    const first = [...new Set(fleet.messages.map(({ packet }) => seqOf(packet)))]
    expect(first).toEqual(upTo(2000))
    await eventually(() => states[0]?.state === 'idle' && states[0].deliveredRows === 2000, 'idle')
    await running.stop()
    await proxy.close()
    await fleet.close()
  })

  it('waits while the line is cut, says why, and recovers by itself', async () => {
    const proxy = await createCutProxy(broker.port)
    const outbox = new MemoryOutbox()
    let states: DestinationState[] = []
    const running = sync(outbox, proxy.port, (all) => (states = all), 'wan')
    running.start()
    outbox.add('events', 1)
    running.wake()
    await eventually(() => states[0]?.deliveredRows === 1, 'first row')
    proxy.cut()
    outbox.add('events', 4)
    running.wake()
    await eventually(() => states[0]?.state === 'waiting', 'waiting')
    expect(states[0]).toMatchObject({ depth: 4, deliveredRows: 1 })
    expect(states[0]?.lastError).toMatch(/^The (broker|connection).*127\.0\.0\.1.*[.?]$/)
    proxy.mend()
    await eventually(() => states[0]?.deliveredRows === 5, 'recovery')
    await eventually(() => states[0]?.state === 'idle', 'idle')
    expect(states[0]).toMatchObject({ lastError: null, failingSinceUs: null, depth: 0 })
    await running.stop()
    await proxy.close()
  })
})

describe('a broker that is none', () => {
  it('is named in words when nothing listens', async () => {
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    await new Promise((resolve) => server.close(resolve))
    const outbox = new MemoryOutbox()
    outbox.add('events', 1)
    const running = sync(outbox, port)
    const [result] = await running.drainOnce()
    expect(result).toMatchObject({ depth: 1, deliveredRows: 0 })
    expect(result?.error).toBe(
      `The broker at 127.0.0.1:${port} refuses the connection; is the broker running, and is the port right?`,
    )
    await running.stop()
  })

  it('does not hold up the stop when it accepts and never answers', async () => {
    const sockets = new Set<net.Socket>()
    const server = net.createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const outbox = new MemoryOutbox()
    outbox.add('events', 1)
    const running = sync(outbox, address !== null && typeof address === 'object' ? address.port : 0)
    running.start()
    await eventually(() => sockets.size > 0, 'connection')
    await running.stop()
    expect((await outbox.cursor('now', 'events')).seq).toBe(0)
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
})
