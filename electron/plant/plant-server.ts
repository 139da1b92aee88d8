import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import {
  AttributeIds,
  CreateMonitoredItemsRequest,
  MessageSecurityMode,
  ModifyMonitoredItemsRequest,
  OPCUACertificateManager,
  OPCUAServer,
  SecurityPolicy,
  Subscription,
  setErrorLogger,
  setWarningLogger,
  type Namespace,
  type UAObject,
} from 'node-opcua'
import { createServerAlarms } from './server-alarms.ts'
import type { StoryState } from './story.ts'
import { createVariables, type PlantVariables } from './plant-variables.ts'

export const namespaceUri = 'urn:millwright:plant'
const valueAttribute: number = AttributeIds.Value
const applicationUri = 'urn:millwright:plant:server'

/** Test user of the simulator only: it protects nothing, it lets clients prove that user names work. */
export const testUser = { name: 'operator', password: 'millwright' } as const

/** Seconds of notifications one monitored item may queue while its client is away. */
const queueS = 60
/** node-opcua caps a queue at 5000 entries by itself; 60 s of 20 Hz scalars fit. */
const maxQueue = 5000
/** Memory that the queued blocks of one client may take, over all waveform points. */
const queuedBlockBytes = 256 * 1024 * 1024

export interface PlantServer {
  endpointUrl: string
  variables: PlantVariables
  addFolder(parent: UAObject | null, id: string, name: string): UAObject
  /** The server's own alarms; without the call it has none. */
  addAlarms(machineName: (id: string) => string): (state: StoryState) => void
  sessions(): number
  stop(): Promise<void>
}

export interface PlantServerOptions {
  port: number
  /** Folder of the server's own PKI; its certificate is made there once. */
  pkiDir: string
  /** Interface to listen on, and the host of the endpoint's URL. */
  host?: string
}

/**
 * The OPC UA server of the simulated plant. node-opcua takes port 0 and writes the port it got into its endpoint
 * descriptions, provided that `hostname` is given: without it the URL carries the machine's own name, which a
 * listener on 127.0.0.1 does not answer to.
 */
export async function startPlantServer(options: PlantServerOptions): Promise<PlantServer> {
  const host = options.host ?? '127.0.0.1'
  // node-opcua warns on stdout, where the one JSON line of the command line is.
  setWarningLogger(toStderr)
  setErrorLogger(toStderr)
  // 1000 notifications a message is node-opcua's own ceiling; 20 000 points at 20 Hz need more to keep up. The size
  // of a message stays bounded in bytes by what the client announced in its Hello.
  Subscription.maxNotificationPerPublishHighLimit = 20_000
  Subscription.defaultMaxMonitoredItemCount = 100_000
  const manager = await certificates(join(options.pkiDir, 'server'))
  const server = new OPCUAServer({
    port: options.port,
    host,
    hostname: host,
    serverInfo: { applicationUri, productUri: namespaceUri, applicationName: { text: 'Millwright simulated plant' } },
    buildInfo: { productName: 'Millwright simulated plant', manufacturerName: 'Millwright' },
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    serverCertificateManager: manager,
    certificateFile: await certify(manager, host),
    privateKeyFile: manager.privateKey,
    userCertificateManager: await certificates(join(options.pkiDir, 'user')),
    userManager: { isValidUser: (name: string, password: string) => isTestUser(name, password) },
    allowAnonymous: true,
    // A client that lost its session may take its subscription over on None as well: the simulator guards nothing.
    allowAnonymousSubscriptionTransferOnUnsecuredChannel: true,
    maxConnectionsPerEndpoint: 200,
    serverCapabilities: {
      // 0: an item asked for on change gets every change, not the last of each 100 ms (see onEveryChange).
      minSupportedSampleRate: 0,
      maxSessions: 100,
      maxSubscriptions: 500,
      maxSubscriptionsPerSession: 100,
      maxMonitoredItems: 1_000_000,
      maxMonitoredItemsPerSubscription: 100_000,
      maxMonitoredItemsQueueSize: maxQueue,
      maxBrowseContinuationPoints: 100,
    },
    isAuditing: false,
  })
  await server.initialize()
  const addressSpace = server.engine.addressSpace
  if (!addressSpace) throw new Error('node-opcua gave no address space after initialize')
  // Also where it has no alarms: node-opcua shows ConditionRefresh in any case, and complains on stderr when a client calls it.
  addressSpace.installAlarmsAndConditionsService()
  const namespace = addressSpace.registerNamespace(namespaceUri)
  const variables = createVariables(namespace)
  const root = folder(namespace, addressSpace.rootFolder.objects, 'plant', 'Plant')
  server.on('request', (request) => {
    if (request instanceof CreateMonitoredItemsRequest) everyChange(request.itemsToCreate ?? [], variables)
    else if (request instanceof ModifyMonitoredItemsRequest) boundQueues(request.itemsToModify ?? [])
  })
  await server.start()
  const endpointUrl = server.endpoints[0]?.endpointDescriptions()[0]?.endpointUrl
  if (!endpointUrl) throw new Error('node-opcua offers no endpoint after start')
  return {
    endpointUrl,
    variables,
    addFolder: (parent, id, name) => folder(namespace, parent ?? root, id, name),
    addAlarms: (machineName) => createServerAlarms(addressSpace, namespace, machineName),
    sessions: () => server.currentSessionCount,
    async stop() {
      await server.shutdown(100)
      server.dispose()
    },
  }
}

