import { Worker } from 'node:worker_threads'
import { limits } from '../../shared/domain/limits.ts'
import type { DspPointConfig, DspResult, FromDspWorker, ToDspWorker } from './dsp-messages.ts'

export type DspJob = Omit<Extract<ToDspWorker, { t: 'block' }>, 't' | 'job'>

/**
 * The DSP workers. A point always goes to the same worker (its rolling record lives there), so results of one point come
 * back in order. At most `limits.blockQueue` blocks are under way; what does not fit is refused and counted, and the
 * caller records the loss.
 */
export class DspPool {
  readonly #workers: Worker[]
  readonly #waiting = new Map<number, (result: DspResult) => void>()
  readonly #groups = new Map<number, number>()
  readonly #ready: Promise<unknown>
  #nextJob = 1
  #hits = 0
  #closing = false

  constructor(url: URL, workers: number, failed: (error: Error) => void) {
    this.#workers = Array.from({ length: workers }, () => new Worker(url))
    this.#ready = Promise.all(this.#workers.map((worker) => this.#attach(worker, failed)))
  }

  #attach(worker: Worker, failed: (error: Error) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromDspWorker) => {
        if (message.t === 'ready') {
          resolve()
          return
        }
        const done = this.#waiting.get(message.job)
        this.#waiting.delete(message.job)
        done?.(message)
      })
      worker.on('error', (cause) => {
        const error = new Error('A signal-analysis worker stopped.', { cause })
        reject(error)
        failed(error)
      })
      worker.on('exit', (code) => {
        if (!this.#closing) failed(new Error(`A signal-analysis worker ended with code ${code}.`))
      })
    })
  }

  get depth(): number {
    return this.#waiting.size
  }

  /** Times a block was refused because the queue was full. */
  get hits(): number {
    return this.#hits
  }

  async ready(): Promise<void> {
    await this.#ready
  }

  configure(points: readonly DspPointConfig[]): void {
    this.#groups.clear()
    for (const { pointKey, keyphasorKey } of points) if (keyphasorKey !== null) this.#groups.set(pointKey, keyphasorKey)
    this.#workers.forEach((worker, index) => {
      const own = points.filter((point) => this.#indexOf(point.pointKey) === index)
      worker.postMessage({ t: 'configure', points: own } satisfies ToDspWorker)
    })
  }

  /** A point is analysed where its keyphasor is. */
  #indexOf(pointKey: number): number {
    return (this.#groups.get(pointKey) ?? pointKey) % this.#workers.length
  }

  /** False when the queue is full. `samples` is copied: the ring keeps its own. */
  submit(job: DspJob, done: (result: DspResult) => void): boolean {
    if (this.#waiting.size >= limits.blockQueue) {
      this.#hits += 1
      return false
    }
    const number = this.#nextJob++
    this.#waiting.set(number, done)
    this.#workers[this.#indexOf(job.pointKey)]?.postMessage({
      t: 'block',
      job: number,
      ...job,
    } satisfies ToDspWorker)
    return true
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
    this.#waiting.clear()
  }
}
