import { z } from 'zod'
import type { BearingMatch, BearingOrders } from '../domain/bearings.ts'

export const catalogueParams = {
  /** What a designation is taken for: the plant's own bearings first, then those that are shipped. */
  'bearing.find': z.strictObject({ name: z.string().trim().min(1).max(200) }),
} as const

export interface BearingFound {
  name: string
  /** By its name, without suffixes that change nothing, or of another maker. */
  by: BearingMatch['by']
  verified: boolean
  source: string | null
  orders: BearingOrders
}

export interface CatalogueResults {
  'bearing.find': { found: BearingFound | null }
}
