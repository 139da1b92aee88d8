import { Worker } from 'node:worker_threads'
import type { AuditReport } from '../../shared/domain/audit.ts'
import { AuditError, type AuditRequest } from './quality-plan.ts'
import { workerUrl } from './resources.ts'

export interface QualityJob {
  file: string
  key: Uint8Array | null
  request: AuditRequest
  /** Two share the machines between them; the running engine leaves the other core to what comes in. */
  threads: 1 | 2
}

export type QualityMessage =
  | { t: 'progress'; done: number; total: number }
  | { t: 'done'; report: AuditReport }
  | { t: 'failed'; message: string }

/**
 * Heap of a thread of an audit, MB. What is read is looked at once and thrown away, and V8 lets garbage stand the longer the more
 * it may use: 5,000 tags took 370 MB with a main thread's limits, 280 with a small young generation, 220 with these.
 */
export const auditHeap = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 512 }

/** One audit in a thread of its own. `answer` rejects with AuditError; whoever cancels need not listen. */
export function startAudit(
  job: QualityJob,
  progress: (done: number, total: number) => void = () => {},
): { answer: Promise<AuditReport>; cancel: () => void; ended: Promise<void> } {
  const thread = new Worker(workerUrl('quality-worker'), {
    name: 'quality',
    workerData: job,
    resourceLimits: auditHeap,
  })
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  const answer = new Promise<AuditReport>((resolve, reject) => {
    thread.on('message', (message: QualityMessage) => {
      if (message.t === 'progress') progress(message.done, message.total)
      else if (message.t === 'done') resolve(message.report)
      else reject(new AuditError(message.message))
    })
    thread.on('error', reject)
    thread.on('exit', () => reject(new AuditError('The audit was stopped before it was done.')))
  })
  answer.catch(() => {})
  return { answer, cancel: () => void thread.terminate(), ended }
}
