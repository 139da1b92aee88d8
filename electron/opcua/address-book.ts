import {
  AttributeIds,
  BrowseDirection,
  type BrowseResult,
  type ClientSession,
  type DataValue,
  NodeClass,
  type NodeId,
  type ReferenceDescription,
  StatusCodes,
} from 'node-opcua-client'
import { within } from './deadline.ts'
import { addressOf, resolveAddress } from './node-address.ts'
import type { BrowsedReference, BrowsePage, NodeAttributes } from './types.ts'

const wait = 15_000
/** References per page: a folder of 10 000 nodes comes in steps the window can show. */
const pageSize = 500
/** Nodes per Read, ten attributes each. */
const readStep = 50
const shownCharacters = 200

/** Looking around in the address space: browse and read, nothing else. */
export class AddressBook {
  readonly #serverId: string
  readonly #session: () => ClientSession | null
  readonly #namespaces: () => readonly string[]

  constructor(serverId: string, session: () => ClientSession | null, namespaces: () => readonly string[]) {
    this.#serverId = serverId
    this.#session = session
    this.#namespaces = namespaces
  }

  async browse(nodeId: string, continuation?: string): Promise<BrowsePage> {
    const session = this.#connected()
    const result =
      continuation === undefined
        ? await this.#first(session, resolveAddress(nodeId, this.#namespaces()))
        : await within(wait, 'browsing', session.browseNext(Buffer.from(continuation, 'base64'), false))
    if (!result.statusCode.isGood())
      throw new Error(`Server ${this.#serverId} cannot list "${nodeId}": ${result.statusCode.name}.`)
    const { continuationPoint } = result
    return {
      references: (result.references ?? []).map((reference) => this.#reference(reference)),
      continuation: continuationPoint && continuationPoint.length > 0 ? continuationPoint.toString('base64') : null,
    }
  }

  async readAttributes(nodeIds: readonly string[]): Promise<NodeAttributes[]> {
    const session = this.#connected()
    const found: NodeAttributes[] = []
    for (let first = 0; first < nodeIds.length; first += readStep) {
      const part = nodeIds.slice(first, first + readStep)
      const nodes = part.map((nodeId) => resolveAddress(nodeId, this.#namespaces()))
      const reads = nodes.flatMap((nodeId) => attributes.map((attributeId) => ({ nodeId, attributeId })))
      const values = await within(wait, 'reading attributes', session.read(reads))
      for (const [i, nodeId] of part.entries())
        found.push(this.#attributes(nodeId, values.slice(i * attributes.length, (i + 1) * attributes.length)))
    }
    return found
  }

  async #first(session: ClientSession, nodeId: NodeId): Promise<BrowseResult> {
    session.requestedMaxReferencesPerNode = pageSize
    return await within(
      wait,
      'browsing',
      session.browse({
        nodeId,
        browseDirection: BrowseDirection.Forward,
        referenceTypeId: 'HierarchicalReferences',
        includeSubtypes: true,
        nodeClassMask: 0,
        resultMask: 63,
      }),
    )
  }

  #connected(): ClientSession {
    const session = this.#session()
    if (!session) throw new Error(`Server ${this.#serverId} is not connected; wait for the link, then look again.`)
    return session
  }

  #reference(reference: ReferenceDescription): BrowsedReference {
    const namespaces = this.#namespaces()
    const { typeDefinition } = reference
    return {
      nodeId: addressOf(reference.nodeId, namespaces, reference.nodeId.namespaceUri),
      browseName: reference.browseName.name ?? '',
      displayName: reference.displayName.text ?? reference.browseName.name ?? '',
      nodeClass: NodeClass[reference.nodeClass] ?? 'Unspecified',
      typeDefinition: typeDefinition.isEmpty()
        ? null
        : addressOf(typeDefinition, namespaces, typeDefinition.namespaceUri),
      referenceType: addressOf(reference.referenceTypeId, namespaces),
    }
  }

  #attributes(nodeId: string, values: readonly DataValue[]): NodeAttributes {
    const of = (attributeId: AttributeIds): unknown => {
      const value = values[attributes.indexOf(attributeId)]
      return value?.statusCode.isGood() ? value.value.value : null
    }
    const nodeClass = of(AttributeIds.NodeClass)
    const value = values[attributes.indexOf(AttributeIds.Value)]
    return {
      nodeId,
      exists: nodeClass !== null,
      nodeClass: typeof nodeClass === 'number' ? (NodeClass[nodeClass] ?? null) : null,
      browseName: nameOf(of(AttributeIds.BrowseName), 'name'),
      displayName: nameOf(of(AttributeIds.DisplayName), 'text'),
      description: nameOf(of(AttributeIds.Description), 'text'),
      dataType: this.#dataType(of(AttributeIds.DataType)),
      valueRank: numberOrNull(of(AttributeIds.ValueRank)),
      accessLevel: numberOrNull(of(AttributeIds.AccessLevel)),
      minimumSamplingIntervalMs: numberOrNull(of(AttributeIds.MinimumSamplingInterval)),
      value: value && value.value.value !== null && value.value.value !== undefined ? shown(value.value.value) : null,
      status: (value?.statusCode ?? StatusCodes.BadUnexpectedError).value,
      sourceUs: value?.sourceTimestamp ? value.sourceTimestamp.getTime() * 1_000 : null,
      serverUs: value?.serverTimestamp ? value.serverTimestamp.getTime() * 1_000 : null,
    }
  }

  #dataType(value: unknown): string | null {
    return isNodeId(value) ? addressOf(value, this.#namespaces()) : null
  }
}

const attributes = [
  AttributeIds.NodeClass,
  AttributeIds.BrowseName,
  AttributeIds.DisplayName,
  AttributeIds.Description,
  AttributeIds.Value,
  AttributeIds.DataType,
  AttributeIds.ValueRank,
  AttributeIds.AccessLevel,
  AttributeIds.MinimumSamplingInterval,
]

function isNodeId(value: unknown): value is NodeId {
  return typeof value === 'object' && value !== null && 'identifierType' in value
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

function nameOf(value: unknown, key: 'name' | 'text'): string | null {
  if (typeof value !== 'object' || value === null) return null
  const text: unknown = Reflect.get(value, key)
  return typeof text === 'string' ? text : null
}

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const list = [...(value as Iterable<unknown>)]
    const start = list.slice(0, 8).map(String).join(', ')
    return list.length > 8 ? `[${start}, ... ${list.length} values]` : `[${start}]`
  }
  if (value instanceof Date) return value.toISOString()
  return String(value).slice(0, shownCharacters)
}
