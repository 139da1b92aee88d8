import type { ScalarColumns } from '../../shared/domain/intake.ts'
import { decode32, decode64, decode8, sectionsOf, wordView, type Section } from './codec.ts'

/** Copied as words: an engine may alter a NaN's payload on its way through a number. */
export function gathered64(
  column: Float64Array,
  order: Uint32Array | null,
  count: number,
  out: Float64Array = new Float64Array(order ? count : 0),
): Float64Array {
  if (!order) return column.subarray(0, count)
  const to = wordView(out)
  const from = wordView(column)
  for (let i = 0; i < count; i++) {
    const row = 2 * (order[i] as number)
    to[2 * i] = from[row] as number
    to[2 * i + 1] = from[row + 1] as number
  }
  return out
}

export function gathered(
  column: Uint32Array | Uint8Array,
  order: Uint32Array | null,
  count: number,
  out: Uint32Array = new Uint32Array(count),
): Uint32Array {
  for (let i = 0; i < count; i++) out[i] = column[order ? (order[i] as number) : i] as number
  return out
}

/** A stored batch; what it is asked for is unpacked on first use and kept. Columns it gives are shared: read only. */
export interface Batch {
  readonly count: number
  /** Whole columns; rows of a point lie in the order they arrived. */
  columns(): ScalarColumns
  /** The rows of one point, or null. */
  ofPoint(pointKey: number): PointRows | null
}

export interface PointRows {
  count: number
  sourceUs: Float64Array
  sourceTick: Uint8Array | Uint32Array
  value: Float64Array
  status: Uint32Array
  others(): { serverUs: Float64Array; receiveUs: Float64Array }
}

const none = new Uint8Array(0)
const order = ['pointKey', 'sourceUs', 'value', 'status', 'serverUs', 'sourceTick', 'receiveUs'] as const

/** Version 1: a section a column, rows in order of arrival. */
export class ArrivalBatch implements Batch {
  readonly count: number
  readonly #sections: Section[]
  #columns: ScalarColumns | null = null

  constructor(payload: Uint8Array, count: number) {
    this.count = count
    this.#sections = count > 0 ? sectionsOf(payload, 1) : []
    if (count > 0 && this.#sections.length !== order.length) throw new RangeError('a batch lacks a column')
  }

  #section(name: (typeof order)[number]): Section {
    const found = this.#sections[order.indexOf(name)]
    if (!found) throw new RangeError(`a batch has no column ${name}`)
    return found
  }

  #f64(name: 'sourceUs' | 'serverUs' | 'receiveUs' | 'value'): Float64Array {
    if (this.count === 0) return new Float64Array(0)
    return new Float64Array(decode64(this.#section(name), this.count).buffer)
  }

  columns(): ScalarColumns {
    const { count } = this
    this.#columns ??= {
      count,
      pointKey: count === 0 ? new Uint32Array(0) : decode32(this.#section('pointKey'), count),
      sourceUs: this.#f64('sourceUs'),
      sourceTick: count === 0 ? none : decode8(this.#section('sourceTick'), count),
      serverUs: this.#f64('serverUs'),
      receiveUs: this.#f64('receiveUs'),
      value: this.#f64('value'),
      status: count === 0 ? new Uint32Array(0) : decode32(this.#section('status'), count),
    }
    return this.#columns
  }

  ofPoint(pointKey: number): PointRows | null {
    const all = this.columns()
    const rows: number[] = []
    for (let i = 0; i < all.count; i++) if (all.pointKey[i] === pointKey) rows.push(i)
    if (rows.length === 0) return null
    const picked = Uint32Array.from(rows)
    return {
      count: rows.length,
      sourceUs: gathered64(all.sourceUs, picked, rows.length),
      sourceTick: gathered(all.sourceTick, picked, rows.length),
      value: gathered64(all.value, picked, rows.length),
      status: gathered(all.status, picked, rows.length),
      others: () => ({
        serverUs: gathered64(all.serverUs, picked, rows.length),
        receiveUs: gathered64(all.receiveUs, picked, rows.length),
      }),
    }
  }
}
