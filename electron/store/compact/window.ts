import type { ScalarColumns } from '../../../shared/domain/intake.ts'
import { batchChecksum, decodeBatch, type BatchHeader } from '../batch.ts'
import type { PointColumns } from '../chunk-codec.ts'
import { all, get, type ReadDb } from '../database.ts'
import { isDamage } from '../errors.ts'
import type { Compacted } from '../tables/compacted.ts'
import { concat, pick } from './tidy.ts'

/** The samples of some ticks in a row, to be taken apart by point. */
export interface Window {
  lastTick: number
  /** By session. */
  parts: Map<number, Compacted>
  batches: ScalarColumns[]
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
  if (!columns) return false
  window.lastTick = tickId
  if (count > 0) window.batches.push(columns)
  window.samples += count
  const part = window.parts.get(session)
  if (part) {
    part.lastNumber = number
    part.ticks++
    part.scalars += count
  } else window.parts.set(session, { session, firstNumber: number, lastNumber: number, ticks: 1, scalars: count })
  return true
}

function trusted(db: ReadDb, tickId: number): ScalarColumns | null {
  try {
    const row = get<BatchHeader & { checksum: number; payload: Uint8Array }>(
      db,
      `SELECT session, number, at_us AS atUs, min_us AS minUs, max_us AS maxUs, count, checksum, payload
       FROM tick_batch WHERE tick_id = ?`,
      tickId,
    )
    return row && batchChecksum(row, row.payload) === row.checksum ? decodeBatch(row.payload, row.count) : null
  } catch (error) {
    if (isDamage(error) || error instanceof RangeError) return null
    throw error
  }
}

export interface Grouped {
  points: Uint32Array
  columns: (index: number) => PointColumns
}

/** A counting sort by point; arrival order stays within each. In parts, since 200,000 samples take tens of milliseconds. */
export function* groupByPoint(window: Window): Generator<null, Grouped> {
  const all = concat(window.batches)
  const keys = new Uint32Array(window.samples)
  let at = 0
  for (const { pointKey, count } of window.batches) {
    keys.set(pointKey.subarray(0, count), at)
    at += count
  }
  window.batches.length = 0
  yield null
  const places = new Map<number, number>()
  const place = new Uint32Array(keys.length)
  const counts: number[] = []
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number
    let index = places.get(key)
    if (index === undefined) {
      places.set(key, (index = counts.length))
      counts.push(0)
    }
    place[i] = index
    counts[index] = (counts[index] as number) + 1
  }
  yield null
  const ends = new Uint32Array(counts.length)
  let sum = 0
  for (const [index, count] of counts.entries()) {
    ends[index] = sum
    sum += count
  }
  const rows = new Uint32Array(keys.length)
  for (let i = 0; i < place.length; i++) {
    const index = place[i] as number
    const to = ends[index] as number
    rows[to] = i
    ends[index] = to + 1
  }
  const columns = (index: number): PointColumns => {
    const end = ends[index] as number
    return pick(all, rows.subarray(end - (counts[index] as number), end))
  }
  return { points: Uint32Array.from(places.keys()), columns }
}
