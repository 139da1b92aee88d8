import { limits } from '../../../shared/domain/limits.ts'
import { retentionTiers, type RetentionTier } from '../../../shared/domain/plant-captures.ts'
import type { RemovalCause, RetentionOrder, RetentionState } from '../../../shared/domain/retention.ts'
import { get, inTransaction, type ReadDb, type WriteDb } from '../database.ts'
import { toTwinError, TwinError } from '../errors.ts'
import { readCursor, streamHead } from '../tables/cursors.ts'
import { bites, oldestHeldEvent, type BiteLimits } from './bites.ts'
import { recordRemoval } from './removals.ts'
import { stateLogBite, type StateLogLimits } from './state-logs.ts'

const anyTimeUs = Number.MAX_SAFE_INTEGER
const dayUs = 86_400e6

/** What the disk guard may take, in this order, and how much of it stays whatever the disk says. */
const underPressure: readonly { tier: RetentionTier; keptUs: number }[] = [
  { tier: 'captures', keptUs: dayUs },
  { tier: 'scalars', keptUs: 7 * dayUs },
  { tier: 'features', keptUs: 7 * dayUs },
]

/** Pages handed back in one go: 1 MiB, about 20 ms. */
const pagesAtOnce = 256
/** Free pages are used again; only what is much more than a day's work needs goes back to the disk. */
const keptFreePages = 4096
/** Under pressure less: the next minutes. */
const leastFreePages = 256
const manyFreePages = 16_384

/**
 * Holds each tier to its age and size, oldest first, in bites between the commits of the one writer. A bite is one transaction
 * that removes and records what it removed, so a kill between any two leaves a whole twin.
 */
export class Retention {
  readonly #db: WriteDb
  readonly #stateLogRows: StateLogLimits
  #order: RetentionOrder | null = null
  #work: Generator<void> | null = null
  #problem: TwinError | null = null
  #held: string[] = []

  constructor(db: WriteDb, stateLogRows: StateLogLimits = limits.stateLogRows) {
    this.#db = db
    this.#stateLogRows = stateLogRows
  }

  /** Replaces the order before; work that is under way goes on by the new one. */
  order(order: RetentionOrder): void {
    this.#order = order
    this.#work ??= this.#run()
  }

  state(): RetentionState {
    return { isWorking: this.#work !== null, problem: this.#problem?.message ?? null, held: this.#held }
  }

  /** One bite; true when there is more to do. Never throws: a tick must not fail for what can be done later. */
  step(): boolean {
    if (!this.#work) return false
    try {
      if (!this.#work.next().done) return true
      this.#problem = null
    } catch (error) {
      this.#problem = toTwinError(error, 'retention')
    }
    this.#work = null
    return false
  }

  get #now(): RetentionOrder {
    if (!this.#order) throw new TwinError('failed', 'Retention was begun without an order.')
    return this.#order
  }

  *#run(): Generator<void> {
    const held: string[] = []
    for (const tier of retentionTiers) {
      const beforeUs = (): number => this.#now.nowUs - this.#now.caps[tier].maxAgeUs
      while (this.#bite(tier, 'age', beforeUs()) > 0) yield
      const over = (): number => bytesOf(this.#db, tier) - this.#now.caps[tier].maxBytes
      while (over() > 0 && this.#bite(tier, 'size', anyTimeUs, over()) > 0) yield
      if (over() > 0) held.push(this.#whyHeld(tier))
    }
    while (this.#stateLogs()) yield
    for (const { tier, keptUs } of underPressure) {
      let freed = 0
      while (freed < this.#now.wantedBytes) {
        const bytes = this.#bite(tier, 'disk', this.#now.nowUs - keptUs, this.#now.wantedBytes - freed)
        if (bytes === 0) break
        freed += bytes
        yield
      }
    }
    this.#held = held
    yield* this.#shrink()
  }

  /** Bytes freed. */
  #bite(tier: RetentionTier, why: RemovalCause, beforeUs: number, bytes = Infinity): number {
    const { nowUs } = this.#now
    const limits: BiteLimits = { beforeUs, nowUs, bytes, confirmed: this.#confirmed() }
    const removed = inTransaction(this.#db, () => {
      const bite = bites[tier](this.#db, limits)
      if (bite) recordRemoval(this.#db, tier, why, bite, nowUs)
      return bite
    })
    // A bite that freed nothing must not go on for ever.
    return removed ? Math.max(1, removed.bytes) : 0
  }

  /** Run states and the log of deliveries are as old as the events they explain; false when nothing is left to do. */
  #stateLogs(): boolean {
    const { nowUs, caps } = this.#now
    return inTransaction(this.#db, () => {
      const bite = stateLogBite(this.#db, nowUs - caps.events.maxAgeUs, this.#stateLogRows)
      if (bite) recordRemoval(this.#db, 'events', bite.why, bite.removed, nowUs)
      return bite !== null
    })
  }

  /** What every destination in force has; without any, everything counts as delivered. */
  #confirmed(): BiteLimits['confirmed'] {
    const least = (stream: 'events' | 'features'): number =>
      Math.min(
        streamHead(this.#db, stream),
        ...this.#now.destinations
          .filter(({ streams }) => streams.includes(stream))
          .map(({ id }) => readCursor(this.#db, id, stream).seq),
      )
    return { events: least('events'), features: least('features') }
  }

  #whyHeld(tier: RetentionTier): string {
    const { caps } = this.#now
    const takes = `The ${tier} take ${gigabytes(bytesOf(this.#db, tier))}, more than the ${gigabytes(caps[tier].maxBytes)} of the plant file`
    switch (tier) {
      case 'captures':
        return `${takes}: what is left of them is pinned.`
      case 'aggregates':
        return `${takes}: what is left of them stands for values that are still kept.`
      case 'scalars':
        return `${takes}: what is left of them is still being put together.`
      case 'features':
        return `${takes}: the rest is not delivered to every destination, or still being put together.`
      case 'events': {
        const open = oldestHeldEvent(this.#db) <= this.#confirmed().events
        return `${takes}: ${open ? 'an open alert or gap needs what is left of them.' : 'the rest is not delivered to every destination.'}`
      }
    }
  }

  /** Gives pages back to the disk when it asks for room, or when many lie idle. */
  *#shrink(): Generator<void> {
    if (!canShrink(this.#db)) return
    for (;;) {
      const free = freePages(this.#db)
      const pressed = this.#now.shrink
      const kept = pressed ? leastFreePages : keptFreePages
      const many = free > manyFreePages && free * 4 > pages(this.#db)
      if (free <= kept || (!many && !pressed)) return
      inTransaction(this.#db, () => this.#db.exec(`PRAGMA incremental_vacuum(${Math.min(pagesAtOnce, free - kept)})`))
      if (freePages(this.#db) >= free) return
      yield
    }
  }
}

/** Only a file that was made with the room for it; those of earlier versions use freed pages again and keep them. */
export function canShrink(db: ReadDb): boolean {
  return Number(db.pragma('auto_vacuum', { simple: true })) === 2
}

export function freePages(db: ReadDb): number {
  return Number(db.pragma('freelist_count', { simple: true }))
}

export function pages(db: ReadDb): number {
  return Number(db.pragma('page_count', { simple: true }))
}

function bytesOf(db: ReadDb, tier: RetentionTier): number {
  return get<{ bytes: number }>(db, 'SELECT bytes FROM tier_size WHERE tier = ?', tier)?.bytes ?? 0
}

function gigabytes(bytes: number): string {
  return `${Number((bytes / 1e9).toPrecision(3))} GB`
}
