import type { AlertRule } from '../../shared/domain/alert.ts'
import type { BearingOrders } from '../../shared/domain/bearings.ts'
import { featureIndex } from '../../shared/domain/features.ts'
import type { Gap, WaveformBlock } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { OperatingState } from '../../shared/domain/operating-limits.ts'
import {
  conditionOfStatus,
  dependsOnRunning,
  isJudged,
  sampleCondition,
  type PointState,
} from '../../shared/domain/point-state.ts'
import { isBackfilled, qualityOf } from '../../shared/domain/status-code.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { FeatureRow, Tick, TickReceipt } from '../../shared/domain/twin.ts'
import { judgesStanding } from '../alerts/index.ts'
import { futureToleranceUs, type Ingest } from '../ingest/index.ts'
import { TwinError } from '../store/api.ts'
import type { AlertDesk } from './alert-desk.ts'
import type { DspResult } from './dsp-messages.ts'
import type { DspPool } from './dsp-pool.ts'
import type { FeatureTable, HeadTable } from './heads.ts'
import { HeldTicks, noScalars, type TickContent } from './held-ticks.ts'
import type { MachineStates } from './machine-state.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'
import type { SpectrumHub } from './spectrum-hub.ts'
import { SpoiltBlocks } from './spoilt-blocks.ts'
import type { WaveformHub } from './waveform-hub.ts'

export interface PipelineDependencies {
  model: PlantModel
  orders: ReadonlyMap<number, BearingOrders | null>
  clock: Clock
  ingest: Ingest
  dsp: DspPool
  machines: MachineStates
  heads: HeadTable
  features: FeatureTable
  desk: AlertDesk
  waveforms: WaveformHub
  spectra: SpectrumHub
  commitTick(tick: Tick): Promise<TickReceipt>
  /** Ticks are numbered through the whole run of the engine, across configurations. */
  nextTick(): number
  /** The last one was not used: a refused tick keeps its number, and the next one handed in has to carry it. */
  giveBack(number: number): void
  /** After heads, run state and alerts have taken the tick: windows, sync, counters. */
  committed(tick: Tick, receipt: TickReceipt): void
  /** The twin refuses the tick; it is kept and handed in again. null: it took it. */
  stuck(error: unknown): void
  /** False while the disk has room for alerts and gaps only: values and features then wait in memory. */
  recording(): boolean
  /** The twin found the disk full. */
  diskFull(): void
  /** Something that hears of committed ticks threw. */
  failed(error: unknown): void
}

const goodShare = featureIndex('goodShare')

/**
 * Steps 3 to 7 of a sample's path for one configuration: every tick, what ingest let through becomes one transaction; with
 * its receipt, and never before, heads, run state, rules, windows and sync hear of it, in that order.
 */
