import { AttributeIds, BrowseDirection, type ClientSession, NodeId } from 'node-opcua-client'
import type { Contract } from '../../shared/domain/plant-file.ts'
import { within } from './deadline.ts'

interface FieldPlan {
  name: string
  /** Built-in type of its encoding (OPC 10000-6, table 1). */
  builtIn: number
  isArray: boolean
  /** Its bit in the encoding mask of a structure with optional fields; -1 when it is always there. */
  optionalBit: number
}

/** Where in a server's own structure the samples, their rate and the time of the first one are. */
export interface StructureLayout {
  /** NodeId of the binary encoding, as text: another one is another type. */
  encoding: string
  hasMask: boolean
  fields: readonly FieldPlan[]
  samples: number
  rate: number
  start: number
}

const wait = 8_000
const dateTime = 13
const byteString = 15
const number = (builtIn: number): boolean => builtIn >= 2 && builtIn <= 11

/** Simple types of namespace 0 that are encoded as another one (OPC 10000-3, 8 and 10000-5, 12). */
const simple: Readonly<Record<number, number>> = { 29: 6, 288: 7, 289: 7, 290: 11, 294: 13, 295: 12, 521: 9 }
const rateNames = /^(sample|sampling)_?(rate|frequency)(_?hz)?$|^fs$/i
const startNames = /^(start|acquisition|sample|source|block|first_?sample)?_?(date)?_?(time|timestamp)(_?utc)?$/i

/** A StructureDefinition; node-opcua's client package does not export its class. */
interface Definition {
  structureType: number
  defaultEncodingId: NodeId
  fields: { name: string | null; dataType: NodeId; valueRank: number; isOptional: boolean }[] | null
}

/** StructureType (OPC 10000-3, 8.48): 0 plain, 1 with optional fields, then unions and such that allow subtypes. */
const withOptionalFields = 1

function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null && 'structureType' in value && 'defaultEncodingId' in value
}

/**
 * Layout of a structured waveform by its data type's definition (OPC 10000-3, 8.49), or a sentence that says why there
 * is none. Servers before 1.04 have no definitions to read.
 */
export async function readLayout(
  session: ClientSession,
  dataType: NodeId,
  packing: Contract['packing'],
): Promise<StructureLayout | string> {
  const read = { nodeId: dataType, attributeId: AttributeIds.DataTypeDefinition }
  const answer = await within(wait, 'reading a data type', session.read(read))
  const definition: unknown = answer.statusCode.isGood() ? answer.value.value : null
  if (!isDefinition(definition)) return 'the server does not describe the structure'
  if (definition.structureType > withOptionalFields)
    return 'the structure is a union or allows other structures in its place'
  const fields: FieldPlan[] = []
  let optional = 0
  for (const field of definition.fields ?? []) {
    const builtIn = await builtInOf(session, field.dataType)
    const optionalBit = field.isOptional ? optional++ : -1
    fields.push({ name: field.name ?? '', builtIn, isArray: field.valueRank >= 1, optionalBit })
  }
  return chooseFields(fields, definition, packing)
}

function chooseFields(
  fields: readonly FieldPlan[],
  definition: Definition,
  packing: Contract['packing'],
): StructureLayout | string {
  const find = (given: string | undefined, fits: (field: FieldPlan) => boolean): number =>
    fields.findIndex((field) => (given === undefined ? fits(field) : field.name === given))
  const isSamples = ({ builtIn, isArray }: FieldPlan): boolean =>
    isArray ? number(builtIn) : builtIn === byteString && packing?.type !== undefined
  const samples = find(packing?.samplesField, isSamples)
  const rate = find(
    packing?.rateField,
    ({ name, builtIn, isArray }) => !isArray && number(builtIn) && rateNames.test(name),
  )
  const start = find(
    packing?.startField,
    ({ name, builtIn, isArray }) => !isArray && builtIn === dateTime && startNames.test(name),
  )
  const names = fields.map(({ name }) => name).join(', ')
  if (samples < 0) return `no field of the structure (${names}) holds samples`
  const last = Math.max(samples, rate, start)
  const unreadable = fields.slice(0, last).find(({ builtIn }) => builtIn === 0)
  if (unreadable) return `the field ${unreadable.name} of the structure is of a type that is not read here`
  return {
    encoding: definition.defaultEncodingId.toString(),
    hasMask: definition.structureType === withOptionalFields,
    fields,
    samples,
    rate,
    start,
  }
}

