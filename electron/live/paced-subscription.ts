import { limits } from '../../shared/domain/limits.ts'
import type { TopicFrame, TopicName } from '../../shared/protocol/topics.ts'

/** Makes the frames of one subscription; what is behind it is the engine's business. */
export interface FrameSource {
  /** The next frame, or null when nothing changed since the last one taken. Never called while a frame is under way. */
  next(): TopicFrame<TopicName> | null | Promise<TopicFrame<TopicName> | null>
  /** Shortest time between two frames, milliseconds. */
  readonly intervalMs: number
  close(): void
}

/**
 * One subscription of a window. The consumer sets the pace: `limits.frameCredits` frames may be unconfirmed; until
 * credit returns, changes only mark it dirty, so a slow window never piles up frames and the newest state wins.
 */
export class PacedSubscription {
  #credits: number = limits.frameCredits
  #dirty = true
  #busy = false
  #closed = false
  #seq = 0
  #lastMs = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setTimeout> | null = null
  readonly #source: FrameSource
  readonly #monotonicMs: () => number
  readonly #deliver: (seq: number, value: TopicFrame<TopicName>) => void
  readonly #failed: (error: unknown) => void

  constructor(
    source: FrameSource,
    monotonicMs: () => number,
    deliver: (seq: number, value: TopicFrame<TopicName>) => void,
    failed: (error: unknown) => void,
  ) {
    this.#source = source
    this.#monotonicMs = monotonicMs
    this.#deliver = deliver
    this.#failed = failed
  }

  /** Something the frame shows has changed. */
  changed(): void {
    this.#dirty = true
    this.pump()
  }

  credit(frames: number): void {
    this.#credits = Math.min(limits.frameCredits, this.#credits + frames)
    this.pump()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    this.#source.close()
  }

  pump(): void {
    if (!this.#dirty || this.#busy || this.#closed || this.#credits <= 0 || this.#timer) return
    const waitMs = this.#lastMs + this.#source.intervalMs - this.#monotonicMs()
    if (waitMs > 1) {
      this.#timer = setTimeout(() => {
        this.#timer = null
        this.pump()
      }, waitMs)
      return
    }
    this.#dirty = false
    this.#busy = true
    void this.#produce()
  }

  async #produce(): Promise<void> {
    try {
      const value = await this.#source.next()
      if (this.#closed) return
      this.#lastMs = this.#monotonicMs()
      if (value !== null) {
        this.#credits -= 1
        this.#seq += 1
        this.#deliver(this.#seq, value)
      }
    } catch (error) {
      if (!this.#closed) this.#failed(error)
      return
    } finally {
      this.#busy = false
    }
    this.pump()
  }
}