export class Pipeline {
  readonly #deps: PipelineDependencies
  #features: FeatureRow[] = []
  #gaps: Gap[] = []
  #featureHits = 0
  #stopping = false
  #loop: Promise<void> | null = null
  readonly spoilt = new SpoiltBlocks((gap) => this.#gaps.push(gap))
  readonly #held = new HeldTicks({ scalars: limits.scalarQueue, features: limits.featureQueue })
  /** Gaps that go to the twin whatever else waits. */
  #urgent: Gap[] = []
  #wake: (() => void) | null = null

  constructor(deps: PipelineDependencies) {
    this.#deps = deps
  }

  get featureQueue(): { depth: number; hits: number } {
    return { depth: this.#features.length, hits: this.#featureHits }
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Commits what has arrived, then ends. Intake must have stopped before. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#wake?.()
    await this.#loop
    await this.#drainBlocks()
    this.spoilt.endAll((key) => this.#deps.model.byKey.get(key))
    await this.#turn(this.#nextTick())
    // What the last values told of the machines.
    await this.#turn(this.#nextTick())
    if (this.#held.depth > 0) await this.#storeHeld()
    if (this.#held.depth > 0) {
      this.#held.giveUpAll()
      this.#endHold()
      await this.#storeGaps()
    }
    await this.#deps.desk.settled()
  }

  /** A loss found outside ingest; it is committed with the next tick. */
  gap(gap: Gap): void {
    this.#gaps.push(gap)
  }

  /** A block that ingest accepted: live view and analysis. Called as blocks arrive, not per tick. */
  block(block: WaveformBlock, continues: boolean): void {
    const info = this.#deps.model.byKey.get(block.pointKey)
    if (!info) return
    this.#deps.waveforms.arrived(block)
    if (qualityOf(block.status) === 'bad') return this.spoilt.bad(info, block)
    const rpm = this.#deps.machines.shaftRpm(info)
    const runState = this.#deps.machines.runState(info.asset.asset.id)
    const spanUs = (block.samples.length * 1e6) / block.sampleRateHz
    const job = {
      pointKey: info.key,
      samples: block.samples,
      startUs: block.sourceUs,
      rpm,
      isAfterGap: !continues,
      wantSpectrum: this.#deps.spectra.wants(info.key, 'spectrum'),
      wantEnvelope: this.#deps.spectra.wants(info.key, 'envelope'),
      standsStill: runState === 'not-running',
    }
    const taken = this.#deps.dsp.submit(job, (result) => {
      this.#analysed(info, block, { rpm, runState, spanUs }, result)
    })
    if (!taken) this.#lost(block, 'The signal analysis could not keep up; this block has no features.')
  }

  #analysed(
    info: PointInfo,
    block: WaveformBlock,
    at: { rpm: number | null; runState: FeatureRow['runState']; spanUs: number },
    result: DspResult,
  ): void {
    if (!result.values) {
      this.#lost(block, `The block could not be analysed: ${result.error ?? 'no result'}`)
      return
    }
    this.#deps.spectra.arrived(info, block, at.rpm, this.#deps.orders.get(info.key) ?? null, result)
    if (this.spoilt.judge(info, block, result.fault)) return
    // Judged by limits as it came; what learns has to know.
    if (qualityOf(block.status) !== 'good') result.values[goodShare] = 0
    this.#features.push({
      pointKey: info.key,
      tUs: block.sourceUs,
      spanUs: Math.round(at.spanUs),
      values: result.values,
      rpm: at.rpm ?? Number.NaN,
      runState: at.runState,
      configHash: this.#deps.model.configHash,
    })
    if (this.#features.length > limits.featureQueue) this.#dropOldestFeature()
  }

