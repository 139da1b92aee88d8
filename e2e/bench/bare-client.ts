import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import {
  AttributeIds,
  ClientMonitoredItemGroup,
  ClientSubscription,
  type DataChangeNotification,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
} from 'node-opcua'
import { loadId } from '../../electron/plant/content.ts'

/**
 * The yardstick of `bench ingest`: node-opcua as it ships, taking the same counters and dropping the values. It is
 * written as well as the public interface allows: groups of 500 items, source times only, and the values read from the
 * whole message (`received_notifications`), which is cheaper than a handler per item or group (measured 1.4 against 1.6
 * and 1.9 us of CPU a value). One line of JSON when the time is over.
 */
const { values: options } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    points: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    warmUp: { type: 'string', default: '4' },
  },
})
const endpointUrl = options.endpoint ?? ''
const points = Number(options.points)
const seconds = Number(options.seconds)
if (endpointUrl === '' || !(points > 0) || !(seconds > 0)) {
  process.stderr.write('usage: bare-client --endpoint URL --points N [--seconds S] [--warmUp S]\n')
  process.exit(2)
}

const groupSize = 500
const client = OPCUAClient.create({
  endpointMustExist: false,
  securityMode: MessageSecurityMode.None,
  securityPolicy: SecurityPolicy.None,
  connectionStrategy: { initialDelay: 100, maxDelay: 1_000, maxRetry: 3 },
})
await client.connect(endpointUrl)
const session = await client.createSession()
const namespaces = await session.readNamespaceArray()
const index = namespaces.indexOf('urn:millwright:plant')
const subscription = ClientSubscription.create(session, {
  requestedPublishingInterval: 100,
  requestedMaxKeepAliveCount: 25,
  requestedLifetimeCount: 6_000,
  maxNotificationsPerPublish: 0,
  publishingEnabled: true,
  priority: 1,
})

let values = 0
let sum = 0
subscription.on('received_notifications', (message) => {
  for (const notification of message.notificationData ?? []) {
    const items = (notification as DataChangeNotification | null)?.monitoredItems ?? []
    values += items.length
    for (const { value } of items) sum += value.value.value as number
  }
})
for (let first = 0; first < points; first += groupSize) {
  const nodes = Array.from({ length: Math.min(groupSize, points - first) }, (_unused, i) => ({
    nodeId: `ns=${index};s=${loadId(first + i)}`,
    attributeId: AttributeIds.Value,
  }))
  const parameters = { samplingInterval: 0, queueSize: 400, discardOldest: true }
  const group = ClientMonitoredItemGroup.create(subscription, nodes, parameters, TimestampsToReturn.Source)
  await new Promise<void>((resolve, reject) => {
    group.once('initialized', resolve)
    group.once('err', (message) => reject(new Error(message)))
  })
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
await sleep(Number(options.warmUp) * 1_000)
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
const before = { values, cpu: process.cpuUsage(), ms: performance.now() }
await sleep(seconds * 1_000)
const taken = values - before.values
const cpu = process.cpuUsage(before.cpu)
const elapsedS = (performance.now() - before.ms) / 1_000
delay.disable()
const result = {
  values: taken,
  seconds: elapsedS,
  cpuUs: cpu.user + cpu.system,
  loopDelayP99Ms: delay.percentile(99) / 1e6,
  residentMb: process.memoryUsage().rss / 1e6,
  checksum: sum,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
await session.close(true)
await client.disconnect()
