import { AttributeIds, type ClientSession, type DataValue, type NodeId, VariableIds } from 'node-opcua-client'
import { within } from './deadline.ts'

/** What is read from a server each time a session becomes active: it may be another run of it, or another machine. */
export interface ServerFacts {
  namespaces: string[]
  /** Start of this run of the server, Unix milliseconds; null when it does not say. */
  startTimeMs: number | null
  /** 0: the server gives no limit (OPC 10000-5, 6.3.11). */
  maxItemsPerCall: number
  maxNodesPerRead: number
}

const wait = 8_000

export async function readFacts(session: ClientSession): Promise<ServerFacts> {
  const ids = [
    VariableIds.Server_NamespaceArray,
    VariableIds.Server_ServerStatus_StartTime,
    VariableIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall,
    VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
  ]
  const [namespaces, startTime, items, reads] = await readStandard(session, ids, 'reading the server status')
  const names: unknown = namespaces?.value.value
  const start: unknown = startTime?.value.value
  if (!Array.isArray(names)) throw new Error('the server gives no NamespaceArray')
  return {
    namespaces: names.map(String),
    startTimeMs: start instanceof Date ? start.getTime() : null,
    maxItemsPerCall: numberOf(items),
    maxNodesPerRead: numberOf(reads),
  }
}

/**
 * Values of a few nodes of namespace 0, in one call. The server's MaxNodesPerRead may be among them and so is not known
 * yet: one that takes fewer says so, and is then asked one by one.
 */
export async function readStandard(
  session: ClientSession,
  ids: readonly VariableIds[],
  what: string,
): Promise<DataValue[]> {
  const nodes = ids.map((id) => ({ nodeId: `i=${id}`, attributeId: AttributeIds.Value }))
  try {
    return await within(wait, what, session.read(nodes))
  } catch (error) {
    if (!(error instanceof Error) || !/BadTooManyOperations/.test(error.message)) throw error
  }
  const values: DataValue[] = []
  for (const node of nodes) values.push(await within(wait, what, session.read(node)))
  return values
}

/** The MinimumSamplingInterval of each node in ms, NaN when unknown. */
export async function readFastest(
  session: ClientSession,
  nodes: readonly (NodeId | null)[],
  maxNodesPerRead: number,
): Promise<number[]> {
  const fastest = nodes.map(() => Number.NaN)
  const wanted = nodes.flatMap((nodeId, index) => (nodeId ? [{ nodeId, index }] : []))
  const step = maxNodesPerRead > 0 ? Math.min(1_000, maxNodesPerRead) : 1_000
  for (let first = 0; first < wanted.length; first += step) {
    const part = wanted.slice(first, first + step)
    const reads = part.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.MinimumSamplingInterval }))
    const values = await within(wait, 'reading sampling intervals', session.read(reads))
    for (const [i, value] of values.entries()) {
      const ms: unknown = value.statusCode.isGood() ? value.value.value : undefined
      const index = part[i]?.index
      if (index !== undefined && typeof ms === 'number') fastest[index] = ms
    }
  }
  return fastest
}

function numberOf(value: DataValue | undefined): number {
  const number: unknown = value?.statusCode.isGood() ? value.value.value : 0
  return typeof number === 'number' ? number : 0
}
