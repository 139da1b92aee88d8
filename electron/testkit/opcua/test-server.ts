import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DataType,
  DataValue,
  MessageSecurityMode,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  type ServerSession,
  type StatusCode,
  StatusCodes,
  Subscription,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua'
import { silenceLibrary } from '../../opcua/quiet-log.ts'
import { addPoints, plantUri, type Points } from './test-points.ts'

/** A real OPC UA server on 127.0.0.1 with counters a test can account for value by value. */
export interface TestServerOptions {
  /** 0: any free port. */
  port?: number
  /** In this order; the points live in `plantUri`, and every other namespace holds decoys of the same names (-1). */
  namespaces?: string[]
  /** Counters `c0`, `c1`, ...: one more at each tick, with a source time that rises by the tick. */
  counters?: number
  tickMs?: number
  /** The first count is one more, so that the counts of one run of the server are no other's. */
  countFrom?: number
  /** Waveforms `w0`, ...: each block's first sample is the block's number. */
  waveforms?: number
  blockSize?: number
  blockMs?: number
  security?: 'None' | 'Basic256Sha256' | 'Basic256' | 'Basic128Rsa15'
  /** In place of `security`: every mode with these. */
  policies?: ('None' | 'Basic256Sha256' | 'Aes128_Sha256_RsaOaep' | 'Aes256_Sha256_RsaPss' | 'Basic256')[]
  /** What its certificate says, where that is to be other than right; or one that a test has made. */
  certificate?: CertificateWish | { certificateFile: string; privateKeyFile: string }
  /** name to password; with users an anonymous session is refused. */
  users?: Record<string, string>
  /** Users by certificate: an authority nobody signed is taken as it is, like a server that has them all trusted. */
  x509Users?: boolean
  /** Counters keep a history that clients may read. */
  history?: boolean
  maxMonitoredItemsPerCall?: number
  maxSessions?: number
  maxSubscriptionsPerSession?: number
  maxNodesPerBrowse?: number
  /** Further Doubles that a test sets. */
  values?: string[]
  /** So many plain nodes `tag-00000`, ... in a folder `Many`. */
  manyNodes?: number
  /** The server's own idea of the time, against the machine's. */
  clockOffsetMs?: number
  /** Publish requests a session may have queued before the oldest is answered BadTooManyPublishRequests. */
  maxPublishRequests?: number
  /** Most notifications in one message, whatever is asked for. Holds for every server of the process. */
  maxNotificationsPerPublish?: number
  maxNodesPerRead?: number
  /** Attribute of the nodes; 0 (the default) reports on change. */
  minimumSamplingIntervalMs?: number
  /** A listening client it dials (Reverse Connect), and how long it waits before it dials again. */
  reverse?: { to: string; redialMs: number }
  /** PKI folder to keep its certificate across restarts; a temporary one otherwise. */
  pkiFolder?: string
  applicationUri?: string
}

/** What the test may ask a server in a process of its own. */
export type ServerQuestion = 'count' | 'hold' | 'sessions' | 'start' | 'drop sessions' | 'drop subscription'

export interface CertificateWish {
  applicationUri?: string
  /** Addresses it names besides none; the right one is 127.0.0.1. */
  ip?: string
  fromDays?: number
  toDays?: number
}

