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

/** Rows that are laid out by point at once: they stay in the processor's cache, and 41 bytes each are all the memory it takes. */
const sliceRows = 131_072

/** Memory for a slice, used again by the next, so that the collector has nothing to do with it. */
export class Workspace {
  #columns = emptyColumns(0)
  #run = emptyColumns(0)
  #copy = copier(this.#run, this.#columns)

  /** For `rows` of a slice, of which at most `run` are decoded at once. */
  reserve(rows: number, run: number): void {
    if (rows <= this.#columns.count && run <= this.#run.count) return
    if (rows > this.#columns.count) this.#columns = emptyColumns(Math.ceil(rows * 1.1))
    if (run > this.#run.count) this.#run = emptyColumns(2 * run)
    this.#copy = copier(this.#run, this.#columns)
  }

  get columns(): PointColumns {
    return this.#columns
  }

  /** Rows as they are decoded. */
  get run(): PointColumns {
    return this.#run
  }

  /** From `run` to `columns`. */
  copy(start: number, count: number, at: number): void {
    this.#copy(start, count, at)
  }
}

/** The points of a window in order of their first samples, and where the rows of each begin when they are laid in a row. */
export interface Grouped {
  points: Uint32Array
  starts: Uint32Array
  /** Of each batch, the places of its points in `points`. */
  slots: Uint32Array[]
}

export function* groupByPoint(window: Window): Generator<null, Grouped> {
  const slotOf = new Map<number, number>()
  const lengths: number[] = []
  const slots: Uint32Array[] = []
  for (const { points, groups } of window.batches) {
    const own = new Uint32Array(points.length)
    for (let p = 0; p < points.length; p++) {
      const key = points[p] as number
      let slot = slotOf.get(key)
      if (slot === undefined) {
        slotOf.set(key, (slot = lengths.length))
        lengths.push(0)
      }
      own[p] = slot
      lengths[slot] = (lengths[slot] as number) + (groups[p + 1] as number) - (groups[p] as number)
    }
    slots.push(own)
    yield null
  }
  const starts = new Uint32Array(lengths.length + 1)
  for (const [slot, length] of lengths.entries()) starts[slot + 1] = (starts[slot] as number) + length
  return { points: Uint32Array.from(slotOf.keys()), starts, slots }
}

/** Points `from` to `end` of a window; the columns are valid until the next slice is laid out. */
export interface Slice {
  end: number
  columns: (index: number) => PointColumns
}

/**
 * A slice of the points at a time: a window is as large as its packed batches allow, and its chunks are long, although only a
 * slice of it is ever unpacked. Arrival order stays.
 */
export function sliceFrom(window: Window, { starts, slots }: Grouped, from: number, workspace: Workspace): Slice {
  const base = starts[from] as number
  const last = starts.length - 1
  let end = from + 1
  while (end < last && (starts[end + 1] as number) - base <= sliceRows) end++
  const next = starts.slice(from, end)
  for (const [b, batch] of window.batches.entries()) {
    const own = slots[b] as Uint32Array
    for (let p = 0; p < own.length;) {
      const first = p
      while (p < own.length && (own[p] as number) >= from && (own[p] as number) < end) p++
      if (p === first) p++
      else placeRows(batch, own, { first, end: p, from, base, next }, workspace, (starts[end] as number) - base)
    }
  }
  const columns = (index: number): PointColumns =>
    slice(workspace.columns, (starts[index] as number) - base, (starts[index + 1] as number) - base)
  return { end, columns }
}

interface Place {
  /** Groups of the batch, which lie side by side. */
  first: number
  end: number
  /** First point and first row of the slice, and where the next row of each of its points goes. */
  from: number
  base: number
  next: Uint32Array
}

function placeRows(batch: GroupedBatch, own: Uint32Array, place: Place, workspace: Workspace, rows: number): void {
  const { first, end, from, base, next } = place
  const { groups } = batch
  const start = groups[first] as number
  workspace.reserve(rows, (groups[end] as number) - start)
  batch.decodeInto(workspace.run, first, end)
  for (let p = first; p < end; p++) {
    const slot = (own[p] as number) - from
    const row = groups[p] as number
    const count = (groups[p + 1] as number) - row
    workspace.copy(row - start, count, (next[slot] as number) - base)
    next[slot] = (next[slot] as number) + count
  }
}
