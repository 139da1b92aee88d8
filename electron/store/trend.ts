import { qualityOf } from '../../shared/domain/status-code.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import { sampleTimeUs } from './batch.ts'
import type { Chunk, ChunkHead } from './chunk-codec.ts'
import type { ReadDb } from './database.ts'
import { TwinError } from './errors.ts'
import { identity, compareSamples, samplesOfBatch, withoutRepeats, type Sample } from './samples.ts'
import { batchesBetween, readBatch } from './scalars.ts'
import { bucketWidths } from './rollup-codec.ts'
import { removedThroughUs } from './retention/removals.ts'
import { chunksBetween, hasChunk, knownIdentities, readChunk, unrolledChunks } from './tables/chunks.ts'
import { bucketsOf, childrenOf, firstChild, rootsOf, throughChunk, type RollupNode } from './tables/rollups.ts'

/** More columns than any screen has pixels would only be a way to ask for too much memory. */
const mostColumns = 16_384

/** Collects values into pixel columns over [fromUs, toUs). */
export class Columns {
  readonly #fromUs: number
  readonly #perUs: number
  /** Edges between columns lie on multiples of it; 0: anywhere. */
  readonly #gridUs: number
  readonly #result: TrendColumns

  constructor(fromUs: number, toUs: number, columns: number, gridUs = 0) {
    if (!(toUs > fromUs) || !Number.isInteger(columns) || columns < 1 || columns > mostColumns) {
      const message = `A trend needs a time range that is not empty and 1 to ${mostColumns} columns, not ${columns} from ${fromUs} to ${toUs}.`
      throw new TwinError('bad-row', message)
    }
    this.#fromUs = fromUs
    this.#perUs = columns / (toUs - fromUs)
    this.#gridUs = gridUs
    this.#result = {
      tUs: Float64Array.from({ length: columns }, (_, i) => this.#edge(i)),
      min: new Float64Array(columns).fill(Infinity),
      max: new Float64Array(columns).fill(-Infinity),
      mean: new Float64Array(columns),
      count: new Uint32Array(columns),
      badCount: new Uint32Array(columns),
    }
  }

