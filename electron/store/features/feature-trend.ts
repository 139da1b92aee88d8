import type { TrendColumns } from '../../../shared/domain/twin.ts'
import { iterate, type ReadDb } from '../database.ts'
import { removedThroughUs } from '../retention/removals.ts'
import { Columns } from '../trend.ts'
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
import { featureBuckets, featureChildren, featureRoots, featureWidths, type FeatureNode } from './feature-rollups.ts'

/** A column is at least so many buckets wide, so that moving its edge to a bucket's moves it an eighth of a pixel at most. */
const bucketsPerColumn = 4

interface Source {
  db: ReadDb
  pointKey: number
  feature: number
  trend: Columns
  roots: readonly FeatureNode[]
  /** Last chunk that has its leaves. */
  rolled: number
  /** Last time of which retention has removed chunks. */
  removedUs: number
  /** Where the whole trend begins. */
  fromUs: number
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
  const source = { db, pointKey, feature, trend, roots, rolled, removedUs, fromUs }
  const spans =
    gridUs > 0
      ? unrolledFeatureChunks(db, pointKey, fromUs, toUs, rolled)
      : featureChunksBetween(db, pointKey, fromUs, toUs)
  for (const span of spans) addChunk(source, span, fromUs, toUs)
  if (gridUs > 0) addRolled(source, fromUs, toUs, widths)
  else addRemoved(source, roots, fromUs, toUs)
  addRows(source, fromUs, toUs)
  return trend.finish()
}

/** Whole buckets of the widest width, what is left at both ends from narrower ones, in the end from chunks. */
function addRolled(from: Source, fromUs: number, toUs: number, widths: readonly number[]): void {
  if (!(toUs > fromUs)) return
  const width = widths.at(-1)
  if (width === undefined) {
    for (const span of featureChunksBetween(from.db, from.pointKey, fromUs, toUs)) {
      if (span.closed === 1 && span.id <= from.rolled) addChunk(from, span, fromUs, toUs)
    }
    addRemoved(from, from.roots, fromUs, toUs)
    return
  }
  const narrower = widths.slice(0, -1)
  const firstUs = Math.ceil(fromUs / width) * width
  const lastUs = Math.floor(toUs / width) * width
  if (firstUs >= lastUs) return addRolled(from, fromUs, toUs, narrower)
  addRolled(from, fromUs, firstUs, narrower)
  for (const root of from.roots) addNode(from, root, firstUs, lastUs, width)
  addRolled(from, lastUs, toUs, narrower)
}

function addNode(from: Source, node: FeatureNode, fromUs: number, toUs: number, width: number): void {
  if (node.maxUs < fromUs || node.minUs >= toUs) return
  if (node.widthUs > width) {
    if (node.chunk === null) {
      for (const child of featureChildren(from.db, node, fromUs, toUs)) addNode(from, child, fromUs, toUs, width)
      return
    }
    const span = featureSpan(from.db, node.chunk)
    if (span) return addChunk(from, span, fromUs, toUs)
    return addBuckets(from, node, fromUs, toUs, from.fromUs)
  }
  addBuckets(from, node, fromUs, toUs)
}

/** Where retention has removed the chunks: their buckets are the finest there is, however wide. */
function addRemoved(from: Source, nodes: readonly FeatureNode[], fromUs: number, toUs: number): void {
  if (fromUs > from.removedUs) return
  for (const node of nodes) {
    if (node.maxUs < fromUs || node.minUs >= toUs) continue
    if (node.chunk === null) addRemoved(from, featureChildren(from.db, node, fromUs, toUs), fromUs, toUs)
    else if (!featureSpan(from.db, node.chunk)) addBuckets(from, node, fromUs, toUs, from.fromUs)
  }
}

/** A bucket is where it starts; with `firstUs` one that reaches over that time counts from there. */
function addBuckets(from: Source, node: FeatureNode, fromUs: number, toUs: number, firstUs = Infinity): void {
  const b = featureBuckets(node)
  for (let i = 0; i < b.start.length; i++) {
    const startUs = (b.start[i] as number) * b.widthUs
    const tUs = fromUs === firstUs && startUs < firstUs && startUs + b.widthUs > firstUs ? firstUs : startUs
    if (tUs < fromUs || tUs >= toUs) continue
    const [count, bad] = [b.count[i] as number, b.badCount[i] as number]
    from.trend.addMany(tUs, count, bad, b.min[i] as number, b.max[i] as number, b.sum[i] as number)
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
