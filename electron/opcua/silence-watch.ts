import type { Clock } from '../../shared/domain/time.ts'
import type { Feed, LiveSubscription } from './feed.ts'

const everyMs = 250
/** After this process itself stood still: time to read what waits in the socket. */
const settleMs = 1_000

/**
 * Own watch on the subscriptions: a server that sends neither data nor a keep-alive for its keep-alive time plus a
 * grace is taken for lost. node-opcua's own keep-alive does not notice a server that answers reads and no longer
 * publishes, nor one that was frozen for 12 s with the default settings. `silent` is told whether all are silent, or
 * single ones that the server may have lost.
 */
export class SilenceWatch {
  readonly #feed: Feed
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #silent: (seconds: number, all: boolean) => void
  #timer: NodeJS.Timeout | undefined
  #lastTickMs = 0

  constructor(feed: Feed, clock: Clock, graceMs: number, silent: (seconds: number, all: boolean) => void) {
    this.#feed = feed
    this.#clock = clock
    this.#graceMs = graceMs
    this.#silent = silent
  }

  start(): void {
    this.stop()
    const nowMs = this.#clock.monotonicMs()
    this.#lastTickMs = nowMs
    for (const live of this.#feed.subscriptions.values()) live.lastHeardMs = nowMs
    this.#timer = setInterval(() => this.#tick(), everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    const stalledMs = nowMs - this.#lastTickMs - everyMs
    this.#lastTickMs = nowMs
    // This process itself stood still (sleep, a long collection): what came meanwhile waits in the socket, and is read
    // before the next look. More than that is not granted, or a frozen server would be noticed later by each stall.
    if (stalledMs > 1_000) {
      for (const live of this.#feed.subscriptions.values())
        live.lastHeardMs = Math.max(live.lastHeardMs, nowMs - live.keepAliveMs - this.#graceMs + settleMs)
      return
    }
    const all = [...this.#feed.subscriptions.values()]
    const silent = all.filter((live) => nowMs - live.lastHeardMs > live.keepAliveMs + this.#graceMs)
    const [first] = silent
    if (!first) return
    const seconds = (nowMs - first.lastHeardMs) / 1_000
    if (silent.length < all.length && silent.every(({ doubted }) => !doubted)) {
      // Another one heard after this one's keep-alive was due: the link is sound and the server has lost this one. Heard
      // before that, it tells nothing yet; taken for a sign of life, a frozen server was noticed after 6.4 s.
      // A server may have given another one a keep-alive time of its own: that is not waited for without end.
      const isSound = all.some(({ lastHeardMs }) => lastHeardMs > first.lastHeardMs + first.keepAliveMs)
      const isLong = nowMs - first.lastHeardMs > 2 * first.keepAliveMs + this.#graceMs
      if (isSound || isLong) this.#tell(silent, seconds, false)
      return
    }
    // All are silent, or one that was asked for already is again: it is the link.
    this.#tell(silent, seconds, true)
  }

  #tell(silent: readonly LiveSubscription[], seconds: number, all: boolean): void {
    for (const live of silent) live.doubted = true
    this.stop()
    this.#silent(seconds, all)
  }
}
