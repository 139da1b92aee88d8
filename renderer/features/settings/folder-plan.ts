import type { Point } from '../../../shared/domain/plant-file.ts'
import type { BrowseEntry } from '../../../shared/protocol/methods.ts'
import { pointFromDraft, type FieldFault } from './draft-point.ts'
import { idFrom } from '../../../shared/lib/names.ts'
import { cadenceOf, proposePoint, type PointDraft } from './propose-point.ts'

/** What is said once for a whole folder. Text as typed; empty where nothing is meant. */
export interface FolderTemplate {
  assetId: string
  /** Point ids: {asset}, {folder} and {name} stand for their own. */
  pattern: string
  unit: string
  rangeLow: string
  rangeHigh: string
  cadenceMs: string
  sampleRateHz: string
  blockSize: string
}

export const emptyTemplate: FolderTemplate = {
  assetId: '',
  pattern: '{asset}.{name}',
  unit: '',
  rangeLow: '',
  rangeHigh: '',
  cadenceMs: '',
  sampleRateHz: '',
  blockSize: '',
}

export interface PlannedPoint {
  entry: BrowseEntry
  draft: PointDraft
  point: Point | null
  faults: readonly FieldFault[]
}

/** Variables of a folder that can become points: numbers and arrays of numbers that are not mapped yet. */
export function mappable(entries: readonly BrowseEntry[], mapped: ReadonlyMap<string, string>): BrowseEntry[] {
  return entries.filter(
    ({ nodeId, nodeClass, dataType }) =>
      nodeClass === 'variable' && !mapped.has(nodeId) && (dataType === null || !notNumbers.has(dataType)),
  )
}

const notNumbers = new Set(['String', 'LocalizedText', 'DateTime', 'UtcTime', 'Guid', 'XmlElement'])

/**
 * A point for each entry: first what the server says, then what the template says, then what is usual. Ids follow the
 * pattern and are made different from each other and from those that exist.
 */
export function planFolder(
  entries: readonly BrowseEntry[],
  template: FolderTemplate,
  folder: string,
  serverId: string,
  taken: ReadonlySet<string>,
): PlannedPoint[] {
  const used = new Set(taken)
  return entries.map((entry) => {
    const { draft: proposed, basis } = proposePoint(entry, template.assetId, used)
    const id = freeId(
      template.pattern
        .replaceAll('{asset}', template.assetId)
        .replaceAll('{folder}', idFrom(folder))
        .replaceAll('{name}', idFrom(entry.browseName.replace(/^\d+:/, ''))),
      used,
    )
    used.add(id)
    const draft = fill({ ...proposed, id }, basis, template)
    const result = pointFromDraft(draft, serverId, entry.nodeId)
    return { entry, draft, point: result.ok ? result.point : null, faults: result.ok ? [] : result.faults }
  })
}

function freeId(pattern: string, used: ReadonlySet<string>): string {
  const base = idFrom(pattern) || 'point'
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`
    if (!used.has(id)) return id
  }
}

/** The template's word counts where the server has said nothing. */
function fill(
  draft: PointDraft,
  basis: ReturnType<typeof proposePoint>['basis'],
  template: FolderTemplate,
): PointDraft {
  const given = (field: 'unit' | 'rangeLow' | 'rangeHigh' | 'cadenceMs' | 'sampleRateHz' | 'blockSize'): string => {
    const said = basis[field] === 'server'
    return said || template[field].trim() === '' ? draft[field] : template[field].trim()
  }
  const filled = {
    ...draft,
    unit: given('unit'),
    rangeLow: given('rangeLow'),
    rangeHigh: given('rangeHigh'),
    sampleRateHz: given('sampleRateHz'),
    blockSize: draft.kind === 'waveform' ? given('blockSize') : draft.blockSize,
    cadenceMs: given('cadenceMs'),
  }
  const isWaveform = draft.kind === 'waveform'
  const implied = isWaveform ? cadenceOf(Number(filled.sampleRateHz), Number(filled.blockSize)) : null
  const cadenceMs = implied === null ? filled.cadenceMs : String(implied)
  const ms = Number(cadenceMs)
  if (!(ms > 0)) return { ...filled, cadenceMs }
  return {
    ...filled,
    cadenceMs,
    // A scalar's rate is how often it comes.
    sampleRateHz: isWaveform ? filled.sampleRateHz : String(Number((1_000 / ms).toPrecision(6))),
    staleAfterMs: String(2 * ms),
    missingAfterMs: String(Math.max(1_000, 5 * ms)),
  }
}
