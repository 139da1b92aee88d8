import { deserialize, serialize } from 'node:v8'
import type { Actor } from '../../shared/domain/access.ts'
import type { AlertRule } from '../../shared/domain/alert.ts'
import { auditEntry } from '../../shared/domain/audit-trail.ts'
import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { BaselineRecord, EpochCause, HealthCommit, HealthEpoch } from '../../shared/domain/health.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { FeatureRow } from '../../shared/domain/twin.ts'
import { advisoryRule } from '../diagnosis/warning/advisory-rule.ts'
import { RequestError } from '../live/window-session.ts'
import type { Twin } from '../store/api.ts'
import type { FromHealthWorker, HealthEntry, LoggedEntry, Said } from './health-messages.ts'
import { epochChange, healthPlan, type PointPlan } from './health-plan.ts'
import { advisoryContract, baselineRecord, evidenceOf, healthFinding } from './health-records.ts'
import { HealthKeeper } from './health-keeper.ts'
import type { HealthThread, HealthThreadEvents } from './health-thread.ts'
import { newPoint, type WatchedPoint } from './health-point.ts'
import { SnapshotWindow, type Snapshot } from './health-window.ts'
import type { PlantModel } from './plant-model.ts'
import { advisoryOff, type ProblemText } from './problem-texts.ts'

export interface HealthDeskDependencies {
  twin: Pick<Twin, 'commitHealth' | 'health' | 'baselines' | 'healthEpochs' | 'features'>
  startThread: (events: HealthThreadEvents) => HealthThread
  /** To the alert machine: a rule's time begins anew. */
  clockStep(rule: AlertRule): void
  /** To the alert machine. */
  judge(rule: AlertRule, sample: { value: number; tUs: number; quality: 'good' }, suppressed: boolean): void
  clock: Clock
  raise(problem: ProblemText): void
  clear(id: string): void
  report(error: unknown): void
  /** Something that views show has changed. */
  told(): void
}

const retryMs = 1000

/**
 * Early warning of every waveform point, with the code of `millwright backtest`: committed features become snapshots, snapshots are
 * logged in the twin, and only then is the monitor shown them, on a thread of its own. What it says follows from the log, so that a
 * restart at any moment says the same. It advises: an alert of its own beside those of limits, which know nothing of it.
 */
export class HealthDesk {
  readonly #deps: HealthDeskDependencies
  readonly #keeper: HealthKeeper
  readonly #points = new Map<number, WatchedPoint>()
  readonly #baselines = new Map<string, BaselineRecord>()
  readonly #epochs = new Map<number, HealthEpoch>()
  #pending: { pointKey: number; entry: HealthEntry; tUs: number }[] = []
  #hits = 0
  #isFlushing = false
  #chain: Promise<unknown> = Promise.resolve()
  #closing = false

