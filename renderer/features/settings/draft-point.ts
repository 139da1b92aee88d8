import { contractSchema, pointSchema, type Point } from '../../../shared/domain/plant-file.ts'
import type { DraftField, PointDraft } from './propose-point.ts'

export interface FieldFault {
  field: DraftField
  /** Key under `settings.fault.` in the language file. */
  key: 'required' | 'number' | 'positive' | 'id' | 'range' | 'whole' | 'staleBeforeMissing'
}

export type DraftResult = { ok: true; point: Point } | { ok: false; faults: FieldFault[] }

const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.')))

function checkNumbers(draft: PointDraft, faults: FieldFault[]): void {
  const positives: DraftField[] = ['sampleRateHz', 'cadenceMs', 'staleAfterMs', 'missingAfterMs']
  if (draft.kind === 'waveform') positives.push('blockSize')
  for (const field of positives) {
    if (draft[field].trim() === '') faults.push({ field, key: 'required' })
    else if (Number.isNaN(numberOf(draft[field]))) faults.push({ field, key: 'number' })
    else if (numberOf(draft[field]) <= 0) faults.push({ field, key: 'positive' })
  }
  for (const field of ['rangeLow', 'rangeHigh'] as const) {
    if (draft[field].trim() === '') faults.push({ field, key: 'required' })
    else if (Number.isNaN(numberOf(draft[field]))) faults.push({ field, key: 'number' })
  }
  if (numberOf(draft.rangeLow) >= numberOf(draft.rangeHigh)) faults.push({ field: 'rangeHigh', key: 'range' })
  if (draft.kind === 'waveform' && !Number.isInteger(numberOf(draft.blockSize)) && numberOf(draft.blockSize) > 0)
    faults.push({ field: 'blockSize', key: 'whole' })
  if (numberOf(draft.staleAfterMs) > numberOf(draft.missingAfterMs))
    faults.push({ field: 'missingAfterMs', key: 'staleBeforeMissing' })
}

/**
 * The point a draft stands for, or what is wrong with each field. Only what the form alone can know is judged here;
 * references and units are the engine's, whose faults come back with a path.
 */
export function pointFromDraft(draft: PointDraft, serverId: string, nodeId: string): DraftResult {
  const faults: FieldFault[] = []
  for (const field of ['id', 'assetId', 'unit'] as const)
    if (draft[field].trim() === '') faults.push({ field, key: 'required' })
  if (draft.id.trim() !== '' && !pointSchema.shape.id.safeParse(draft.id.trim()).success)
    faults.push({ field: 'id', key: 'id' })
  checkNumbers(draft, faults)
  if (faults.length > 0) return { ok: false, faults }
  const axis = contractSchema.shape.axis.safeParse(draft.axis)
  return {
    ok: true,
    point: {
      id: draft.id.trim(),
      ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
      assetId: draft.assetId,
      ...(draft.componentId === '' ? {} : { componentId: draft.componentId }),
      kind: draft.kind,
      source: { serverId, nodeId },
      contract: {
        version: 1,
        quantity: draft.quantity,
        unit: draft.unit.trim(),
        detector: draft.detector,
        ...(axis.success && axis.data !== undefined ? { axis: axis.data } : {}),
        ...(draft.placement.trim() === '' ? {} : { placement: draft.placement.trim() }),
        sampleRateHz: numberOf(draft.sampleRateHz),
        ...(draft.kind === 'waveform' ? { blockSize: numberOf(draft.blockSize) } : {}),
        timestampSource: 'source',
        expectedRange: [numberOf(draft.rangeLow), numberOf(draft.rangeHigh)],
        updateCadenceMs: numberOf(draft.cadenceMs),
        policy: {
          staleAfterMs: numberOf(draft.staleAfterMs),
          missingAfterMs: numberOf(draft.missingAfterMs),
          late: 'accept',
          lateToleranceMs: 5000,
          duplicate: 'drop',
          outOfOrder: 'reorder',
        },
      },
    },
  }
}

const fieldPaths: readonly (readonly [RegExp, DraftField])[] = [
  [/contract\.unit$/, 'unit'],
  [/contract\.quantity$/, 'quantity'],
  [/contract\.detector$/, 'detector'],
  [/contract\.expectedRange/, 'rangeHigh'],
  [/contract\.sampleRateHz$/, 'sampleRateHz'],
  [/contract\.blockSize$/, 'blockSize'],
  [/contract\.updateCadenceMs$/, 'cadenceMs'],
  [/policy\.staleAfterMs$/, 'staleAfterMs'],
  [/policy\.missingAfterMs$/, 'missingAfterMs'],
  [/contract\.axis$/, 'axis'],
  [/contract\.placement$/, 'placement'],
  [/componentId$/, 'componentId'],
  [/assetId$/, 'assetId'],
  [/\.kind$/, 'kind'],
  [/\.name$/, 'name'],
  [/(^|\.)id$/, 'id'],
]

/** Form field an engine fault's path speaks of; null when it is not one of the form's. */
export function fieldOfPath(path: string): DraftField | null {
  return fieldPaths.find(([pattern]) => pattern.test(path))?.[1] ?? null
}
