import type { ScalarColumns } from '../../shared/domain/intake.ts'
import type { GapBook } from './gap-book.ts'
import {
  futureToleranceUs,
  latePolicy,
  orderPolicy,
  remember,
  seenBefore,
  timeFrom,
  type PointTable,
} from './points.ts'
import type { Silence } from './silence.ts'
import { leftOut, ScalarQueue } from './scalar-queue.ts'
import { marked, status as codes } from './status.ts'

/** Receive times only order; a clock set back further than this is no longer a question of equal microseconds. */
const receiveSlackUs = 1e6

/**
 * Late values that advance as fast as our own clock, for so long and by so much behind, are no late delivery: the clock that
 * stamps them was set back (an hour in autumn, on a controller that sends local time). A backlog comes faster than it was made.
 */
const setBackAfterMs = 3000
const setBackLeastUs = 1e6

/** accepted + rejected + dropped = received, after each call. */
export interface ScalarCounters {
  received: number
  accepted: number
  rejected: number
  dropped: number
  unknownPoint: number
  lateRejected: number
  orderRejected: number
  duplicates: number
  duplicatesKept: number
  queueFull: number
  outOfRange: number
  marked: number
  reordered: number
  withoutSourceTime: number
  fromTheFuture: number
}

export class ScalarIntake {
  readonly counters: ScalarCounters = {
    received: 0,
    accepted: 0,
    rejected: 0,
    dropped: 0,
    unknownPoint: 0,
    lateRejected: 0,
    orderRejected: 0,
    duplicates: 0,
    duplicatesKept: 0,
    queueFull: 0,
    outOfRange: 0,
    marked: 0,
    reordered: 0,
    withoutSourceTime: 0,
    fromTheFuture: 0,
  }
  readonly queue: ScalarQueue
  readonly #table: PointTable
  readonly #gaps: GapBook
  readonly #fresh: (index: number, tUs: number) => void
  readonly #lasted: Silence['lasted']
  #disordered = false
  #nowMs = 0
  /** The value under way has come before and is kept as its contract asks. */
  #isRepeat = false

  /** Both hear of each value that is news: `fresh` closes an open `missing` gap, `lasted` is told how long it was silent. */
  constructor(
    table: PointTable,
    gaps: GapBook,
    limit: number,
    fresh: (index: number, tUs: number) => void,
    lasted: Silence['lasted'] = () => {},
  ) {
    this.#table = table
    this.#gaps = gaps
    this.#fresh = fresh
    this.#lasted = lasted
    this.queue = new ScalarQueue(limit)
  }

  /** `nowMs` is monotonic. Nothing is allocated per value as long as nothing is lost. */
  accept(columns: ScalarColumns, nowMs: number): void {
    const table = this.#table
    const { counters } = this
    this.#nowMs = nowMs
    for (let i = 0; i < columns.count; i++) {
      counters.received++
      const index = table.indexOfKey[columns.pointKey[i] ?? 0] ?? -1
      if (index < 0) {
        counters.unknownPoint++
        counters.rejected++
        continue
      }
      table.received[index] = (table.received[index] ?? 0) + 1
      this.#one(columns, i, index, nowMs)
    }
  }

  /** Values of the past that are stored as they are: neither order nor age is judged, and no head moves. */
  backfill(columns: ScalarColumns): void {
    for (let i = 0; i < columns.count; i++) {
      const index = this.#table.indexOfKey[columns.pointKey[i] ?? 0] ?? -1
      this.counters.received++
      if (index < 0) {
        this.counters.unknownPoint++
        this.counters.rejected++
        continue
      }
      const value = columns.value[i] ?? Number.NaN
      const given = columns.status[i] ?? 0
      const status = Number.isFinite(value) ? given : marked(given, codes.bad)
      const tUs = columns.sourceUs[i] ?? Number.NaN
      this.#push(columns, i, index, tUs, columns.sourceTick[i] ?? 0, value, status)
    }
  }

