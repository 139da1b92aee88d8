import type { Asset } from '../../shared/domain/plant-file.ts'

/**
 * The eight facts every asset needs before it counts as known: id, plant, line, manufacturer, model number,
 * commissioning date, criticality, failure-mode taxonomy. The schema demands id and line, and the file is one plant.
 */
export const assetFacts = ['manufacturer', 'model', 'commissionedOn', 'criticality', 'failureModes'] as const
export type AssetFact = (typeof assetFacts)[number]

/** Facts still to be found out. An asset with any of them open is a draft, which is no fault of the file. */
export function missingFacts(asset: Asset): AssetFact[] {
  return assetFacts.filter((fact) => {
    const value = asset[fact]
    return value === undefined || (Array.isArray(value) && value.length === 0)
  })
}
