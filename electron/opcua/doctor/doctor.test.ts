import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, OPCUAClient, StatusCodes, Variant } from 'node-opcua'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connectionSteps, type DoctorReport, type DoctorStep } from '../../../shared/domain/doctor.ts'
import { testPoints } from '../../testkit/opcua/plant-parts.ts'
import { until } from '../../testkit/opcua/recording-sink.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../../testkit/opcua/test-server.ts'
import { TcpProxy } from '../../testkit/opcua/tcp-proxy.ts'
import { PkiStore } from '../pki.ts'
import { targetOf } from './network.ts'
import { type DoctorOptions, runConnectionDoctor } from './run-doctor.ts'

let folder = ''
let pki: PkiStore
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millwright-doctor-'))
  pki = await PkiStore.open(join(folder, 'pki'), { applicationUri: 'urn:millwright:test' })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await pki.close()
  await rm(folder, { recursive: true, force: true })
})

async function serverWith(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options)
  closing.push(() => server.stop())
  return server
}

/** A TCP server on 127.0.0.1 that does to each connection what it is told. */
async function portThat(greet: (socket: net.Socket) => void): Promise<string> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    greet(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return `opc.tcp://127.0.0.1:${address.port}`
}

function check(endpointUrl: string, change: Partial<DoctorOptions> = {}): Promise<DoctorReport> {
  return runConnectionDoctor({
    endpointUrl,
    security: { mode: 'None', policy: 'None', reason: 'test' },
    user: { type: 'anonymous' },
    points: [],
    pki,
    undecided: false,
    secrets: async () => null,
    nowUs: () => Date.now() * 1_000,
    timings: { dnsMs: 20_000, tcpMs: 2_000, helloMs: 1_000, flowAtLeastMs: 4_000, flowAtMostMs: 6_000 },
    ...change,
  })
}

function stepOf(report: DoctorReport, name: string): DoctorStep {
  const step = report.steps.find((candidate) => candidate.name === name)
  if (!step) throw new Error(`there is no step ${name}`)
  return step
}

/** The first failing step, and that the words a person needs are there. */
function expectFault(report: DoctorReport, name: string, words: RegExp): void {
  expect(report.steps.map((step) => step.name)).toEqual([...connectionSteps])
  expect(report.firstFault, JSON.stringify(report.steps, null, 1)).toBe(name)
  expect(report.ok).toBe(false)
  const step = stepOf(report, name)
  expect(step.detail).toMatch(words)
  expect(step.remedy).toMatch(/\w{3,}.*\.$/s)
  expect(step.meaning).toMatch(/\.$/)
}

/** The answer to Hello that refuses it (OPC 10000-6, 7.1.2.5). */
function errorMessage(code: number, reason: string): Buffer {
  const words = Buffer.from(reason)
  const message = Buffer.alloc(16 + words.length)
  message.write('ERRF')
  message.writeUInt32LE(message.length, 4)
  message.writeUInt32LE(code, 8)
  message.writeUInt32LE(words.length, 12)
  words.copy(message, 16)
  return message
}

/** Whether one more connection to the port hangs; it stays open and keeps its place. */
async function isDropped(port: number): Promise<boolean> {
  const socket = net.connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  closing.push(async () => socket.destroy())
  const connected = once(socket, 'connect').then(() => false)
  const hangs = new Promise<boolean>((resolve) => setTimeout(resolve, 500, true))
  return Promise.race([connected, hangs])
}

const secured = { mode: 'SignAndEncrypt', policy: 'Basic256Sha256' } as const

