import {
  DataType,
  DataValue,
  StatusCodes,
  Variant,
  VariantArrayType,
  makeEUInformation,
  standardUnits,
  type EUInformation,
  type Namespace,
  type NodeId,
  type StatusCode,
  type UAObject,
  type UAVariable,
} from 'node-opcua'
import type { ExactTime } from './plant-clock.ts'

/** What the server must know about a point to serve it without loss. */
export interface PointNature {
  periodMs: number
  /** Bytes of one value of a waveform point; 0 for scalars. */
  bytes: number
}

export interface ScalarNodeOptions {
  parent: UAObject
  id: string
  name: string
  unit: string
  range: readonly [number, number]
  periodMs: number
}

export interface WaveformNodeOptions extends ScalarNodeOptions {
  blockSize: number
  sampleRateHz: number
}

export type ScalarWriter = (value: number, at: ExactTime) => void

export interface WaveformWriter {
  /** `block` belongs to the server from here on. */
  write(block: Float32Array, blockIndex: number, at: ExactTime): void
  /** No more blocks will come, or none just now. */
  fail(status: StatusCode, at: ExactTime): void
}

export interface PlantVariables {
  addScalar(options: ScalarNodeOptions): ScalarWriter
  /** Run state: UInt32 with EnumStrings (Part 8, MultiStateDiscrete). */
  addState(options: ScalarNodeOptions, names: readonly string[]): ScalarWriter
  addWaveform(options: WaveformNodeOptions): WaveformWriter
  /** Plain Doubles for load tests, written in bulk: one Variant and one time for a whole slice. */
  addCounters(parent: UAObject, ids: readonly string[], periodMs: number): BulkWriter
  natureOf(nodeId: NodeId): PointNature | null
  waveformCount(): number
}

/** Writes `value` to the counters [from, to). */
export type BulkWriter = (value: number, from: number, to: number, at: ExactTime) => void

const unitInformation: Record<string, EUInformation> = {
  A: standardUnits.ampere,
  bar: standardUnits.bar,
  degC: standardUnits.degree_celsius,
  'm3/h': standardUnits.cubic_metre_per_hour,
  rpm: makeEUInformation('RPM', 'r/min', 'revolutions per minute'),
  '%': makeEUInformation('P1', '%', 'percent'),
  g: makeEUInformation('K40', 'gn', 'standard acceleration of free fall'),
}

type ValueSetter = (dataValue: DataValue) => void

const internalSetter = '_internal_set_dataValue'

/**
 * `setValueFromSource` copies the source time into the server time and has no place for less than a millisecond. A
 * block's source time is that of its first sample, 160 ms before it is served, and blocks at 12 kHz start between
 * milliseconds. So values go in as whole DataValues, by the same door that `setValueFromSource` itself uses.
 */
function directly(variable: UAVariable): ValueSetter {
  const found: unknown = Reflect.get(variable, internalSetter)
  if (typeof found !== 'function')
    throw new Error(`this release of node-opcua has no ${internalSetter}: pin 2.186.4 or adapt plant-variables.ts`)
  return (dataValue) => {
    found.call(variable, dataValue)
  }
}

interface HeldValue {
  $dataValue: DataValue
}

function holdsValue(variable: object): variable is HeldValue {
  return '$dataValue' in variable && variable.$dataValue instanceof DataValue
}

/**
 * For counters only: what `directly` does without comparing with and copying the value before (a counter always
 * differs) and without the checks of type and parent (the node is ours). Measured: 0.5 us a value instead of 1.75,
 * of 5.5 us in all with one client.
 */
function withoutChecks(variable: UAVariable): ValueSetter {
  const held: unknown = variable
  if (typeof held !== 'object' || held === null || !holdsValue(held)) return directly(variable)
  const holder = held
  return (value) => {
    holder.$dataValue = value
    variable.emit('value_changed', value)
  }
}

function dataValue(value: Variant | null, status: StatusCode, at: ExactTime, sourceDate: Date, now: Date): DataValue {
  const made = new DataValue(null)
  if (value) made.value = value
  made.statusCode = status
  made.sourceTimestamp = sourceDate
  made.sourcePicoseconds = picoseconds(at)
  made.serverTimestamp = now
  made.serverPicoseconds = 0
  return made
}

function picoseconds(at: ExactTime): number {
  return (at.us % 1000) * 1_000_000 + at.tick * 100_000
}

function dateOf(at: ExactTime): Date {
  return new Date(Math.floor(at.us / 1000))
}

