import type { BrowseEntry, FoundView, NodeView } from '../../shared/protocol/methods.ts'
import type { BrowsedReference, NodeAttributes, OpcuaConnection } from '../opcua/index.ts'

/** More children than anybody scrolls through; the search finds the rest. */
const browseLimit = 20_000
/** Described with the list itself; the window asks for the others when they come into view. */
const describedFirst = 200

export async function browse(
  connection: OpcuaConnection,
  nodeId: string,
): Promise<{ entries: BrowseEntry[]; more: boolean }> {
  const references: BrowsedReference[] = []
  let continuation: string | undefined
  do {
    const page = await connection.browse(nodeId, continuation)
    references.push(...page.references)
    continuation = page.continuation ?? undefined
  } while (continuation !== undefined && references.length < browseLimit)
  const first = references.slice(0, describedFirst)
  const attributes = await connection.readAttributes(
    first.map((reference) => reference.nodeId),
    false,
  )
  const entries = references.map((reference, index) => browseEntry(reference, attributes[index]))
  return { entries, more: continuation !== undefined }
}

export async function describe(
  connection: OpcuaConnection,
  nodeIds: readonly string[],
): Promise<{ entries: BrowseEntry[] }> {
  const attributes = await connection.readAttributes(nodeIds, false)
  return { entries: attributes.map((found) => browseEntry(namesOf(found), found)) }
}

export async function lookAt(connection: OpcuaConnection, nodeId: string): Promise<{ node: NodeView }> {
  const [found] = await connection.readAttributes([nodeId])
  if (found?.exists !== true) throw new Error(`The server has no node "${nodeId}".`)
  const { description, accessLevel, value, status, sourceUs, serverUs } = found
  const entry = browseEntry(namesOf(found), found)
  return { node: { ...entry, description, accessLevel, value, status, sourceUs, serverUs } }
}

export async function search(
  connection: OpcuaConnection,
  text: string,
  limit: number,
  again: boolean,
): Promise<{ nodes: FoundView[]; matches: number; searched: number; complete: boolean }> {
  const { nodes, matches, searched, complete } = await connection.search(text, limit, again)
  return {
    nodes: nodes.map(({ nodeId, displayName, nodeClass, path }) => ({
      nodeId,
      displayName,
      nodeClass: classOf(nodeClass),
      path,
    })),
    matches,
    searched,
    complete,
  }
}

interface Names {
  nodeId: string
  browseName: string
  displayName: string
  nodeClass: string
}

function namesOf({ nodeId, browseName, displayName, nodeClass }: NodeAttributes): Names {
  const name = browseName ?? nodeId
  return { nodeId, browseName: name, displayName: displayName ?? name, nodeClass: nodeClass ?? 'Unspecified' }
}

function classOf(name: string): BrowseEntry['nodeClass'] {
  const nodeClass = name.toLowerCase()
  return nodeClass === 'object' || nodeClass === 'variable' || nodeClass === 'method' ? nodeClass : 'other'
}

function browseEntry(names: Names, attributes: NodeAttributes | undefined): BrowseEntry {
  const { nodeId, browseName, displayName } = names
  const nodeClass = classOf(names.nodeClass)
  return {
    nodeId,
    browseName,
    displayName,
    nodeClass,
    hasChildren: nodeClass === 'object' || nodeClass === 'variable',
    dataType: dataTypeName(attributes?.dataType ?? null),
    valueRank: attributes?.valueRank ?? null,
    unit: attributes?.unit ?? null,
    range: attributes?.range ?? null,
    minimumSamplingIntervalMs: attributes?.minimumSamplingIntervalMs ?? null,
    arrayLength: attributes?.arrayLength ?? null,
    sampleRateHz: attributes?.sampleRateHz ?? null,
    described: attributes !== undefined,
  }
}

/** Built-in types by their node id in namespace 0 (OPC 10000-6, table 1), and the time types that derive from them. */
const dataTypeNames = new Map([
  ...['Boolean', 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double'].map(
    (name, index): [string, string] => [`i=${index + 1}`, name],
  ),
  ...['String', 'DateTime', 'Guid', 'ByteString', 'XmlElement'].map((name, index): [string, string] => [
    `i=${index + 12}`,
    name,
  ]),
  ['i=21', 'LocalizedText'],
  ['i=26', 'Number'],
  ['i=27', 'Integer'],
  ['i=28', 'UInteger'],
  ['i=290', 'Duration'],
  ['i=294', 'UtcTime'],
])

/** The name people know; a server's own type keeps its node id. */
function dataTypeName(nodeId: string | null): string | null {
  return nodeId === null ? null : (dataTypeNames.get(nodeId) ?? nodeId)
}
