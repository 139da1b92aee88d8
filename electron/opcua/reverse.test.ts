import { once } from 'node:events'
import net from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { limits } from '../../shared/domain/limits.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import { type Link, LinkRig, throughFault } from '../testkit/opcua/link-rig.ts'
import { plainServer, securedServer } from '../testkit/opcua/plant-parts.ts'
import { faultsOf, systemClock, until } from '../testkit/opcua/recording-sink.ts'
import { ReverseDialler, reverseHello } from '../testkit/opcua/reverse-dialler.ts'
import { startTestServer, type TestServer } from '../testkit/opcua/test-server.ts'
import { reviewServer } from './certificate-review.ts'
import { ReverseCalls, type ServerCalls } from './reverse-calls.ts'

// Starting a server takes seconds of CPU; on a machine with other work that is most of a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const serverUri = 'urn:millwright:test-server'
let rig: LinkRig
let problems: Map<string, Problem>
let calls: ReverseCalls
/** Ports are taken by the system: this one keeps the listener open under a server nobody calls as. */
let keeper: ServerCalls
let listen = ''

beforeAll(async () => {
  rig = await LinkRig.open()
})
afterAll(() => rig.close())
afterEach(() => rig.endTest())

/** A listener on a free port. */
async function listening(): Promise<number> {
  problems = new Map()
  calls = new ReverseCalls({
    clock: systemClock,
    problem: (problem) => problems.set(problem.id, problem),
    problemGone: (id) => problems.delete(id),
  })
  listen = 'opc.tcp://127.0.0.1:0'
  keeper = await calls.open({ listen, serverUri: 'urn:nobody' })
  rig.keep({ stop: async () => keeper.close() })
  return keeper.port
}

const reversed = (server: PlantServer, uri = serverUri): PlantServer => ({
  ...server,
  reverse: { listen, serverUri: uri },
})

function dialler(listenPort: number, server: TestServer, uri = serverUri): ReverseDialler {
  return rig.keep(ReverseDialler.start({ listenPort, serverPort: server.port, serverUri: uri }))
}

const connect = (server: PlantServer, names: readonly string[], timings = {}): Promise<Link> =>
  rig.connect(0, names, { server, reverseCalls: calls, timings })

const isConnected = ({ connection }: Link): boolean => connection.state().phase === 'connected'

async function allCounted(server: TestServer, { sink }: Link, key = 1): Promise<void> {
  server.hold()
  await until('the last count has come', () => sink.values(key).at(-1) === server.count())
  expect(faultsOf(sink.values(key))).toEqual({ lost: [], repeated: [] })
}

/** A caller of the test's own making; what it is answered. */
async function caller(port: number, bytes: Buffer | null): Promise<{ socket: net.Socket; answer: () => Buffer }> {
  const socket = net.connect(port, '127.0.0.1')
  rig.keep({ stop: async () => socket.destroy() })
  const received: Buffer[] = []
  socket.on('data', (data: Buffer) => received.push(data))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  if (bytes) socket.write(bytes)
  return { socket, answer: () => Buffer.concat(received) }
}