export function createVariables(namespace: Namespace): PlantVariables {
  const natures = new Map<string, PointNature>()
  let waveforms = 0
  const remember = (variable: UAVariable, nature: PointNature): void => {
    natures.set(variable.nodeId.toString(), nature)
  }
  const analog = (options: ScalarNodeOptions, dataType: string, blockSize: number): UAVariable => {
    const unit = unitInformation[options.unit]
    const common = {
      componentOf: options.parent,
      browseName: options.name,
      nodeId: `s=${options.id}`,
      dataType,
      minimumSamplingInterval: 0,
      ...(blockSize > 0 ? { valueRank: 1, arrayDimensions: [blockSize] } : {}),
    }
    if (!unit) return namespace.addVariable(common)
    const engineeringUnitsRange = { low: options.range[0], high: options.range[1] }
    return namespace.addAnalogDataItem({ ...common, engineeringUnits: unit, engineeringUnitsRange })
  }
  const scalarWriter = (variable: UAVariable, type: DataType): ScalarWriter => {
    const set = directly(variable)
    return (value, at) =>
      set(dataValue(new Variant({ dataType: type, value }), StatusCodes.Good, at, dateOf(at), new Date()))
  }
  return {
    addScalar(options) {
      const variable = analog(options, 'Double', 0)
      remember(variable, { periodMs: options.periodMs, bytes: 0 })
      return scalarWriter(variable, DataType.Double)
    },
    addState(options, names) {
      const variable = namespace.addMultiStateDiscrete({
        componentOf: options.parent,
        browseName: options.name,
        nodeId: `s=${options.id}`,
        enumStrings: [...names],
        minimumSamplingInterval: 0,
        value: 0,
      })
      remember(variable, { periodMs: options.periodMs, bytes: 0 })
      return scalarWriter(variable, DataType.UInt32)
    },
    addWaveform(options) {
      waveforms++
      const variable = analog(options, 'Float', options.blockSize)
      remember(variable, { periodMs: options.periodMs, bytes: options.blockSize * 4 })
      return waveformWriter(namespace, variable, options, remember)
    },
    addCounters(parent, ids, periodMs) {
      const nodes = ids.map((id) => {
        const variable = namespace.addVariable({
          componentOf: parent,
          browseName: id,
          nodeId: `s=${id}`,
          dataType: 'Double',
          minimumSamplingInterval: 0,
        })
        remember(variable, { periodMs, bytes: 0 })
        return withoutChecks(variable)
      })
      return (value, from, to, at) => {
        // One Variant and two dates for the slice: node-opcua copies what it keeps, so sharing is safe and saves a
        // third of the cost of a value.
        const shared = new Variant({ dataType: DataType.Double, value })
        const sourceDate = dateOf(at)
        const now = new Date()
        for (let i = from; i < to; i++) nodes[i]?.(dataValue(shared, StatusCodes.Good, at, sourceDate, now))
      }
    },
    natureOf: (nodeId) => natures.get(nodeId.toString()) ?? null,
    waveformCount: () => waveforms,
  }
}

/**
 * A waveform node and its companions (HasProperty): SampleRate in Hz, BlockSize, and Sequence (UInt32, index of the
 * block since the plant's start) and StartTime, both written with the block's own source time just before the block.
 */
function waveformWriter(
  namespace: Namespace,
  variable: UAVariable,
  options: WaveformNodeOptions,
  remember: (variable: UAVariable, nature: PointNature) => void,
): WaveformWriter {
  const property = (suffix: string, name: string, dataType: string): UAVariable => {
    const made = namespace.addVariable({
      propertyOf: variable,
      browseName: name,
      nodeId: `s=${options.id}.${suffix}`,
      dataType,
      minimumSamplingInterval: 0,
    })
    remember(made, { periodMs: options.periodMs, bytes: 0 })
    return made
  }
  property('sampleRate', 'SampleRate', 'Double').setValueFromSource({
    dataType: DataType.Double,
    value: options.sampleRateHz,
  })
  property('blockSize', 'BlockSize', 'UInt32').setValueFromSource({
    dataType: DataType.UInt32,
    value: options.blockSize,
  })
  const sequence = directly(property('sequence', 'Sequence', 'UInt32'))
  const startTime = directly(property('startTime', 'StartTime', 'DateTime'))
  const node = directly(variable)
  return {
    write(block, blockIndex, at) {
      const sourceDate = dateOf(at)
      const now = new Date()
      const put = (set: ValueSetter, value: Variant): void =>
        set(dataValue(value, StatusCodes.Good, at, sourceDate, now))
      put(sequence, new Variant({ dataType: DataType.UInt32, value: blockIndex >>> 0 }))
      put(startTime, new Variant({ dataType: DataType.DateTime, value: sourceDate }))
      put(node, new Variant({ dataType: DataType.Float, arrayType: VariantArrayType.Array, value: block }))
    },
    fail(status, at) {
      node(dataValue(new Variant(), status, at, dateOf(at), new Date()))
    },
  }
}
