import { contractSchema, families, quantities, type PlantFile } from '../../../shared/domain/plant-file.ts'
import type { Section } from './drafts.ts'

export interface Option {
  /** Empty: not said. */
  value: string
  label: string
}

/** A field of the form. Its words are in the language file under `assets.field.SECTION.FIELD`, hints under `assets.hint`. */
export interface Spec {
  field: string
  type: 'text' | 'words' | 'mono' | 'number' | 'whole' | 'date' | 'choice' | 'number-choice' | 'pair'
  isRequired?: boolean
  /** Of `choice`: the values; their words are under `assets.option.SECTION.FIELD.VALUE`. */
  values?: readonly string[]
  /** Of `choice`: values that name other entries, in their own words. */
  options?: readonly Option[]
  /** Shown behind the label. */
  unit?: string
  isWide?: boolean
}

const text = (field: string, more: Partial<Spec> = {}): Spec => ({ field, type: 'text', ...more })
const number = (field: string, unit: string, more: Partial<Spec> = {}): Spec => ({
  field,
  type: 'number',
  unit,
  ...more,
})
const choice = (field: string, values: readonly string[], more: Partial<Spec> = {}): Spec => ({
  field,
  type: 'choice',
  values,
  ...more,
})

const required = { isRequired: true } as const

export const lineSpecs: readonly Spec[] = [text('name', required)]
export const plantSpecs: readonly Spec[] = [text('name', required), text('timeZone', required), number('mainsHz', 'Hz')]

export function assetSpecs(plant: PlantFile, assetId: string): readonly Spec[] {
  const below = descendantsOf(plant, assetId)
  const over = plant.assets.filter(({ id }) => id !== assetId && !below.has(id))
  return [
    text('name', required),
    { field: 'lineId', type: 'choice', ...required, options: plant.lines.map(named) },
    { field: 'parentId', type: 'choice', options: over.map(named) },
    choice('family', families, required),
    text('manufacturer'),
    text('model'),
    text('serial'),
    { field: 'commissionedOn', type: 'date' },
    { field: 'criticality', type: 'number-choice', values: ['1', '2', '3', '4', '5'] },
    number('ratedRpm', 'rpm'),
    number('powerKw', 'kW'),
    number('mainsHz', 'Hz'),
    choice('support', ['rigid', 'flexible']),
    { field: 'isoGroup', type: 'number-choice', values: ['1', '2'] },
    { field: 'operatingContext', type: 'words', isWide: true },
  ]
}

/** Machines that hang below this one, at any depth. */
export function descendantsOf(plant: PlantFile, assetId: string): ReadonlySet<string> {
  const found = new Set<string>()
  const walk = (over: string): void => {
    for (const { id, parentId } of plant.assets)
      if (parentId === over && !found.has(id)) {
        found.add(id)
        walk(id)
      }
  }
  walk(assetId)
  return found
}

export function pointSpecs(plant: PlantFile, pointId: string, assetId: string): readonly Spec[] {
  const components = plant.assets.find(({ id }) => id === assetId)?.components ?? []
  const others = plant.points.filter((point) => point.assetId === assetId && point.id !== pointId)
  const points = others.map(({ id, name }) => ({ value: id, label: name ?? id }))
  return [
    text('name'),
    { field: 'assetId', type: 'choice', ...required, options: plant.assets.map(named) },
    {
      field: 'componentId',
      type: 'choice',
      options: components.map(({ id, name }) => ({ value: id, label: name ?? id })),
    },
    choice('kind', ['scalar', 'waveform', 'event'], required),
    {
      field: 'source.serverId',
      type: 'choice',
      ...required,
      options: plant.servers.map(({ id, name }) => ({ value: id, label: name ?? id })),
    },
    { field: 'source.nodeId', type: 'mono', isWide: true, ...required },
    { field: 'tachoPointId', type: 'choice', options: points },
    { field: 'pairPointId', type: 'choice', options: points },
  ]
}

export const sensorSpecs: readonly Spec[] = [
  text('kind'),
  text('manufacturer'),
  text('model'),
  text('serial'),
  text('sensitivity'),
  choice('mounting', ['stud', 'adhesive', 'magnet', 'probe', 'built-in', 'other']),
  { field: 'calibratedOn', type: 'date' },
  { field: 'calibrationDue', type: 'date' },
  { field: 'replacedOn', type: 'date' },
]

const { detector, timestampSource } = contractSchema.shape
const axes = contractSchema.shape.axis.unwrap().options

/** What is measured. Quantity, unit and range have fields of their own: they speak units. */
export const contractMeasured: readonly Spec[] = [
  choice('contract.detector', detector.options, required),
  choice('contract.axis', axes),
  text('contract.placement'),
  { field: 'contract.band', type: 'pair', unit: 'Hz' },
  text('contract.owner'),
  text('contract.lineage'),
]

export function contractTiming(kind: string): readonly Spec[] {
  return [
    number('contract.sampleRateHz', 'Hz', required),
    ...(kind === 'waveform' ? [{ field: 'contract.blockSize', type: 'whole', ...required } as const] : []),
    number('contract.updateCadenceMs', 'ms', required),
    choice('contract.timestampSource', timestampSource.options, required),
    choice('contract.qualityRule', ['good-only', 'good-and-uncertain']),
  ]
}

export const contractPolicies: readonly Spec[] = [
  number('contract.policy.staleAfterMs', 'ms'),
  number('contract.policy.missingAfterMs', 'ms', required),
  number('contract.policy.lateToleranceMs', 'ms', required),
  choice('contract.policy.late', ['accept', 'mark', 'reject'], required),
  choice('contract.policy.outOfOrder', ['reorder', 'mark', 'reject'], required),
  choice('contract.policy.duplicate', ['drop', 'count'], required),
]

export const contractPacking: readonly Spec[] = [
  choice('contract.packing.type', ['int8', 'int16', 'uint16', 'int32', 'float32', 'float64']),
  choice('contract.packing.byteOrder', ['little', 'big']),
  { field: 'contract.packing.headerBytes', type: 'whole' },
  number('contract.packing.scale', ''),
  number('contract.packing.offset', ''),
  text('contract.packing.samplesField'),
  text('contract.packing.rateField'),
  text('contract.packing.startField'),
]

export { quantities }

function named({ id, name }: { id: string; name: string }): Option {
  return { value: id, label: name }
}

/** Every field that can be edited somewhere, so that a test finds those without words. */
export function everySpec(plant: PlantFile, assetId: string, pointId: string): [Section, Spec][] {
  const of = (section: Section, specs: readonly Spec[]): [Section, Spec][] => specs.map((spec) => [section, spec])
  return [
    ...of('lines', lineSpecs),
    ...of('plant', plantSpecs),
    ...of('assets', assetSpecs(plant, assetId)),
    ...of('points', pointSpecs(plant, pointId, assetId)),
    ...of('points', [...contractMeasured, ...contractTiming('waveform'), ...contractPolicies, ...contractPacking]),
    ...of('sensors', sensorSpecs),
  ]
}