  #lost(block: WaveformBlock, detail: string): void {
    const endUs = block.sourceUs + Math.round((block.samples.length * 1e6) / block.sampleRateHz)
    this.#gaps.push({
      pointKey: block.pointKey,
      serverId: null,
      cause: 'queue-full',
      startUs: block.sourceUs,
      endUs,
      count: block.samples.length,
      detail,
    })
  }

  #dropOldestFeature(): void {
    const row = this.#features.shift()
    if (!row) return
    this.#featureHits += 1
    this.#gaps.push({
      pointKey: row.pointKey,
      serverId: null,
      cause: 'queue-full',
      startUs: row.tUs,
      endUs: row.tUs + row.spanUs,
      count: 1,
      detail: 'The twin could not be written for too long; the oldest features were given up.',
    })
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps
    while (!this.#stopping) {
      const startedMs = clock.monotonicMs()
      await this.#turn(this.#nextTick())
      await this.#pause(Math.max(1, limits.tickMs - (clock.monotonicMs() - startedMs)))
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #turn(content: TickContent | null): Promise<void> {
    const recording = (): boolean => this.#deps.recording()
    if (!recording()) {
      if (content) this.#hold(content)
      await this.#storeGaps()
      return
    }
    if (this.#held.depth > 0) await this.#storeHeld()
    if (!content) return
    if (this.#held.depth > 0 || !recording()) this.#hold(content)
    else await this.#commit({ ...content, number: this.#deps.nextTick() })
  }

  /** Alarms do not wait for the disk: what cannot be stored now is judged now. */
  #hold(content: TickContent): void {
    this.#judgeAll(content)
    this.#urgent.push(...content.gaps)
    const opened = this.#held.push({ ...content, gaps: [] })
    if (opened) this.#urgent.push(opened)
  }

  /** In the order they came, as far as the disk goes along. */
  async #storeHeld(): Promise<void> {
    for (let content = this.#held.shift(); content; content = this.#held.shift()) {
      const tick = { ...content, number: this.#deps.nextTick() }
      let receipt: TickReceipt
      try {
        receipt = await this.#deps.commitTick(tick)
      } catch (error) {
        this.#deps.giveBack(tick.number)
        if (error instanceof TwinError && !error.retryable) {
          this.#urgent.push(...(this.#refused(tick, error)?.gaps ?? []))
          continue
        }
        this.#held.unshift(content)
        this.#refusedByDisk(error)
        return
      }
      this.#afterCommit(() => this.#deps.committed(tick, receipt))
    }
    this.#deps.stuck(null)
    this.#endHold()
    await this.#storeGaps()
  }

  #endHold(): void {
    const closed = this.#held.close()
    if (closed) this.#urgent.push(closed)
  }

  async #storeGaps(): Promise<void> {
    if (this.#urgent.length === 0) return
    const gaps = this.#urgent
    const tick = {
      number: this.#deps.nextTick(),
      atUs: this.#deps.clock.nowUs(),
      scalars: noScalars,
      gaps,
      features: [],
    }
    this.#urgent = []
    let receipt: TickReceipt
    try {
      receipt = await this.#deps.commitTick(tick)
    } catch (error) {
      this.#deps.giveBack(tick.number)
      this.#urgent.unshift(...gaps)
      this.#refusedByDisk(error)
      return
    }
    this.#afterCommit(() => this.#deps.committed(tick, receipt))
  }

  #refusedByDisk(error: unknown): void {
    this.#deps.stuck(error)
    if (error instanceof TwinError && error.code === 'disk-full') this.#deps.diskFull()
  }

  #nextTick(): TickContent | null {
    const nowUs = this.#deps.clock.nowUs()
    const { scalars, gaps } = this.#deps.ingest.tick(nowUs)
    const features = this.#features
    this.#features = []
    const all = [...gaps, ...this.#gaps]
    this.#gaps = []
    const runStates = this.#deps.machines.takeChanges()
    if (scalars.count + features.length + all.length + runStates.length === 0) return null
    return { atUs: nowUs, scalars, gaps: all, features, runStates }
  }

  /** Hands the tick in until the twin takes it; meanwhile intake waits in its bounded queues. */
  async #commit(wanted: Tick): Promise<void> {
    let tick: Tick | null = wanted
    while (tick) {
      let receipt: TickReceipt
      try {
        receipt = await this.#deps.commitTick(tick)
      } catch (error) {
        if (error instanceof TwinError && !error.retryable) {
          // No second try can succeed: what the tick held is given up, and a gap under its number says so.
          const { number } = tick
          tick = this.#refused(tick, error)
          if (tick) continue
          this.#deps.giveBack(number)
          return
        }
        this.#refusedByDisk(error)
        if (!this.#deps.recording()) {
          this.#deps.giveBack(tick.number)
          this.#hold(tick)
          return
        }
        // A stopping engine does not wait for a full disk; the next start records the gap from the last commit on.
        if (this.#stopping) return this.#deps.giveBack(tick.number)
        await this.#pause(limits.tickRetryMs)
        continue
      }
      this.#tell(tick, receipt)
      return
    }
  }

  /** The tick reduced to a gap; null when even that was refused. */
  #refused(tick: Tick, error: TwinError): Tick | null {
    this.#deps.stuck(error)
    const { scalars, features } = tick
    if (scalars.count === 0 && features.length === 0) return null
    const times = [...scalars.receiveUs.subarray(0, scalars.count), ...features.map((row) => row.tUs)].filter(
      Number.isFinite,
    )
    const gap: Gap = {
      pointKey: null,
      serverId: null,
      cause: 'write-failed',
      startUs: times.reduce((least, tUs) => Math.min(least, tUs), tick.atUs),
      endUs: tick.atUs,
      count: scalars.count + features.length,
      detail: `The twin refused a tick for good: ${error.message}`,
    }
    return { ...tick, scalars: { ...scalars, count: 0 }, features: [], gaps: [...tick.gaps, gap] }
  }

  #tell(tick: Tick, receipt: TickReceipt): void {
    this.#deps.stuck(null)
    this.#afterCommit(() => this.#judgeAll(tick))
    this.#afterCommit(() => this.#deps.committed(tick, receipt))
    this.#deps.ingest.recycle(tick.scalars)
  }

  /** What fails here is no refusal of the twin: the tick is in it, and handed in again it would be there twice. */
  #afterCommit(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#deps.failed(error)
    }
  }

  #judgeAll(tick: TickContent): void {
    for (const gap of tick.gaps) this.#judgeGap(gap)
    this.#scalars(tick)
    for (const row of tick.features) {
      const tUs = judgedUs(row.tUs, tick.atUs)
      this.#featureRow(tUs === row.tUs ? row : { ...row, tUs })
    }
  }

  #scalars({ scalars, atUs }: TickContent): void {
    const { heads, machines, model } = this.#deps
    const { pointKey, sourceUs, serverUs, receiveUs, value, status } = scalars
    for (let i = 0; i < scalars.count; i++) {
      const key = pointKey[i] ?? 0
      const v = value[i] ?? Number.NaN
      const s = status[i] ?? 0
      // The past, read from a server's history: it is stored, and nothing is judged by it again.
      if (isBackfilled(s)) continue
      const own = sourceUs[i] ?? Number.NaN
      const tUs = Number.isNaN(own) ? (receiveUs[i] ?? Number.NaN) : own
      heads.set(key, tUs, serverUs[i] ?? Number.NaN, v, s)
      const whenUs = judgedUs(tUs, atUs)
      if (machines.watches(key)) machines.value(key, v, whenUs, isJudged(conditionOfStatus(s).state))
      const info = model.byKey.get(key)
      if (!info) continue
      if (info.rules.length === 0) continue
      // A hundred thousand values a second pass here; most quantities do not care whether the machine runs.
      const isAsked = info.hasStateLimits || dependsOnRunning(info.point)
      const runState = isAsked ? machines.runState(info.asset.asset.id) : 'unknown'
      const at = info.hasStateLimits ? { runState, rpm: machines.shaftRpm(info) } : null
      const { state } = sampleCondition(info.point, s, runState)
      const sample = { value: v, tUs: whenUs, quality: qualityOf(s) }
      for (const rule of info.rules) this.#judge(rule, info, sample, { state, at })
    }
  }

  #featureRow(row: FeatureRow): void {
    const { features, machines, model } = this.#deps
    features.set(row)
    machines.features(row)
    const info = model.byKey.get(row.pointKey)
    if (!info) return
    const { state } = sampleCondition(info.point, 0, row.runState)
    const rpm = Number.isFinite(row.rpm) ? row.rpm : null
    const at = info.hasStateLimits ? { runState: row.runState, rpm } : null
    for (const rule of info.rules) {
      const value = features.value(row.pointKey, rule.feature)
      this.#judge(rule, info, { value, tUs: row.tUs, quality: 'good' }, { state, at })
    }
  }

  #judge(
    rule: AlertRule,
    info: PointInfo,
    sample: { value: number; tUs: number; quality: 'good' | 'uncertain' | 'bad' },
    { state, at }: { state: PointState; at: OperatingState | null },
  ): void {
    const { policy, updateCadenceMs } = info.contract
    const suppressed = !isJudged(state) && !(state === 'stopped' && judgesStanding(rule))
    this.#deps.desk.judge(rule, sample, suppressed, Math.max(policy.missingAfterMs, 2 * updateCadenceMs) * 1000, at)
  }

  #judgeGap(gap: Gap): void {
    const { model, desk } = this.#deps
    const points = gap.pointKey === null ? model.points : [model.byKey.get(gap.pointKey)]
    for (const info of points) {
      if (!info || (gap.serverId !== null && info.point.source.serverId !== gap.serverId)) continue
      for (const rule of info.rules) {
        if (gap.cause === 'clock-step') desk.clockStep(rule)
        else desk.gap(rule)
      }
    }
  }

  /** Blocks still with the workers when intake has stopped; a second is plenty for a full queue. */
  async #drainBlocks(): Promise<void> {
    for (let i = 0; i < 50 && this.#deps.dsp.depth > 0; i++) await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * Delays and ramps run on source time, but not on one that has not come yet: after a single value of the year 2150 no true one
 * would be judged again.
 */
function judgedUs(tUs: number, nowUs: number): number {
  return tUs - nowUs > futureToleranceUs ? nowUs : tUs
}
