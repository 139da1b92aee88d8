import { qualityOf } from '../../shared/domain/status-code.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import { sampleTimeUs } from './batch.ts'
import type { Chunk, ChunkHead } from './chunk-codec.ts'
import { iterate, type ReadDb } from './database.ts'
import { TwinError } from './errors.ts'
import { identity, compareSamples, samplesOfBatch, withoutRepeats, type Sample } from './samples.ts'
import { batchesBetween, readBatch } from './scalars.ts'
import { chunksBetween, knownIdentities, readChunk } from './tables/chunks.ts'

/** More columns than any screen has pixels would only be a way to ask for too much memory. */
const mostColumns = 16_384

/** Collects values into pixel columns over [fromUs, toUs). */
class Columns {
  readonly #fromUs: number
  readonly #perUs: number
  readonly #result: TrendColumns

  constructor(fromUs: number, toUs: number, columns: number) {
    if (!(toUs > fromUs) || !Number.isInteger(columns) || columns < 1 || columns > mostColumns) {
      const message = `A trend needs a time range that is not empty and 1 to ${mostColumns} columns, not ${columns} from ${fromUs} to ${toUs}.`
      throw new TwinError('bad-row', message)
    }
    this.#fromUs = fromUs
    this.#perUs = columns / (toUs - fromUs)
    this.#result = {
      tUs: Float64Array.from({ length: columns }, (_, i) => fromUs + Math.round(i / this.#perUs)),
      min: new Float64Array(columns).fill(Infinity),
      max: new Float64Array(columns).fill(-Infinity),
      mean: new Float64Array(columns),
      count: new Uint32Array(columns),
      badCount: new Uint32Array(columns),
    }
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
  addWhole({ minUs, maxUs, count: samples, badCount: bad, min: least, max: most, sum }: ChunkHead): boolean {
    const { min, max, mean, count, badCount } = this.#result
    const i = this.#column(minUs)
    if (i !== this.#column(maxUs)) return false
    badCount[i] = (badCount[i] as number) + bad
    if (bad === samples) return true
    count[i] = (count[i] as number) + samples - bad
    mean[i] = (mean[i] as number) + sum
    if (least < (min[i] as number)) min[i] = least
    if (most > (max[i] as number)) max[i] = most
    return true
  }

  #column(tUs: number): number {
    return Math.min(Math.floor((tUs - this.#fromUs) * this.#perUs), this.#result.count.length - 1)
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
 * `min`, `max`, `mean` and `count` are of good and uncertain values; bad ones are counted apart. A chunk that lies within one
 * column is answered from its head.
 */
export function scalarTrend(db: ReadDb, pointKey: number, fromUs: number, toUs: number, columns: number): TrendColumns {
  const trend = new Columns(fromUs, toUs, columns)
  for (const span of chunksBetween(db, pointKey, fromUs, toUs)) {
    if (span.minUs >= fromUs && span.maxUs < toUs && trend.addWhole(span)) continue
    addChunk(trend, readChunk(db, span.id), fromUs, toUs)
  }
  for (const { tUs, value, status } of hotSamples(db, pointKey, fromUs, toUs)) {
    trend.add(tUs, value, qualityOf(status) !== 'bad')
  }
  return trend.finish()
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

/** A feature that could not be computed (NaN) counts as bad. */
export function featureTrend(
  db: ReadDb,
  pointKey: number,
  featureIndex: number,
  fromUs: number,
  toUs: number,
  columns: number,
): TrendColumns {
  const trend = new Columns(fromUs, toUs, columns)
  const rows = iterate<{ tUs: number; payload: Buffer }>(
    db,
    'SELECT t_us AS tUs, payload FROM feature WHERE point_key = ? AND t_us >= ? AND t_us < ?',
    pointKey,
    fromUs,
    toUs,
  )
  for (const { tUs, payload } of rows) {
    const at = featureIndex * 4
    trend.add(tUs, at + 4 <= payload.byteLength ? payload.readFloatLE(at) : Number.NaN, true)
  }
  return trend.finish()
}
