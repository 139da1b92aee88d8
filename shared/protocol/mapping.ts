import { z } from 'zod'
import type { TimeUs } from '../domain/time.ts'
import type { BundleResults } from './bundle.ts'
import type { CatalogueResults } from './catalogue.ts'

const id = z.string().min(1).max(256)

export const mappingParams = {
  /** What the machine's stops of the last days say of its tags; nothing is written. */
  'mapping.suggest': z.strictObject({ assetId: id, days: z.int().min(1).max(90) }),
} as const

/** What the stops of a machine say of one of its tags. A person decides what to make of it. */
export interface MappingSuggestion {
  pointId: string
  /** `supports`: it went quiet whenever this machine alone stood still. `contradicts`: it went on. */
  verdict: 'supports' | 'contradicts' | 'undecided'
  /** Stops in which its level could be told. */
  stops: number
  quiet: number
  /** One sentence with the numbers. */
  detail: string
}

export interface MappingSuggestions {
  assetId: string
  fromUs: TimeUs
  toUs: TimeUs
  /** Stops of the machine that were looked at. */
  stops: number
  points: MappingSuggestion[]
}

export interface MappingResults extends BundleResults, CatalogueResults {
  'mapping.suggest': MappingSuggestions
}