  #edge(i: number): number {
    const tUs = this.#fromUs + Math.round(i / this.#perUs)
    return this.#gridUs === 0 || i === 0 ? tUs : Math.round(tUs / this.#gridUs) * this.#gridUs
  }

  add(tUs: number, value: number, usable: boolean): void {
    const { min, max, mean, count, badCount } = this.#result
    const i = this.#column(tUs)
    if (!usable || !Number.isFinite(value)) {
      badCount[i] = (badCount[i] as number) + 1
      return
    }
    count[i] = (count[i] as number) + 1
    mean[i] = (mean[i] as number) + value
    // A trend tells no -0 from 0, and a chunk's head cannot.
    if (value < (min[i] as number)) min[i] = value + 0
    if (value > (max[i] as number)) max[i] = value + 0
  }

  /** A chunk as a whole; false when it does not lie within one column. */
  addWhole({ minUs, maxUs, count, badCount, min, max, sum }: ChunkHead): boolean {
    if (this.#column(minUs) !== this.#column(maxUs)) return false
    this.addMany(minUs, count - badCount, badCount, min, max, sum)
    return true
  }

  /** Samples of one column. */
  addMany(tUs: number, usable: number, bad: number, least: number, most: number, sum: number): void {
    const { min, max, mean, count, badCount } = this.#result
    const i = this.#column(tUs)
    badCount[i] = (badCount[i] as number) + bad
    if (usable === 0) return
    count[i] = (count[i] as number) + usable
    mean[i] = (mean[i] as number) + sum
    if (least < (min[i] as number)) min[i] = least + 0
    if (most > (max[i] as number)) max[i] = most + 0
  }

  #column(tUs: number): number {
    const starts = this.#result.tUs
    let i = Math.min(Math.floor((tUs - this.#fromUs) * this.#perUs), starts.length - 1)
    if (this.#gridUs === 0) return i
    while (i > 0 && tUs < (starts[i] as number)) i--
    while (i + 1 < starts.length && tUs >= (starts[i + 1] as number)) i++
    return i
  }

  finish(): TrendColumns {
    const { min, max, mean, count } = this.#result
    for (let i = 0; i < count.length; i++) {
      const n = count[i] as number
      if (n === 0) min[i] = max[i] = mean[i] = Number.NaN
      else mean[i] = (mean[i] as number) / n
    }
    return this.#result
  }
}

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
  const from = { db, pointKey, trend, roots, rolled, removedUs, fromUs }
  if (gridUs > 0) addRolled(from, fromUs, toUs, widths)
  else addRemoved(from, roots, fromUs, toUs)
  for (const { tUs, value, status } of hotSamples(db, pointKey, fromUs, toUs)) {
    trend.add(tUs, value, qualityOf(status) !== 'bad')
  }
  return trend.finish()
}

/** Whether the newest nodes go down to buckets of at most that width. */
function reachesWidth(db: ReadDb, roots: readonly RollupNode[], widthUs: number): boolean {
  let node = roots.at(-1)
  if (!node) return false
  while (node && node.widthUs > widthUs && node.chunk === null) node = firstChild(db, node)
  return !node || node.widthUs <= widthUs
}

interface Rolled {
  db: ReadDb
  pointKey: number
  trend: Columns
  roots: readonly RollupNode[]
  /** Last chunk that has a leaf. */
  rolled: number
  /** Last time of which retention has removed chunks. */
  removedUs: number
  /** Where the whole trend begins. */
  fromUs: number
}

/** Whole buckets of the widest width from roll-ups, what is left at both ends from narrower ones, in the end from chunks. */
function addRolled(from: Rolled, fromUs: number, toUs: number, widths: readonly number[]): void {
  if (!(toUs > fromUs)) return
  const width = widths.at(-1)
  if (width === undefined) {
    for (const { id, closed } of chunksBetween(from.db, from.pointKey, fromUs, toUs)) {
      if (closed === 1 && id <= from.rolled) addChunk(from.trend, readChunk(from.db, id), fromUs, toUs)
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

function addNode(from: Rolled, node: RollupNode, fromUs: number, toUs: number, width: number): void {
  if (node.maxUs < fromUs || node.minUs >= toUs) return
  if (node.widthUs > width) {
    if (node.chunk === null) {
      for (const child of childrenOf(from.db, node, fromUs, toUs)) addNode(from, child, fromUs, toUs, width)
      return
    }
    if (hasChunk(from.db, node.chunk)) return addChunk(from.trend, readChunk(from.db, node.chunk), fromUs, toUs)
    return addBuckets(from.trend, node, fromUs, toUs, from.fromUs)
  }
  addBuckets(from.trend, node, fromUs, toUs)
}

/** Where retention has removed the chunks: their buckets are the finest there is, however wide. */
function addRemoved(from: Rolled, nodes: readonly RollupNode[], fromUs: number, toUs: number): void {
  if (fromUs > from.removedUs) return
  for (const node of nodes) {
    if (node.maxUs < fromUs || node.minUs >= toUs) continue
    if (node.chunk === null) addRemoved(from, childrenOf(from.db, node, fromUs, toUs), fromUs, toUs)
    else if (!hasChunk(from.db, node.chunk)) addBuckets(from.trend, node, fromUs, toUs, from.fromUs)
  }
}

/** A bucket is where it starts; with `firstUs` one that reaches over that time counts from there. */
function addBuckets(trend: Columns, node: RollupNode, fromUs: number, toUs: number, firstUs = Infinity): void {
  const b = bucketsOf(node)
  for (let i = 0; i < b.start.length; i++) {
    const startUs = (b.start[i] as number) * b.widthUs
    const tUs = fromUs === firstUs && startUs < firstUs && startUs + b.widthUs > firstUs ? firstUs : startUs
    if (tUs < fromUs || tUs >= toUs) continue
    const [count, bad] = [b.count[i] as number, b.badCount[i] as number]
    trend.addMany(tUs, count, bad, b.min[i] as number, b.max[i] as number, b.sum[i] as number)
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
function hotSamples(db: ReadDb, pointKey: number, fromUs: number, toUs: number): Sample[] {
  const samples: Sample[] = []
  for (const { tickId } of batchesBetween(db, fromUs, toUs)) {
    for (const sample of samplesOfBatch(readBatch(db, tickId), tickId, pointKey, fromUs, toUs, false)) {
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
