import type { Clock } from '../../shared/domain/time.ts'
import type { Feed } from './feed.ts'

const everyMs = 500

/**
 * Own watch on the subscriptions: a server that sends neither data nor a keep-alive for its keep-alive time plus a
 * grace is taken for lost. node-opcua's own keep-alive does not notice a server that answers reads and no longer
 * publishes, nor one that was frozen for 12 s with the default settings.
 */
export class SilenceWatch {
  readonly #feed: Feed
  readonly #clock: Clock
  readonly #graceMs: number
  readonly #silent: (seconds: number) => void
  #timer: NodeJS.Timeout | undefined
  #lastTickMs = 0

  constructor(feed: Feed, clock: Clock, graceMs: number, silent: (seconds: number) => void) {
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
    // This process itself stood still (sleep, a long collection): what came meanwhile waits in the socket.
    if (stalledMs > 1_000) {
      for (const live of this.#feed.subscriptions.values()) live.lastHeardMs += stalledMs
      return
    }
    for (const live of this.#feed.subscriptions.values()) {
      const silentMs = nowMs - live.lastHeardMs
      if (silentMs <= live.keepAliveMs + this.#graceMs) continue
      this.stop()
      this.#silent(silentMs / 1_000)
      return
    }
  }
}
