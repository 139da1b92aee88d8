import type { Contract } from './plant-file.ts'

/**
 * How long after its measurement a value may be here: told beside what it is used for, since the same features serve all of them.
 * `live` up to 5 s, `batch` up to a quarter of an hour, `archive` later than that.
 */
export const latencyClasses = ['live', 'batch', 'archive'] as const
export type LatencyClass = (typeof latencyClasses)[number]

const liveMs = 5_000
const batchAtMostMs = 900_000

/** The oldest a value is when it comes: as old as the batch it was gathered in, or as one cadence. */
export function worstLatencyMs({ updateCadenceMs, batchMs }: Pick<Contract, 'updateCadenceMs' | 'batchMs'>): number {
  return Math.max(updateCadenceMs, batchMs ?? 0)
}

export function latencyClassOf(contract: Pick<Contract, 'updateCadenceMs' | 'batchMs'>): LatencyClass {
  const worstMs = worstLatencyMs(contract)
  return worstMs <= liveMs ? 'live' : worstMs <= batchAtMostMs ? 'batch' : 'archive'
}
