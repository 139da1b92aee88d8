import { Worker } from 'node:worker_threads'
import { RequestError } from '../live/window-session.ts'
import { workerUrl } from './resources.ts'

/** What comes back for a question; both carry the number it was asked under. */
export type ThreadAnswer<Answer> = { job: number; answer: Answer } | { job: number; code: string; error: string }

export interface AskedThreadParts {
  entry: Parameters<typeof workerUrl>[0]
  name: string
  data: unknown
  /** As many may wait; beyond it a question is refused with `busy`. */
  most: number
  /** In words, what is refused then. */
  busy: string
}

interface Waiting<Answer> {
  resolve: (answer: Answer) => void
  reject: (error: Error) => void
}

/** Nobody has asked for as long: the thread and what it holds are let go. */
const idleMs = 60_000

/** A thread that is started by the first question, answers one after the other, and is let go when nobody asks. */
export class AskedThread<Ask extends object, Answer> {
  readonly #parts: AskedThreadParts
  readonly #waiting = new Map<number, Waiting<Answer>>()
  #thread: Worker | null = null
  #idle: ReturnType<typeof setTimeout> | null = null
  #ending: Promise<unknown> = Promise.resolve()
  #nextJob = 1
  #hits = 0
  #closed = false

  constructor(parts: AskedThreadParts) {
    this.#parts = parts
  }

  get queue(): { depth: number; limit: number; hits: number } {
    return { depth: this.#waiting.size, limit: this.#parts.most, hits: this.#hits }
  }

  /** Rejects with RequestError. What a cancelled question would have been answered is dropped. */
  ask(
    ask: Ask,
    {
      signal,
      transfer = [],
      cancelled = '',
    }: { signal?: AbortSignal; transfer?: ArrayBuffer[]; cancelled?: string } = {},
  ): Promise<Answer> {
    if (this.#closed) return Promise.reject(refusal('closing', 'The engine is stopping.', true))
    if (this.#waiting.size >= this.#parts.most) {
      this.#hits += 1
      return Promise.reject(refusal('busy', this.#parts.busy, true))
    }
    const job = this.#nextJob++
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(job, { resolve, reject })
      signal?.addEventListener('abort', () => reject(refusal('cancelled', cancelled, true)), { once: true })
    })
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    this.#running().postMessage({ ...ask, job }, transfer)
    return answer
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#end('The engine is stopping.')
    await this.#ending
  }

  #running(): Worker {
    if (this.#thread) return this.#thread
    const { entry, name, data } = this.#parts
    const thread = new Worker(workerUrl(entry), { name, workerData: data })
    this.#thread = thread
    thread.on('message', (message: ThreadAnswer<Answer>) => this.#answered(message))
    thread.on('error', (error) => {
      if (this.#thread === thread) this.#end(`The thread "${name}" stopped: ${error.message}`)
    })
    return thread
  }

  #answered(message: ThreadAnswer<Answer>): void {
    const waiting = this.#waiting.get(message.job)
    this.#waiting.delete(message.job)
    if (this.#waiting.size === 0 && !this.#closed) {
      this.#idle = setTimeout(() => this.#end('The thread was let go.'), idleMs)
      this.#idle.unref()
    }
    if (!waiting) return
    if ('answer' in message) waiting.resolve(message.answer)
    else waiting.reject(refusal(message.code, message.error, message.code === 'failed'))
  }

  #end(why: string): void {
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    const thread = this.#thread
    this.#thread = null
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const each of waiting) each.reject(refusal('failed', why, true))
    if (thread) this.#ending = Promise.all([this.#ending, thread.terminate()])
  }
}

function refusal(code: string, message: string, retryable: boolean): RequestError {
  return new RequestError({ code, message, retryable })
}
