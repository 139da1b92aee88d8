import { limits } from '../../shared/domain/limits.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { FromHealthWorker, ToHealthWorker } from './health-messages.ts'
import type { HealthThread, HealthThreadEvents } from './health-thread.ts'

export interface HealthKeeperDependencies {
  startThread: (events: HealthThreadEvents) => HealthThread
  clock: Pick<Clock, 'monotonicMs'>
  message: (message: FromHealthWorker) => void
  /** A new thread, which knows nothing yet. */
  up: () => void
  /** It has ended by itself and is started again. */
  down: (why: string) => void
}

/** A thread that has lived as long did not end for what it was given at its start. */
const livedMs = 60_000

/** Keeps the advisory model's thread alive: started again after each end, later and later while it ends at once. */
export class HealthKeeper {
  readonly #deps: HealthKeeperDependencies
  #thread: HealthThread | null = null
  #off: string | null = null
  #waitMs: number = limits.health.restartMs / 2
  #startedMs = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #closing = false

  constructor(deps: HealthKeeperDependencies) {
    this.#deps = deps
  }

  get isUp(): boolean {
    return this.#thread !== null
  }

  /** Why it does not run; null while it does. */
  get off(): string | null {
    return this.#off
  }

  /** Without a thread nothing is kept for it: what counts is in the twin. */
  post(message: ToHealthWorker): void {
    this.#thread?.post(message)
  }

  start(): void {
    this.#timer = null
    this.#off = null
    this.#startedMs = this.#deps.clock.monotonicMs()
    this.#thread = this.#deps.startThread({ message: this.#deps.message, gone: (why) => this.#gone(why) })
    this.#deps.up()
  }

  async close(): Promise<void> {
    this.#closing = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#thread?.close()
    this.#thread = null
  }

  #gone(why: string): void {
    if (this.#closing) return
    this.#thread = null
    this.#off = why
    const { restartMs, restartAtMostMs } = limits.health
    const hasLived = this.#deps.clock.monotonicMs() - this.#startedMs > livedMs
    this.#waitMs = hasLived ? restartMs : Math.min(restartAtMostMs, 2 * this.#waitMs)
    this.#deps.down(why)
    this.#timer = setTimeout(() => this.start(), this.#waitMs)
  }
}