  #one(columns: ScalarColumns, i: number, index: number, nowMs: number): void {
    const table = this.#table
    const { counters } = this
    const receiveUs = columns.receiveUs[i] ?? 0
    const value = columns.value[i] ?? Number.NaN
    let status = columns.status[i] ?? 0
    let tUs = columns.sourceUs[i] ?? Number.NaN
    let tick = columns.sourceTick[i] ?? 0
    this.#isRepeat = false
    const from = table.timeFrom[index] ?? 0
    if (from !== timeFrom.source || !(tUs > 0)) {
      const wanted = from
      tUs = wanted === timeFrom.receive ? Number.NaN : (columns.serverUs[i] ?? Number.NaN)
      tick = 0
      if (!(tUs > 0)) tUs = this.#receiveTime(index, receiveUs)
      if (wanted === timeFrom.source) {
        counters.withoutSourceTime++
        status = marked(status, codes.uncertain)
      }
    }
    if (!Number.isFinite(value)) status = marked(status, codes.bad)
    else if (value < (table.low[index] ?? 0) || value > (table.high[index] ?? 0)) {
      counters.outOfRange++
      table.outOfRange[index] = (table.outOfRange[index] ?? 0) + 1
      status = marked(status, codes.uncertainRange)
    }
    const newestUs = table.newestUs[index] ?? 0
    const silentMs = nowMs - (table.receiveMs[index] ?? 0)
    const wasSilent =
      silentMs > Math.min(table.staleMs[index] ?? 0, table.missingMs[index] ?? 0) && silentMs < Number.POSITIVE_INFINITY
    const silentSinceUs = wasSilent ? Math.max(newestUs, table.cameUs[index] ?? 0) : 0
    const later = tUs > newestUs || (tUs === newestUs && tick > (table.newestTick[index] ?? 0))
    if (later && tUs - receiveUs <= futureToleranceUs) {
      // The tick of a restored head is unknown: the value of that very microsecond may be the head itself.
      if (tUs === newestUs && seenBefore(table, index, tUs, tick, value, status >>> 30)) {
        if (this.#isDuplicate(index, receiveUs)) return
      }
      table.newestUs[index] = tUs
      table.newestTick[index] = tick
      table.newestValue[index] = value
      table.newestStatus[index] = status
      table.backSinceMs[index] = Number.NaN
    } else {
      const kept = this.#notLater(index, tUs, tick, value, status, later, receiveUs)
      if (kept < 0) return
      status = kept
    }
    // A heartbeat that sends what it has once more proves nothing of its source: it makes nothing fresh.
    if (this.#isRepeat) {
      this.#push(columns, i, index, tUs, tick, value, status)
      return
    }
    table.cameUs[index] = tUs
    table.receiveUs[index] = receiveUs
    table.receiveMs[index] = nowMs
    remember(table, index, tUs, tick, value, status >>> 30)
    if (wasSilent) this.#lasted(index, silentMs, silentSinceUs, tUs)
    this.#fresh(index, tUs)
    this.#push(columns, i, index, tUs, tick, value, status)
  }

