import type { ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import {
  isWholeSegment,
  openSegment,
  rangeFills,
  segmentIds,
  storedSegment,
  type RangeFill,
  type StoredSegment,
} from '../tables/segments.ts'
import { chunksOf, note, samplesOf, type ChunkLimits, type NewChunks } from './chunks-of.ts'
import { groupByPoint, sliceFrom, type Workspace } from './window.ts'
import type { Made, WorkStep } from './writes.ts'

/** Samples a point, as a share of a closed chunk's: points of a range differ a little, and open chunks are merged again. */
const enough = 1.25

function isDue({ runs, samples, points }: RangeFill, { segmentRuns, chunkSamples }: ChunkLimits): boolean {
  return runs >= segmentRuns || samples >= points * chunkSamples * enough
}

/** Chunks of the ranges whose segments fill some, or have waited long. A range is one transaction, whatever it stands in. */
export function* promoteDue(
  db: ReadDb,
  workspace: Workspace,
  limits: ChunkLimits,
  made: NewChunks,
): Generator<WorkStep> {
  for (const fill of rangeFills(db)) {
    if (isDue(fill, limits)) yield* promote(db, fill.keyRange, workspace, limits, made)
    else yield null
  }
}

function* promote(
  db: ReadDb,
  keyRange: number,
  workspace: Workspace,
  limits: ChunkLimits,
  made: NewChunks,
): Generator<WorkStep> {
  const stored = wholeSegments(db, keyRange)
  if (stored === null) return
  const lastTick = Math.max(...stored.map((segment) => segment.lastTick))
  const batches = stored.map(openSegment)
  const grouped = yield* groupByPoint(batches)
  const { columns } = sliceFrom(batches, grouped, 0, workspace)
  const chunks: Made[] = []
  for (const [index, pointKey] of grouped.points.entries()) {
    const own = chunksOf(db, pointKey, lastTick, columns(index, index + 1), limits)
    note(made, own)
    chunks.push(...own)
    yield null
  }
  const repeats = stored.reduce((sum, { count }) => sum + count, 0) - samplesOf(chunks)
  yield { kind: 'promote', made: chunks, segments: stored.map(({ id }) => id), repeats, rolled: limits.rolled }
}

/** null when one is damaged: all stay as they are, for verify to find and a backup to mend. */
function wholeSegments(db: ReadDb, keyRange: number): StoredSegment[] | null {
  try {
    const stored: StoredSegment[] = []
    for (const id of segmentIds(db, keyRange)) {
      const segment = storedSegment(db, id)
      if (!segment || !isWholeSegment(segment)) return null
      stored.push(segment)
    }
    return stored.length > 0 ? stored : null
  } catch (error) {
    if (isDamage(error)) return null
    throw error
  }
}