/** The built-in type a data type is encoded as, by its supertypes; 0 for a structure. */
async function builtInOf(session: ClientSession, dataType: NodeId): Promise<number> {
  let nodeId = dataType
  for (let depth = 0; depth < 8; depth += 1) {
    if (nodeId.namespace === 0 && typeof nodeId.value === 'number') {
      const id = nodeId.value
      if (id <= 21) return id
      return simple[id] ?? 0
    }
    const up = {
      nodeId,
      browseDirection: BrowseDirection.Inverse,
      referenceTypeId: 'HasSubtype',
      includeSubtypes: false,
      nodeClassMask: 0,
      resultMask: 0,
    }
    const [parent] = (await within(wait, 'reading a data type', session.browse(up))).references ?? []
    if (!parent) return 0
    nodeId = new NodeId(parent.nodeId.identifierType, parent.nodeId.value, parent.nodeId.namespace)
  }
  return 0
}

/** Positions inside one value of a structure. */
export interface StructurePlaces {
  samplesAt: number
  samplesType: number
  samplesAreArray: boolean
  rateAt: number
  rateType: number
  startAt: number
}

const fixedBytes = [0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 0, 8, 16, 0, 0, 0, 0, 4]

/** Finds the wanted fields of a structure's body at `at`; -1 where an optional one is not there. Throws RangeError. */
export function placesIn(view: DataView, at: number, end: number, layout: StructureLayout): StructurePlaces {
  const places = { samplesAt: -1, samplesType: 0, samplesAreArray: false, rateAt: -1, rateType: 0, startAt: -1 }
  let mask = 0
  let position = at
  if (layout.hasMask) {
    mask = view.getUint32(position, true)
    position += 4
  }
  const last = Math.max(layout.samples, layout.rate, layout.start)
  for (let i = 0; i <= last; i += 1) {
    const field = layout.fields[i]
    if (!field || (field.optionalBit >= 0 && ((mask >>> field.optionalBit) & 1) === 0)) continue
    if (i === layout.samples)
      Object.assign(places, { samplesAt: position, samplesType: field.builtIn, samplesAreArray: field.isArray })
    if (i === layout.rate) Object.assign(places, { rateAt: position, rateType: field.builtIn })
    if (i === layout.start) places.startAt = position
    position = fieldEnd(view, position, field)
    if (position > end) throw new RangeError(`the field ${field.name} is longer than its structure`)
  }
  return places
}

function fieldEnd(view: DataView, at: number, { builtIn, isArray }: FieldPlan): number {
  if (!isArray) return valueEnd(view, at, builtIn)
  const count = Math.max(0, view.getInt32(at, true))
  const size = fixedBytes[builtIn] ?? 0
  if (size > 0) return at + 4 + count * size
  let end = at + 4
  for (let i = 0; i < count; i += 1) end = valueEnd(view, end, builtIn)
  return end
}

function textEnd(view: DataView, at: number): number {
  return at + 4 + Math.max(0, view.getInt32(at, true))
}

function valueEnd(view: DataView, at: number, builtIn: number): number {
  const size = fixedBytes[builtIn] ?? 0
  if (size > 0) return at + size
  if (builtIn === 12 || builtIn === byteString || builtIn === 16) return textEnd(view, at)
  if (builtIn === 20) return textEnd(view, at + 2)
  if (builtIn === 21) {
    const bits = view.getUint8(at)
    const afterLocale = (bits & 1) !== 0 ? textEnd(view, at + 1) : at + 1
    return (bits & 2) !== 0 ? textEnd(view, afterLocale) : afterLocale
  }
  throw new RangeError(`built-in type ${builtIn} inside a structure`)
}
