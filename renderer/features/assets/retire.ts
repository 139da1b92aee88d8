import type { PlantChange } from '../../../shared/domain/plant-change.ts'
import type { PlantFile, Retired } from '../../../shared/domain/plant-file.ts'
import type { Raw } from '../../../shared/lib/json.ts'
import { descendantsOf } from './specs.ts'

const sections = ['alerts', 'points', 'assets'] as const

/** What goes together: a machine with what hangs below it, its points and their alerts; a point with its alerts. */
export function entriesLeaving(
  plant: PlantFile,
  kind: Retired['kind'],
  id: string,
): { [S in (typeof sections)[number]]: Raw[] } {
  const assetIds = kind === 'asset' ? new Set([id, ...descendantsOf(plant, id)]) : new Set<string>()
  const points = plant.points.filter((point) => (kind === 'asset' ? assetIds.has(point.assetId) : point.id === id))
  const pointIds = new Set(points.map((point) => point.id))
  return {
    assets: plant.assets.filter((asset) => assetIds.has(asset.id)),
    points,
    alerts: plant.alerts.filter(({ pointId }) => pointIds.has(pointId)),
  }
}

/** What others still say of what leaves: it has to be put right first, and the check names each. */
export function leave(
  plant: PlantFile,
  kind: Retired['kind'],
  id: string,
  note: Pick<Retired, 'name' | 'retiredOn' | 'by' | 'reason'>,
): PlantChange[] {
  const entries = entriesLeaving(plant, kind, id)
  const removed = sections.flatMap((section) =>
    entries[section].map((entry): PlantChange => ({
      kind: 'removed',
      section,
      id: String(entry['id']),
      field: '',
      before: entry,
      after: undefined,
    })),
  )
  const held = Object.fromEntries(Object.entries(entries).filter(([, list]) => list.length > 0))
  const after = { id, kind, ...note, entries: held }
  return [
    ...removed,
    ...evidencesOf(plant, entries),
    { kind: 'added', section: 'retired', id, field: '', before: undefined, after },
  ]
}

/** A point that leaves is no evidence of running any more; with less evidence the quorum shrinks. */
function evidencesOf(plant: PlantFile, leaving: { assets: readonly Raw[]; points: readonly Raw[] }): PlantChange[] {
  const gone = new Set(leaving.points.map((point) => point['id']))
  const goneAssets = new Set(leaving.assets.map((asset) => asset['id']))
  return plant.assets.flatMap(({ id, runState }): PlantChange[] => {
    if (goneAssets.has(id) || !runState?.evidences.some(({ pointId }) => gone.has(pointId))) return []
    const evidences = runState.evidences.filter(({ pointId }) => !gone.has(pointId))
    const after = { ...runState, evidences, quorum: Math.min(runState.quorum, evidences.length) }
    const at = { section: 'assets', id, field: 'runState', before: runState } as const
    return evidences.length === 0 ? [{ ...at, kind: 'removed', after: undefined }] : [{ ...at, kind: 'changed', after }]
  })
}

/** Back as it was: what it was is in its entry. */
export function comeBack(retired: Retired): PlantChange[] {
  const added = (['assets', 'points', 'alerts'] as const).flatMap((section) =>
    (retired.entries[section] ?? []).map((entry): PlantChange => ({
      kind: 'added',
      section,
      id: String(entry['id']),
      field: '',
      before: undefined,
      after: entry,
    })),
  )
  return [
    { kind: 'removed', section: 'retired', id: retired.id, field: '', before: retired, after: undefined },
    ...added,
  ]
}
