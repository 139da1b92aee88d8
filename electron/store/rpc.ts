import { parentPort, type Transferable, type Worker } from 'node:worker_threads'
import type { Failure } from '../../shared/domain/problem.ts'
import { errorOfFailure, failureOf, TwinError } from './errors.ts'

/** Methods of a worker: plain functions, answered in the order they were asked. */
export type Methods<M> = { [K in keyof M]: (...args: never[]) => unknown }

interface Request {
  id: number
  method: string
  args: unknown[]
}

type Reply = { id: number; ok: true; value: unknown } | { id: number; ok: false; failure: Failure }

/**
 * Buffers of typed arrays at the top of an answer (or of each entry of a list) are moved, not copied. A pooled Buffer's memory
 * belongs to others and stays.
 */
function buffersOf(value: unknown, deep = 1): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return []
  const found = new Set<ArrayBuffer>()
  for (const inner of Object.values(value)) {
    if (ArrayBuffer.isView(inner)) {
      const { buffer } = inner
      if (buffer instanceof ArrayBuffer && buffer.byteLength === inner.byteLength) found.add(buffer)
    } else if (deep > 0) for (const buffer of buffersOf(inner, deep - 1)) found.add(buffer)
  }
  return [...found]
}

/** A thread that always has a message waiting drains up to a thousand of them before it looks at anything else. */
const longestWithoutMs = 10

/** Worker side. `between` works for a few milliseconds between calls and says whether there is more to do. */
export function serve<M extends Methods<M>>(methods: M, between: () => boolean = () => false): void {
  const port = parentPort
  if (!port) throw new Error('This entry runs as a worker thread only.')
  const table = new Map<string, (...args: unknown[]) => unknown>(Object.entries(methods))
  let planned = false
  let last = performance.now()
  const work = (): boolean => {
    const more = between()
    last = performance.now()
    return more
  }
  const plan = (): void => {
    if (planned) return
    planned = true
    // Messages that came meanwhile are answered before the next turn.
    setImmediate(() => {
      planned = false
      if (work()) plan()
    })
  }
  port.on('message', ({ id, method, args }: Request) => {
    plan()
    try {
      const call = table.get(method)
      if (!call) throw new TwinError('failed', `The twin's worker has no method ${method}.`)
      const value = call(...args)
      const reply: Reply = { id, ok: true, value }
      port.postMessage(reply, buffersOf(value))
    } catch (error) {
      const reply: Reply = { id, ok: false, failure: failureOf(error, method) }
      port.postMessage(reply)
    }
    if (performance.now() - last > longestWithoutMs) work()
  })
}

type Result<F> = F extends (...args: never[]) => infer R ? R : never
type Arguments<F> = F extends (...args: infer A) => unknown ? A : never

export interface Remote<M> {
  call<K extends keyof M & string>(method: K, args: Arguments<M[K]>, transfer?: Transferable[]): Promise<Result<M[K]>>
  /** Calls asked and not yet answered. */
  pending(): number
  /** Ends the thread after everything asked before was answered. */
  end(): Promise<void>
}

interface Waiting {
  resolve(value: never): void
  reject(error: Error): void
}

/** Engine side. A worker that dies rejects everything that waits for it and everything asked later. */
export function remote<M extends Methods<M>>(worker: Worker, name: string): Remote<M> {
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let stopped: TwinError | null = null
  let idle: (() => void) | null = null

  const stop = (detail: string, cause?: unknown): void => {
    stopped ??= new TwinError('stopped', `The twin's ${name} stopped: ${detail}; the engine must be started again.`, {
      cause,
    })
    for (const caller of waiting.values()) caller.reject(stopped)
    waiting.clear()
    idle?.()
  }
  worker.on('message', (reply: Reply) => {
    const caller = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.ok) caller?.resolve(reply.value as never)
    else caller?.reject(errorOfFailure(reply.failure))
    if (waiting.size === 0) idle?.()
  })
  worker.on('error', (error) => stop(error instanceof Error ? error.message : String(error), error))
  worker.on('messageerror', (error) => stop('a message could not be read', error))
  worker.on('exit', (code) => stop(`its thread ended with code ${code}`))

  return {
    call(method, args, transfer = []) {
      if (stopped) return Promise.reject(stopped)
      const id = ++lastId
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        try {
          const request: Request = { id, method, args }
          worker.postMessage(request, transfer)
        } catch (error) {
          waiting.delete(id)
          reject(
            new TwinError('bad-row', `The twin was handed something that cannot be sent (${method}).`, {
              cause: error,
            }),
          )
        }
      })
    },
    pending: () => waiting.size,
    async end() {
      if (waiting.size > 0 && !stopped) {
        await new Promise<void>((resolve) => {
          idle = resolve
        })
      }
      stopped ??= new TwinError('stopped', 'The twin is closed.')
      await worker.terminate()
    },
  }
}
