import type { PlantChange } from './plant-change.ts'

/** A revision of the plant file with what it changed of one entry. */
export interface ConfigRevision {
  readonly id: number
  readonly hash: string
  readonly author: string
  readonly reason: string
  readonly atUs: number
  readonly changes: readonly PlantChange[]
}

export interface ConfigQuery {
  readonly section: string
  /** null where the section has no ids. */
  readonly id: string | null
  /** Continue a list with the last row's id. */
  readonly beforeRevision: number | null
  readonly limit: number
}