  constructor(deps: HealthDeskDependencies) {
    this.#deps = deps
    this.#keeper = new HealthKeeper({
      startThread: deps.startThread,
      clock: deps.clock,
      message: (message) => this.#hear(message),
      up: () => this.#up(),
      down: (why) => this.#down(why),
    })
  }

  /** Takes up what the twin remembers. Before the first row is committed. */
  async begin(): Promise<void> {
    const { twin } = this.#deps
    for (const epoch of await twin.healthEpochs()) this.#epochs.set(epoch.pointKey, epoch)
    for (const record of await twin.baselines()) this.#baselines.set(record.id, record)
    for (const point of this.#points.values()) this.#settle(point)
    const known = [...this.#points.values()].filter(({ epoch }) => epoch !== null)
    this.#keeper.start()
    await this.#run(async () => {
      for (const point of known) await this.#catchUp(point)
    })
  }

  /** A revision is in force. What is known of points that stay goes on. */
  setModel(model: PlantModel, orders: ReadonlyMap<number, BearingOrders | null>): void {
    const plans = new Map(healthPlan(model, orders).map((plan) => [plan.info.key, plan]))
    for (const key of [...this.#points.keys()].filter((each) => !plans.has(each))) {
      this.#points.delete(key)
      this.#keeper.post({ t: 'close', pointKey: key })
    }
    for (const plan of plans.values()) this.#plan(plan)
    this.#reopen()
  }

  get queue(): { depth: number; hits: number } {
    return { depth: this.#pending.length, hits: this.#hits }
  }

  /** Why the advisory model does not run; null while it does. */
  get off(): string | null {
    return this.#keeper.off
  }

  points(): Iterable<WatchedPoint> {
    return this.#points.values()
  }

  point(key: number): WatchedPoint | null {
    return this.#points.get(key) ?? null
  }

  /** NaN while nothing is judged. */
  score(key: number): number {
    const step = this.#points.get(key)?.last?.step
    return step?.judged === true ? step.score : Number.NaN
  }

  /** All there ever were of a point, oldest first. */
  baselinesOf(pointKey: number): BaselineRecord[] {
    return [...this.#baselines.values()].filter((record) => record.pointKey === pointKey)
  }

  baseline(id: string): BaselineRecord | null {
    return this.#baselines.get(id) ?? null
  }

  /** Rows that are in the twin. */
  take(rows: readonly FeatureRow[]): void {
    for (const row of rows) {
      const point = this.#points.get(row.pointKey)
      const snapshot = point?.window.add(row)
      if (point && snapshot) this.snapshot(row.pointKey, snapshot)
    }
  }

  /** One look at a point, of rows that are in the twin. */
  snapshot(pointKey: number, { tUs, rpm, features, quality = 'good' }: Snapshot): void {
    const point = this.#points.get(pointKey)
    if (!point || point.change?.pauses === true) return
    if (tUs < point.snapshotUs) this.#pending.push({ pointKey, entry: { kind: 'clock' }, tUs })
    point.snapshotUs = tUs
    const observation = { timeS: tUs / 1e6, rpm, features, quality }
    this.#pending.push({ pointKey, entry: { kind: 'observe', observation }, tUs })
    if (this.#pending.length > limits.health.waiting) {
      this.#pending.shift()
      this.#hits += 1
    }
    if (this.#isFlushing) return
    this.#isFlushing = true
    void this.#run(() => this.#flush()).catch((error: unknown) => this.#failed(error))
  }

  /** About every minute: maintenance may have ended. */
  look(): void {
    for (const point of this.#points.values()) this.#settle(point)
  }

  /** A person approves what was learned, or has it learned once more. Settles when the twin has it. */
  decide(id: string, decision: 'approve' | 'relearn', by: Actor, reason: string | null): Promise<BaselineRecord> {
    return this.#run(async () => {
      const record = this.#baselines.get(id)
      const point = record && this.#points.get(record.pointKey)
      if (!record || !point) throw refused('not-found', `There is no baseline "${id}" to be decided any more.`)
      if (record.state !== 'proposed') throw refused('decided', `Baseline ${id} is ${record.state} already.`)
      const nowUs = this.#deps.clock.nowUs()
      const { condition } = record
      const entry: HealthEntry = { kind: decision, condition }
      const state = decision === 'approve' ? 'frozen' : 'rejected'
      const decided: BaselineRecord = { ...record, state, decidedUs: nowUs, decidedBy: by.name, reason }
      const facts = { subject: id, before: { state: record.state }, after: { state }, reason }
      const audit = auditEntry(by, nowUs, { action: `baseline.${decision}`, ...facts })
      await this.#logged([{ pointKey: record.pointKey, entry, tUs: nowUs }], { baselines: [decided], audit: [audit] })
      return decided
    })
  }

  /** What was learned belongs to a machine that is no more. Old baselines are kept. Settles when the twin has it. */
  beginEpoch(pointKeys: readonly number[], cause: EpochCause, by: Actor, reason: string): Promise<void> {
    return this.#run(async () => {
      const nowUs = this.#deps.clock.nowUs()
      const points = pointKeys.flatMap((key) => this.#points.get(key) ?? [])
      const epochs = points.map(({ plan }): HealthEpoch => ({
        pointKey: plan.info.key,
        beganUs: nowUs,
        cause,
        reason,
        by: by.name,
        basis: plan.basis,
      }))
      const keys = new Set(epochs.map(({ pointKey }) => pointKey))
      const retired = [...this.#baselines.values()]
        .filter(({ pointKey, state }) => keys.has(pointKey) && (state === 'frozen' || state === 'proposed'))
        .map((record): BaselineRecord => ({ ...record, state: 'retired', retiredUs: nowUs }))
      const audit = points.map(({ plan, epoch }) => {
        const [before, after] = [{ beganUs: epoch?.beganUs ?? null }, { beganUs: nowUs, cause }]
        return auditEntry(by, nowUs, { action: 'baseline.epoch', subject: plan.info.id, before, after, reason })
      })
      const entries = epochs.map(({ pointKey }) => ({ pointKey, entry: { kind: 'epoch' } as const, tUs: nowUs }))
      await this.#logged(entries, { epochs, baselines: retired, forget: [...keys], audit })
      for (const point of points) this.#began(point, nowUs)
    })
  }

  /** A person says that the baselines hold although something changed. */
  keep(pointKey: number, by: Actor, reason: string): Promise<void> {
    return this.#run(async () => {
      const point = this.#points.get(pointKey)
      if (!point?.epoch || !point.change) throw refused('not-found', 'There is nothing to decide about this point.')
      const epoch = { ...point.epoch, basis: point.plan.basis }
      const facts = { subject: point.plan.info.id, before: { change: point.change.message }, reason }
      const audit = [auditEntry(by, this.#deps.clock.nowUs(), { action: 'baseline.keep', ...facts })]
      await this.#deps.twin.commitHealth({ epochs: [epoch], audit })
      this.#epochs.set(pointKey, epoch)
      this.#settle(point)
      this.#deps.told()
    })
  }

  /** The frozen baseline of the condition that a snapshot belongs to. */
  baselineAt(pointKey: number, condition: number): BaselineRecord | null {
    const { epoch } = this.#points.get(pointKey) ?? {}
    const own = this.baselinesOf(pointKey).filter(({ epochUs }) => epochUs === epoch?.beganUs)
    return own.findLast((record) => record.state === 'frozen' && record.condition === condition) ?? null
  }

  findings(point: WatchedPoint) {
    const { last } = point
    if (!last) return []
    const baseline = this.baselineAt(point.plan.info.key, last.step.condition)
    return last.step.findings.map((finding) => healthFinding(finding, last, baseline))
  }

  /** Everything that was committed so far has been told. For tests and a clean end. */
  async settled(): Promise<void> {
    for (let known: unknown = null; known !== this.#chain;) {
      known = this.#chain
      await known
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async close(): Promise<void> {
    await Promise.race([this.settled(), new Promise<void>((resolve) => setTimeout(resolve, retryMs))])
    this.#closing = true
    await this.#keeper.close()
  }

  #plan(plan: PointPlan): void {
    const { key } = plan.info
    const known = this.#points.get(key)
    const isSame = known?.plan.intervalUs === plan.intervalUs && known.plan.cadenceUs === plan.cadenceUs
    const keepsWindow = isSame && JSON.stringify(known.plan.names) === JSON.stringify(plan.names)
    const window = keepsWindow ? known.window : new SnapshotWindow(plan.intervalUs, plan.cadenceUs, plan.names)
    const isOpen = known?.isOpen === true && JSON.stringify(known.plan.options) === JSON.stringify(plan.options)
    const point = known ? Object.assign(known, { plan, window, isOpen }) : newPoint(plan, window)
    this.#settle(point)
    this.#points.set(key, point)
  }

  #settle(point: WatchedPoint): void {
    point.epoch = this.#epochs.get(point.plan.info.key) ?? null
    point.change = point.epoch && epochChange(point.epoch, point.plan.basis, this.#deps.clock.nowUs())
  }

  async #flush(): Promise<void> {
    this.#isFlushing = false
    const entries = this.#pending
    this.#pending = []
    await this.#persist(() => this.#logged(entries, {}))
  }

  /** Into the twin, then to the thread. */
  async #logged(
    wanted: readonly { pointKey: number; entry: HealthEntry; tUs: number }[],
    commit: HealthCommit,
  ): Promise<void> {
    const byPoint = new Map<number, LoggedEntry[]>()
    const nowUs = this.#deps.clock.nowUs()
    for (const { pointKey, entry, tUs } of wanted) {
      const entries = byPoint.get(pointKey) ?? []
      const before = entries.at(-1)?.seq ?? this.#points.get(pointKey)?.seq ?? 0
      entries.push({ seq: Math.max(before + 1, nowUs), tUs, entry })
      byPoint.set(pointKey, entries)
    }
    const log = [...byPoint].flatMap(([pointKey, entries]) =>
      entries.map(({ seq, tUs, entry }) => ({ pointKey, seq, tUs, body: Uint8Array.from(serialize(entry)) })),
    )
    await this.#deps.twin.commitHealth({ ...commit, log })
    for (const record of commit.baselines ?? []) this.#baselines.set(record.id, record)
    for (const epoch of commit.epochs ?? []) this.#epochs.set(epoch.pointKey, epoch)
    for (const [pointKey, entries] of byPoint) {
      const point = this.#points.get(pointKey)
      if (!point) continue
      point.seq = entries.at(-1)?.seq ?? point.seq
      point.logged += entries.length
      if (point.isOpen) this.#keeper.post({ t: 'entries', pointKey, entries })
    }
    this.#deps.told()
  }

  /** An advisory alert of the old epoch speaks of a machine that is no more: it returns. */
  #began(point: WatchedPoint, nowUs: number): void {
    const lastUs = point.last?.tUs ?? 0
    Object.assign(point, { last: null, level: 'normal', failed: null, logged: 1 })
    point.window.reset()
    this.#settle(point)
    if (!point.isOpen) this.#reopen()
    this.#deps.judge(this.#rule(point), { value: 0, tUs: Math.max(nowUs, lastUs + 1), quality: 'good' }, false)
  }

  #rule({ plan }: WatchedPoint, contract = advisoryContract(plan, undefined)): AlertRule {
    const { info, configHash } = plan
    const of = { id: `${info.id}.health`, pointId: info.id, assetId: info.asset.asset.id, configHash }
    return advisoryRule(of, contract)
  }

  #up(): void {
    for (const point of this.#points.values()) point.isOpen = false
    this.#reopen()
  }

  #down(why: string): void {
    for (const point of this.#points.values()) Object.assign(point, { isOpen: false, isSaving: false })
    this.#deps.raise(advisoryOff(why))
    this.#deps.told()
  }

  #reopen(): void {
    void this.#run(async () => {
      await this.#beginFirst()
      for (const point of this.#points.values()) {
        if (!point.isOpen && this.#keeper.isUp) await this.#open(point)
      }
      if (this.#keeper.isUp) this.#deps.clear('advisory.off')
    }).catch((error: unknown) => this.#failed(error))
  }

  /** Points that nobody has looked at before, all in one transaction: a plant may have thousands. */
  async #beginFirst(): Promise<void> {
    const fresh = [...this.#points.values()].filter(({ epoch }) => epoch === null)
    if (fresh.length === 0 || !this.#keeper.isUp) return
    const beganUs = this.#deps.clock.nowUs()
    const epochs = fresh.map(({ plan }): HealthEpoch => ({
      pointKey: plan.info.key,
      beganUs,
      cause: 'first',
      reason: '',
      by: 'engine',
      basis: plan.basis,
    }))
    await this.#persist(() => this.#deps.twin.commitHealth({ epochs }))
    for (const epoch of epochs) this.#epochs.set(epoch.pointKey, epoch)
    for (const point of fresh) this.#settle(point)
  }

  async #open(point: WatchedPoint): Promise<void> {
    const { info, options } = point.plan
    const { memory, log } = await this.#deps.twin.health(info.key)
    // Written by `#logged`, with the checksum of the twin's page.
    const entries = log.map(({ seq, tUs, body }) => ({ seq, tUs, entry: deserialize(body) as HealthEntry }))
    point.seq = Math.max(point.seq, entries.at(-1)?.seq ?? 0, memory?.seq ?? 0)
    point.logged = entries.length
    point.failed = null
    point.isOpen = true
    this.#keeper.post({ t: 'open', pointKey: info.key, options, memory: memory?.body ?? null, entries })
  }

  /** Rows that were committed, but whose snapshot was not, when the engine ended. */
  async #catchUp(point: WatchedPoint): Promise<void> {
    const { window, plan } = point
    const { log } = await this.#deps.twin.health(plan.info.key)
    const nowUs = this.#deps.clock.nowUs()
    const knownUs = log.at(-1)?.tUs ?? 0
    point.snapshotUs = log.at(-1)?.tUs ?? Number.NEGATIVE_INFINITY
    const fromUs = Math.max(window.nextUs(knownUs), window.nextUs(nowUs - 2 * plan.intervalUs))
    this.take(await this.#deps.twin.features(plan.info.key, fromUs, Number.MAX_SAFE_INTEGER, limits.readRows))
  }

  #hear(message: FromHealthWorker): void {
    const point = this.#points.get(message.pointKey)
    if (!point) return
    switch (message.t) {
      case 'said': {
        const { said, conditions } = message
        point.conditions = conditions
        void this.#run(() => this.#tell(point, said)).catch((error: unknown) => this.#failed(error))
        break
      }
      case 'memory': {
        const { pointKey, seq, body } = message
        void this.#run(async () => {
          await this.#persist(() => this.#deps.twin.commitHealth({ memories: [{ pointKey, seq, body }] }))
          Object.assign(point, { isSaving: false, logged: 0 })
        }).catch((error: unknown) => this.#failed(error))
        break
      }
      case 'failed':
        Object.assign(point, { failed: message.message, isOpen: false })
        this.#deps.report(new Error(`Early warning of ${point.plan.info.id}: ${message.message}`))
        this.#deps.told()
    }
  }

  async #tell(point: WatchedPoint, said: readonly Said[]): Promise<void> {
    for (const one of said) {
      // An epoch that has begun since does not know what it says.
      if (point.epoch && one.seq < point.epoch.beganUs) continue
      if (one.step.frozen) await this.#propose(point, one)
      if (point.last && one.tUs < point.last.tUs) this.#deps.clockStep(this.#rule(point))
      point.last = one
      await this.#judge(point, one)
    }
    if (point.logged >= limits.health.logEntries && !point.isSaving && this.#keeper.isUp) {
      point.isSaving = true
      this.#keeper.post({ t: 'save', pointKey: point.plan.info.key })
    }
    this.#deps.told()
  }

  async #propose(point: WatchedPoint, { step, tUs }: Said): Promise<void> {
    const { frozen: baseline, condition } = step
    if (!baseline || !point.epoch) return
    const rpm = point.conditions[condition]?.centreRpm ?? null
    const record = baselineRecord(point.plan, point.epoch.beganUs, { baseline, condition, rpm }, tUs)
    if (this.#baselines.has(record.id)) return
    await this.#persist(() => this.#deps.twin.commitHealth({ baselines: [record] }))
    this.#baselines.set(record.id, record)
  }

  async #judge(point: WatchedPoint, said: Said): Promise<void> {
    const { step, tUs } = said
    const baseline = this.baselineAt(point.plan.info.key, step.condition)
    const level = step.score >= 2 ? 'alarm' : step.score >= 1 ? 'warning' : 'normal'
    const evidence = evidenceOf(point.plan, said, baseline)
    if (step.judged) {
      const rises = level !== 'normal' && level !== point.level && point.level !== 'alarm'
      // What a warning rests on is in the twin before it is raised.
      if (rises) await this.#persist(() => this.#deps.twin.commitHealth({ evidence: [evidence] }))
      point.level = level
    }
    const rule = this.#rule(point, advisoryContract(point.plan, evidence.findings[0]))
    this.#deps.judge(rule, { value: step.score, tUs, quality: 'good' }, !step.judged)
  }

  /** Tried until the twin takes it: it is little, and the feature rows that it came from are in the twin already. */
  async #persist(work: () => Promise<void>): Promise<void> {
    while (!this.#closing) {
      try {
        await work()
        return
      } catch (error) {
        if (error instanceof RequestError) throw error
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref())
      }
    }
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#chain.then(work)
    this.#chain = done.catch(() => undefined)
    return done
  }

  #failed(error: unknown): void {
    if (!this.#closing) this.#deps.report(error)
  }
}

function refused(code: string, message: string): RequestError {
  return new RequestError({ code, message, retryable: false })
}
