import type { AlertRule } from '../../shared/domain/alert.ts'
import type { Asset, PlantFile, PlantServer, Point } from '../../shared/domain/plant-file.ts'

export type Line = PlantFile['lines'][number]

/** A valid plant as lookups, so that nobody searches lists on the data path. */
export interface ResolvedPlant {
  plant: PlantFile
  configHash: string
  lines: ReadonlyMap<string, Line>
  servers: ReadonlyMap<string, PlantServer>
  assets: ReadonlyMap<string, Asset>
  points: ReadonlyMap<string, Point>
  pointsOfAsset: ReadonlyMap<string, readonly Point[]>
  pointsOfServer: ReadonlyMap<string, readonly Point[]>
  rules: readonly AlertRule[]
  rulesOfPoint: ReadonlyMap<string, readonly AlertRule[]>
}

function byId<T extends { id: string }>(list: readonly T[]): Map<string, T> {
  return new Map(list.map((item) => [item.id, item]))
}

/** Lookup maps and the alert rules of a plant that passed `checkPlantFile`. */
export function resolvePlant(plant: PlantFile, configHash: string): ResolvedPlant {
  const points = byId(plant.points)
  const rules = plant.alerts.flatMap((alert): AlertRule[] => {
    const point = points.get(alert.pointId)
    // A point without a contract is shown grey and never alarms.
    return point?.contract ? [{ ...alert, assetId: point.assetId, configHash }] : []
  })
  return {
    plant,
    configHash,
    lines: byId(plant.lines),
    servers: byId(plant.servers),
    assets: byId(plant.assets),
    points,
    pointsOfAsset: Map.groupBy(plant.points, (point) => point.assetId),
    pointsOfServer: Map.groupBy(plant.points, (point) => point.source.serverId),
    rules,
    rulesOfPoint: Map.groupBy(rules, (rule) => rule.pointId),
  }
}
