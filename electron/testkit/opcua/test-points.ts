import {
  DataType,
  makeEUInformation,
  type Namespace,
  type OPCUAServer,
  resolveNodeId,
  standardUnits,
  type UADataType,
  type UAObject,
  type UAVariable,
  VariantArrayType,
} from 'node-opcua'
export const plantUri = 'urn:millwright:test-plant'

/** The options of a test server that its address space is made from; described there. */
export interface PointOptions {
  namespaces?: string[]
  counters?: number
  waveforms?: number
  blockSize?: number
  history?: boolean
  values?: string[]
  manyNodes?: number
  minimumSamplingIntervalMs?: number
}

export interface Points {
  counters: UAVariable[]
  waveforms: UAVariable[]
  odd: Map<string, UAVariable>
  blockType: UADataType | null
}

export function addPoints(server: OPCUAServer, options: PointOptions): Points {
  const { addressSpace } = server.engine
  if (!addressSpace) throw new Error('the test server has no address space')
  const points: Points = { counters: [], waveforms: [], odd: new Map(), blockType: null }
  for (const uri of options.namespaces ?? [plantUri]) {
    const namespace = addressSpace.registerNamespace(uri)
    const real = uri === plantUri
    const folder = namespace.addFolder('ObjectsFolder', { browseName: real ? 'Plant' : `Decoy ${uri}` })
    const add = (name: string, dataType: DataType, value: unknown, array = false): UAVariable =>
      namespace.addVariable({
        componentOf: folder,
        nodeId: `s=${name}`,
        browseName: name,
        dataType,
        valueRank: array ? 1 : -1,
        minimumSamplingInterval: options.minimumSamplingIntervalMs ?? 0,
        value: {
          dataType,
          value: value as number,
          arrayType: array ? VariantArrayType.Array : VariantArrayType.Scalar,
        },
      })
    for (let i = 0; i < (options.counters ?? 4); i += 1) {
      const counter = add(`c${i}`, DataType.Double, real ? 0 : -1)
      if (real && options.history === true) addressSpace.installHistoricalDataNode(counter, { maxOnlineValues: 10_000 })
      if (real) points.counters.push(counter)
    }
    for (let i = 0; i < (options.waveforms ?? 0); i += 1) {
      const waveform = add(`w${i}`, DataType.Float, new Float32Array(options.blockSize ?? 1024), true)
      if (real) points.waveforms.push(waveform)
    }
    if (!real) continue
    points.odd.set('text', add('text', DataType.String, 'not a number'))
    points.odd.set('big', add('big', DataType.Int64, [0, 0]))
    points.odd.set('flag', add('flag', DataType.Boolean, false))
    points.odd.set('switching', add('switching', DataType.Variant, 0))
    points.odd.set('slow', add('slow', DataType.Double, 0))
    for (const name of options.values ?? []) points.odd.set(name, add(name, DataType.Double, 0))
    addBlocks(points, namespace, namespace.addFolder('ObjectsFolder', { browseName: 'Blocks' }))
    addAnalog(points, namespace, namespace.addFolder('ObjectsFolder', { browseName: 'Analog' }))
    addMany(namespace, options.manyNodes ?? 0)
  }
  return points
}

/** Waveforms in every form they come in; `set` gives them their values. */
function addBlocks(points: Points, namespace: Namespace, folder: UAObject): void {
  const plain = { componentOf: folder, minimumSamplingInterval: 0 }
  for (const type of ['Double', 'Float', 'Int16', 'Int32'] as const) {
    const name = `w${type.toLowerCase()}s`
    points.odd.set(
      name,
      namespace.addVariable({ ...plain, nodeId: `s=${name}`, browseName: name, dataType: type, valueRank: 1 }),
    )
  }
  points.odd.set(
    'wbytes',
    namespace.addVariable({ ...plain, nodeId: 's=wbytes', browseName: 'wbytes', dataType: 'ByteString' }),
  )
  const type = namespace.createDataType({
    browseName: 'BlockType',
    isAbstract: false,
    subtypeOf: 'Structure',
    partialDefinition: [
      { name: 'Sensor', dataType: DataType.String, valueRank: -1 },
      { name: 'StartTime', dataType: DataType.DateTime, valueRank: -1 },
      { name: 'SampleRate', dataType: DataType.Double, valueRank: -1 },
      { name: 'Samples', dataType: DataType.Float, valueRank: 1 },
      { name: 'Checksum', dataType: DataType.UInt32, valueRank: -1 },
    ].map((field) => ({ ...field, dataType: resolveNodeId(`i=${field.dataType}`) })),
  })
  namespace.addObject({
    browseName: { name: 'Default Binary', namespaceIndex: 0 },
    nodeId: 's=BlockType.binary',
    typeDefinition: 'DataTypeEncodingType',
    encodingOf: type,
  })
  points.blockType = type
  points.odd.set(
    'wstructure',
    namespace.addVariable({ ...plain, nodeId: 's=wstructure', browseName: 'wstructure', dataType: type }),
  )
}

/** A temperature and a waveform that say what they are (OPC 10000-8, AnalogItemType). */
function addAnalog(points: Points, namespace: Namespace, folder: UAObject): void {
  const common = { componentOf: folder, minimumSamplingInterval: 0 }
  const temperature = namespace.addAnalogDataItem({
    ...common,
    nodeId: 's=temperature',
    browseName: 'temperature',
    dataType: 'Double',
    engineeringUnits: standardUnits.degree_celsius,
    engineeringUnitsRange: { low: -20, high: 180 },
  })
  points.odd.set('temperature', temperature)
  const vibration = namespace.addAnalogDataItem({
    ...common,
    nodeId: 's=vibration',
    browseName: 'vibration',
    dataType: 'Float',
    valueRank: 1,
    arrayDimensions: [2048],
    engineeringUnits: makeEUInformation('C16', 'mm/s', 'millimetre per second'),
    engineeringUnitsRange: { low: -50, high: 50 },
  })
  const rate = namespace.addVariable({
    propertyOf: vibration,
    browseName: 'SampleRate',
    nodeId: 's=vibration.rate',
    dataType: 'Double',
  })
  rate.setValueFromSource({ dataType: DataType.Double, value: 25_600 })
  points.odd.set('vibration', vibration)
}

function addMany(namespace: Namespace, count: number): void {
  if (count === 0) return
  const folder = namespace.addFolder('ObjectsFolder', { browseName: 'Many', nodeId: 's=many' })
  for (let i = 0; i < count; i += 1) {
    const name = `tag-${String(i).padStart(5, '0')}`
    namespace.addVariable({ organizedBy: folder, nodeId: `s=${name}`, browseName: name, dataType: 'Double' })
  }
}