describe('a healthy connection', () => {
  test('passes every step, and each is told as it is done', async () => {
    const server = await serverWith()
    const told: string[] = []
    const report = await check(server.endpointUrl, {
      points: testPoints(['c0', 'c1']).map(({ point }) => point),
      onStep: ({ name }) => told.push(name),
    })
    expect(report.steps.filter(({ result }) => result === 'fail')).toEqual([])
    expect(report).toMatchObject({ schema: 'millwright/doctor@1', ok: true, firstFault: null, subject: 'connection' })
    expect(told).toEqual([...connectionSteps])
    expect(stepOf(report, 'certificate')).toMatchObject({
      result: 'skipped',
      detail: expect.stringMatching(/No security/),
    })
    expect(report.steps.filter(({ result }) => result === 'pass')).toHaveLength(10)
    await until('the session is closed', () => server.sessions() === 0)
  })

  test('without points it watches the clock of the server; the strongest security is taken', async () => {
    const server = await serverWith({ security: 'Basic256Sha256' })
    const fresh = await PkiStore.open(join(folder, 'undecided'), { applicationUri: 'urn:millwright:test' })
    closing.push(() => fresh.close())
    const report = await check(server.endpointUrl, { security: null, pki: fresh, undecided: true })
    expect(report.firstFault, JSON.stringify(report.steps, null, 1)).toBeNull()
    expect(stepOf(report, 'channel').detail).toMatch(/SignAndEncrypt with Basic256Sha256 is used/)
    expect(stepOf(report, 'certificate').detail).toMatch(/Thumbprint [0-9a-f]{40}.*not asked/)
  })
})

describe('the network', () => {
  test('an unknown host name', async () => {
    expectFault(await check('opc.tcp://no-such-host.invalid:4840'), 'dns', /no-such-host\.invalid/)
  })

  test('an address that cannot be read', async () => {
    expectFault(await check('http://127.0.0.1:4840'), 'dns', /not an address/)
    expect(targetOf('opc.tcp://[::1]:4841/path')).toMatchObject({ host: '::1', port: 4841 })
    expect(targetOf('opc.tcp://plc-7')).toMatchObject({ host: 'plc-7', port: 4840 })
  })

  test('a closed port', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    const port = typeof address === 'object' ? address?.port : 0
    const report = await check(`opc.tcp://127.0.0.1:${port}`)
    expectFault(report, 'tcp', /refused/)
    for (const { result, detail } of report.steps.slice(2))
      expect({ result, detail }).toEqual({
        result: 'skipped',
        detail: 'For this the step "Network and port" has to pass first.',
      })
  })

  // A stopped process takes no connection from its queue; once that is full the kernel drops what comes, as a firewall does.
  test.skipIf(process.platform === 'win32')('a port that is filtered: nothing comes back', async () => {
    const code = `const s = require('node:net').createServer(); s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))`
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    closing.push(async () => child.kill('SIGKILL'))
    const [chunk]: unknown[] = await once(child.stdout, 'data')
    const port = Number(String(chunk).trim())
    child.kill('SIGSTOP')
    for (let full = false, i = 0; !full && i < 20; i += 1) full = await isDropped(port)
    expectFault(await check(`opc.tcp://127.0.0.1:${port}`, { timings: { tcpMs: 2_000 } }), 'tcp', /no answer/)
  })

  test('a wrong path in the address', async () => {
    const url = await portThat((socket) => socket.once('data', () => socket.end(errorMessage(0x8083_0000, ''))))
    const report = await check(`${url}/UA/Wrong`)
    expectFault(report, 'hello', /BadTcpEndpointUrlInvalid/)
    expect(stepOf(report, 'hello').remedy).toMatch(/Correct the path/)
  })

  test('a port that says nothing', async () => {
    expectFault(await check(await portThat(() => undefined)), 'hello', /nothing answered/)
  })

  test('a port that hangs up', async () => {
    expectFault(await check(await portThat((socket) => socket.once('data', () => socket.destroy()))), 'hello', /closed/)
  })

  test('a web server', async () => {
    const greet = (socket: net.Socket): void => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\nServer: plc\r\n\r\n'))
    }
    expectFault(await check(await portThat(greet)), 'hello', /web server.*400 Bad Request/)
  })

  test('a server that refuses the greeting', async () => {
    const message = errorMessage(0x807d_0000, 'no more connections')
    const report = await check(await portThat((socket) => socket.once('data', () => socket.end(message))))
    expectFault(report, 'hello', /BadTcpServerTooBusy.*no more connections/)
    expect(stepOf(report, 'hello').remedy).toMatch(/end other clients/)
  })

  test('a server that greets and then falls silent', async () => {
    const acknowledge = Buffer.alloc(28)
    acknowledge.write('ACKF')
    acknowledge.writeUInt32LE(28, 4)
    acknowledge.writeUInt32LE(65_536, 12)
    acknowledge.writeUInt32LE(65_536, 16)
    const url = await portThat((socket) => socket.once('data', () => socket.write(acknowledge)))
    expectFault(await check(url, { timings: { channelMs: 2_000, helloMs: 1_000 } }), 'channel', /does not list/)
  })
})