export interface TestServer {
  endpointUrl: string
  port: number
  plantUri: string
  /** Sets a value of one of the odd points (`text`, `big`, `flag`, `switching`), with its time. */
  set(name: string, value: Variant | number, at?: Date, status?: StatusCode): void
  /** As `set`, with status and times exactly as given. */
  setExactly(name: string, dataValue: DataValue): void
  /** Deletes one subscription without a word to its client; `index` counts those there are. */
  dropSubscription(index: number): void
  subscriptions(): number
  /** Sets `wstructure`: a structure of the server's own with samples, rate and start time inside. */
  setStructure(fields: { sensor: string; startTime: Date; sampleRate: number; samples: Float32Array }, at?: Date): void
  /** The last count each counter has reached. */
  count(): number
  /** Unix milliseconds by the server's clock; count number n has the time of n ticks later. */
  startMs(): number
  /** Stops counting, so that everything sent can be accounted for. */
  hold(): void
  publishRequestsQueued(): number
  /** Notification messages sent and not yet acknowledged. */
  unacknowledged(): number
  sessions(): number
  sessionIds(): string[]
  subscriptionIds(): number[]
  monitoredItems(): number
  /** Ends every session with its subscriptions, as a server does whose clients are long dead: their queues cost. */
  dropSessions(): void
  /** Ends every connection; sessions stay. */
  dropConnections(): void
  stop(): Promise<void>
}

export { plantUri } from './test-points.ts'

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  silenceLibrary()
  const folder = options.pkiFolder ?? (await mkdtemp(join(tmpdir(), 'millwright-server-pki-')))
  const wish = options.certificate ?? {}
  const manager = new OPCUACertificateManager({
    rootFolder: folder,
    automaticallyAcceptUnknownCertificate: true,
    disableFileWatchers: true,
  })
  await manager.initialize()
  const applicationUri = options.applicationUri ?? 'urn:millwright:test-server'
  const own =
    'certificateFile' in wish
      ? wish
      : { certificateFile: await certify(manager, applicationUri, wish), privateKeyFile: manager.privateKey }
  const { users } = options
  if (options.maxNotificationsPerPublish !== undefined)
    Subscription.maxNotificationPerPublishHighLimit = options.maxNotificationsPerPublish
  const server = new OPCUAServer({
    port: options.port ?? 0,
    hostname: '127.0.0.1',
    host: '127.0.0.1',
    serverInfo: { applicationUri },
    ...own,
    serverCertificateManager: manager,
    userCertificateManager: manager,
    nodeset_filename: [nodesets.standard],
    ...offeredSecurity(options),
    allowAnonymous: users === undefined && options.x509Users !== true,
    ...(users ? { userManager: { isValidUser: (name: string, password: string) => users[name] === password } } : {}),
    maxConnectionsPerEndpoint: 50,
    ...(options.reverse ? { reverseConnect: reverseConnect(options.reverse) } : {}),
    serverCapabilities: {
      maxSessions: options.maxSessions ?? 50,
      // Every change counts: with node-opcua's default an item keeps one change per 50 ms and drops the others.
      minSupportedSampleRate: 0,
      operationLimits: {
        maxMonitoredItemsPerCall: options.maxMonitoredItemsPerCall ?? 0,
        maxNodesPerRead: options.maxNodesPerRead ?? 0,
        maxNodesPerBrowse: options.maxNodesPerBrowse ?? 0,
      },
    },
  })
  await server.initialize()
  // Not among the options: the library takes 0 there for its default.
  if (options.maxSubscriptionsPerSession !== undefined)
    server.engine.serverCapabilities.maxSubscriptionsPerSession = options.maxSubscriptionsPerSession
  const sessions = new Set<ServerSession>()
  server.on('create_session', (session) => {
    sessions.add(session)
    if (options.maxPublishRequests !== undefined)
      Reflect.set(session.publishEngine, 'maxPublishRequestInQueue', options.maxPublishRequests)
  })
  server.on('session_closed', (session) => sessions.delete(session))
  const points = addPoints(server, options)
  if (options.clockOffsetMs !== undefined) shiftClock(server, options.clockOffsetMs)
  await server.start()
  const { port } = new URL(server.getEndpointUrl().replace('opc.tcp', 'http'))
  const endpointUrl = `opc.tcp://127.0.0.1:${port}`
  return controlsOf({ server, sessions, points, options, folder, manager, endpointUrl, port: Number(port) })
}

const reverseConnect = ({ to, redialMs }: { to: string; redialMs: number }) => ({
  connections: [{ endpointUrl: to }],
  reconnectDelay: redialMs,
  maxReconnectDelay: redialMs,
})

