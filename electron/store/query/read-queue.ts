import type { Remote } from '../rpc.ts'
import { TwinError, toTwinError } from '../errors.ts'
import type { ReaderMethods } from '../reader-methods.ts'
import type { ReaderEntry } from '../reader.worker.ts'
import { cancelled, newCancelFlag, raise, type CancelFlag } from './cancel.ts'

/** How a read may be taken back. */
export interface ReadOptions {
  /** Aborted: the read rejects with `cancelled`, at once for the caller, soon for the thread that is busy with it. */
  signal?: AbortSignal
  /** One place on one screen: a newer read for the same slot cancels the one before. Such reads go before those without a slot. */
  slot?: string
}

interface Ask {
  slot: string | null
  run: (flag: CancelFlag) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: TwinError) => void
  flag: CancelFlag
  /** Settled for the caller; the thread may still be busy with it. */
  isOver: boolean
}

type Method = keyof ReaderMethods

/** Reads for one thread, one at a time, in a queue that is bounded: a read that finds it full is refused with `busy`. */
export class ReadQueue {
  readonly #remote: Remote<ReaderEntry>
  readonly #most: number
  readonly #waiting: Ask[] = []
  #busy: Ask | null = null
  #idle: (() => void) | null = null
  /** Times the queue was full. */
  hits = 0

  constructor(remote: Remote<ReaderEntry>, most: number) {
    this.#remote = remote
    this.#most = most
  }

  /** Reads that are asked and not yet answered. */
  get depth(): number {
    return this.#waiting.length + (this.#busy ? 1 : 0)
  }

  ask<K extends Method>(
    method: K,
    args: Parameters<ReaderMethods[K]>,
    options: ReadOptions = {},
  ): Promise<ReturnType<ReaderMethods[K]>> {
    return new Promise((resolve, reject) => {
      const ask: Ask = {
        slot: options.slot ?? null,
        run: (flag) => this.#remote.call('cancellable', [flag, method, args]),
        resolve,
        reject,
        flag: newCancelFlag(),
        isOver: false,
      }
      if (options.signal?.aborted) return this.#cancel(ask)
      this.#supersede(ask.slot)
      if (this.#waiting.length >= this.#most) {
        this.hits++
        const message = `${this.#most} long reads of the twin wait already; ask again when some are answered.`
        return reject(new TwinError('busy', message, { retryable: true }))
      }
      options.signal?.addEventListener('abort', () => this.#cancel(ask), { once: true })
      this.#waiting.push(ask)
      this.#next()
    })
  }

  /** Settles when everything asked before was answered. */
  async settled(): Promise<void> {
    if (this.depth === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
    })
  }

  #supersede(slot: string | null): void {
    if (slot === null) return
    if (this.#busy?.slot === slot) this.#cancel(this.#busy)
    for (const ask of this.#waiting.filter((waiting) => waiting.slot === slot)) this.#cancel(ask)
  }

  #cancel(ask: Ask): void {
    if (ask.isOver) return
    ask.isOver = true
    raise(ask.flag)
    ask.reject(cancelled())
    const at = this.#waiting.indexOf(ask)
    if (at >= 0) this.#waiting.splice(at, 1)
  }

  #next(): void {
    if (this.#busy) return
    const first = this.#waiting.findIndex(({ slot }) => slot !== null)
    const [ask] = this.#waiting.splice(Math.max(first, 0), 1)
    if (!ask) {
      this.#idle?.()
      this.#idle = null
      return
    }
    this.#busy = ask
    void this.#run(ask)
  }

  async #run(ask: Ask): Promise<void> {
    try {
      const value = await ask.run(ask.flag)
      // The method's name ties the answer to its type, which the compiler cannot follow.
      if (!ask.isOver) ask.resolve(value as never)
    } catch (error) {
      if (!ask.isOver) ask.reject(toTwinError(error, 'a read'))
    } finally {
      ask.isOver = true
      this.#busy = null
      this.#next()
    }
  }
}
