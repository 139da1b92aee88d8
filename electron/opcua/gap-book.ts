import type { Gap, GapCause, IntakeSink } from '../../shared/domain/intake.ts'
import { itemKinds, type ItemTable } from './item-table.ts'

/** At the latest after this a run of undecodable values is written down, although it goes on. */
const longestRunMs = 60_000

interface Run {
  startUs: number
  lastUs: number
  count: number
  found: string
  sinceMs: number
}

/** A loss whose end is not known yet: nothing of the point has come since. */
interface Pending {
  cause: GapCause
  startUs: number
  count: number | null
  detail: string
  /** A value older than the start has come; a second one means that the server's clock was set back. */
  earlier: boolean
}

/**
 * Losses of one server as Gap rows, exact to the sample: a gap of a point runs from its last value that came to its
 * first one after, so what may be missing lies strictly between. One span for all would be wrong at both ends, since
 * items are created in several calls and waveforms end later than scalars. When all points of the server share their
 * span, one row without a point stands for them.
 */
export class GapBook {
  readonly #serverId: string
  readonly #sink: IntakeSink
  readonly #items: ItemTable
  readonly #tell: ((handle: number, gap: Gap) => void) | null
  readonly #pending = new Map<number, Pending>()
  /** Ended in the message that is being decoded, by handle. */
  readonly #ended = new Map<number, Gap>()
  /** Those whose ends are times of a clock that was set back between them, by handle. */
  readonly #setBack = new Set<number>()
  readonly #runs = new Map<number, Run>()

  /** `ended`: a gap of this point has its end; the row of it alone is what more is to be said about it. */
  constructor(
    serverId: string,
    sink: IntakeSink,
    items: ItemTable,
    ended: ((handle: number, gap: Gap) => void) | null = null,
  ) {
    this.#tell = ended
    this.#serverId = serverId
    this.#sink = sink
    this.#items = items
  }

  /** Points of which nothing has come since they may have lost something. */
  get open(): number {
    return this.#pending.size
  }

  /**
   * These points may lack values since their last one. `elseUs` is the start for those that never had one; NaN leaves
   * them out, as nothing of theirs is known to be missing. A second loss before any value extends the first.
   */
  lost(handles: Iterable<number>, cause: GapCause, detail: string, elseUs: number, count: number | null = null): void {
    const items = this.#items
    for (const handle of handles) {
      if ((items.kind[handle] ?? itemKinds.none) === itemKinds.none) continue
      const before = this.#pending.get(handle)
      if (before) {
        // A restart explains more than the loss of the session it was first seen as.
        if (cause === 'server-restart') Object.assign(before, { cause, detail })
        continue
      }
      const lastUs = items.endUs(handle)
      const startUs = Number.isNaN(lastUs) ? elseUs : lastUs
      if (Number.isNaN(startUs)) continue
      this.#pending.set(handle, { cause, startUs, count, detail, earlier: false })
      items.awaited[handle] = 1
    }
  }

  /** A value of an awaited point has come; false when it is the last one once more and so no news. */
  arrived(handle: number, timeUs: number, repeated: boolean): boolean {
    const pending = this.#pending.get(handle)
    if (!pending) return true
    if (repeated) {
      // The server's present value is the one that came last: nothing was lost in between.
      this.#settle(handle)
      return false
    }
    const { cause, startUs, count, detail } = pending
    if (timeUs < startUs && !pending.earlier) {
      pending.earlier = true
      return true
    }
    this.#settle(handle)
    if (timeUs < startUs) this.#setBack.add(handle)
    this.#ended.set(handle, {
      pointKey: this.#items.pointKey[handle] ?? null,
      serverId: this.#serverId,
      cause,
      startUs: Math.min(startUs, timeUs),
      endUs: Math.max(startUs, timeUs),
      count,
      detail: timeUs < startUs ? `${detail} Its clock was set back meanwhile.` : detail,
    })
    return true
  }

  /** The message is decoded: hands over what it ended. */
  flush(): void {
    if (this.#ended.size === 0) return
    this.#hand(this.#ended)
    this.#ended.clear()
  }

  #settle(handle: number): void {
    this.#pending.delete(handle)
    this.#items.awaited[handle] = 0
  }

  #hand(gaps: ReadonlyMap<number, Gap>): void {
    const all = [...gaps.values()]
    const [first] = all
    if (!first) return
    const same = all.every(
      ({ startUs, endUs, cause }) => startUs === first.startUs && endUs === first.endUs && cause === first.cause,
    )
    if (same && all.length === this.#items.acquired) this.#sink.gap({ ...first, pointKey: null })
    else for (const gap of all) this.#sink.gap(gap)
    // Between the two times of a clock that was set back lies what has come already: nothing more is to be said.
    if (this.#tell) for (const [handle, gap] of gaps) if (!this.#setBack.delete(handle)) this.#tell(handle, gap)
  }

  overflow(handle: number, lastUs: number, sourceUs: number): void {
    const point = this.#items.points[handle]
    if (!point) return
    const gap: Gap = {
      pointKey: point.key,
      serverId: this.#serverId,
      cause: 'overflow',
      startUs: Number.isNaN(lastUs) ? sourceUs : lastUs,
      endUs: sourceUs,
      count: null,
      detail: `The server's queue for ${point.point.id} overflowed: values were dropped before they could be sent.`,
    }
    this.#sink.gap(gap)
    this.#tell?.(handle, gap)
  }

  wrongType(handle: number, sourceUs: number, found: string, nowMs: number): void {
    const run = this.#runs.get(handle)
    if (!run) {
      this.#runs.set(handle, { startUs: sourceUs, lastUs: sourceUs, count: 1, found, sinceMs: nowMs })
      return
    }
    run.count += 1
    run.lastUs = sourceUs
    if (nowMs - run.sinceMs < longestRunMs) return
    this.#endRun(handle, run, sourceUs)
  }

  rightType(handle: number, sourceUs: number): void {
    const run = this.#runs.get(handle)
    if (run) this.#endRun(handle, run, sourceUs)
  }

  /** The connection ends: what is open stays open in the rows. */
  close(): void {
    this.end([...this.#pending.keys(), ...this.#runs.keys()])
  }

  /** Nothing more comes of these: what is open of them stays open in the rows. */
  end(handles: readonly number[]): void {
    const open = new Map<number, Gap>()
    for (const handle of new Set(handles)) {
      const pending = this.#pending.get(handle)
      const run = this.#runs.get(handle)
      if (run) this.#endRun(handle, run, run.lastUs)
      if (!pending) continue
      const { cause, startUs, count, detail } = pending
      const pointKey = this.#items.pointKey[handle] ?? null
      open.set(handle, { pointKey, serverId: this.#serverId, cause, startUs, endUs: null, count, detail })
    }
    for (const handle of open.keys()) this.#settle(handle)
    this.#hand(open)
  }

  #endRun(handle: number, run: Run, endUs: number): void {
    this.#runs.delete(handle)
    const point = this.#items.points[handle]
    if (!point) return
    this.#sink.gap({
      pointKey: point.key,
      serverId: this.#serverId,
      cause: 'decode-failed',
      startUs: run.startUs,
      endUs,
      count: run.count,
      detail: `${point.point.id} delivered ${run.found} where ${wantedOf(point.point.kind)} was expected.`,
    })
  }
}

export function wantedOf(kind: string): string {
  return kind === 'waveform' ? 'an array of numbers' : 'a number'
}
