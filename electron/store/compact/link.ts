import type { MessagePort } from 'node:worker_threads'
import type { Failure } from '../../../shared/domain/problem.ts'
import type { WorkLimits } from './work.ts'
import type { CompactionWrite } from './writes.ts'

/** The writer's end of the channel to the compactor's thread. */
export interface Link {
  port: MessagePort
  /** Rises with each message from the compactor, so that a writer that holds back can sleep until there is one. */
  signal: Int32Array
}

export type ToWorker =
  | { kind: 'run'; limits: WorkLimits; tidyOnly: boolean }
  | { kind: 'written'; failure: Failure | null }

export type FromWorker =
  | { kind: 'write'; write: CompactionWrite }
  | { kind: 'done'; failure: Failure | null }
  /** The log's bulk is in the file; the rest is for the writer, behind whose back it cannot shrink. */
  | { kind: 'checkpoint' }
  /** The compactor's thread closes. */
  | { kind: 'rest' }

/** Sleeps until the signal is no longer `seen`, at most so long. */
export function wakeWithin(signal: Int32Array, seen: number, ms: number): void {
  Atomics.wait(signal, 0, seen, Math.max(0, ms))
}

export function wake(signal: Int32Array): void {
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
}