function offeredSecurity({ security = 'None', policies }: TestServerOptions) {
  const { None, Sign, SignAndEncrypt } = MessageSecurityMode
  if (policies)
    return {
      securityModes: [None, Sign, SignAndEncrypt],
      securityPolicies: policies.map((name) => SecurityPolicy[name]),
    }
  return {
    securityModes: [security === 'None' ? None : SignAndEncrypt],
    securityPolicies: [SecurityPolicy[security]],
  }
}

/** A self-signed certificate in the server's folder; one that is there is kept, as over a restart. */
async function certify(
  manager: OPCUACertificateManager,
  applicationUri: string,
  wish: CertificateWish,
): Promise<string> {
  const outputFile = join(manager.rootDir, 'own', 'certs', 'test-server.pem')
  if (existsSync(outputFile)) return outputFile
  const dayMs = 86_400_000
  const from = wish.fromDays ?? -1
  await manager.createSelfSignedCertificate({
    applicationUri: wish.applicationUri ?? applicationUri,
    dns: [],
    ip: [wish.ip ?? '127.0.0.1'],
    outputFile,
    subject: '/CN=Test server/O=Millwright',
    startDate: new Date(Date.now() + from * dayMs),
    validity: (wish.toDays ?? 365) - from,
  })
  return outputFile
}

interface Parts {
  server: OPCUAServer
  sessions: Set<ServerSession>
  points: Points
  options: TestServerOptions
  folder: string
  manager: OPCUACertificateManager
  endpointUrl: string
  port: number
}

function controlsOf({ server, sessions, points, options, folder, manager, endpointUrl, port }: Parts): TestServer {
  const ticking = startTicking(points, options)
  return {
    endpointUrl,
    port,
    plantUri,
    set: (name, value, at = new Date(), status = StatusCodes.Good) => {
      const variable = points.odd.get(name)
      if (!variable) throw new Error(`the test server has no point ${name}`)
      const variant = value instanceof Variant ? value : new Variant({ dataType: DataType.Double, value })
      variable.setValueFromSource(variant, status, at)
    },
    setExactly: (name, dataValue) => {
      const variable = points.odd.get(name)
      if (!variable) throw new Error(`the test server has no point ${name}`)
      putExactly(variable, dataValue)
    },
    dropSubscription: (index) => {
      const all = [...sessions].flatMap((session) =>
        session.publishEngine.subscriptions.map(({ id }) => ({ session, id })),
      )
      const found = all[index]
      if (!found) throw new Error(`the test server has no subscription ${index}`)
      // Not by way of the session: that would send a StatusChangeNotification.
      found.session.publishEngine.getSubscriptionById(found.id).terminate()
      found.session.deleteSubscription(found.id)
    },
    subscriptions: () => [...sessions].reduce((sum, session) => sum + session.publishEngine.subscriptions.length, 0),
    setStructure: (fields, at = new Date()) => {
      const variable = points.odd.get('wstructure')
      const { addressSpace } = server.engine
      if (!variable || !points.blockType || !addressSpace) throw new Error('the test server has no structure')
      const value = addressSpace.constructExtensionObject(points.blockType, { ...fields, checksum: 7 })
      variable.setValueFromSource({ dataType: DataType.ExtensionObject, value }, StatusCodes.Good, at)
    },
    count: ticking.count,
    startMs: ticking.startMs,
    hold: ticking.stop,
    publishRequestsQueued: () => sumOf(server, ({ pendingPublishRequestCount }) => pendingPublishRequestCount),
    unacknowledged: () =>
      sumOf(server, ({ subscriptions }) =>
        subscriptions.reduce((sum, { sentNotificationMessageCount }) => sum + sentNotificationMessageCount, 0),
      ),
    sessions: () => server.engine.currentSessionCount,
    sessionIds: () => [...sessions].map(({ nodeId }) => nodeId.toString()),
    subscriptionIds: () =>
      [...sessions].flatMap(({ publishEngine }) => publishEngine.subscriptions.map(({ id }) => id)),
    monitoredItems: () =>
      [...sessions].reduce(
        (sum, { publishEngine }) =>
          publishEngine.subscriptions.reduce((items, { monitoredItemCount }) => items + monitoredItemCount, sum),
        0,
      ),
    dropConnections: () => {
      for (const endpoint of server.endpoints) endpoint.abruptlyInterruptChannels()
    },
    dropSessions: () => {
      for (const session of sessions) server.engine.closeSession(session.authenticationToken, true, 'Terminated')
      sessions.clear()
    },
    stop: async () => {
      ticking.stop()
      await server.shutdown(0)
      manager.referenceCounter = 0
      // The library's shutdown may be at it already, without waiting for it.
      await manager.dispose().catch((error: unknown) => {
        if (!(error instanceof Error && error.message === 'Already disposing')) throw error
      })
      if (options.pkiFolder === undefined) await rm(folder, { recursive: true, force: true })
    },
  }
}

