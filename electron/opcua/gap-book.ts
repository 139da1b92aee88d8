import type { Gap, GapCause, IntakeSink } from '../../shared/domain/intake.ts'
import type { ItemTable } from './item-table.ts'

/** At the latest after this a run of undecodable values is written down, although it goes on. */
const longestRunMs = 60_000

interface Run {
  startUs: number
  lastUs: number
  count: number
  found: string
  sinceMs: number
}

/**
 * Losses of one server as Gap rows. A server-wide gap is opened with its start and handed over when the first later
 * value gives its end; `close` hands over what is still open, without an end.
 */
export class GapBook {
  readonly #serverId: string
  readonly #sink: IntakeSink
  readonly #items: ItemTable
  readonly #open: Gap[] = []
  readonly #runs = new Map<number, Run>()

  constructor(serverId: string, sink: IntakeSink, items: ItemTable) {
    this.#serverId = serverId
    this.#sink = sink
    this.#items = items
  }

  /** The start of the latest gap that waits for its end, NaN when none does. */
  get afterUs(): number {
    return this.#open.length === 0 ? Number.NaN : Math.max(...this.#open.map(({ startUs }) => startUs))
  }

  /** Every point of the server may lack values from `startUs` on. A second loss before any value extends the first. */
  openServerGap(cause: GapCause, startUs: number, detail: string, count: number | null = null): void {
    const same = this.#open.find((gap) => gap.startUs === startUs)
    if (same) {
      // A restart explains more than the loss of the session it was first seen as.
      if (cause === 'server-restart') Object.assign(same, { cause, detail })
      return
    }
    this.#open.push({ pointKey: null, serverId: this.#serverId, cause, startUs, endUs: null, count, detail })
  }

  /**
   * The first source time after `afterUs` has arrived. A new subscription first repeats the last values it had; those
   * are not later and end nothing.
   */
  arrived(firstAfterUs: number): void {
    for (const gap of this.#open.splice(0)) this.#sink.gap({ ...gap, endUs: firstAfterUs })
  }

  overflow(handle: number, lastUs: number, sourceUs: number): void {
    const point = this.#items.points[handle]
    if (!point) return
    this.#sink.gap({
      pointKey: point.key,
      serverId: this.#serverId,
      cause: 'overflow',
      startUs: Number.isNaN(lastUs) ? sourceUs : lastUs,
      endUs: sourceUs,
      count: null,
      detail: `The server's queue for ${point.point.id} overflowed: values were dropped before they could be sent.`,
    })
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
    for (const gap of this.#open.splice(0)) this.#sink.gap(gap)
    for (const [handle, run] of this.#runs) this.#endRun(handle, run, run.lastUs)
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
