import { serialize } from 'node:v8'
import type { HealthCommit } from '../../shared/domain/health.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { RequestError } from '../live/window-session.ts'
import type { Twin } from '../store/api.ts'
import type { HealthEntry, LoggedEntry } from './health-messages.ts'
import type { WatchedPoint } from './health-point.ts'
import type { HealthShelf } from './health-shelf.ts'

export interface WantedEntry {
  pointKey: number
  entry: HealthEntry
  tUs: number
}

export interface HealthLogDependencies {
  twin: Pick<Twin, 'commitHealth'>
  shelf: HealthShelf
  clock: Clock
  point: (key: number) => WatchedPoint | null
  /** The twin has them: the point's monitor may be shown them. */
  logged: (point: WatchedPoint, entries: LoggedEntry[]) => void
  /** Something that views show has changed. */
  told: () => void
  report: (error: unknown) => void
}

const retryMs = 1000

/** Log, then tell: every entry is in the twin before a monitor sees it, and everything happens one after the other. */
export class HealthLog {
  readonly #deps: HealthLogDependencies
  #pending: WantedEntry[] = []
  #hits = 0
  #isFlushing = false
  #chain: Promise<unknown> = Promise.resolve()
  #closing = false

  constructor(deps: HealthLogDependencies) {
    this.#deps = deps
  }

  get queue(): { depth: number; hits: number } {
    return { depth: this.#pending.length, hits: this.#hits }
  }

  /** Behind everything that was asked for before. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#chain.then(work)
    this.#chain = done.catch(() => undefined)
    return done
  }

  /** The same where nobody waits for the end. */
  start(work: () => Promise<void>): void {
    void this.run(work).catch((error: unknown) => {
      if (!this.#closing) this.#deps.report(error)
    })
  }

  /** With others into one commit; the oldest is given up where the twin cannot keep up. */
  add(entry: WantedEntry): void {
    this.#pending.push(entry)
    if (this.#pending.length > limits.health.waiting) {
      this.#pending.shift()
      this.#hits += 1
    }
    if (this.#isFlushing) return
    this.#isFlushing = true
    this.start(async () => {
      this.#isFlushing = false
      const entries = this.#pending
      this.#pending = []
      await this.persist(() => this.write(entries, {}))
    })
  }

  /** Into the twin, then to the monitors. */
  async write(wanted: readonly WantedEntry[], commit: HealthCommit): Promise<void> {
    const { clock, twin, shelf, point: pointOf, logged, told } = this.#deps
    const byPoint = new Map<number, LoggedEntry[]>()
    const nowUs = clock.nowUs()
    for (const { pointKey, entry, tUs } of wanted) {
      const entries = byPoint.get(pointKey) ?? []
      const before = entries.at(-1)?.seq ?? pointOf(pointKey)?.seq ?? 0
      entries.push({ seq: Math.max(before + 1, nowUs), tUs, entry })
      byPoint.set(pointKey, entries)
    }
    const log = [...byPoint].flatMap(([pointKey, entries]) =>
      entries.map(({ seq, tUs, entry }) => ({ pointKey, seq, tUs, body: Uint8Array.from(serialize(entry)) })),
    )
    await twin.commitHealth({ ...commit, log })
    shelf.took(commit)
    for (const [pointKey, entries] of byPoint) {
      const point = pointOf(pointKey)
      if (!point) continue
      point.seq = entries.at(-1)?.seq ?? point.seq
      point.logged += entries.length
      logged(point, entries)
    }
    told()
  }

  /** Tried until the twin takes it: it is little, and the feature rows that it came from are in the twin already. */
  async persist(work: () => Promise<void>): Promise<void> {
    while (!this.#closing) {
      try {
        await work()
        return
      } catch (error) {
        if (error instanceof RequestError) throw error
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref())
      }
    }
  }

  /** Everything that was asked for so far has been done. */
  async settled(): Promise<void> {
    for (let known: unknown = null; known !== this.#chain;) {
      known = this.#chain
      await known
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async close(): Promise<void> {
    await Promise.race([this.settled(), new Promise<void>((resolve) => setTimeout(resolve, retryMs))])
    this.#closing = true
  }
}