describe('a server that dials out', () => {
  test('is waited for, connected on its call, and after a cut on its next one: same session, nothing lost', async () => {
    const port = await listening()
    const server = rig.keep(await startTestServer({ counters: 2, tickMs: 20 }))
    const link = await connect(reversed(plainServer(server.port)), ['c0', 'c1'], { callMs: 50 })
    await until('it is said that the server has not called', () =>
      [...link.sink.problems.values()].some(({ message }) => message.includes('has not called')),
    )
    expect(link.connection.state().message).toBe(
      `Waiting for server opc-1 ("${serverUri}") to call opc.tcp://127.0.0.1:0.`,
    )
    const way = dialler(port, server)
    await until('connected', () => isConnected(link) && link.sink.values(1).length > 5)
    expect([...link.sink.problems.keys()]).toEqual([])
    for (let cut = 0; cut < 3; cut += 1)
      await throughFault(link, async () => {
        way.down()
        await until('the loss is known', () => link.connection.state().phase === 'lost')
        expect(link.connection.state().message).toContain('Waiting for it to call')
        const atLeast = server.count() + 10
        await until('it has counted meanwhile', () => server.count() > atLeast)
        way.up()
      })
    // A half-open link: nobody hears an end, and the server has called again before it is noticed.
    await throughFault(link, () => way.blackHole())
    await allCounted(server, link)
    expect(link.sink.gaps).toEqual([])
    expect(server.sessions()).toBe(1)
    expect(link.connection.counters()).toMatchObject({ recreated: 0, transferred: 0, rebuilds: 0 })
    expect(way.taken).toBeGreaterThanOrEqual(5)
    expect(calls.refusals()).toEqual([])
  })

  test('with SignAndEncrypt: untrusted it is refused by thumbprint; trusted it connects; the session outlives a cut', async () => {
    const port = await listening()
    const server = rig.keep(await startTestServer({ counters: 1, tickMs: 20, security: 'Basic256Sha256' }))
    const way = dialler(port, server)
    const link = await connect(reversed(securedServer(server.port)), ['c0'])
    await until('refused', () => link.connection.state().phase === 'refused')
    expect(link.connection.state().message).toContain('that nobody here has trusted yet')
    const { rejected } = await rig.pki.list()
    expect(rejected).toHaveLength(1)
    const thumbprint = rejected[0]?.thumbprint ?? ''
    expect(link.connection.state().message).toContain(thumbprint)
    const review = await reviewServer({
      server: reversed(securedServer(server.port)),
      pki: rig.pki,
      exceptions: [],
      nowUs: systemClock.nowUs(),
    })
    expect(review.certificate?.thumbprint).toBe(thumbprint)
    await rig.pki.trust(thumbprint)
    await until('connected', () => isConnected(link) && link.sink.values(1).length > 5)
    await throughFault(link, () => way.cut())
    await allCounted(server, link)
    expect(server.sessions()).toBe(1)
    await rig.pki.reject(thumbprint)
    await until('ended', () => link.connection.state().phase === 'refused')
  })

  test('by its own Reverse Connect (node-opcua): connected, cut and resumed', async () => {
    const port = await listening()
    const server = rig.keep(
      await startTestServer({ counters: 1, tickMs: 20, reverse: { to: `opc.tcp://127.0.0.1:${port}`, redialMs: 100 } }),
    )
    const link = await connect(reversed(plainServer(server.port)), ['c0'])
    await until('connected', () => isConnected(link) && link.sink.values(1).length > 5)
    await throughFault(link, () => server.dropConnections())
    await allCounted(server, link)
    expect(link.sink.gaps).toEqual([])
    expect(server.sessions()).toBe(1)
  })

  test('that has another certificate when it calls again: refused by both thumbprints, trusted it is connected', async () => {
    const port = await listening()
    const secure = { counters: 1, tickMs: 20, security: 'Basic256Sha256' } as const
    const [first, second] = [rig.keep(await startTestServer(secure)), rig.keep(await startTestServer(secure))]
    const way = dialler(port, first)
    const link = await connect(reversed(securedServer(first.port)), ['c0'], { rebuildAfterCallMs: 1_000 })
    const message = (): string => link.connection.state().message
    await until('untrusted', () => link.connection.state().phase === 'refused')
    for (const { thumbprint } of (await rig.pki.list()).rejected) await rig.pki.trust(thumbprint)
    await until('connected', () => isConnected(link) && link.sink.values(1).length > 5)
    way.lead(second.port)
    way.cut()
    await until('refused', () => /shows another certificate than before.*The one before was/.test(message()))
    const before = link.sink.values(1).length
    for (const { thumbprint } of (await rig.pki.list()).rejected)
      if (message().includes(thumbprint)) await rig.pki.trust(thumbprint)
    await until('connected again', () => isConnected(link) && link.sink.values(1).length > before)
    expect(link.connection.counters().rebuilds).toBeGreaterThan(0)
  })

  test('whose certificate or own word is for another URI than it claimed is refused, and both are named', async () => {
    const port = await listening()
    const server = rig.keep(await startTestServer({ counters: 1, security: 'Basic256Sha256' }))
    const plain = rig.keep(await startTestServer({ counters: 1 }))
    dialler(port, server, 'urn:claimed')
    dialler(port, plain, 'urn:claimed-plain')
    const secured = await connect(reversed(securedServer(server.port), 'urn:claimed'), ['c0'])
    await until('untrusted', () => secured.connection.state().phase === 'refused')
    for (const { thumbprint } of (await rig.pki.list()).rejected) await rig.pki.trust(thumbprint)
    const named =
      /said that it is server opc-1 \("urn:claimed"\), but its certificate is made for "urn:millwright:test-server"/
    await until('refused', () => named.test(secured.connection.state().message))
    const link = await connect(reversed(plainServer(plain.port), 'urn:claimed-plain'), ['c0'])
    await until('refused', () =>
      /but it calls itself "urn:millwright:test-server"/.test(link.connection.state().message),
    )
  })
})

