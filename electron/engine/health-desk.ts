import { deserialize } from 'node:v8'
import type { AlertRule } from '../../shared/domain/alert.ts'
import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { BaselineRecord, HealthEpoch } from '../../shared/domain/health.ts'
import type { Gap } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { FeatureRow } from '../../shared/domain/twin.ts'
import { advisoryRule } from '../diagnosis/warning/advisory-rule.ts'
import type { Twin } from '../store/api.ts'
import { HealthDecisions } from './health-decisions.ts'
import { HealthKeeper } from './health-keeper.ts'
import { HealthLog } from './health-log.ts'
import type { FromHealthWorker, HealthEntry, Said } from './health-messages.ts'
import { epochChange, healthPlan, type PointPlan } from './health-plan.ts'
import { newPoint, type WatchedPoint } from './health-point.ts'
import { advisoryContract, baselineRecord, evidenceOf, healthFinding } from './health-records.ts'
import { HealthShelf } from './health-shelf.ts'
import type { HealthThread, HealthThreadEvents } from './health-thread.ts'
import { SnapshotWindow, type Snapshot, type WindowEnd } from './health-window.ts'
import type { PlantModel } from './plant-model.ts'
import { advisoryOff, type ProblemText } from './problem-texts.ts'

export interface HealthDeskDependencies {
  twin: Pick<Twin, 'commitHealth' | 'health' | 'baselines' | 'healthEpochs' | 'features'>
  startThread: (events: HealthThreadEvents) => HealthThread
  /** To the alert machine: a rule's time begins anew. */
  clockStep: (rule: AlertRule) => void
  /** To the alert machine. */
  judge: (rule: AlertRule, sample: { value: number; tUs: number; quality: 'good' }, suppressed: boolean) => void
  clock: Clock
  raise: (problem: ProblemText) => void
  clear: (id: string) => void
  report: (error: unknown) => void
  /** Something that views show has changed. */
  told: () => void
}

/**
 * Early warning of every waveform point, with the code of `millwright backtest`: committed features become snapshots, snapshots are
 * logged in the twin, and only then is the monitor shown them, on a thread of its own. What it says follows from the log, so that a
 * restart at any moment says the same. It advises: an alert of its own beside those of limits, which know nothing of it.
 */
export class HealthDesk {
  readonly #deps: HealthDeskDependencies
  readonly #keeper: HealthKeeper
  readonly #points = new Map<number, WatchedPoint>()
  readonly #shelf = new HealthShelf()
  readonly #log: HealthLog
  /** What people decide. */
  readonly decisions: HealthDecisions

