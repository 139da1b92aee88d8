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
import { BrowseIndex, type SearchResult } from './browse-index.ts'
import { type OperationLimits, readInSteps, readLimits, readProperties } from './browse-properties.ts'
import { within } from './deadline.ts'
import { addressOf, resolveAddress } from './node-address.ts'
import type { BrowsedReference, BrowsePage, NodeAttributes, ReadValue } from './types.ts'

const wait = 15_000
/** References per page: a folder of 10 000 nodes comes in steps the window can show. */
const pageSize = 500
/** Nodes described at once, ten attributes and a few properties each. */
const describeStep = 100
const shownCharacters = 200

/** Looking around in the address space: browse and read, nothing else. */
export class AddressBook {
  readonly #serverId: string
  readonly #session: () => ClientSession | null
  readonly #namespaces: () => readonly string[]
  readonly #limits = new WeakMap<ClientSession, Promise<OperationLimits>>()
  #indexed: { session: ClientSession; index: Promise<BrowseIndex> } | null = null

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

  async readAttributes(nodeIds: readonly string[], withValues = true): Promise<NodeAttributes[]> {
    const session = this.#connected()
    const limits = await this.#limitsOf(session)
    const found: NodeAttributes[] = []
    for (let first = 0; first < nodeIds.length; first += describeStep) {
      const part = nodeIds.slice(first, first + describeStep)
      const nodes = part.map((nodeId) => resolveAddress(nodeId, this.#namespaces()))
      // A list of waveforms would bring their blocks along.
      const wanted = withValues ? attributes : attributes.filter((id) => id !== AttributeIds.Value)
      const reads = nodes.flatMap((nodeId) => wanted.map((attributeId) => ({ nodeId, attributeId })))
      const values = await readInSteps(session, reads, limits)
      const described = part.map((nodeId, i) =>
        this.#attributes(nodeId, wanted, values.slice(i * wanted.length, (i + 1) * wanted.length)),
      )
      await this.#addProperties(session, nodes, described, limits)
      found.push(...described)
    }
    return found
  }

  async readValues(nodeIds: readonly string[]): Promise<ReadValue[]> {
    const session = this.#connected()
    const limits = await this.#limitsOf(session)
    const reads = nodeIds.map((nodeId) => ({
      nodeId: resolveAddress(nodeId, this.#namespaces()),
      attributeId: AttributeIds.Value,
    }))
    const values = await readInSteps(session, reads, limits)
    return nodeIds.map((nodeId, i) => readValueOf(nodeId, values[i]))
  }

  async search(text: string, limit: number, again: boolean): Promise<SearchResult> {
    const session = this.#connected()
    // The index belongs to one session: after a restart the server may have other nodes.
    if (again || this.#indexed?.session !== session) {
      const index = this.#limitsOf(session).then((limits) => BrowseIndex.build(session, this.#namespaces(), limits))
      this.#indexed = { session, index }
      // A walk that failed is not kept.
      index.catch(() => {
        if (this.#indexed?.index === index) this.#indexed = null
      })
    }
    const index = await this.#indexed?.index
    if (!index) throw new Error(`Server ${this.#serverId} cannot be searched now; try again.`)
    return index.search(text, limit)
  }

  async #addProperties(
    session: ClientSession,
    nodes: readonly NodeId[],
    described: readonly NodeAttributes[],
    limits: OperationLimits,
  ): Promise<void> {
    const variables = described.flatMap((attributes, i) => {
      const node = nodes[i]
      return attributes.nodeClass === 'Variable' && node ? [{ attributes, node }] : []
    })
    const properties = await readProperties(
      session,
      variables.map(({ node }) => node),
      limits,
    )
    for (const [i, { attributes }] of variables.entries()) {
      const said = properties[i]
      if (!said) continue
      attributes.unit = said.unit
      attributes.range = said.range
      attributes.sampleRateHz = said.sampleRateHz
      if (attributes.valueRank !== null && attributes.valueRank >= 1)
        attributes.arrayLength = said.blockSize ?? attributes.arrayLength
    }
  }

  #limitsOf(session: ClientSession): Promise<OperationLimits> {
    const known = this.#limits.get(session)
    if (known) return known
    const limits = readLimits(session)
    this.#limits.set(session, limits)
    limits.catch(() => this.#limits.delete(session))
    return limits
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

  #attributes(nodeId: string, wanted: readonly AttributeIds[], values: readonly DataValue[]): NodeAttributes {
    const of = (attributeId: AttributeIds): unknown => {
      const value = values[wanted.indexOf(attributeId)]
      return value?.statusCode.isGood() ? value.value.value : null
    }
    const nodeClass = of(AttributeIds.NodeClass)
    const value = values[wanted.indexOf(AttributeIds.Value)]
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
      unit: null,
      range: null,
      sampleRateHz: null,
      arrayLength: lengthOf(of(AttributeIds.ArrayDimensions)) ?? lengthOfValue(value?.value.value),
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
  AttributeIds.ArrayDimensions,
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

/** ArrayDimensions of a one-dimensional array; 0 means of any length. */
function lengthOf(value: unknown): number | null {
  const list = Array.isArray(value) || value instanceof Uint32Array ? [...value] : []
  const length: unknown = list.length === 1 ? list[0] : 0
  return typeof length === 'number' && length > 0 ? length : null
}

function lengthOfValue(value: unknown): number | null {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || !('length' in value)) return null
  return typeof value.length === 'number' && value.length > 1 ? value.length : null
}

function readValueOf(nodeId: string, value: DataValue | undefined): ReadValue {
  const plain: unknown = value?.value.value
  return {
    nodeId,
    value: plain === null || plain === undefined ? null : shown(plain),
    number: typeof plain === 'number' ? plain : typeof plain === 'boolean' ? Number(plain) : null,
    status: (value?.statusCode ?? StatusCodes.BadUnexpectedError).value,
    sourceUs: value?.sourceTimestamp ? value.sourceTimestamp.getTime() * 1_000 : null,
    serverUs: value?.serverTimestamp ? value.serverTimestamp.getTime() * 1_000 : null,
  }
}
