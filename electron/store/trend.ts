import { qualityOf } from '../../shared/domain/status-code.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import { sampleTimeUs } from './batch.ts'
import { iterate, type ReadDb } from './database.ts'
import { TwinError } from './errors.ts'
import { batchesBetween, readBatch } from './scalars.ts'

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
    const i = Math.min(Math.floor((tUs - this.#fromUs) * this.#perUs), count.length - 1)
    if (!usable || !Number.isFinite(value)) {
      badCount[i] = (badCount[i] as number) + 1
      return
    }
    count[i] = (count[i] as number) + 1
    mean[i] = (mean[i] as number) + value
    if (value < (min[i] as number)) min[i] = value
    if (value > (max[i] as number)) max[i] = value
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

/** `min`, `max`, `mean` and `count` are of good and uncertain values; bad ones are counted apart. */
export function scalarTrend(db: ReadDb, pointKey: number, fromUs: number, toUs: number, columns: number): TrendColumns {
  const trend = new Columns(fromUs, toUs, columns)
  for (const { tickId } of batchesBetween(db, fromUs, toUs)) {
    const batch = readBatch(db, tickId)
    const keys = batch.u32('pointKey')
    let row = keys.indexOf(pointKey)
    if (row < 0) continue
    const source = batch.f64('sourceUs')
    const values = batch.f64('value')
    const statuses = batch.u32('status')
    // Server and receive time are unpacked only for a batch with a sample that has no source time.
    let others: { server: Float64Array; receive: Float64Array } | null = null
    for (; row >= 0; row = keys.indexOf(pointKey, row + 1)) {
      let tUs = source[row] as number
      if (!Number.isFinite(tUs)) {
        others ??= { server: batch.f64('serverUs'), receive: batch.f64('receiveUs') }
        tUs = sampleTimeUs(tUs, others.server[row] as number, others.receive[row] as number)
      }
      if (tUs >= fromUs && tUs < toUs)
        trend.add(tUs, values[row] as number, qualityOf(statuses[row] as number) !== 'bad')
    }
  }
  return trend.finish()
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