  constructor(deps: HealthDeskDependencies) {
    this.#deps = deps
    const { twin, clock, startThread, told, report } = deps
    const point = (key: number): WatchedPoint | null => this.point(key)
    this.#keeper = new HealthKeeper({
      startThread,
      clock,
      message: (message) => this.#hear(message),
      up: () => this.#up(),
      down: (why) => this.#down(why),
    })
    this.#log = new HealthLog({
      twin,
      clock,
      point,
      told,
      report,
      shelf: this.#shelf,
      logged: ({ isOpen, plan }, entries) => {
        if (isOpen) this.#keeper.post({ t: 'entries', pointKey: plan.info.key, entries })
      },
    })
    this.decisions = new HealthDecisions({
      twin,
      clock,
      point,
      told,
      shelf: this.#shelf,
      log: this.#log,
      settle: (one) => this.#settle(one),
      began: (one, nowUs) => this.#began(one, nowUs),
    })
  }

  /** Takes up what the twin remembers. Before the first row is committed. */
  async begin(): Promise<void> {
    await this.#shelf.load(this.#deps.twin)
    for (const point of this.#points.values()) this.#settle(point)
    const known = [...this.#points.values()].filter(({ epoch }) => epoch !== null)
    this.#keeper.start()
    await this.#log.run(async () => {
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
    return this.#log.queue
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
    return this.#shelf.baselinesOf(pointKey)
  }

  baseline(id: string): BaselineRecord | null {
    return this.#shelf.baseline(id)
  }

  /** Of a tick that is in the twin. */
  take({ features, gaps }: { features: readonly FeatureRow[]; gaps: readonly Gap[] }): void {
    for (const row of features) {
      const point = this.#points.get(row.pointKey)
      const done = point?.window.add(row)
      if (point && done) this.#done(point, done)
    }
    for (const gap of gaps) if (gap.pointKey !== null) this.#points.get(gap.pointKey)?.window.spoilt(gap)
  }

  /** One look at a point, of rows that are in the twin. */
  snapshot(pointKey: number, snapshot: Snapshot): void {
    const point = this.#points.get(pointKey)
    if (point) this.#done(point, { tUs: snapshot.tUs, snapshot, left: null })
  }

  #done(point: WatchedPoint, { tUs, snapshot, left }: WindowEnd): void {
    if (point.change?.pauses === true) return
    const { key: pointKey } = point.plan.info
    if (tUs < point.snapshotUs) this.#log.add({ pointKey, entry: { kind: 'clock' }, tUs })
    point.snapshotUs = tUs
    if (left) this.#log.add({ pointKey, entry: { kind: 'left', left }, tUs })
    if (!snapshot) return
    const { rpm, features, quality = 'good' } = snapshot
    const observation = { timeS: tUs / 1e6, rpm, features, quality }
    this.#log.add({ pointKey, entry: { kind: 'observe', observation }, tUs })
  }

  /** About every minute: maintenance may have ended. */
  look(): void {
    for (const point of this.#points.values()) this.#settle(point)
  }

  findings(point: WatchedPoint) {
    const { last } = point
    if (!last) return []
    const baseline = this.#shelf.frozen(point.plan.info.key, last.step.condition)
    return last.step.findings.map((finding) => healthFinding(finding, last, baseline))
  }

  /** Everything that was committed so far has been told. For tests and a clean end. */
  settled(): Promise<void> {
    return this.#log.settled()
  }

  async close(): Promise<void> {
    await this.#log.close()
    await this.#keeper.close()
  }

  #plan(plan: PointPlan): void {
    const { key } = plan.info
    const known = this.#points.get(key)
    const isSame = known?.plan.intervalUs === plan.intervalUs && known.plan.cadenceUs === plan.cadenceUs
    const keepsWindow = isSame && JSON.stringify(known.plan.names) === JSON.stringify(plan.names)
    const window = keepsWindow
      ? known.window
      : new SnapshotWindow(plan.intervalUs, plan.cadenceUs, plan.names, plan.info.contract.blockSize)
    const isOpen = known?.isOpen === true && JSON.stringify(known.plan.options) === JSON.stringify(plan.options)
    const point = known ? Object.assign(known, { plan, window, isOpen }) : newPoint(plan, window)
    this.#settle(point)
    this.#points.set(key, point)
  }

  #settle(point: WatchedPoint): void {
    point.epoch = this.#shelf.epoch(point.plan.info.key)
    point.change = point.epoch && epochChange(point.epoch, point.plan.basis, this.#deps.clock.nowUs())
  }

  /** An advisory alert of the old epoch speaks of a machine that is no more: it returns. */
  #began(point: WatchedPoint, nowUs: number): void {
    const lastUs = point.last?.tUs ?? 0
    Object.assign(point, { last: null, level: 'normal', failed: null, logged: 1, left: {} })
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
    this.#log.start(async () => {
      await this.#beginFirst()
      for (const point of this.#points.values()) {
        if (!point.isOpen && this.#keeper.isUp) await this.#open(point)
      }
      if (this.#keeper.isUp) this.#deps.clear('advisory.off')
    })
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
    await this.#log.persist(() => this.#deps.twin.commitHealth({ epochs }))
    this.#shelf.took({ epochs })
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
    const features = await this.#deps.twin.features(plan.info.key, fromUs, Number.MAX_SAFE_INTEGER, limits.readRows)
    this.take({ features, gaps: [] })
  }

  #hear(message: FromHealthWorker): void {
    const point = this.#points.get(message.pointKey)
    if (!point) return
    switch (message.t) {
      case 'said': {
        const { said, conditions } = message
        point.conditions = conditions
        point.left = message.left
        this.#log.start(() => this.#tell(point, said))
        break
      }
      case 'memory': {
        const { pointKey, seq, body } = message
        this.#log.start(async () => {
          await this.#log.persist(() => this.#deps.twin.commitHealth({ memories: [{ pointKey, seq, body }] }))
          Object.assign(point, { isSaving: false, logged: 0 })
        })
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
    if (this.#shelf.baseline(record.id)) return
    await this.#log.persist(() => this.#deps.twin.commitHealth({ baselines: [record] }))
    this.#shelf.took({ baselines: [record] })
  }

  async #judge(point: WatchedPoint, said: Said): Promise<void> {
    const { step, tUs } = said
    const baseline = this.#shelf.frozen(point.plan.info.key, step.condition)
    const level = step.score >= 2 ? 'alarm' : step.score >= 1 ? 'warning' : 'normal'
    const evidence = evidenceOf(point.plan, said, baseline)
    if (step.judged) {
      const rises = level !== 'normal' && level !== point.level && point.level !== 'alarm'
      // What a warning rests on is in the twin before it is raised.
      if (rises) await this.#log.persist(() => this.#deps.twin.commitHealth({ evidence: [evidence] }))
      point.level = level
    }
    const rule = this.#rule(point, advisoryContract(point.plan, evidence.findings[0]))
    this.#deps.judge(rule, { value: step.score, tUs, quality: 'good' }, !step.judged)
  }
}
