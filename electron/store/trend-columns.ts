import type { TrendColumns } from '../../shared/domain/twin.ts'
import type { ChunkHead } from './chunk-codec.ts'
import { TwinError } from './errors.ts'

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