describe('security', () => {
  test('a security the server does not offer', async () => {
    const server = await serverWith()
    expectFault(await check(server.endpointUrl, { security: secured }), 'channel', /does not offer.*it offers None/)
  })

  test('a certificate nobody has trusted, then one that was', async () => {
    const server = await serverWith({ security: 'Basic256Sha256' })
    const own = await PkiStore.open(join(folder, 'strict'), { applicationUri: 'urn:millwright:test' })
    closing.push(() => own.close())
    const report = await check(server.endpointUrl, { security: secured, pki: own })
    expectFault(report, 'certificate', /nobody here has trusted.*Thumbprint [0-9a-f]{40}/)
    const rejected = (await own.list()).rejected[0]?.thumbprint ?? ''
    expect(stepOf(report, 'certificate').detail).toContain(rejected)
    await own.trust(rejected)
    const again = await check(server.endpointUrl, { security: secured, pki: own })
    expect(again.firstFault, JSON.stringify(again.steps, null, 1)).toBeNull()
  })

  test('a host name the certificate does not carry, and with an exception', async () => {
    const server = await serverWith({ security: 'Basic256Sha256', certificate: { ip: '192.0.2.1' } })
    const own = await PkiStore.open(join(folder, 'names'), { applicationUri: 'urn:millwright:test' })
    closing.push(() => own.close())
    const options = { security: secured, pki: own, undecided: true, serverId: 'opc-7' }
    expectFault(await check(server.endpointUrl, options), 'certificate', /does not name the host "127\.0\.0\.1"/)
    const scope = 'opcua:opc-7:host-name'
    const exceptions = [{ scope, owner: 'otto', until: '2999-12-31', reason: 'new certificate is ordered' }]
    const report = await check(server.endpointUrl, { ...options, exceptions })
    expect(report.firstFault, JSON.stringify(report.steps, null, 1)).toBeNull()
    expect(stepOf(report, 'certificate').detail).toMatch(/By exception .*otto/)
  })

  test.each([
    ['ended', { fromDays: -30, toDays: -2 }, /out of date/],
    ['made for another application', { applicationUri: 'urn:somebody:else' }, /made for "urn:somebody:else"/],
  ] as const)('a certificate that is %s', async (name, certificate, words) => {
    const server = await serverWith({ security: 'Basic256Sha256', certificate })
    const own = await PkiStore.open(join(folder, name.replaceAll(' ', '-')), { applicationUri: 'urn:millwright:test' })
    closing.push(() => own.close())
    const report = await check(server.endpointUrl, { security: secured, pki: own, undecided: true })
    expectFault(report, 'certificate', words)
  })

  test('all sessions taken', async () => {
    const server = await serverWith({ maxSessions: 1 })
    const other = OPCUAClient.create({ endpointMustExist: false })
    await other.connect(server.endpointUrl)
    closing.push(() => other.disconnect())
    await other.createSession()
    expectFault(await check(server.endpointUrl), 'session', /BadTooManySessions/)
  })

  test('a wrong password, and a server that wants a user', async () => {
    const server = await serverWith({ users: { otto: 'right' }, security: 'Basic256Sha256' })
    const own = await PkiStore.open(join(folder, 'users'), { applicationUri: 'urn:millwright:test' })
    closing.push(() => own.close())
    const user = { type: 'userName', name: 'otto', secretRef: 'opc-1' } as const
    const options = { security: secured, pki: own, undecided: true, user }
    expectFault(await check(server.endpointUrl, { ...options, secrets: async () => 'wrong' }), 'token', /user "otto"/)
    expectFault(await check(server.endpointUrl, options), 'token', /not stored/)
    expectFault(await check(server.endpointUrl, { ...options, user: { type: 'anonymous' } }), 'token', /anonymous/)
    const right = await check(server.endpointUrl, { ...options, secrets: async () => 'right' })
    expect(right.firstFault, JSON.stringify(right.steps, null, 1)).toBeNull()
  })

  test('a password is not sent over an open channel', async () => {
    const server = await serverWith()
    const user = { type: 'userName', name: 'otto', secretRef: 'opc-1' } as const
    let asked = 0
    const secrets = async (): Promise<string> => {
      asked += 1
      return 'right'
    }
    expectFault(await check(server.endpointUrl, { user, secrets }), 'token', /Nothing was sent/)
    expect(asked).toBe(0)
  })
})

