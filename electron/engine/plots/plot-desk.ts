import { Worker } from 'node:worker_threads'
import { limits } from '../../../shared/domain/limits.ts'
import { RequestError } from '../../live/window-session.ts'
import { workerUrl } from '../resources.ts'
import type { FromPlotThread, PlotTaskName, PlotTasks, PlotThreadData } from './plot-messages.ts'

interface Waiting {
  resolve: (answer: unknown) => void
  reject: (error: Error) => void
}

/** Nobody has asked for as long: the thread and its connection are let go. */
const idleMs = 60_000

/** What windows draw of captures, on a thread of its own that is started when somebody asks. */
export class PlotDesk {
  readonly #data: PlotThreadData
  readonly #waiting = new Map<number, Waiting>()
  #thread: Worker | null = null
  #idle: ReturnType<typeof setTimeout> | null = null
  #ending: Promise<unknown> = Promise.resolve()
  #nextJob = 1
  #hits = 0
  #closed = false

  constructor(data: PlotThreadData) {
    this.#data = data
  }

  get queue(): { depth: number; limit: number; hits: number } {
    return { depth: this.#waiting.size, limit: limits.plotTasks, hits: this.#hits }
  }

  /** Rejects with RequestError. What a cancelled task answers is dropped; each takes some tenths of a second at most. */
  ask<T extends PlotTaskName>(
    task: T,
    ask: PlotTasks[T]['ask'],
    { signal, transfer = [] }: { signal?: AbortSignal; transfer?: ArrayBuffer[] } = {},
  ): Promise<PlotTasks[T]['answer']> {
    if (this.#closed) return Promise.reject(refusal('closing', 'The engine is stopping.', true))
    if (this.#waiting.size >= limits.plotTasks) {
      this.#hits += 1
      return Promise.reject(
        refusal('busy', `${limits.plotTasks} plots are being computed already; try again in a moment.`, true),
      )
    }
    const job = this.#nextJob++
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(job, { resolve, reject })
      signal?.addEventListener('abort', () => reject(refusal('cancelled', 'The plot is not wanted any more.', true)), {
        once: true,
      })
    })
    if (this.#idle) clearTimeout(this.#idle)
    this.#idle = null
    this.#running().postMessage({ job, task, ask }, transfer)
    // The thread answers a task with the answer of its own kind.
    return answer as Promise<PlotTasks[T]['answer']>
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#end('The engine is stopping.')
    await this.#ending
  }

  #running(): Worker {
    if (this.#thread) return this.#thread
    const thread = new Worker(workerUrl('plot-worker'), { name: 'plots', workerData: this.#data })
    this.#thread = thread
    thread.on('message', (message: FromPlotThread) => this.#answered(message))
    thread.on('error', (error) => {
      if (this.#thread === thread) this.#end(`The plot thread stopped: ${error.message}`)
    })
    return thread
  }

  #answered(message: FromPlotThread): void {
    const waiting = this.#waiting.get(message.job)
    this.#waiting.delete(message.job)
    if (this.#waiting.size === 0 && !this.#closed) {
      this.#idle = setTimeout(() => this.#end('The plot thread was let go.'), idleMs)
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
