import { crc32 } from 'node:zlib'
import { qualityOf } from '../../shared/domain/status-code.ts'
import { decodeColumn, encodeTimes, encodeValues } from './chunk-columns.ts'
import { bodiesOf, part } from './packing.ts'

/** Each divides the next, so that buckets of any width fill buckets of a wider one. Microseconds. */
export const bucketWidths: readonly number[] = [
  1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 604_800,
].map((s) => s * 1e6)

/** Buckets that hold something, by time. `start` counts widths since 1970. Without usable values min and max are NaN. */
export interface Buckets {
  widthUs: number
  start: Float64Array
  min: Float64Array
  max: Float64Array
  sum: Float64Array
  count: Float64Array
  badCount: Float64Array
}

interface Row {
  start: number
  min: number
  max: number
  sum: number
  count: number
  badCount: number
}

/** Entries of a bucket's columns as they are collected; any of them may be one sample or a narrower bucket. */
export class BucketMaker {
  readonly #widthUs: number
  readonly #rows: Row[] = []
  readonly #byStart = new Map<number, Row>()
  #last: Row | null = null

  constructor(widthUs: number) {
    this.#widthUs = widthUs
  }

  addSample(tUs: number, value: number, status: number): void {
    const usable = qualityOf(status) !== 'bad' && Number.isFinite(value)
    if (usable) this.add(tUs, value, value, value, 1, 0)
    else this.add(tUs, Number.NaN, Number.NaN, 0, 0, 1)
  }

  add(tUs: number, min: number, max: number, sum: number, count: number, badCount: number): void {
    const start = Math.floor(tUs / this.#widthUs)
    // Samples come in order as a rule: most belong to the bucket of the one before.
    const row = this.#last?.start === start ? this.#last : this.#rowOf(start)
    row.badCount += badCount
    if (count === 0) return
    row.count += count
    row.sum += sum
    // NaN compares false: the first usable value takes its place.
    if (!(row.min <= min)) row.min = min
    if (!(row.max >= max)) row.max = max
  }

  #rowOf(start: number): Row {
    let row = this.#byStart.get(start)
    if (row === undefined) {
      row = { start, min: Number.NaN, max: Number.NaN, sum: 0, count: 0, badCount: 0 }
      this.#byStart.set(start, row)
      this.#rows.push(row)
    }
    this.#last = row
    return row
  }

  get size(): number {
    return this.#rows.length
  }

  finish(): Buckets {
    const rows = this.#rows.toSorted((a, b) => a.start - b.start)
    return {
      widthUs: this.#widthUs,
      start: Float64Array.from(rows, ({ start }) => start),
      min: Float64Array.from(rows, ({ min }) => min),
      max: Float64Array.from(rows, ({ max }) => max),
      sum: Float64Array.from(rows, ({ sum }) => sum),
      count: Float64Array.from(rows, ({ count }) => count),
      badCount: Float64Array.from(rows, ({ badCount }) => badCount),
    }
  }
}

/** The same in wider buckets. */
function widen(parts: readonly Buckets[], widthUs: number): Buckets {
  const maker = new BucketMaker(widthUs)
  for (const b of parts) {
    for (let i = 0; i < b.start.length; i++) {
      const at = (b.start[i] as number) * b.widthUs
      const [min, max, sum] = [b.min[i] as number, b.max[i] as number, b.sum[i] as number]
      maker.add(at, min, max, sum, b.count[i] as number, b.badCount[i] as number)
    }
  }
  return maker.finish()
}

/** Nodes of a level that get a parent together. */
export const nodesPerParent = 16
/** Buckets of a parent; what does not fit takes the next width. */
const mostBuckets = 512

/** Buckets of a parent: the narrowest of `widths` that are wider than its parts' and few enough. */
export function parentOf(parts: readonly Buckets[], widths: readonly number[]): Buckets {
  const least = Math.max(...parts.map(({ widthUs }) => widthUs))
  for (const width of widths.filter((candidate) => candidate > least)) {
    const buckets = widen(parts, width)
    if (buckets.start.length <= mostBuckets) return buckets
  }
  return widen(parts, widths.at(-1) ?? least)
}

export function encodeBuckets({ start, min, max, sum, count, badCount }: Buckets): Uint8Array {
  return part([
    encodeTimes(start, null).body,
    encodeValues(min).body,
    encodeValues(max).body,
    encodeValues(sum).body,
    encodeTimes(count, null).body,
    encodeTimes(badCount, null).body,
  ])
}

export function decodeBuckets(payload: Uint8Array, widthUs: number, buckets: number): Buckets {
  const [start, min, max, sum, count, badCount] = bodiesOf(payload, 6).map((body) =>
    decodeColumn(body, buckets, () => {
      throw new RangeError('a column of a roll-up refers to one that it has not')
    }),
  )
  if (!start || !min || !max || !sum || !count || !badCount) throw new RangeError('a roll-up lacks a column')
  return { widthUs, start, min, max, sum, count, badCount }
}

export function rollupChecksum(place: readonly number[], payload: Uint8Array): number {
  return crc32(payload, crc32(new Uint8Array(Float64Array.from(place).buffer)))
}