function toStderr(...parts: unknown[]): void {
  process.stderr.write(`${parts.map(String).join(' ')}\n`)
}

function isTestUser(name: string, password: string): boolean {
  return name === testUser.name && password === testUser.password
}

async function certificates(rootFolder: string): Promise<OPCUACertificateManager> {
  const manager = new OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: true })
  await manager.initialize()
  return manager
}

/**
 * A certificate with the names the plant is reached by. node-opcua's own carries the machine's name only, and clients
 * that check host names, ours among them, refuse it on 127.0.0.1.
 */
async function certify(manager: OPCUACertificateManager, host: string): Promise<string> {
  const outputFile = join(manager.rootDir, 'own', 'certs', 'simulated-plant.pem')
  if (existsSync(outputFile)) return outputFile
  const addresses = new Set(['127.0.0.1', ...(isIP(host) === 0 ? [] : [host])])
  const names = new Set(['localhost', hostname(), ...(isIP(host) === 0 ? [host] : [])])
  await manager.createSelfSignedCertificate({
    applicationUri,
    dns: [...names],
    ip: [...addresses],
    outputFile,
    subject: '/CN=Millwright simulated plant/O=Millwright',
    startDate: new Date(Date.now() - 86_400_000),
    validity: 3_650,
  })
  return outputFile
}

function folder(namespace: Namespace, parent: UAObject, id: string, name: string): UAObject {
  return namespace.addFolder(parent, { browseName: name, nodeId: `s=${id}` })
}

type CreateItem = NonNullable<CreateMonitoredItemsRequest['itemsToCreate']>[number]
type ModifyItem = NonNullable<ModifyMonitoredItemsRequest['itemsToModify']>[number]

/**
 * node-opcua samples an item by a timer of its own unless its interval is 0. A timer at the period of the writer
 * meets some values twice and others never. A request at or below a point's own period is therefore revised to 0
 * (OPC 10000-4 5.13.1.2 lets a server revise): every value is queued exactly once.
 */
function everyChange(items: readonly CreateItem[], variables: PlantVariables): void {
  for (const item of items) {
    if (item.itemToMonitor.attributeId !== valueAttribute) continue
    const nature = variables.natureOf(item.itemToMonitor.nodeId)
    if (!nature) continue
    const wanted = item.requestedParameters
    if (wanted.samplingInterval >= 0 && wanted.samplingInterval <= nature.periodMs) wanted.samplingInterval = 0
    wanted.queueSize = boundedQueue(wanted.queueSize, nature.periodMs, nature.bytes, variables.waveformCount())
  }
}

function boundedQueue(wanted: number, periodMs: number, bytes: number, waveforms: number): number {
  const bridge = Math.ceil((queueS * 1000) / periodMs)
  const budget = bytes > 0 ? Math.floor(queuedBlockBytes / Math.max(1, waveforms) / bytes) : maxQueue
  return Math.max(1, Math.min(wanted, maxQueue, bytes > 0 ? Math.min(bridge, budget) : wanted))
}

function boundQueues(items: readonly ModifyItem[]): void {
  for (const item of items) {
    const wanted = item.requestedParameters
    wanted.queueSize = Math.min(wanted.queueSize, maxQueue)
  }
}
