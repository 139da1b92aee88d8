import {
  findBearing,
  matchBearing,
  ordersOfBearing,
  withOwnBearings,
  type BearingCatalogue,
  type OwnBearing,
} from '../../shared/domain/bearings.ts'
import type { BearingFound } from '../../shared/protocol/catalogue.ts'

/** What a designation is taken for where the plant has bearings of its own. */
export function bearingFound(
  shipped: BearingCatalogue,
  own: readonly OwnBearing[] | undefined,
  name: string,
): BearingFound | null {
  const catalogue = withOwnBearings(shipped, own)
  const match = matchBearing(catalogue, name)
  const entry = findBearing(catalogue, name)
  if (!match || !entry) return null
  const { verified, source } = entry
  return { name: entry.name, by: match.by, verified, source, orders: ordersOfBearing(entry) }
}