describe('data', () => {
  test('a namespace that is not there; the rest of the way is looked at all the same', async () => {
    const server = await serverWith()
    const points = testPoints(['c0', 'nsu=urn:elsewhere;s=c1']).map(({ point }) => point)
    const report = await check(server.endpointUrl, { points })
    expectFault(report, 'namespace', /"urn:elsewhere".*it has/)
    expect(stepOf(report, 'data-flow').result).toBe('pass')
  })

  test('a node that is not there', async () => {
    const server = await serverWith()
    const points = testPoints(['c0', 'nowhere']).map(({ point }) => point)
    const report = await check(server.endpointUrl, { points })
    expectFault(report, 'subscription', /1 of 2 nodes; not nowhere \(BadNodeIdUnknown\)/)
    expect(stepOf(report, 'data-flow').result).toBe('pass')
  })

  test('a server that takes no more subscriptions', async () => {
    const server = await serverWith({ maxSubscriptionsPerSession: 0 })
    const report = await check(server.endpointUrl)
    expectFault(report, 'subscription', /does not accept a subscription \(BadTooManySubscriptions\)/)
    expect(stepOf(report, 'data-flow')).toMatchObject({
      result: 'skipped',
      detail: 'For this the step "Subscription" has to pass first.',
    })
  })

  test('a clock an hour off', async () => {
    const server = await serverWith({ clockOffsetMs: -3_600_000 })
    const report = await check(server.endpointUrl)
    expectFault(report, 'clock-offset', /(60|1|59\.9) (min|h) behind/)
    expect(stepOf(report, 'data-flow').result).toBe('pass')
  })

  test('values that stand still', async () => {
    const server = await serverWith()
    server.hold()
    const points = testPoints(['c0', 'c1']).map(({ point }) => point)
    const report = await check(server.endpointUrl, { points })
    expectFault(report, 'data-flow', /2 of 2 nodes sent nothing new.*c0, c1/)
  })

  test('values without quality', async () => {
    const server = await serverWith()
    server.set('slow', new Variant({ dataType: DataType.Double, value: 1 }), new Date(), StatusCodes.BadSensorFailure)
    const points = testPoints(['c0', 'slow']).map(({ point }) => point)
    expectFault(await check(server.endpointUrl, { points }), 'data-flow', /slow \(BadSensorFailure\)/)
  })

  test('messages that do not come back', async () => {
    const server = await serverWith()
    const proxy = await TcpProxy.start(server.port)
    closing.push(() => proxy.stop())
    const report = await check(`opc.tcp://127.0.0.1:${proxy.port}`, {
      points: testPoints(['c0']).map(({ point }) => point),
      onStep: ({ name }) => {
        if (name === 'clock-offset') proxy.pause()
      },
    })
    expectFault(report, 'data-flow', /published nothing|stopped publishing/)
  })

  test('a run that is ended skips the rest and closes its session', async () => {
    const server = await serverWith()
    const stop = new AbortController()
    const report = await check(server.endpointUrl, {
      signal: stop.signal,
      onStep: ({ name }) => {
        if (name === 'token') stop.abort()
      },
    })
    expect(stepOf(report, 'data-flow')).toMatchObject({ result: 'skipped', detail: 'The check was ended.' })
    await until('the session is closed', () => server.sessions() === 0)
  })
})
