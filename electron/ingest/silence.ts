import type { LinkState } from '../../shared/domain/intake.ts'
import type { Clock, TimeUs } from '../../shared/domain/time.ts'
import type { GapBook } from './gap-book.ts'
import type { PointTable } from './points.ts'

/** How old the newest value of a point is, against its contract. `never`: none since the twin began. */
export type Freshness = 'never' | 'live' | 'stale' | 'missing'

interface Link {
  up: boolean
  /** When it was lost: monotonic, and by the wall. */
  lostMs: number
  lostUs: TimeUs
}

/**
 * Points that are silent for longer than their contract allows. One with a deadband says nothing while it stands still, as it was
 * asked to; the keep-alives of its subscription, whose absence the link notices within seconds, are then what tells that it
 * is present. So its silence counts from the loss of the link.
 */
export class Silence {
  readonly #table: PointTable
  readonly #gaps: GapBook
  readonly #startedUs: TimeUs
  readonly #startedMs: number
  readonly #links = new Map<string, Link>()

  constructor(table: PointTable, gaps: GapBook, clock: Clock) {
    this.#table = table
    this.#gaps = gaps
    this.#startedUs = clock.nowUs()
    this.#startedMs = clock.monotonicMs()
  }

  link({ serverId, phase, sinceUs }: LinkState, nowMs: number): void {
    const known = this.#links.get(serverId)
    if (phase === 'connected') this.#links.set(serverId, { up: true, lostMs: nowMs, lostUs: sinceUs })
    else if (known?.up) this.#links.set(serverId, { up: false, lostMs: nowMs, lostUs: sinceUs })
  }

  /** Of the revision before: its links stand. */
  carry(before: Silence): void {
    for (const [serverId, link] of before.#links) this.#links.set(serverId, link)
  }

  /** A value ended a silence before anybody looked: it counts all the same, and a gap says so where it was too long. */
  lasted(index: number, silentMs: number, sinceUs: TimeUs, tUs: TimeUs): void {
    const table = this.#table
    if (table.heldByLink[index] === 1 || !Number.isNaN(table.missingSinceUs[index] ?? Number.NaN)) return
    if (table.isStale[index] === 0 && silentMs > (table.staleMs[index] ?? 0))
      table.staleCount[index] = (table.staleCount[index] ?? 0) + 1
    if (silentMs <= (table.missingMs[index] ?? 0)) return
    table.missingCount[index] = (table.missingCount[index] ?? 0) + 1
    this.#note(index, Math.round(sinceUs), Math.max(Math.round(sinceUs), Math.round(tUs)))
  }

  /** A value came: whatever was missing is over. */
  fresh(index: number, tUs: TimeUs): void {
    this.#table.isStale[index] = 0
    const sinceUs = this.#table.missingSinceUs[index] ?? Number.NaN
    if (Number.isNaN(sinceUs)) return
    this.#table.missingSinceUs[index] = Number.NaN
    this.#note(index, sinceUs, Math.max(sinceUs, Math.round(tUs)))
  }

  /** Opens a gap for each point that has been silent for too long. */
  look(nowMs: number, nowUs: TimeUs): void {
    const table = this.#table
    for (let index = 0; index < table.size; index++) {
      const link = this.#linkOf(index)
      if (!Number.isNaN(table.missingSinceUs[index] ?? Number.NaN)) {
        // What has changed in between, the server has sent with the link's return: what it has not sent stands as it was.
        if (link?.up) this.fresh(index, nowUs)
        continue
      }
      const silentMs = nowMs - this.#presentMs(index, link, nowMs)
      // What was never heard in this run cannot have gone stale in it.
      const heard = table.receiveMs[index] !== Number.NEGATIVE_INFINITY
      if (heard && silentMs > (table.staleMs[index] ?? 0) && table.isStale[index] === 0) {
        table.isStale[index] = 1
        table.staleCount[index] = (table.staleCount[index] ?? 0) + 1
      } else if (silentMs <= (table.staleMs[index] ?? 0)) table.isStale[index] = 0
      if (silentMs <= (table.missingMs[index] ?? 0)) continue
      table.missingCount[index] = (table.missingCount[index] ?? 0) + 1
      const sinceUs = this.#silentSince(index, link)
      table.missingSinceUs[index] = sinceUs
      this.#note(index, sinceUs, null)
    }
  }

  /** Of a point whose presence the link proves: one with a deadband that was heard in this run. */
  #linkOf(index: number): Link | null {
    const { heldByLink, receiveMs, points } = this.#table
    if (heldByLink[index] !== 1 || receiveMs[index] === Number.NEGATIVE_INFINITY) return null
    return this.#links.get(points[index]?.serverId ?? '') ?? null
  }

  #presentMs(index: number, link: Link | null, nowMs: number): number {
    const heardMs = Math.max(this.#table.receiveMs[index] ?? 0, this.#startedMs)
    return link ? Math.max(heardMs, link.up ? nowMs : link.lostMs) : heardMs
  }

  #silentSince(index: number, link: Link | null): TimeUs {
    const lastUs = Math.max(this.#table.newestUs[index] ?? 0, this.#table.cameUs[index] ?? 0)
    if (link) return Math.max(Math.round(lastUs), link.lostUs)
    const heard = (this.#table.receiveMs[index] ?? 0) > Number.NEGATIVE_INFINITY
    // Before the start of the engine, the gap of the stopped engine tells the story.
    return heard ? Math.round(lastUs) : Math.max(this.#startedUs, lastUs)
  }

  #note(index: number, startUs: TimeUs, endUs: TimeUs | null): void {
    const point = this.#table.points[index]
    if (!point) return
    const silentMs = this.#table.missingMs[index] ?? 0
    const detail = `"${point.id}" sent nothing for longer than the ${silentMs} ms its contract allows.`
    this.#gaps.add({
      pointKey: point.key,
      serverId: point.serverId,
      cause: 'missing',
      startUs,
      endUs,
      count: null,
      detail,
    })
  }

  freshness(index: number, nowMs: number): Freshness {
    const table = this.#table
    if ((table.newestUs[index] ?? 0) === Number.NEGATIVE_INFINITY) return 'never'
    const presentMs = this.#presentMs(index, this.#linkOf(index), nowMs)
    if (nowMs - presentMs > (table.missingMs[index] ?? 0)) return 'missing'
    // A value of an earlier run cannot look live.
    if (table.receiveMs[index] === Number.NEGATIVE_INFINITY) return 'stale'
    return nowMs - presentMs > (table.staleMs[index] ?? 0) ? 'stale' : 'live'
  }
}
