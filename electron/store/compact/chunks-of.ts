import { orderUs, type PointColumns } from '../chunk-codec.ts'
import type { ReadDb } from '../database.ts'
import { knownIdentities, makeChunk } from '../tables/chunks.ts'
import { makeNode } from '../tables/rollups.ts'
import { leafOf } from './roll.ts'
import { inOrder, slice, withoutKnown } from './tidy.ts'
import type { Made } from './writes.ts'

export interface ChunkLimits {
  chunkSamples: number
  fanOut: number
  segmentRuns: number
  /** Leaves may be made at once, since no older chunk waits for one. */
  rolled: boolean
}

/** Points that have new chunks, and of those the ones with new leaves. */
export interface NewChunks {
  points: number[]
  closed: Set<number>
}

export function note(to: NewChunks, made: readonly Made[]): void {
  const [first] = made
  if (first) to.points.push(first.chunk.pointKey)
  for (const { chunk, leaf } of made) if (leaf) to.closed.add(chunk.pointKey)
}

export function samplesOf(rows: readonly Pick<Made, 'chunk'>[]): number {
  return rows.reduce((sum, { chunk }) => sum + chunk.head.count, 0)
}

/** Chunks of a point's samples in the order they came; what the twin has in chunks is left out. */
export function chunksOf(
  db: ReadDb,
  pointKey: number,
  lastTick: number,
  arrived: PointColumns,
  { chunkSamples, rolled }: ChunkLimits,
): Made[] {
  const sorted = inOrder(arrived)
  const known = knownIdentities(db, pointKey, firstFinite(sorted), orderUs(sorted, sorted.count - 1))
  const columns = withoutKnown(sorted, known)
  const pieces = Math.ceil(columns.count / (2 * chunkSamples))
  const made: Made[] = []
  for (let piece = 0; piece < pieces; piece++) {
    const start = Math.floor((columns.count * piece) / pieces)
    const end = Math.floor((columns.count * (piece + 1)) / pieces)
    const closed = end - start >= chunkSamples
    const part = slice(columns, start, end)
    const chunk = makeChunk(part, { pointKey, level: 0, closed, lastTick })
    const { minUs, maxUs } = chunk.head
    const leaf = closed && rolled ? makeNode({ pointKey, level: 0, chunk: null, minUs, maxUs }, leafOf(part)) : null
    made.push({ chunk, leaf })
  }
  return made
}

/** -Infinity, the order of samples without any time, is no time to look for. */
function firstFinite(sorted: PointColumns): number {
  for (let i = 0; i < sorted.count; i++) {
    const t = orderUs(sorted, i)
    if (t !== -Infinity) return t
  }
  return Infinity
}
