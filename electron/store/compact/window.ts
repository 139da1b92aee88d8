import { batchChecksum, encodeBatch, GroupedBatch, openBatch, type BatchHeader } from '../batch.ts'
import type { PointColumns } from '../chunk-codec.ts'
import { all, get, type ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import type { Compacted } from '../tables/compacted.ts'
import { copier, emptyColumns, slice } from './tidy.ts'

/** The samples of some ticks in a row, to be taken apart by point. */
export interface Window {
  lastTick: number
  /** By session. */
  parts: Map<number, Compacted>
  batches: GroupedBatch[]
  samples: number
}

interface HotTick {
  tickId: number
  session: number
  number: number
  count: number
}

/** Ticks behind `through`, at most so many ticks and about so many samples. */
export function hotTicks(db: ReadDb, through: number, ticks: number, samples: number): HotTick[] {
  const rows = all<HotTick>(
    db,
    `SELECT tick_id AS tickId, session, number, count FROM tick_batch WHERE tick_id > ? ORDER BY tick_id LIMIT ?`,
    through,
    ticks,
  )
  let sum = 0
  const end = rows.findIndex(({ count }) => (sum += count) >= samples)
  return end < 0 ? rows : rows.slice(0, end + 1)
}

export function emptyWindow(): Window {
  return { lastTick: 0, parts: new Map(), batches: [], samples: 0 }
}

/** Adds a tick's batch; false when it cannot be trusted, and what cannot be trusted stays where verify finds it. */
export function take(db: ReadDb, window: Window, { tickId, session, number, count }: HotTick): boolean {
  const columns = trusted(db, tickId)
  if (columns === 'damaged') return false
  window.lastTick = tickId
  if (columns) window.batches.push(columns)
  window.samples += count
  const part = window.parts.get(session)
  if (part) {
    part.lastNumber = number
    part.ticks++
    part.scalars += count
  } else window.parts.set(session, { session, firstNumber: number, lastNumber: number, ticks: 1, scalars: count })
  return true
}

/** null when it is empty. */
function trusted(db: ReadDb, tickId: number): GroupedBatch | null | 'damaged' {
  try {
    const row = get<BatchHeader & { checksum: number; payload: Uint8Array }>(
      db,
      `SELECT session, number, at_us AS atUs, min_us AS minUs, max_us AS maxUs, count, checksum, payload
       FROM tick_batch WHERE tick_id = ?`,
      tickId,
    )
    if (!row || batchChecksum(row, row.payload) !== row.checksum) return 'damaged'
    if (row.count === 0) return null
    const batch = openBatch(row.payload, row.count)
    return batch instanceof GroupedBatch ? batch : new GroupedBatch(encodeBatch(batch.columns()), row.count)
  } catch (error) {
    if (isDamage(error) || error instanceof RangeError) return 'damaged'
    throw error
  }
}

export interface Grouped {
  points: Uint32Array
  columns: (index: number) => PointColumns
}

/** Memory for the samples of a run, used again by the next: 31 MB at most, and the collector has nothing to do with them. */
export class Workspace {
  #columns = emptyColumns(0)
  #tick = emptyColumns(0)

  of(count: number): PointColumns {
    // A little more, since runs differ by a tick's samples.
    if (count > this.#columns.count) this.#columns = emptyColumns(Math.ceil(count * 1.1))
    return this.#columns
  }

  /** For one tick. */
  tick(count: number): PointColumns {
    if (count > this.#tick.count) this.#tick = emptyColumns(2 * count)
    return this.#tick
  }
}

/** Every batch has its rows by point: they are laid behind each other, and arrival order stays. */
export function* groupByPoint(window: Window, workspace: Workspace): Generator<null, Grouped> {
  const slots = new Map<number, number>()
  const lengths: number[] = []
  for (const { points, groups } of window.batches) {
    for (let p = 0; p < points.length; p++) {
      const key = points[p] as number
      let slot = slots.get(key)
      if (slot === undefined) {
        slots.set(key, (slot = lengths.length))
        lengths.push(0)
      }
      lengths[slot] = (lengths[slot] as number) + (groups[p + 1] as number) - (groups[p] as number)
    }
  }
  yield null
  const starts = new Uint32Array(lengths.length + 1)
  for (const [slot, length] of lengths.entries()) starts[slot + 1] = (starts[slot] as number) + length
  const next = starts.slice()
  const all = workspace.of(window.samples)
  for (const batch of window.batches) {
    const { points, groups } = batch
    const tick = workspace.tick(batch.count)
    batch.decodeInto(tick)
    const copy = copier(tick, all)
    for (let p = 0; p < points.length; p++) {
      const slot = slots.get(points[p] as number) ?? 0
      const start = groups[p] as number
      const count = (groups[p + 1] as number) - start
      copy(start, count, next[slot] as number)
      next[slot] = (next[slot] as number) + count
    }
    yield null
  }
  window.batches.length = 0
  const columns = (index: number): PointColumns => slice(all, starts[index] as number, starts[index + 1] as number)
  return { points: Uint32Array.from(slots.keys()), columns }
}