/** node-opcua answers reads of its time from a proxy that makes a new Date; another one around it adds the offset. */
function shiftClock(server: OPCUAServer, offsetMs: number): void {
  const status: object | null = server.engine.addressSpace?.findNode('i=2256') ?? null
  const held: unknown = status && Reflect.get(status, '$extensionObject')
  if (status === null || typeof held !== 'object' || held === null) throw new Error('the test server has no clock')
  const get = (target: object, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name)
    return name === 'currentTime' ? new Date(Date.now() + offsetMs) : value
  }
  Reflect.set(status, '$extensionObject', new Proxy(held, { get }))
}

/** The door `setValueFromSource` itself uses; that one gives every value both times and the status Good. */
function putExactly(variable: UAVariable, dataValue: DataValue): void {
  const put: unknown = Reflect.get(variable, '_internal_set_dataValue')
  if (typeof put !== 'function') throw new Error('node-opcua has changed its variables; written for 2.186.4')
  put.call(variable, dataValue)
}

/** Times rise by exactly one tick, so that a missing or repeated value shows in the time as well. */
function startTicking(points: Points, options: TestServerOptions) {
  const tickMs = options.tickMs ?? 100
  const blockMs = options.blockMs ?? 100
  const startMs = Date.now()
  const countFrom = options.countFrom ?? 0
  let count = 0
  let block = 0
  const timers = [
    setInterval(() => {
      // Catch up after a stall of this process: the ticks are a promise.
      const due = Math.floor((Date.now() - startMs) / tickMs)
      for (; count < due; count += 1) {
        const at = new Date(startMs + (count + 1) * tickMs)
        const value = new Variant({ dataType: DataType.Double, value: countFrom + count + 1 })
        for (const counter of points.counters) counter.setValueFromSource(value, StatusCodes.Good, at)
      }
    }, tickMs),
    setInterval(() => {
      block += 1
      for (const waveform of points.waveforms) {
        const samples = new Float32Array(options.blockSize ?? 1024).fill(block)
        waveform.setValueFromSource(
          { dataType: DataType.Float, arrayType: VariantArrayType.Array, value: samples },
          StatusCodes.Good,
          new Date(startMs + block * blockMs),
        )
      }
    }, blockMs),
  ]
  return {
    count: () => countFrom + count,
    startMs: () => startMs,
    stop: () => {
      for (const timer of timers) clearInterval(timer)
    },
  }
}

interface PublishEngine {
  pendingPublishRequestCount: number
  subscriptions: { sentNotificationMessageCount: number }[]
}

/** Over the sessions of the server, whose publish engines its types do not show. */
function sumOf(server: OPCUAServer, count: (engine: PublishEngine) => number): number {
  const sessions = Reflect.get(server.engine, '_sessions') as Record<string, { publishEngine?: PublishEngine }>
  return Object.values(sessions).reduce((sum, { publishEngine }) => sum + (publishEngine ? count(publishEngine) : 0), 0)
}
