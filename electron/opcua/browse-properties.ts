import {
  AttributeIds,
  BrowseDirection,
  type ClientSession,
  type DataValue,
  type NodeId,
  VariableIds,
} from 'node-opcua-client'
import { symbolOfUnece } from '../../shared/domain/unece-units.ts'
import { within } from './deadline.ts'
import { readStandard } from './server-facts.ts'

/** What a variable's properties say of it; null where the server says nothing. */
export interface NodeProperties {
  /** Symbol of a contract where the code is known, else the server's own word. */
  unit: string | null
  range: [number, number] | null
  sampleRateHz: number | null
  blockSize: number | null
}

export interface OperationLimits {
  /** 0: no limit (OPC 10000-5, 6.3.11). */
  nodesPerBrowse: number
  nodesPerRead: number
}

const wait = 15_000
/** Bounds a call where the server gives no limit. */
const usualStep = 500
const unece = 'http://www.opcfoundation.org/UA/units/un/cefact'
const nothing: NodeProperties = { unit: null, range: null, sampleRateHz: null, blockSize: null }

/** The first two are standard (OPC 10000-8, 5.3.2.3); for rate and length of a block servers have names of their own. */
const fieldOf: Readonly<Record<string, keyof NodeProperties>> = {
  engineeringunits: 'unit',
  eurange: 'range',
  samplerate: 'sampleRateHz',
  sampleratehz: 'sampleRateHz',
  samplingrate: 'sampleRateHz',
  samplingfrequency: 'sampleRateHz',
  samplefrequency: 'sampleRateHz',
  blocksize: 'blockSize',
  samplecount: 'blockSize',
}

export async function readLimits(session: ClientSession): Promise<OperationLimits> {
  const ids = [
    VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse,
    VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead,
  ]
  const [browse, read] = await readStandard(session, ids, 'reading the limits of the server')
  return { nodesPerBrowse: numberOr(browse, 0), nodesPerRead: numberOr(read, 0) }
}

export const stepOf = (limit: number): number => (limit > 0 ? Math.min(usualStep, limit) : usualStep)

/** Reads in calls the server accepts. */
export async function readInSteps(
  session: ClientSession,
  reads: readonly { nodeId: NodeId; attributeId: AttributeIds }[],
  limits: OperationLimits,
): Promise<DataValue[]> {
  const values: DataValue[] = []
  const step = limits.nodesPerRead > 0 ? Math.min(1_000, limits.nodesPerRead) : 1_000
  for (let first = 0; first < reads.length; first += step)
    values.push(...(await within(wait, 'reading', session.read(reads.slice(first, first + step)))))
  return values
}

/** Unit, range, rate and block size of each node, by its properties. */
export async function readProperties(
  session: ClientSession,
  nodes: readonly NodeId[],
  limits: OperationLimits,
): Promise<NodeProperties[]> {
  const found = nodes.map(() => ({ ...nothing }))
  const wanted: { of: NodeProperties; field: keyof NodeProperties; nodeId: NodeId }[] = []
  const step = stepOf(limits.nodesPerBrowse)
  for (let first = 0; first < nodes.length; first += step) {
    const part = nodes.slice(first, first + step)
    const results = await within(wait, 'reading properties', session.browse(part.map(propertiesOf)))
    for (const [i, result] of results.entries()) {
      const of = found[first + i]
      for (const { browseName, nodeId } of result.references ?? []) {
        const field = fieldOf[(browseName.name ?? '').toLowerCase()]
        if (of && field) wanted.push({ of, field, nodeId })
      }
    }
  }
  const reads = wanted.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value }))
  const values = await readInSteps(session, reads, limits)
  for (const [i, { of, field }] of wanted.entries()) {
    const value: unknown = values[i]?.statusCode.isGood() ? values[i]?.value.value : null
    if (field === 'unit') of.unit = unitOf(value)
    else if (field === 'range') of.range = rangeOf(value)
    else of[field] = typeof value === 'number' && value > 0 ? value : null
  }
  return found
}

function propertiesOf(nodeId: NodeId) {
  return {
    nodeId,
    browseDirection: BrowseDirection.Forward,
    referenceTypeId: 'HasProperty',
    includeSubtypes: true,
    nodeClassMask: 0,
    // Browse name only (OPC 10000-4, 5.9.2.2).
    resultMask: 8,
  }
}

/** An EUInformation: the code of its unit where it is one of UNECE, else its display name. */
export function unitOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null
  const { unitId, namespaceUri, displayName } = value as Record<string, unknown>
  const isUnece = typeof namespaceUri !== 'string' || namespaceUri === '' || namespaceUri.startsWith(unece)
  const symbol = isUnece && typeof unitId === 'number' ? symbolOfUnece(unitId) : null
  const text = textOf(displayName)
  return symbol ?? (text === '' ? null : text)
}

/** A Range whose ends are in order; servers that publish 0..0 mean that they do not know. */
export function rangeOf(value: unknown): [number, number] | null {
  if (typeof value !== 'object' || value === null) return null
  const { low, high } = value as Record<string, unknown>
  return typeof low === 'number' && typeof high === 'number' && low < high ? [low, high] : null
}

function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return ''
  const text: unknown = Reflect.get(value, 'text')
  return typeof text === 'string' ? text.trim() : ''
}

function numberOr(value: DataValue | undefined, otherwise: number): number {
  const number: unknown = value?.statusCode.isGood() ? value.value.value : otherwise
  return typeof number === 'number' ? number : otherwise
}
