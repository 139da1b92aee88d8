import type { PlantChange } from '../../shared/domain/plant-change.ts'
import type { PlantFile } from '../../shared/domain/plant-file.ts'
import { canonicalJson, isRaw, type Raw } from '../../shared/lib/json.ts'

/**
 * Whether a change lets somebody write to a point who might not before. Who may write stands in the plant file and is put there
 * by its owner: whoever edits here could give it to himself. A point that leaves service or comes back keeps what it had.
 */
export function givesWriteRight(plant: PlantFile, { section, id, field, after }: PlantChange): boolean {
  if (section === 'points') {
    if (/^write(\.|$)/.test(field)) return true
    return field === '' && isWritable(after) && !retiredPoints(plant).some((point) => same(point, after))
  }
  if (section !== 'retired' || after === undefined) return false
  // Only whole entries come and go; what is in one is never edited.
  if (field !== '' || id === null) return true
  return pointsIn(after).some(
    (point) =>
      isWritable(point) && !plant.points.some((known) => known.id === point['id'] && same(known.write, point['write'])),
  )
}

function isWritable(point: unknown): boolean {
  return isRaw(point) && point['write'] !== undefined
}

function retiredPoints(plant: PlantFile): Raw[] {
  return (plant.retired ?? []).flatMap(({ entries }) => entries.points ?? [])
}

function pointsIn(retired: unknown): Raw[] {
  const entries = isRaw(retired) ? retired['entries'] : undefined
  const points = isRaw(entries) ? entries['points'] : undefined
  return Array.isArray(points) ? points.filter(isRaw) : []
}

function same(a: unknown, b: unknown): boolean {
  return canonicalJson(a ?? null) === canonicalJson(b ?? null)
}
