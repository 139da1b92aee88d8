import {
  AttributeIds,
  type ClientSession,
  DataType,
  NodeId,
  VariantArrayType,
  type VariantOptions,
  WriteRequest,
  type WriteResponse,
} from 'node-opcua-client'
import { within } from './deadline.ts'
import { sendOnce } from './library-internals.ts'
import { resolveAddress } from './node-address.ts'
import type { WritableNode, WriteOutcome } from './types.ts'
import { isWritableType, parseForType, textOfVariant, type WireValue } from './write-value.ts'

const readWait = 5_000
const writeWait = 10_000
/** A controller takes a value over with its next cycle: what is read at once may still be the old one. */
const readBackMs = [0, 500, 1_500]

/** CurrentWrite, bit 1 of both access levels (OPC 10000-3, 8.57). */
const currentWrite = 2

/** The link this is, or none; every repair makes another one. */
export interface WriteLink {
  session: ClientSession
  id: string
}

/**
 * Writing one value, in two calls of a person. The only place of the product that sends a Write. Sent once: what node-opcua would
 * keep over a cut and send when the link is back, perhaps minutes later, fails here instead.
 */
export class PointWriter {
  readonly #serverId: string
  readonly #link: () => WriteLink | null
  readonly #namespaces: () => readonly string[]

  constructor(serverId: string, link: () => WriteLink | null, namespaces: () => readonly string[]) {
    this.#serverId = serverId
    this.#link = link
    this.#namespaces = namespaces
  }

  /** What the node is now, and whether the server would let this session write it. */
  async prepare(address: string): Promise<WritableNode> {
    const { session, id } = this.#connected()
    const nodeId = resolveAddress(address, this.#namespaces())
    const ids = [AttributeIds.Value, AttributeIds.DataType, AttributeIds.AccessLevel, AttributeIds.UserAccessLevel]
    const reads = ids.map((attributeId) => ({ nodeId, attributeId }))
    const found = await within(readWait, 'reading the node', session.read(reads))
    const [value, type, access, userAccess] = found
    if (!value || !type || !access || !userAccess)
      throw new Error(`Server ${this.#serverId} answered the reading of "${address}" with too little.`)
    if (value.statusCode.isBad() || type.statusCode.isBad())
      throw new Error(
        `Server ${this.#serverId} does not give the present value of "${address}": ${value.statusCode.name}. Without it nothing is written.`,
      )
    const { dataType } = value.value
    const named: unknown = type.value.value
    if (value.value.arrayType !== VariantArrayType.Scalar || !isWritableType(dataType))
      throw new Error(
        `"${address}" holds ${DataType[dataType]}${arrayWord(value.value.arrayType)}; only single numbers and switches are written.`,
      )
    if (named instanceof NodeId && isBuiltIn(named) && named.value !== dataType)
      throw new Error(
        `"${address}" says it is ${DataType[Number(named.value)]} but sends ${DataType[dataType]}; have the server mended first.`,
      )
    const levels = [access, userAccess].map(({ statusCode, value: level }) =>
      statusCode.isGood() ? Number(level.value) : 0,
    )
    const [mayAnyone = 0, mayThisUser = 0] = levels
    return {
      dataType: DataType[dataType],
      value: textOfVariant(value.value) ?? '',
      status: value.statusCode.value,
      refusal:
        (mayAnyone & currentWrite) === 0
          ? 'The server lets nobody write this node (AccessLevel).'
          : (mayThisUser & currentWrite) === 0
            ? 'The server does not let the user of this connection write this node (UserAccessLevel).'
            : null,
      link: id,
    }
  }

  /** One Write on the link of `prepare`, then read back. Throws only what was not sent. */
  async write(address: string, typed: string, { dataType, link }: WritableNode): Promise<WriteOutcome> {
    const { session, id } = this.#connected()
    if (id !== link) throw new Error(`The link to server ${this.#serverId} was made anew since; nothing was written.`)
    const nodeId = resolveAddress(address, this.#namespaces())
    const wire = parseForType(typed, DataType[dataType as keyof typeof DataType])
    const request = new WriteRequest({
      // No time and no status: many servers refuse to take them (BadWriteNotSupported), and the time is theirs to give.
      nodesToWrite: [{ nodeId, attributeId: AttributeIds.Value, value: { value: variantOf(wire) } }],
    })
    let status = 0
    try {
      const response = await within(writeWait, 'writing', sendOnce<WriteResponse>(session, request))
      const [result] = response.results ?? []
      if (!result) return { state: 'unknown', status, detail: 'the server answered without a result', readBack: null }
      status = result.value
      if (!result.isGood())
        return { state: 'refused', status, detail: result.name, readBack: await this.#read(session, nodeId) }
    } catch (error) {
      // It may have arrived although no answer came.
      return {
        state: 'unknown',
        status,
        detail: error instanceof Error ? error.message : String(error),
        readBack: null,
      }
    }
    return await this.#readBack(session, nodeId, wire, status)
  }

  async #readBack(session: ClientSession, nodeId: NodeId, wire: WireValue, status: number): Promise<WriteOutcome> {
    let readBack: string | null = null
    for (const ms of readBackMs) {
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
      readBack = await this.#read(session, nodeId)
      if (readBack === wire.text) return { state: 'done', status, detail: '', readBack }
    }
    const detail = readBack === null ? 'it could not be read back' : `the server holds ${readBack}`
    return { state: 'differs', status, detail, readBack }
  }

  async #read(session: ClientSession, nodeId: NodeId): Promise<string | null> {
    try {
      const value = await within(readWait, 'reading back', session.read({ nodeId, attributeId: AttributeIds.Value }))
      return value.statusCode.isBad() ? null : textOfVariant(value.value)
    } catch {
      return null
    }
  }

  #connected(): WriteLink {
    const link = this.#link()
    if (!link) throw new Error(`Server ${this.#serverId} is not connected; nothing is written, neither now nor later.`)
    return link
  }
}

/** The array type has to be said: an Int64 is two numbers. */
function variantOf({ dataType, value }: WireValue): VariantOptions {
  return { dataType, value, arrayType: VariantArrayType.Scalar }
}

function isBuiltIn({ namespace, value }: NodeId): boolean {
  return namespace === 0 && typeof value === 'number' && isWritableType(value)
}

function arrayWord(type: VariantArrayType): string {
  return type === VariantArrayType.Scalar ? '' : ' in an array'
}