describe('one listener', () => {
  test('for two servers: each call goes to the link of its URI; one stopping leaves the other', async () => {
    const port = await listening()
    const [a, b] = [
      rig.keep(await startTestServer({ counters: 1, tickMs: 20, applicationUri: 'urn:a' })),
      rig.keep(await startTestServer({ counters: 1, tickMs: 20, applicationUri: 'urn:b' })),
    ]
    dialler(port, a, 'urn:a')
    dialler(port, b, 'urn:b')
    const first = await connect(reversed(plainServer(a.port), 'urn:a'), ['c0'])
    const second = await connect(reversed(plainServer(b.port), 'urn:b'), ['c0'])
    await until('both deliver', () => [first, second].every(({ sink }) => sink.values(1).length > 3))
    expect([a.sessions(), b.sessions()]).toEqual([1, 1])
    await first.connection.stop()
    await until('its session is gone', () => a.sessions() === 0)
    const before = second.sink.values(1).length
    await until('the other delivers', () => second.sink.values(1).length > before + 10)
    await allCounted(b, second)
  })

  test('an unknown ServerUri is refused, counted and named; once the plant file knows it, it is let in', async () => {
    const port = await listening()
    const { answer, socket } = await caller(port, reverseHello('urn:stranger\u0007\n<b>', 'opc.tcp://x:4840'))
    await once(socket, 'close')
    expect(answer().toString('latin1', 0, 4)).toBe('ERRF')
    // Bad_TcpEndpointUrlInvalid, as 7.1.2.6 asks.
    expect(answer().readUInt32LE(8)).toBe(0x8083_0000)
    await caller(port, reverseHello('urn:millwright:test-server', 'opc.tcp://x:4840'))
    await caller(port, reverseHello('urn:millwright:test-server', 'opc.tcp://x:4840'))
    const rows = (): string[] => [...problems.values()].map(({ message }) => message).sort()
    await until('both are named', () => rows().length === 2 && rows().some((row) => row.includes('2 times')))
    expect(rows()).toEqual([
      '127.0.0.1 called opc.tcp://127.0.0.1:0 and was refused 2 times: it gave the serverUri "urn:millwright:test-server", which no server of the plant file has.',
      '127.0.0.1 called opc.tcp://127.0.0.1:0 and was refused once: it gave the serverUri "urn:stranger <b>", which no server of the plant file has.',
    ])
    const server = rig.keep(await startTestServer({ counters: 1 }))
    dialler(port, server)
    const link = await connect(reversed(plainServer(server.port)), ['c0'])
    await until('connected', () => isConnected(link))
    expect(rows()).toHaveLength(1)
  })

  test('garbage, a message too long, lengths that lie and a web browser are refused at once, each with its reason', async () => {
    const port = await listening()
    const tooLong = Buffer.alloc(8)
    tooLong.write('RHEF', 0, 'latin1')
    tooLong.writeUInt32LE(1e6, 4)
    const lying = reverseHello(serverUri, 'opc.tcp://x:4840')
    lying.writeInt32LE(0x7fff_ffff, 8)
    const short = reverseHello(serverUri, 'opc.tcp://x:4840')
    short.writeInt32LE(4, 8)
    const talkative = Buffer.concat([reverseHello(serverUri, 'opc.tcp://x:4840'), Buffer.from('more')])
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n'),
      Buffer.from([0x16, 3, 1]),
      tooLong,
      lying,
      short,
      talkative,
    ]) {
      const { socket, answer } = await caller(port, bytes)
      await once(socket, 'close')
      expect(answer().toString('latin1', 0, 4)).toBe('ERRF')
    }
    expect(calls.refusals().map(({ call, count }) => `${count} ${call.why}`)).toEqual([
      '2 sent something that is no ReverseHello',
      '1 announced a ReverseHello of 1000000 bytes',
      '2 sent a ReverseHello whose lengths do not fit',
      '1 sent more than its ReverseHello before it was answered',
    ])
  })

  test('a silent caller and one that drips are closed; a flood of them leaves room for the server', async () => {
    const port = await listening()
    const server = rig.keep(await startTestServer({ counters: 1, tickMs: 20 }))
    const hello = reverseHello(serverUri, 'opc.tcp://x:4840')
    const dripping = await caller(port, null)
    let sent = 0
    const drip = setInterval(() => dripping.socket.write(hello.subarray(sent, (sent += 1))), 200)
    const silent = await caller(port, null)
    await Promise.all([once(dripping.socket, 'close'), once(silent.socket, 'close')])
    clearInterval(drip)
    const reasons = (): string[] => calls.refusals().map(({ call }) => call.why)
    expect(reasons().sort()).toEqual(['did not end its ReverseHello', 'said nothing'])
    const flood = await Promise.all(Array.from({ length: 3 * limits.reverse.silentSockets }, () => caller(port, null)))
    const link = await connect(reversed(plainServer(server.port)), ['c0'])
    dialler(port, server)
    await until('connected all the same', () => isConnected(link))
    await until('those above the limit are closed', () =>
      flood.slice(0, 2 * limits.reverse.silentSockets).every(({ socket }) => socket.closed || socket.readableEnded),
    )
    expect(reasons()).toContain('made room, as too many had called and said nothing')
    await allCounted(server, link)
  })

  test('somebody else who claims the URI of a server delays its link by seconds and no more', async () => {
    const port = await listening()
    const server = rig.keep(await startTestServer({ counters: 1, tickMs: 20 }))
    const link = await connect(reversed(plainServer(server.port)), ['c0'])
    // Takes the Hello and never answers.
    await caller(port, reverseHello(serverUri, 'opc.tcp://x:4840'))
    await until('it was tried', () => link.connection.state().phase === 'lost')
    dialler(port, server)
    await until('connected', () => isConnected(link))
    await allCounted(server, link)
  })

  test('on an address that is taken, or is none of this machine, says so and goes on trying', async () => {
    await listening()
    const taken = net.createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    listen = `opc.tcp://127.0.0.1:${port}`
    const server = rig.keep(await startTestServer({ counters: 1 }))
    const link = await connect(reversed(plainServer(server.port)), ['c0'])
    await until('said', () => link.connection.state().phase === 'lost')
    expect(link.connection.state().message).toBe(
      `Another program listens on port ${port} of 127.0.0.1 already, where server opc-1 is to call.`,
    )
    taken.close()
    dialler(port, server)
    await until('connected', () => isConnected(link))
    await expect(calls.open({ listen: 'opc.tcp://192.0.2.1:4841', serverUri })).rejects.toThrow(
      'This machine has no address 192.0.2.1 to listen on',
    )
  })

  test('is closed with the last server that needs it', async () => {
    const port = await listening()
    keeper.close()
    const socket = net.connect(port, '127.0.0.1')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })
})
