import type { PlantFile } from '../../../shared/domain/plant-file.ts'

export interface SheetColumn {
  readonly title: string
  readonly type: 'text' | 'number' | 'list' | 'date'
  /** Where it stands in the entry; a number is a place in a list. */
  readonly path: readonly (string | number)[]
}

export interface SheetLayout {
  readonly name: 'assets' | 'points' | 'alerts'
  readonly columns: readonly SheetColumn[]
}

const text = (...path: (string | number)[]): SheetColumn => ({ title: path.join('.'), type: 'text', path })
const numeric = (...path: (string | number)[]): SheetColumn => ({ title: path.join('.'), type: 'number', path })
const ends = (...path: string[]): SheetColumn[] => [
  { title: `${path.join('.')}.low`, type: 'number', path: [...path, 0] },
  { title: `${path.join('.')}.high`, type: 'number', path: [...path, 1] },
]

/** What a spreadsheet may edit: what differs from row to row. Components, shafts and run state are edited in the application. */
export const sheetLayouts: readonly SheetLayout[] = [
  {
    name: 'assets',
    columns: [
      ...['id', 'name', 'lineId', 'family', 'parentId', 'manufacturer', 'model', 'serial'].map((key) => text(key)),
      { title: 'commissionedOn', type: 'date', path: ['commissionedOn'] },
      numeric('criticality'),
      { title: 'failureModes', type: 'list', path: ['failureModes'] },
      numeric('ratedRpm'),
      numeric('powerKw'),
      text('support'),
      numeric('isoGroup'),
      text('operatingContext'),
    ],
  },
  {
    name: 'points',
    columns: [
      ...['id', 'name', 'assetId', 'componentId', 'kind', 'sensorId', 'tachoPointId'].map((key) => text(key)),
      text('source', 'serverId'),
      text('source', 'nodeId'),
      numeric('contract', 'version'),
      ...['quantity', 'unit', 'detector', 'axis', 'placement'].map((key) => text('contract', key)),
      numeric('contract', 'sampleRateHz'),
      numeric('contract', 'blockSize'),
      text('contract', 'timestampSource'),
      ...ends('contract', 'expectedRange'),
      numeric('contract', 'updateCadenceMs'),
      numeric('contract', 'policy', 'staleAfterMs'),
      numeric('contract', 'policy', 'missingAfterMs'),
      numeric('contract', 'policy', 'lateToleranceMs'),
      ...['late', 'duplicate', 'outOfOrder'].map((key) => text('contract', 'policy', key)),
      text('contract', 'qualityRule'),
      text('contract', 'deadband', 'kind'),
      numeric('contract', 'deadband', 'value'),
      ...['owner', 'lineage', 'author', 'reason'].map((key) => text('contract', key)),
    ],
  },
  {
    name: 'alerts',
    columns: [
      ...['id', 'pointId', 'feature'].map((key) => text(key)),
      numeric('limits', 'warning'),
      numeric('limits', 'alarm'),
      ...['deadband', 'onDelayMs', 'offDelayMs'].map((key) => numeric(key)),
      text('contract', 'priority'),
      numeric('contract', 'respondWithinMin'),
      ...['recipient', 'meaning', 'cause', 'consequence', 'action'].map((key) => text('contract', key)),
    ],
  },
]

export type SheetSections = Pick<PlantFile, SheetLayout['name']>
