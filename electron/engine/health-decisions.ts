import type { Actor } from '../../shared/domain/access.ts'
import { auditEntry } from '../../shared/domain/audit-trail.ts'
import type { BaselineRecord, EpochCause, HealthEpoch } from '../../shared/domain/health.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { RequestError } from '../live/window-session.ts'
import type { Twin } from '../store/api.ts'
import type { HealthEntry } from './health-messages.ts'
import type { HealthLog } from './health-log.ts'
import type { WatchedPoint } from './health-point.ts'
import type { HealthShelf } from './health-shelf.ts'

export interface HealthDecisionsDependencies {
  twin: Pick<Twin, 'commitHealth'>
  log: HealthLog
  shelf: HealthShelf
  clock: Clock
  point: (key: number) => WatchedPoint | null
  /** Its epoch, or what the epoch rests on, is another one now. */
  settle: (point: WatchedPoint) => void
  began: (point: WatchedPoint, nowUs: number) => void
  told: () => void
}

/** What people decide about the healthy machine: each in the twin with its entry of the audit trail before anybody acts on it. */
export class HealthDecisions {
  readonly #deps: HealthDecisionsDependencies

  constructor(deps: HealthDecisionsDependencies) {
    this.#deps = deps
  }

  /** A person approves what was learned, or has it learned once more. Settles when the twin has it. */
  decide(id: string, decision: 'approve' | 'relearn', by: Actor, reason: string | null): Promise<BaselineRecord> {
    const { log, shelf, clock, point } = this.#deps
    return log.run(async () => {
      const record = shelf.baseline(id)
      if (!record || !point(record.pointKey))
        throw refused('not-found', `There is no baseline "${id}" to be decided any more.`)
      if (record.state !== 'proposed') throw refused('decided', `Baseline ${id} is ${record.state} already.`)
      const nowUs = clock.nowUs()
      const { condition, pointKey } = record
      const entry: HealthEntry = { kind: decision, condition }
      const state = decision === 'approve' ? 'frozen' : 'rejected'
      const decided: BaselineRecord = { ...record, state, decidedUs: nowUs, decidedBy: by.name, reason }
      const facts = { subject: id, before: { state: record.state }, after: { state }, reason }
      const audit = auditEntry(by, nowUs, { action: `baseline.${decision}`, ...facts })
      await log.write([{ pointKey, entry, tUs: nowUs }], { baselines: [decided], audit: [audit] })
      return decided
    })
  }

  /** What was learned belongs to a machine that is no more. Old baselines are kept. Settles when the twin has it. */
  beginEpoch(pointKeys: readonly number[], cause: EpochCause, by: Actor, reason: string): Promise<void> {
    const { log, shelf, clock, point: pointOf, began } = this.#deps
    return log.run(async () => {
      const nowUs = clock.nowUs()
      const points = pointKeys.flatMap((key) => pointOf(key) ?? [])
      const epochs = points.map(({ plan }): HealthEpoch => ({
        pointKey: plan.info.key,
        beganUs: nowUs,
        cause,
        reason,
        by: by.name,
        basis: plan.basis,
      }))
      const keys = new Set(epochs.map(({ pointKey }) => pointKey))
      const retired = shelf
        .present(keys)
        .map((record): BaselineRecord => ({ ...record, state: 'retired', retiredUs: nowUs }))
      const audit = points.map(({ plan, epoch }) => {
        const [before, after] = [{ beganUs: epoch?.beganUs ?? null }, { beganUs: nowUs, cause }]
        return auditEntry(by, nowUs, { action: 'baseline.epoch', subject: plan.info.id, before, after, reason })
      })
      const entries = epochs.map(({ pointKey }) => ({ pointKey, entry: { kind: 'epoch' } as const, tUs: nowUs }))
      await log.write(entries, { epochs, baselines: retired, forget: [...keys], audit })
      for (const point of points) began(point, nowUs)
    })
  }

  /** A person says that the baselines hold although something changed. */
  keep(pointKey: number, by: Actor, reason: string): Promise<void> {
    const { log, shelf, twin, clock, point: pointOf, settle, told } = this.#deps
    return log.run(async () => {
      const point = pointOf(pointKey)
      if (!point?.epoch || !point.change) throw refused('not-found', 'There is nothing to decide about this point.')
      const epoch = { ...point.epoch, basis: point.plan.basis }
      const facts = { subject: point.plan.info.id, before: { change: point.change.message }, reason }
      const audit = [auditEntry(by, clock.nowUs(), { action: 'baseline.keep', ...facts })]
      await twin.commitHealth({ epochs: [epoch], audit })
      shelf.took({ epochs: [epoch] })
      settle(point)
      told()
    })
  }
}

function refused(code: string, message: string): RequestError {
  return new RequestError({ code, message, retryable: false })
}
