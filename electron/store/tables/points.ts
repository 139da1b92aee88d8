import type { PointRef } from '../../../shared/domain/twin.ts'
import { all, get, run, type ReadDb, type WriteDb } from '../database.ts'

export type PointWanted = Omit<PointRef, 'key'>

const columns = 'key, id, asset_id AS assetId, kind'

/** Stable keys in the order asked; an id keeps its key for the life of the twin, whatever its asset or kind becomes. */
export function allocatePoints(db: WriteDb, wanted: readonly PointWanted[]): PointRef[] {
  return wanted.map(({ id, assetId, kind }) => {
    const known = pointById(db, id)
    if (known && known.assetId === assetId && known.kind === kind) return known
    run(
      db,
      `INSERT INTO point (id, asset_id, kind) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET asset_id = excluded.asset_id, kind = excluded.kind`,
      id,
      assetId,
      kind,
    )
    return pointById(db, id) ?? { key: 0, id, assetId, kind }
  })
}

export function pointById(db: ReadDb, id: string): PointRef | undefined {
  return get<PointRef>(db, `SELECT ${columns} FROM point WHERE id = ?`, id)
}

export function allPoints(db: ReadDb): PointRef[] {
  return all<PointRef>(db, `SELECT ${columns} FROM point ORDER BY key`)
}