  /** Values that come in one message share a receive time; a microsecond apart they keep their order. */
  #receiveTime(index: number, receiveUs: number): number {
    const newestUs = this.#table.newestUs[index] ?? 0
    // Our own clock was set back; a value cannot be late by the time at which it came.
    if (newestUs - receiveUs >= receiveSlackUs) this.#beginAnew(index)
    return receiveUs <= newestUs && newestUs - receiveUs < receiveSlackUs ? newestUs + 1 : receiveUs
  }

  /** True when it is to be dropped; counted either way. */
  #isDuplicate(index: number, receiveUs: number): boolean {
    const table = this.#table
    table.duplicates[index] = (table.duplicates[index] ?? 0) + 1
    // After a start the server sends the present value of a point that stands still, which the twin has: it was heard.
    if (table.heldByLink[index] === 1 && table.receiveMs[index] === Number.NEGATIVE_INFINITY) {
      table.receiveMs[index] = this.#nowMs
      table.receiveUs[index] = receiveUs
    }
    if (table.keepDuplicates[index] === 1) {
      this.#isRepeat = true
      this.counters.duplicatesKept++
      return false
    }
    this.counters.duplicates++
    this.#drop(index)
    return true
  }

  #drop(index: number): void {
    this.counters.dropped++
    this.#table.dropped[index] = (this.#table.dropped[index] ?? 0) + 1
  }

  /** A value not later than the newest: duplicate, late, out of order or from the future. The status to keep it with, -1 to leave it out. */
  #notLater(
    index: number,
    tUs: number,
    tick: number,
    value: number,
    status: number,
    future: boolean,
    receiveUs: number,
  ): number {
    const table = this.#table
    if (seenBefore(table, index, tUs, tick, value, status >>> 30)) {
      if (this.#isDuplicate(index, receiveUs)) return -1
      if (!future) {
        // Kept as its contract asks: it is a repeat, and no late or disordered value besides.
        this.#needsOrder(index)
        return status
      }
    }
    if (future) {
      this.counters.fromTheFuture++
      this.#needsOrder(index)
      return this.#mark(index, status)
    }
    const newestUs = table.newestUs[index] ?? 0
    // Two values of one time (a clock of coarse steps) are both true; they keep the order in which they came.
    if (tUs === newestUs && tick === table.newestTick[index]) {
      table.newestValue[index] = value
      table.newestStatus[index] = status
      return status
    }
    const committedUs = table.committedUs[index] ?? 0
    if (tUs < committedUs) return this.#late(index, tUs, committedUs, status)
    return this.#outOfOrder(index, tUs, status)
  }

  #late(index: number, tUs: number, committedUs: number, status: number): number {
    const table = this.#table
    if (this.#wentBack(index, tUs)) return status
    const policy = table.late[index]
    table.lateCount[index] = (table.lateCount[index] ?? 0) + 1
    const tooLate = committedUs - tUs > (table.lateToleranceUs[index] ?? 0)
    if (policy === latePolicy.reject || (policy === latePolicy.accept && tooLate)) {
      this.counters.lateRejected++
      this.#reject(index)
      this.#gaps.lose(index, 'late-rejected', tUs, tUs, 1)
      return -1
    }
    this.#needsOrder(index)
    return policy === latePolicy.mark ? this.#mark(index, status) : status
  }

  /** True when the clock that stamps this point was set back; the value then is the newest of a time line that begins anew. */
  #wentBack(index: number, tUs: number): boolean {
    const table = this.#table
    const newestUs = table.newestUs[index] ?? 0
    const behindMs = this.#nowMs - (table.backSinceMs[index] ?? Number.NaN)
    const madeMs = (tUs - (table.backFromUs[index] ?? 0)) / 1000
    const advances = tUs >= (table.backLastUs[index] ?? 0)
    if (
      Number.isNaN(behindMs) ||
      !advances ||
      (behindMs >= setBackAfterMs && Math.abs(madeMs - behindMs) > behindMs / 2)
    ) {
      table.backSinceMs[index] = this.#nowMs
      table.backFromUs[index] = tUs
      table.backLastUs[index] = tUs
      return false
    }
    table.backLastUs[index] = tUs
    if (behindMs < setBackAfterMs || newestUs - tUs < setBackLeastUs) return false
    this.#gaps.setBack(index, Math.round(newestUs), Math.round(tUs))
    this.#beginAnew(index)
    table.newestUs[index] = tUs
    return true
  }

  #beginAnew(index: number): void {
    const table = this.#table
    table.newestUs[index] = Number.NEGATIVE_INFINITY
    table.committedUs[index] = Number.NEGATIVE_INFINITY
    table.backSinceMs[index] = Number.NaN
  }

  #outOfOrder(index: number, tUs: number, status: number): number {
    const policy = this.#table.order[index]
    this.#table.orderCount[index] = (this.#table.orderCount[index] ?? 0) + 1
    if (policy === orderPolicy.reject) {
      this.counters.orderRejected++
      this.#reject(index)
      this.#gaps.lose(index, 'order-rejected', tUs, tUs, 1)
      return -1
    }
    this.counters.reordered++
    this.#needsOrder(index)
    return policy === orderPolicy.mark ? this.#mark(index, status) : status
  }

  #reject(index: number): void {
    this.counters.rejected++
    this.#table.rejected[index] = (this.#table.rejected[index] ?? 0) + 1
  }

  #needsOrder(index: number): void {
    this.#table.disordered[index] = 1
    this.#disordered = true
  }

  #mark(index: number, status: number): number {
    this.counters.marked++
    this.#table.markedCount[index] = (this.#table.markedCount[index] ?? 0) + 1
    return marked(status, codes.uncertain)
  }

  #push(
    columns: ScalarColumns,
    i: number,
    index: number,
    tUs: number,
    tick: number,
    value: number,
    status: number,
  ): void {
    const { queue, counters } = this
    if (queue.full) {
      const slot = queue.slot(0)
      const lost = this.#table.indexOfKey[queue.columns.pointKey[slot] ?? 0] ?? -1
      const lostUs = queue.columns.sourceUs[slot] ?? 0
      queue.dropOldest()
      counters.queueFull++
      counters.accepted--
      if (lost >= 0) {
        this.#table.accepted[lost] = (this.#table.accepted[lost] ?? 0) - 1
        this.#drop(lost)
        this.#gaps.lose(lost, 'queue-full', lostUs, lostUs, 1)
      }
    }
    counters.accepted++
    this.#table.accepted[index] = (this.#table.accepted[index] ?? 0) + 1
    queue.push(
      columns.pointKey[i] ?? 0,
      tUs,
      tick,
      columns.serverUs[i] ?? Number.NaN,
      columns.receiveUs[i] ?? Number.NaN,
      value,
      status,
    )
  }

  /** All values since the last call, each point's in order of source time. */
  take(): ScalarColumns {
    const table = this.#table
    const order = this.#disordered ? this.#orderBySource() : null
    const out = this.queue.take(order)
    for (let index = 0; index < table.size; index++) {
      const newestUs = table.newestUs[index] ?? 0
      if (newestUs > (table.committedUs[index] ?? 0)) table.committedUs[index] = newestUs
    }
    if (this.#disordered) table.disordered.fill(0)
    this.#disordered = false
    return out
  }

  /** Only the points that need it are sorted, each within the places its own values hold. */
  #orderBySource(): Uint32Array {
    const { queue } = this
    const { pointKey, sourceUs, sourceTick } = queue.columns
    const order = new Uint32Array(queue.count)
    const places = new Map<number, number[]>()
    for (let n = 0; n < queue.count; n++) {
      order[n] = n
      const index = this.#table.indexOfKey[pointKey[queue.slot(n)] ?? 0] ?? -1
      if (this.#table.disordered[index] !== 1) continue
      const known = places.get(index)
      if (known) known.push(n)
      else places.set(index, [n])
    }
    for (const [index, at] of places) {
      const sorted = [...at].sort((a, b) => {
        const [x, y] = [queue.slot(a), queue.slot(b)]
        return (sourceUs[x] ?? 0) - (sourceUs[y] ?? 0) || (sourceTick[x] ?? 0) - (sourceTick[y] ?? 0) || a - b
      })
      const kept = this.#table.keepDuplicates[index] === 1 ? sorted : this.#withoutDuplicates(index, sorted)
      at.forEach((place, rank) => {
        order[place] = kept[rank] ?? leftOut
      })
    }
    return order
  }

  /** What arrived out of order can repeat a value that `seenBefore` had forgotten already; sorted, they are neighbours. */
  #withoutDuplicates(index: number, sorted: number[]): number[] {
    const { queue } = this
    const { sourceUs, sourceTick, value, status } = queue.columns
    const kept: number[] = []
    for (const n of sorted) {
      const slot = queue.slot(n)
      let repeated = false
      for (let back = kept.length - 1; back >= 0 && !repeated; back--) {
        const other = queue.slot(kept[back] ?? 0)
        if (sourceUs[other] !== sourceUs[slot] || sourceTick[other] !== sourceTick[slot]) break
        const same = Object.is(value[other], value[slot]) || value[other] === value[slot]
        repeated = same && (status[other] ?? 0) >>> 30 === (status[slot] ?? 0) >>> 30
      }
      if (!repeated) kept.push(n)
      else {
        this.counters.accepted--
        this.counters.duplicates++
        this.#table.accepted[index] = (this.#table.accepted[index] ?? 0) - 1
        this.#table.duplicates[index] = (this.#table.duplicates[index] ?? 0) + 1
        this.#drop(index)
      }
    }
    return kept
  }
}
