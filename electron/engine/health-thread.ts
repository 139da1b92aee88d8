import { Worker } from 'node:worker_threads'
import { HealthBook } from './health-book.ts'
import type { FromHealthWorker, ToHealthWorker } from './health-messages.ts'
import { workerUrl } from './resources.ts'

export interface HealthThreadEvents {
  message: (message: FromHealthWorker) => void
  /** It ended by itself; nothing more comes from it. */
  gone: (why: string) => void
}

export interface HealthThread {
  post(message: ToHealthWorker): void
  close(): Promise<void>
}

/** The advisory model's own thread. Its end is no reason for anything else to end. */
export function startHealthThread(events: HealthThreadEvents): HealthThread {
  const worker = new Worker(workerUrl('health-worker'), { name: 'health' })
  let isOver = false
  const over = (why: string): void => {
    if (isOver) return
    isOver = true
    events.gone(why)
  }
  worker.on('message', (message: FromHealthWorker) => {
    if (!isOver) events.message(message)
  })
  worker.on('error', (error) => over(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => over(`its thread ended with code ${code}`))
  return {
    post: (message) => worker.postMessage(message),
    close: async () => {
      isOver = true
      await worker.terminate()
    },
  }
}

/** The same in the caller's thread, answers after the present turn: for tests. */
export function healthInPlace(events: HealthThreadEvents): HealthThread & { kill(why: string): void } {
  const book = new HealthBook()
  let isOver = false
  return {
    post: (message) => {
      queueMicrotask(() => {
        const answer = isOver ? null : book.take(structuredClone(message))
        if (answer) events.message(structuredClone(answer))
      })
    },
    close: () => {
      isOver = true
      return Promise.resolve()
    },
    kill: (why) => {
      isOver = true
      events.gone(why)
    },
  }
}
