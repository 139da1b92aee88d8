import type { ScalarColumns } from '../../../shared/domain/intake.ts'
import type { PointHead } from '../../../shared/domain/twin.ts'
import { crc32 } from 'node:zlib'
import { decodeBatch, sampleTimeUs } from '../batch.ts'
import { bytesOf, decode32, decode64, encode32, encode64, sectionsOf, wordView } from '../codec.ts'
import { get, iterate, run, type ReadDb, type WriteDb } from '../database.ts'
import { TwinError } from '../errors.ts'

/**
 * Last value of every point. A row a point and tick would cost 20,000 updates a commit; instead the writer keeps the heads in
 * memory and stores them whole every `ticksPerSnapshot` ticks, and a reader replays the batches behind the last snapshot.
 */
export const ticksPerSnapshot = 64

export class Heads {
  /** Indexed by point key; `#t` is NaN where a point never had a value. */
  #t: Float64Array = new Float64Array(0)
  #value: Float64Array = new Float64Array(0)
  #status: Uint32Array = new Uint32Array(0)

  #grow(least: number): void {
    if (least <= this.#t.length) return
    const size = Math.max(least, this.#t.length * 2, 1024)
    const t = new Float64Array(size).fill(Number.NaN)
    t.set(this.#t)
    const value = new Float64Array(size)
    value.set(this.#value)
    const status = new Uint32Array(size)
    status.set(this.#status)
    this.#t = t
    this.#value = value
    this.#status = status
  }

  /** The newest by sample time wins, of equals the later one in arrival order. */
  #offer(key: number, t: number, value: number, status: number): void {
    if (key >= this.#t.length) this.#grow(key + 1)
    if (t < (this.#t[key] as number) || Number.isNaN(t)) return
    this.#t[key] = t
    this.#value[key] = value
    this.#status[key] = status
  }

  applyColumns(c: ScalarColumns): void {
    for (let i = 0; i < c.count; i++) {
      const t = sampleTimeUs(c.sourceUs[i] as number, c.serverUs[i] as number, c.receiveUs[i] as number)
      this.#offer(c.pointKey[i] as number, t, c.value[i] as number, c.status[i] as number)
    }
  }

  list(): PointHead[] {
    const heads: PointHead[] = []
    for (let pointKey = 0; pointKey < this.#t.length; pointKey++) {
      const tUs = this.#t[pointKey] as number
      if (Number.isNaN(tUs)) continue
      heads.push({ pointKey, tUs, value: this.#value[pointKey] as number, status: this.#status[pointKey] as number })
    }
    return heads
  }

  save(db: WriteDb, tickId: number): void {
    const payload = Buffer.concat([
      ...encode64(wordView(this.#t)),
      ...encode64(wordView(this.#value)),
      ...encode32(this.#status),
    ])
    run(
      db,
      `INSERT INTO head_snapshot (id, tick_id, count, checksum, payload) VALUES (1, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET tick_id = excluded.tick_id, count = excluded.count, checksum = excluded.checksum,
         payload = excluded.payload`,
      tickId,
      this.#t.length,
      snapshotChecksum(tickId, this.#t.length, payload),
      payload,
    )
  }

  restore(payload: Uint8Array, count: number): void {
    const [t, value, status] = sectionsOf(payload)
    if (!t || !value || !status) throw new RangeError('the snapshot of last values lacks a column')
    this.#t = new Float64Array(decode64(t, count).buffer)
    this.#value = new Float64Array(decode64(value, count).buffer)
    this.#status = decode32(status, count)
  }
}

export function snapshotChecksum(tickId: number, count: number, payload: Uint8Array): number {
  return crc32(payload, crc32(bytesOf(Float64Array.of(tickId, count))))
}

/** The last snapshot, and the tick up to which it counts. */
export function loadSnapshot(db: ReadDb): { heads: Heads; tickId: number } {
  const heads = new Heads()
  const snapshot = get<{ tickId: number; count: number; checksum: number; payload: Uint8Array }>(
    db,
    'SELECT tick_id AS tickId, count, checksum, payload FROM head_snapshot',
  )
  if (snapshot) {
    if (snapshotChecksum(snapshot.tickId, snapshot.count, snapshot.payload) !== snapshot.checksum) {
      throw new TwinError('damaged', 'The snapshot of last values does not match its checksum; run millwright verify.')
    }
    if (snapshot.count > 0) heads.restore(snapshot.payload, snapshot.count)
  }
  return { heads, tickId: snapshot?.tickId ?? 0 }
}

/** Snapshot and the batches behind it, in one view. */
export function loadHeads(db: ReadDb): Heads {
  const { heads, tickId } = loadSnapshot(db)
  const later = iterate<{ count: number; payload: Uint8Array }>(
    db,
    'SELECT count, payload FROM tick_batch WHERE tick_id > ? ORDER BY tick_id',
    tickId,
  )
  for (const { count, payload } of later) if (count > 0) heads.applyColumns(decodeBatch(payload, count))
  return heads
}
