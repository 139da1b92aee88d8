import type { AuditReport } from '../../shared/domain/audit.ts'
import { qualityRows, type QualityPointView, type QualityView } from '../../shared/protocol/quality.ts'
import { RequestError } from '../live/window-session.ts'
import type { AuditRequest } from './quality-plan.ts'
import { startAudit } from './quality-thread.ts'

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
  readonly #audits = new Set<ReturnType<typeof startAudit>>()
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
    const audits = [...this.#audits]
    for (const { cancel } of audits) cancel()
    await Promise.all(audits.map(({ ended }) => ended))
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
    const audit = startAudit({ ...this.#options, request, threads: 1 }, progress)
    this.#audits.add(audit)
    void audit.ended.then(() => this.#audits.delete(audit))
    return audit
  }
}
