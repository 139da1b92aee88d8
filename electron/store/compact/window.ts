import { batchChecksum, encodeBatch, GroupedBatch, openBatch, type BatchHeader } from '../batch.ts'
import type { PointColumns } from '../chunk-codec.ts'
import { all, get, type ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import type { Compacted } from '../tables/compacted.ts'
import { rangeOf } from '../tables/segments.ts'
import { emptyColumns, placeRuns, slice } from './tidy.ts'

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
  #runs = new Uint32Array(0)

  /** For `rows` of a slice, of which at most `run` are decoded at once. */
  reserve(rows: number, run: number): void {
    if (rows > this.#columns.count) this.#columns = emptyColumns(Math.ceil(rows * 1.1))
    if (run > this.#run.count) this.#run = emptyColumns(2 * run)
  }

  get columns(): PointColumns {
    return this.#columns
  }

  /** Rows as they are decoded. */
  get run(): PointColumns {
    return this.#run
  }

  /** For as many runs: where each starts in `run`, how many rows it has, where it goes in `columns`. */
  runs(count: number): Uint32Array {
    if (3 * count > this.#runs.length) this.#runs = new Uint32Array(6 * count)
    return this.#runs
  }

  /** From `run` to `columns`. */
  place(runs: Uint32Array, length: number): void {
    placeRuns(this.#run, this.#columns, runs, length)
  }
}

/** The points of a window in order of their keys, and where the rows of each begin when they are laid in a row. */
export interface Grouped {
  points: Uint32Array
  starts: Uint32Array
  /** Of each batch, the places of its points in `points`. */
  slots: Uint32Array[]
}

export function* groupByPoint(batches: readonly GroupedBatch[]): Generator<null, Grouped> {
  const slotOf = new Map<number, number>()
  for (const [b, { points }] of batches.entries()) {
    if (sameWords(points, batches[b - 1]?.points)) continue
    for (const key of points) if (!slotOf.has(key)) slotOf.set(key, 0)
    yield null
  }
  const points = Uint32Array.from(slotOf.keys()).sort()
  for (const [slot, key] of points.entries()) slotOf.set(key, slot)
  const starts = new Uint32Array(points.length + 1)
  const slots: Uint32Array[] = []
  for (const [b, batch] of batches.entries()) {
    const { groups } = batch
    const isSame = sameWords(batch.points, batches[b - 1]?.points)
    const own = (isSame ? slots[b - 1] : undefined) ?? batch.points.map((key) => slotOf.get(key) as number)
    for (let p = 0; p < own.length; p++) {
      const slot = own[p] as number
      starts[slot + 1] = (starts[slot + 1] as number) + (groups[p + 1] as number) - (groups[p] as number)
    }
    slots.push(own)
    yield null
  }
  for (let slot = 0; slot < points.length; slot++) {
    starts[slot + 1] = (starts[slot + 1] as number) + (starts[slot] as number)
  }
  return { points, starts, slots }
}

/** A plant's points mostly come in the same order tick by tick; then nothing has to be looked up. */
function sameWords(a: Uint32Array, b: Uint32Array | undefined): boolean {
  if (a.length !== b?.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Points `from` to `end` of a window; the columns are valid until the next slice is laid out. */
export interface Slice {
  end: number
  columns: (from: number, end: number) => PointColumns
}

/**
 * A slice of the points at a time, whole ranges of keys: a window is as large as its packed batches allow, and its chunks are
 * long, although only a slice of it is ever unpacked. Arrival order stays.
 */
export function sliceFrom(
  batches: readonly GroupedBatch[],
  { points, starts, slots }: Grouped,
  from: number,
  workspace: Workspace,
): Slice {
  const base = starts[from] as number
  let end = endOfRange(points, from)
  for (let next = end; next < points.length;) {
    next = endOfRange(points, next)
    if ((starts[next] as number) - base > sliceRows) break
    end = next
  }
  const next = starts.slice(from, end)
  for (const [b, batch] of batches.entries()) {
    const own = slots[b] as Uint32Array
    for (let p = 0; p < own.length;) {
      const first = p
      while (p < own.length && (own[p] as number) >= from && (own[p] as number) < end) p++
      if (p === first) p++
      else placeRows(batch, own, { first, end: p, from, base, next }, workspace, (starts[end] as number) - base)
    }
  }
  const columns = (first: number, last: number): PointColumns =>
    slice(workspace.columns, (starts[first] as number) - base, (starts[last] as number) - base)
  return { end, columns }
}

/** Behind the last point of the range that point `from` is of. */
export function endOfRange(points: Uint32Array, from: number): number {
  const range = rangeOf(points[from] as number)
  let end = from + 1
  while (end < points.length && rangeOf(points[end] as number) === range) end++
  return end
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
  const runs = workspace.runs(end - first)
  for (let p = first; p < end; p++) {
    const slot = (own[p] as number) - from
    const row = groups[p] as number
    const count = (groups[p + 1] as number) - row
    const at = 3 * (p - first)
    runs[at] = row - start
    runs[at + 1] = count
    runs[at + 2] = (next[slot] as number) - base
    next[slot] = (next[slot] as number) + count
  }
  workspace.place(runs, 3 * (end - first))
}
