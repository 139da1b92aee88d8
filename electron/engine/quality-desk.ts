import { Worker } from 'node:worker_threads'
import type { AuditReport } from '../../shared/domain/audit.ts'
import { qualityRows, type QualityPointView, type QualityView } from '../../shared/protocol/quality.ts'
import { RequestError } from '../live/window-session.ts'
import { AuditError, type AuditRequest } from './quality-run.ts'
import { workerUrl } from './resources.ts'

export interface QualityJob {
  file: string
  key: Uint8Array | null
  request: AuditRequest
}

export type QualityMessage =
  | { t: 'progress'; done: number; total: number }
  | { t: 'done'; report: AuditReport }
  | { t: 'failed'; message: string }

export interface QualityDeskOptions {
  file: string
  key: Uint8Array | null
}

interface Running {
  done: number
  total: number
  cancel(): void
}

/** Audits of the twin while the engine runs: one at a time for the windows, whose last report stays to be looked at. */
export class QualityDesk {
  readonly #options: QualityDeskOptions
  readonly #threads = new Set<Worker>()
  #running: Running | null = null
  #report: AuditReport | null = null
  #failure: string | null = null

  constructor(options: QualityDeskOptions) {
    this.#options = options
  }

  /** The whole report, for a caller at the local socket. Rejects with AuditError. */
  async whole(request: AuditRequest, signal?: AbortSignal): Promise<AuditReport> {
    const { answer, cancel } = this.#start(request, () => {})
    signal?.addEventListener('abort', cancel, { once: true })
    return answer
  }

  /** Begins unless one runs already; `view` says how far it is. */
  begin(request: AuditRequest): QualityView {
    if (this.#running) return this.view()
    const running: Running = { done: 0, total: 0, cancel: () => {} }
    const { answer, cancel } = this.#start(request, (done, total) => Object.assign(running, { done, total }))
    running.cancel = cancel
    this.#running = running
    this.#failure = null
    answer.then(
      (report) => this.#ended(running, report, null),
      (error: unknown) => this.#ended(running, null, error instanceof Error ? error.message : String(error)),
    )
    return this.view()
  }

  cancel(): QualityView {
    const running = this.#running
    this.#running = null
    running?.cancel()
    return this.view()
  }

  view(): QualityView {
    const running = this.#running
    return {
      running: running ? { done: running.done, total: running.total } : null,
      failure: this.#failure,
      report: this.#report ? qualityRows(this.#report) : null,
    }
  }

  point(pointId: string): Omit<QualityPointView, 'intake'> {
    const report = this.#report
    const point = report?.points.find(({ id }) => id === pointId)
    if (report && point) return { from: report.from, to: report.to, point }
    const message = `The last audit has no tag "${pointId}"; audit again.`
    throw new RequestError({ code: 'not-found', message, retryable: false })
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.terminate()))
  }

  /** One that was cancelled has no say any more. */
  #ended(running: Running, report: AuditReport | null, failure: string | null): void {
    if (this.#running !== running) return
    this.#running = null
    this.#failure = failure
    if (report) this.#report = report
  }

  #start(
    request: AuditRequest,
    progress: (done: number, total: number) => void,
  ): { answer: Promise<AuditReport>; cancel: () => void } {
    const job: QualityJob = { ...this.#options, request }
    const thread = new Worker(workerUrl('quality-worker'), { name: 'quality', workerData: job })
    this.#threads.add(thread)
    const answer = new Promise<AuditReport>((resolve, reject) => {
      thread.on('message', (message: QualityMessage) => {
        if (message.t === 'progress') progress(message.done, message.total)
        else if (message.t === 'done') resolve(message.report)
        else reject(new AuditError(message.message))
      })
      thread.on('error', reject)
      thread.on('exit', () => {
        this.#threads.delete(thread)
        reject(new AuditError('The audit was stopped before it was done.'))
      })
    })
    // Whoever cancels need not listen.
    answer.catch(() => {})
    return { answer, cancel: () => void thread.terminate() }
  }
}
