import { Worker } from 'node:worker_threads'
import type { Fault } from '../../../shared/domain/fault.ts'
import { limits } from '../../../shared/domain/limits.ts'
import type { ReaderEntry } from '../reader.worker.ts'
import { remote, type Remote } from '../rpc.ts'
import { ReadQueue, type ReadOptions } from './read-queue.ts'

type Check = 'verify' | 'auditCheck'

/**
 * Verify reads every page, which takes minutes for years of a plant: in a thread of its own, started for it, so that no screen
 * waits behind it.
 */
export class VerifyThread {
  readonly #worker: URL
  readonly #file: string
  readonly #key: Uint8Array | null
  readonly #running = new Map<Remote<ReaderEntry>, Promise<void>>()
  readonly #closing = new AbortController()

  constructor(worker: URL, file: string, key: Uint8Array | null) {
    this.#worker = worker
    this.#file = file
    this.#key = key
  }

  /** `auditCheck`: the audit trail alone. */
  verify(options: ReadOptions = {}, what: Check = 'verify'): Promise<Fault[]> {
    const thread = remote<ReaderEntry>(new Worker(this.#worker, { name: 'store-verify' }), 'verifying thread')
    const signals = options.signal ? [options.signal, this.#closing.signal] : [this.#closing.signal]
    const answer = this.#verify(thread, what, AbortSignal.any(signals))
    this.#running.set(thread, this.#end(thread, answer))
    return answer
  }

  /** Those that run are cancelled. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#running.values())
  }

  async #verify(thread: Remote<ReaderEntry>, what: Check, signal: AbortSignal): Promise<Fault[]> {
    await thread.call('openReader', [this.#file, this.#key])
    return new ReadQueue(thread, limits.longReads).ask(what, [], { signal })
  }

  /** Whoever cancelled has the answer at once; a check of SQLite's own cannot be interrupted, and the thread ends behind it. */
  async #end(thread: Remote<ReaderEntry>, answer: Promise<unknown>): Promise<void> {
    await Promise.allSettled([answer])
    await Promise.allSettled([thread.call('closeReader', [])])
    await thread.end()
    this.#running.delete(thread)
  }
}
