import { failureModesOf, resolveMode } from '../../shared/domain/failure-modes.ts'
import type { Asset, PlantFile } from '../../shared/domain/plant-file.ts'

/**
 * The eight facts every asset needs before it counts as known: id, plant, line, manufacturer, model number,
 * commissioning date, criticality, failure-mode taxonomy. The schema demands id and line, and the file is one plant.
 */
export const assetFacts = ['manufacturer', 'model', 'commissionedOn', 'criticality', 'failureModes'] as const
export type AssetFact = (typeof assetFacts)[number]

/**
 * Facts still to be found out. An asset with any of them open is a draft, which is no fault of the file. A failure mode that
 * nothing ties to the taxonomy is none.
 */
export function missingFacts(asset: Asset, plant: Pick<PlantFile, 'failureModes'> = {}): AssetFact[] {
  return assetFacts.filter((fact) => {
    if (fact !== 'failureModes') return asset[fact] === undefined
    const codes = asset.failureModes ?? []
    const own = failureModesOf(plant)
    return codes.length === 0 || codes.some((code) => resolveMode(code, own).mode === null)
  })
}
