/** What is wrong with a NodeId of a plant file, and how to write it; null when it is right. */
export interface NodeIdFault {
  message: string
  remedy: string
}

const form =
  'Write it as "nsu=URI;s=NAME" (or i=NUMBER, g=GUID, b=BASE64), like "nsu=urn:millwright:plant;s=pump-101.speed".'
const guid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
// Strict base64 with padding (OPC 10000-6, 5.1.12 writes ByteString identifiers so).
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

function identifierFault(identifier: string): string | null {
  const value = identifier.slice(2)
  switch (identifier.slice(0, 2)) {
    case 's=':
      return value === ''
        ? 'has an empty name after "s="'
        : value.length > 4096
          ? 'has a name longer than 4096 characters'
          : null
    case 'i=':
      return /^\d{1,10}$/.test(value) && Number(value) <= 0xffffffff
        ? null
        : 'has no whole number from 0 to 4294967295 after "i="'
    case 'g=':
      return guid.test(value) ? null : 'has no GUID after "g="'
    case 'b=':
      return value !== '' && base64.test(value) ? null : 'has no base64 text after "b="'
    default:
      return 'has no "s=", "i=", "g=" or "b=" part'
  }
}

/**
 * Checks a NodeId by the text form of OPC 10000-6, 5.3.1.11 with the namespace as URI. Plain `ns=N` is refused: the
 * index belongs to one run of the server and may mean another namespace after the next restart. Namespace 0 is fixed by
 * the standard, so `i=2258` without a namespace is right.
 */
export function nodeIdFault(nodeId: string): NodeIdFault | null {
  if (nodeId !== nodeId.trim()) return { message: 'has blanks before or after it', remedy: 'Take the blanks away.' }
  if (/^ns=\d+;/.test(nodeId)) {
    const remedy = `Replace "${nodeId.slice(0, nodeId.indexOf(';'))}" by "nsu=" and the namespace's URI, which the server lists in its NamespaceArray.`
    return { message: 'names its namespace by an index, and indexes move when a server restarts', remedy }
  }
  if (/^svr=\d+;/.test(nodeId)) {
    return {
      message: 'points to another server by "svr="',
      remedy: 'Add that server to servers and name it by serverId.',
    }
  }
  if (nodeId.startsWith('i=')) {
    const what = identifierFault(nodeId)
    return what === null ? null : { message: what, remedy: form }
  }
  if (!nodeId.startsWith('nsu='))
    return { message: 'does not begin with "nsu=" and the URI of a namespace', remedy: form }
  // A URI may contain an escaped %3B but no bare semicolon, so the first one ends it.
  const end = nodeId.indexOf(';')
  if (end === -1) return { message: 'has no ";" between namespace and identifier', remedy: form }
  const uri = nodeId.slice(4, end)
  if (uri === '') return { message: 'has an empty namespace URI after "nsu="', remedy: form }
  if (/\s/.test(uri)) return { message: 'has a blank in its namespace URI', remedy: form }
  const what = identifierFault(nodeId.slice(end + 1))
  return what === null ? null : { message: what, remedy: form }
}
