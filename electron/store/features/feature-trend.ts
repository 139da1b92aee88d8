import type { TrendColumns } from '../../../shared/domain/twin.ts'
import { iterate, type ReadDb } from '../database.ts'
import { removedThroughUs } from '../retention/removals.ts'
import { Columns } from '../trend-columns.ts'
import { addRemoved, addRolled, type Pyramid } from '../trend-pyramid.ts'
import {
  columnOfFeatureChunk,
  featureChunksBetween,
  featureSpan,
  rolledChunk,
  throughSeq,
  timesOfFeatureChunk,
  unrolledFeatureChunks,
  type FeatureSpan,
} from './feature-chunks.ts'
import { featureChildren, featureRoots, featureWidths } from './feature-rollups.ts'

/** A column is at least so many buckets wide, so that moving its edge to a bucket's moves it an eighth of a pixel at most. */
const bucketsPerColumn = 4

interface Source {
  db: ReadDb
  pointKey: number
  feature: number
  trend: Columns
}

/**
 * A feature that could not be computed (NaN) counts as bad, a row from before there was the feature for nothing. As with samples,
 * long spans are answered from roll-ups, with edges between columns on whole buckets; a spike of one row is always in them.
 */
export function featureTrend(
  db: ReadDb,
  pointKey: number,
  feature: number,
  fromUs: number,
  toUs: number,
  columns: number,
): TrendColumns {
  const widths = featureWidths.filter((width) => width * bucketsPerColumn <= (toUs - fromUs) / columns)
  const removedUs = removedThroughUs(db, 'features')
  const roots = widths.length > 0 || fromUs <= removedUs ? featureRoots(db, pointKey, feature) : []
  const gridUs = roots.length > 0 ? (widths.at(-1) ?? 0) : 0
  const trend = new Columns(fromUs, toUs, columns, gridUs)
  const rolled = gridUs > 0 ? rolledChunk(db) : 0
  const source = { db, pointKey, feature, trend }
  const spans =
    gridUs > 0
      ? unrolledFeatureChunks(db, pointKey, fromUs, toUs, rolled)
      : featureChunksBetween(db, pointKey, fromUs, toUs)
  for (const span of spans) addChunk(source, span, fromUs, toUs)
  const pyramid = { trend, roots, removedUs, fromUs, ...chunksOf(source, rolled) }
  if (gridUs > 0) addRolled(pyramid, fromUs, toUs, widths)
  else addRemoved(pyramid, roots, fromUs, toUs)
  addRows(source, fromUs, toUs)
  return trend.finish()
}

type Chunks = Pick<Pyramid, 'childrenOf' | 'hasChunk' | 'addChunk' | 'addChunks'>

/** What a feature's pyramid stands on. `rolled`: the last chunk that has its leaves. */
function chunksOf(from: Source, rolled: number): Chunks {
  const { db, pointKey } = from
  return {
    childrenOf: (node, fromUs, toUs) => featureChildren(db, node, fromUs, toUs),
    hasChunk: (id) => featureSpan(db, id) !== null,
    addChunk(id, fromUs, toUs) {
      const span = featureSpan(db, id)
      if (span) addChunk(from, span, fromUs, toUs)
      return span !== null
    },
    addChunks(fromUs, toUs) {
      for (const span of featureChunksBetween(db, pointKey, fromUs, toUs)) {
        if (span.closed === 1 && span.id <= rolled) addChunk(from, span, fromUs, toUs)
      }
    },
  }
}

function addChunk(from: Source, span: FeatureSpan, fromUs: number, toUs: number): void {
  const column = columnOfFeatureChunk(from.db, span, from.feature)
  if (!column) return
  const times = timesOfFeatureChunk(from.db, span)
  for (let row = 0; row < span.count; row++) {
    const tUs = times[row] as number
    if (tUs >= fromUs && tUs < toUs) from.trend.add(tUs, column[row] as number, true)
  }
}

function addRows(from: Source, fromUs: number, toUs: number): void {
  const at = from.feature * 4
  const rows = iterate<{ tUs: number; payload: Buffer }>(
    from.db,
    'SELECT t_us AS tUs, payload FROM feature WHERE point_key = ? AND t_us >= ? AND t_us < ? AND seq > ?',
    from.pointKey,
    fromUs,
    toUs,
    throughSeq(from.db),
  )
  for (const { tUs, payload } of rows) {
    if (at + 4 <= payload.byteLength) from.trend.add(tUs, payload.readFloatLE(at), true)
  }
}
