import { NodeId, resolveNodeId } from 'node-opcua-client'

/**
 * NodeIds are kept with their namespace URI (`nsu=URI;s=...`), since a server may number its namespaces differently
 * after a restart: node-opcua re-subscribes with the old index and delivers another node's values as Good.
 */
export class AddressError extends Error {
  override name = 'AddressError'
}

const withUri = /^nsu=([^;]+);([isgb]=.+)$/s
const withIndex = /^(?:ns=(\d+);)?([isgb]=.+)$/s

/** The NodeId in a server with these namespaces. Throws AddressError with a sentence when there is none. */
export function resolveAddress(text: string, namespaces: readonly string[]): NodeId {
  const named = withUri.exec(text)
  if (named) {
    const uri = decodeUri(named[1] ?? '')
    const index = namespaces.indexOf(uri)
    if (index < 0)
      throw new AddressError(
        `The server has no namespace "${uri}" (it has ${namespaces.map((known) => `"${known}"`).join(', ') || 'none'}).`,
      )
    return parseNodeId(`ns=${index};${named[2] ?? ''}`, text)
  }
  const indexed = withIndex.exec(text)
  if (!indexed) throw new AddressError(`"${text}" is not a NodeId such as nsu=urn:plant;s=pump-101.speed.`)
  if (Number(indexed[1] ?? 0) > 1)
    throw new AddressError(
      `"${text}" gives a namespace by its index, which moves when a server restarts; write nsu=URI;...`,
    )
  return parseNodeId(text, text)
}

/** The lasting form of a NodeId a server has sent. */
export function addressOf(nodeId: NodeId, namespaces: readonly string[], namespaceUri?: string | null): string {
  const plain = new NodeId(nodeId.identifierType, nodeId.value, 0).toString().replace(/^ns=0;/, '')
  if (namespaceUri) return `nsu=${encodeUri(namespaceUri)};${plain}`
  if (nodeId.namespace === 0) return plain
  const uri = namespaces[nodeId.namespace]
  return uri === undefined ? `ns=${nodeId.namespace};${plain}` : `nsu=${encodeUri(uri)};${plain}`
}

// In the text form of a namespace URI, ";" and "%" are percent-encoded (OPC 10000-6, 5.3.1.11).
const encodeUri = (uri: string): string => uri.replaceAll('%', '%25').replaceAll(';', '%3B')
const decodeUri = (uri: string): string => uri.replaceAll(/%3B/gi, ';').replaceAll('%25', '%')

function parseNodeId(text: string, shown: string): NodeId {
  try {
    return resolveNodeId(text)
  } catch (cause) {
    throw new AddressError(`"${shown}" is not a NodeId such as nsu=urn:plant;s=pump-101.speed.`, { cause })
  }
}
