import { qualityOf } from '../../shared/domain/status-code.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import { sampleTimeUs } from './batch.ts'
import type { Chunk } from './chunk-codec.ts'
import type { ReadDb } from './database.ts'
import { identity, compareSamples, samplesOfBatch, withoutRepeats, type Sample } from './samples.ts'
import { hotParts, type HotPart } from './scalars.ts'
import { bucketWidths } from './rollup-codec.ts'
import { removedThroughUs } from './retention/removals.ts'
import { chunksBetween, hasChunk, knownIdentities, readChunk, unrolledChunks } from './tables/chunks.ts'
import { childrenOf, firstChild, rootsOf, throughChunk, type RollupNode } from './tables/rollups.ts'
import { Columns } from './trend-columns.ts'
import { addRemoved, addRolled, type Pyramid } from './trend-pyramid.ts'

/**
 * A column is at least so many buckets wide, so that moving its edge to a bucket's moves it a quarter of a pixel at most. With four
 * in place of two the longest span that is read sample by sample, and the time it takes, would be twice as long.
 */
const bucketsPerColumn = 2

/**
 * `min`, `max`, `mean` and `count` are of good and uncertain values; bad ones are counted apart. Long spans are answered from
 * roll-ups: the edges between columns then lie on whole buckets, as `tUs` says, and the answer is exact for those.
 */
export function scalarTrend(db: ReadDb, pointKey: number, fromUs: number, toUs: number, columns: number): TrendColumns {
  const perColumnUs = (toUs - fromUs) / columns
  const widths = bucketWidths.filter((width) => width * bucketsPerColumn <= perColumnUs)
  const removedUs = removedThroughUs(db, 'scalars')
  const roots = widths.length > 0 || fromUs <= removedUs ? rootsOf(db, pointKey) : []
  const widestUs = widths.at(-1) ?? 0
  // Where even leaves are wider, going down to each of them would only come before reading the chunks all the same.
  const gridUs = widestUs > 0 && reachesWidth(db, roots, widestUs) ? widestUs : 0
  const trend = new Columns(fromUs, toUs, columns, gridUs)
  const rolled = gridUs > 0 ? throughChunk(db) : 0
  const spans =
    gridUs > 0 ? unrolledChunks(db, pointKey, fromUs, toUs, rolled) : chunksBetween(db, pointKey, fromUs, toUs)
  for (const span of spans) {
    if (span.minUs >= fromUs && span.maxUs < toUs && trend.addWhole(span)) continue
    addChunk(trend, readChunk(db, span.id), fromUs, toUs)
  }
  const pyramid = { trend, roots, removedUs, fromUs, ...chunksOf(db, pointKey, trend, rolled) }
  if (gridUs > 0) addRolled(pyramid, fromUs, toUs, widths)
  else addRemoved(pyramid, roots, fromUs, toUs)
  addHot(trend, db, pointKey, fromUs, toUs)
  return trend.finish()
}

/** Whether the newest nodes go down to buckets of at most that width. */
function reachesWidth(db: ReadDb, roots: readonly RollupNode[], widthUs: number): boolean {
  let node = roots.at(-1)
  if (!node) return false
  while (node && node.widthUs > widthUs && node.chunk === null) node = firstChild(db, node)
  return !node || node.widthUs <= widthUs
}

type Chunks = Pick<Pyramid, 'childrenOf' | 'hasChunk' | 'addChunk' | 'addChunks'>

/** What a point's pyramid stands on. `rolled`: the last chunk that has a leaf. */
function chunksOf(db: ReadDb, pointKey: number, trend: Columns, rolled: number): Chunks {
  return {
    childrenOf: (node, fromUs, toUs) => childrenOf(db, node, fromUs, toUs),
    hasChunk: (id) => hasChunk(db, id),
    addChunk(id, fromUs, toUs) {
      if (!hasChunk(db, id)) return false
      addChunk(trend, readChunk(db, id), fromUs, toUs)
      return true
    },
    addChunks(fromUs, toUs) {
      for (const { id, closed } of chunksBetween(db, pointKey, fromUs, toUs)) {
        if (closed === 1 && id <= rolled) addChunk(trend, readChunk(db, id), fromUs, toUs)
      }
    },
  }
}

function addChunk(trend: Columns, chunk: Chunk, fromUs: number, toUs: number): void {
  const source = chunk.sourceUs()
  const values = chunk.value()
  const statuses = chunk.status()
  // Server and receive time are unpacked only for a chunk with a sample that has no source time.
  let others: { serverUs: Float64Array; receiveUs: Float64Array } | null = null
  for (let row = 0; row < chunk.count; row++) {
    let tUs = source[row] as number
    if (!Number.isFinite(tUs)) {
      others ??= chunk.others(source)
      tUs = sampleTimeUs(tUs, others.serverUs[row] as number, others.receiveUs[row] as number)
    }
    if (tUs >= fromUs && tUs < toUs) trend.add(tUs, values[row] as number, qualityOf(statuses[row] as number) !== 'bad')
  }
}

/** Samples that are not in a chunk yet, repeats left out. */
function addHot(trend: Columns, db: ReadDb, pointKey: number, fromUs: number, toUs: number): void {
  const parts = hotParts(db, pointKey, fromUs, toUs)
  if (parts.length === 0 || addRising(trend, db, pointKey, parts, fromUs, toUs)) return
  for (const { tUs, value, status } of hotSamples(db, pointKey, parts, fromUs, toUs)) {
    trend.add(tUs, value, qualityOf(status) !== 'bad')
  }
}

/** Source times that rise, behind every chunk, as nearly always: none can be a repeat, and nothing has to be sorted. */
function addRising(
  trend: Columns,
  db: ReadDb,
  pointKey: number,
  parts: readonly HotPart[],
  fromUs: number,
  toUs: number,
): boolean {
  const found = parts.flatMap(({ batch }) => batch().ofPoint(pointKey) ?? [])
  let firstUs = Infinity
  let lastUs = -Infinity
  for (const { count, sourceUs } of found) {
    for (let row = 0; row < count; row++) {
      const t = sourceUs[row] as number
      if (!(t > lastUs && t < Infinity)) return false
      if (t >= fromUs && t < toUs) firstUs = Math.min(firstUs, t)
      lastUs = t
    }
  }
  if (firstUs !== Infinity && chunksBetween(db, pointKey, firstUs, lastUs).length > 0) return false
  for (const { count, sourceUs, value, status } of found) {
    for (let row = 0; row < count; row++) {
      const t = sourceUs[row] as number
      if (t >= fromUs && t < toUs) trend.add(t, value[row] as number, qualityOf(status[row] as number) !== 'bad')
    }
  }
  return true
}

function hotSamples(db: ReadDb, pointKey: number, parts: readonly HotPart[], fromUs: number, toUs: number): Sample[] {
  const samples: Sample[] = []
  for (const { order, batch } of parts) {
    for (const sample of samplesOfBatch(batch(), order, pointKey, fromUs, toUs, false)) {
      if (sample.tUs !== -Infinity) samples.push(sample)
    }
  }
  const once = withoutRepeats(samples.sort(compareSamples))
  const known = knownIdentities(db, pointKey, once[0]?.tUs ?? Infinity, once.at(-1)?.tUs ?? -Infinity)
  if (known.size === 0) return once
  return once.filter(({ sourceUs, sourceTick, value, status }) => {
    const same = identity(sourceUs, sourceTick, value, status)
    return same === null || !known.has(same)
  })
}
