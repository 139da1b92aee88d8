import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { AlertCommit, Tick, TickReceipt } from '../../shared/domain/twin.ts'
import type { ConditionAnswer, ConditionRequest } from '../../shared/domain/condition.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import type { DestinationState } from '../../shared/domain/outbox.ts'
import { findUnit } from '../../shared/domain/units.ts'
import { engineActor, fileActor, type Actor } from '../../shared/domain/access.ts'
import { resolvePlant, type LoadedPlant } from '../assets/index.ts'
import { ProblemList } from '../observe/problem-list.ts'
import { PkiStore, ReverseCalls } from '../opcua/index.ts'
import { openTwin, twinFileName, type Twin, type TwinOptions } from '../store/api.ts'
import { createSync, type Sync } from '../sync/index.ts'
import type { AccessDesk } from './access-desk.ts'
import { openConfigDesk, openDesks, type Desks } from './desks.ts'
import { openAdvice } from './open-advice.ts'
import type { EngineOptions } from './engine-options.ts'
import { Acquisition, type AcquisitionDependencies } from './acquisition.ts'
import { AlertDesk } from './alert-desk.ts'
import type { AuditDesk } from './audit-desk.ts'
import { QualityDesk } from './quality-desk.ts'
import { BackupDesk } from './backup-desk.ts'
import { ConditionDesk } from './condition-desk.ts'
import { CaptureDesk } from './capture-desk.ts'
import { CaptureTriggers } from './capture-triggers.ts'
import type { ConfigDesk } from './config-desk.ts'
import { connectServer } from './connect-server.ts'
import { PlantEditor } from './config-editor.ts'
import { DoctorDesk } from './doctor-desk.ts'
import { DspPool } from './dsp-pool.ts'
import type { FrameSourceState } from './frames.ts'
import { FeatureTable, HeadTable } from './heads.ts'
import type { HealthDesk } from './health-desk.ts'
import type { HealthHistory } from './health-history.ts'
import { LinkPool } from './link-pool.ts'
import { lastInForce, revisionOf } from './plant-changes.ts'
import {
  bearingNames,
  buildPlantModel,
  dspConfigs,
  loadBearingCatalogue,
  ordersOf,
  type PlantModel,
} from './plant-model.ts'
import { describeFaults, openPlantFile, PlantFileWatch, type PlantRead } from './plant-text.ts'
import { workerUrl } from './resources.ts'
import {
  capturesRefused,
  engineKilled,
  plantFileRefused,
  rowQuarantined,
  twinRefuses,
  twinReplaced,
  unexpected,
  type ProblemText,
} from './problem-texts.ts'
import { Rings } from './rings.ts'
import { Rounds } from './rounds.ts'
import { SecretStore } from './secrets.ts'
import { judgingSoftware } from './version.ts'
import { SpectrumHub } from './spectrum-hub.ts'
import { StorageDesk } from './storage-desk.ts'
import { Throughput } from './throughput.ts'
import { TrustDesk } from './trust-desk.ts'
import { WriteDesk } from './write-desk.ts'

/**
 * The composition root: opens the twin, resolves the plant file and wires the rooms. What outlives a change of
 * configuration lives here; what belongs to one revision lives in `Acquisition`.
 */
export class Engine {
  readonly options: EngineOptions
  readonly twin: Twin
  readonly pki: PkiStore
  readonly secrets: SecretStore
  readonly startedUs: number
  readonly problems: ProblemList
  readonly heads = new HeadTable()
  readonly features = new FeatureTable()
  readonly health = new Map<string, HealthHistory>()
  readonly throughput = new Throughput()
  readonly spectra: SpectrumHub
  readonly desk: AlertDesk
  readonly conditions: ConditionDesk
  readonly captures: CaptureDesk
  readonly storage: StorageDesk
  readonly doctor: DoctorDesk
  readonly backups: BackupDesk
  readonly trust: TrustDesk
  readonly editor: PlantEditor
  readonly config: ConfigDesk
  readonly desks: Desks
  readonly audit: AuditDesk
  readonly access: AccessDesk
  readonly quality: QualityDesk
  readonly writes: WriteDesk
  readonly advice: HealthDesk
  readonly catalogue = loadBearingCatalogue()
  /** How late the main thread's timers ran, over the last minute; nanoseconds. */
  readonly loopDelay = monitorEventLoopDelay({ resolution: 10 })
  destinations: DestinationState[] = []
  triggers: CaptureTriggers | null = null
  /** Where servers that dial out call; listens only while the plant file has one. */
  readonly reverseCalls: ReverseCalls
  readonly #dsp: DspPool
  readonly #links = new LinkPool((server, model, sink) => connectServer(this, server, model, sink))
  #acquisition: Acquisition | null = null
  #sync: Sync | null = null
  #watch: PlantFileWatch | null = null
  #rounds: Rounds | null = null
  #tickNumber = 0
  #reload: Promise<void> = Promise.resolve()
  #stopping = false

  private constructor(options: EngineOptions, twin: Twin, pki: PkiStore, secrets: SecretStore, desks: Desks) {
    this.options = options
    this.desks = desks
    this.audit = desks.audit
    this.access = desks.access
    this.writes = new WriteDesk({
      point: (id) => this.model.byId.get(id)?.point,
      connection: (id) => this.acquisition.connections.get(id),
      audit: desks.audit,
      clock: options.clock,
    })
    this.twin = twin
    this.pki = pki
    this.secrets = secrets
    const { clock } = options
    this.startedUs = clock.nowUs()
    this.problems = new ProblemList(() => options.onChanged('status'))
    this.reverseCalls = new ReverseCalls({
      clock,
      problem: (problem) => this.problems.raise(problem),
      problemGone: (id) => this.problems.clear(id),
    })
    this.spectra = new SpectrumHub(() => clock.nowUs())
    this.#dsp = new DspPool(workerUrl('dsp-worker'), 1, (error) => options.onFatal(error))
    this.desk = new AlertDesk({
      commit: (commit) => twin.commitAlerts(commit),
      find: (id) => twin.occurrence(id),
      nowUs: () => clock.nowUs(),
      told: (commit) => this.#alertsCommitted(commit),
      stuck: (message) => this.#twinStuck('twin.alerts', message),
    })
    this.conditions = this.#conditionDesk()
    this.doctor = new DoctorDesk({
      plant: () => this.model.plant,
      pki,
      reverseCalls: this.reverseCalls,
      secret: (ref) => secrets.get(ref),
      nowUs: () => clock.nowUs(),
      report: (error) => this.report(error),
    })
    this.captures = new CaptureDesk({
      rings: {
        cut: (key, fromUs, toUs) => this.acquisition.rings.cut(key, fromUs, toUs),
        newest: (key) => this.acquisition.rings.newest(key),
      },
      put: (captures) => twin.putCaptures(captures),
      clock,
      refused: (why) => this.#capturesRefused(why),
    })
    this.storage = new StorageDesk({
      dataDir: options.dataDir,
      twin,
      clock,
      plant: () => this.model.plant,
      pauseCaptures: (why) => this.captures.pause(why),
      raise: (problem) => this.#raise(problem),
      clear: (id) => this.problems.clear(id),
      report: (error) => this.report(error),
    })
    this.editor = new PlantEditor({
      file: options.plantFile,
      read: (text, edit) => desks.texts.read(text, edit),
      faults: (text, edit) => desks.texts.faults(text, edit),
      apply: (read, author, reason) => this.#applyPlant(read, author, reason || 'edited in the application'),
    })
    this.config = openConfigDesk(this)
    this.advice = openAdvice(this)
    this.trust = new TrustDesk({
      pki,
      clock,
      plant: () => this.model.plant,
      edit: (edits, author, reason) => this.editor.edit(edits, author, reason),
      raise: (problem) => this.#raise(problem),
      clear: (id) => this.problems.clear(id),
      record: (by, facts) => this.audit.record(by, facts),
    })
    this.quality = new QualityDesk({ file: path.join(options.dataDir, twinFileName), key: options.key })
    this.backups = new BackupDesk({
      ...options,
      installation: twin.installation,
      startedUs: this.startedUs,
      plant: () => this.#acquisition?.model.plant,
      raise: (problem) => this.#raise(problem),
      clear: (id) => this.problems.clear(id),
    })
  }

  /** Opens the twin and connects in the background. Throws StartError with one sentence when it cannot. */
  static async start(options: EngineOptions): Promise<Engine> {
    const { loaded, text } = await openPlantFile(options.plantFile, bearingNames(loadBearingCatalogue()))
    const secrets = await SecretStore.open(path.join(options.dataDir, 'secrets.json'), options.key)
    let damaged: NonNullable<TwinOptions['onDamage']> = () => {}
    const twin = await openTwin({
      backups: path.resolve(options.dataDir, loaded.plant.backup?.path ?? 'backups'),
      onDamage: (error, where) => damaged(error, where),
      file: path.join(options.dataDir, twinFileName),
      key: options.key,
      workers: {
        writer: workerUrl('store-writer'),
        reader: workerUrl('store-reader'),
        compactor: workerUrl('store-compactor'),
      },
    })
    try {
      const applicationUri = `urn:millwright:${twin.installation}`
      const pki = await PkiStore.open(path.join(options.dataDir, 'pki'), { applicationUri })
      const file = path.join(options.dataDir, twinFileName)
      const desks = await openDesks(twin, options.clock, { file, key: options.key })
      const engine = new Engine(options, twin, pki, secrets, desks)
      desks.told = (problem) => engine.#twinStuck('twin.audit', problem)
      damaged = (error, where) => engine.backups.damageFound(error, where)
      await engine.#begin(loaded, text)
      return engine
    } catch (error) {
      await twin.close()
      throw error
    }
  }

  get acquisition(): Acquisition {
    if (!this.#acquisition) throw new Error('The engine has not resolved its plant file yet.')
    return this.#acquisition
  }

  get model(): PlantModel {
    return this.acquisition.model
  }

  get dspQueue(): { depth: number; hits: number } {
    return { depth: this.#dsp.depth, hits: this.#dsp.hits }
  }

  /** What views are made of, as it is now. */
  frameState(): FrameSourceState {
    const { acquisition, heads, features, desk, health, conditions } = this
    return {
      model: acquisition.model,
      heads,
      features,
      health,
      freshness: (key) => acquisition.freshness(key),
      pointState: (info) => acquisition.states.view(info),
      runState: (assetId) => acquisition.machines.runState(assetId),
      runEvidence: (assetId) => acquisition.machines.evidence(assetId),
      rpm: (assetId) => acquisition.machines.rpm(assetId),
      ruleState: (ruleId) => desk.state(ruleId),
      limits: (rule, at) => desk.limits(rule, at),
      openOccurrences: () => desk.open(),
      isFlood: () => desk.isFlood,
      healthScore: (key) => this.advice.score(key),
      conditions,
      nowUs: () => this.options.clock.nowUs(),
    }
  }

  report(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(
      `${new Date().toISOString()} engine: ${error instanceof Error ? (error.stack ?? message) : message}\n`,
    )
    this.#raise(unexpected(message))
  }

  /** Puts an edited plant file in force. The faults of the new text, if any, leave the old revision in force. */
  async #applyPlant({ text, loaded, faults }: PlantRead, author: Actor, reason: string): Promise<readonly Fault[]> {
    if (!loaded) {
      this.#raise(plantFileRefused(describeFaults(this.options.plantFile, faults)))
      return faults
    }
    this.problems.clear('plant-file')
    this.#watch?.expect(text)
    this.#reload = this.#reload.then(() => this.#replace(loaded, text, author, reason))
    await this.#reload
    return []
  }

  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#watch?.close()
    this.#rounds?.stop()
    await this.backups.stop()
    await this.quality.close()
    await this.editor.settled()
    await this.#reload
    await this.#acquisition?.stop()
    await this.conditions.close()
    await this.advice.close()
    await this.captures.close()
    await this.storage.close()
    await this.#sync?.stop()
    await this.#dsp.close()
    await this.desks.close()
    await this.twin.sessionStop(this.options.clock.nowUs())
    await this.twin.close()
  }

  async #begin(loaded: LoadedPlant, text: string): Promise<void> {
    const { clock, plantFile } = this.options
    const { gap } = await this.twin.sessionStart(clock.nowUs(), judgingSoftware)
    if (gap?.cause === 'engine-killed') this.#raise(engineKilled(gap), gap.startUs)
    if (this.twin.opened.kind === 'replaced') this.#raise(twinReplaced(this.twin.opened.message))
    this.backups.begin(await this.twin.recoveries(1))
    await this.#dsp.ready()
    this.conditions.restore(await this.twin.conditions())
    this.desk.restore(await this.twin.ruleStates(), await this.twin.openOccurrences())
    const heads = await this.twin.heads()
    for (const head of heads) this.heads.set(head.pointKey, head.tUs, Number.NaN, head.value, head.status)
    await this.#putInForce(loaded, text, engineActor, 'read at start')
    for (const info of this.model.points) {
      const row = info.point.kind === 'waveform' ? await this.twin.lastFeatures(info.key) : null
      if (row) this.features.set(row)
    }
    await this.storage.guard.check()
    this.storage.start()
    await this.advice.begin()
    await this.acquisition.start()
    this.#watch = new PlantFileWatch(plantFile, text, 2000, () => {
      this.editor.reread(fileActor, 'the file was edited').catch((error: unknown) => this.report(error))
    })
    this.#rounds = new Rounds(this)
    this.loopDelay.enable()
  }

  #raise(text: ProblemText, sinceUs = this.options.clock.nowUs()): void {
    this.problems.raise({ ...text, sinceUs })
  }

  async #replace(loaded: LoadedPlant, text: string, author: Actor, reason: string): Promise<void> {
    const before = this.acquisition
    if (loaded.configHash === before.model.configHash) return
    await this.#sync?.stop()
    const folders = (plant: PlantModel['plant']): string =>
      JSON.stringify([plant.sync.filter((d) => d.kind === 'folder'), plant.backup?.path])
    if (folders(loaded.plant) !== folders(before.model.plant))
      this.options.onRestartNeeded('A folder destination of the plant file changed.')
    await this.#putInForce(loaded, text, author, reason)
    this.options.onChanged('plant')
  }

  async #putInForce(loaded: LoadedPlant, text: string, author: Actor, reason: string): Promise<void> {
    const { plant, configHash } = loaded
    const { clock } = this.options
    const was = this.#acquisition?.model ?? (await lastInForce(this.twin, clock.nowUs()))
    await this.twin.commitConfig(revisionOf({ was, loaded, text, by: author, reason, atUs: clock.nowUs() }))
    const refs = await this.twin.points(plant.points.map(({ id, assetId, kind }) => ({ id, assetId, kind })))
    const { rules } = resolvePlant(plant, configHash)
    const model = buildPlantModel(plant, configHash, this.options.plantFile, refs, rules)
    const orders = new Map(model.points.map((info) => [info.key, ordersOf(info, this.catalogue)]))
    const heads = await this.twin.heads()
    const before = this.#acquisition
    const startUs = clock.nowUs()
    // Only what differs is ended; the others go on, and once the new revision is made, for that one.
    const changed = await this.#links.release(model)
    const rings = new Rings(model, before?.rings)
    // Captures that wait for the end of their window would lose a ring that is not taken over.
    if (before && !rings.holdsAllOf(before.rings)) await this.captures.flush()
    const acquisition = new Acquisition(model, orders, heads, { ...this.#acquisitionParts(), rings }, before)
    this.#acquisition = acquisition
    await before?.retire()
    this.#dsp.configure(dspConfigs(model, this.catalogue, (unit) => findUnit('acceleration', unit)?.factor ?? null))
    this.desk.setRules(model.rules)
    this.advice.setModel(model, orders)
    this.conditions.setServers(plant.servers.filter(({ alarms }) => alarms?.enabled !== false).map(({ id }) => id))
    for (const serverId of changed)
      acquisition.gap({
        pointKey: null,
        serverId,
        cause: 'configuration-change',
        startUs,
        endUs: clock.nowUs(),
        count: null,
        detail: `The link to server ${serverId} was made anew for a changed configuration (${reason}).`,
      })
    this.storage.order()
    await this.trust.watch()
    this.triggers = new CaptureTriggers({ model, machines: this.acquisition.machines, desk: this.captures, clock })
    this.#startSync(plant)
    if (before) await acquisition.start()
  }

  #acquisitionParts(): Omit<AcquisitionDependencies, 'rings'> {
    return {
      clock: this.options.clock,
      dsp: this.#dsp,
      heads: this.heads,
      features: this.features,
      desk: this.desk,
      spectra: this.spectra,
      links: this.#links,
      commitTick: (tick) => this.twin.commitTick(tick),
      nextTick: () => ++this.#tickNumber,
      giveBack: (number) => {
        if (number === this.#tickNumber) this.#tickNumber -= 1
      },
      committed: (tick, receipt) => this.#tickCommitted(tick, receipt),
      stuck: (error) => this.#twinStuck('twin.ticks', error),
      recording: () => this.storage.recording,
      diskFull: () => this.storage.guard.refused(),
      failed: (error) => this.report(error),
      problem: (problem) => this.problems.raise(problem),
      problemGone: (id) => this.problems.clear(id),
      conditions: (news) => this.conditions.hear(news),
      link: (state) => {
        if (this.conditions.link(state)) this.options.onChanged('alerts')
        this.options.onLink(state)
        this.options.onChanged('status')
      },
    }
  }

  #conditionDesk(): ConditionDesk {
    return new ConditionDesk({
      commit: (commit) => this.twin.commitConditions(commit),
      nowUs: () => this.options.clock.nowUs(),
      told: () => {
        this.options.onChanged('alerts')
        this.#sync?.wake()
      },
      stuck: (message) => this.#twinStuck('twin.server-alarms', message),
      call: (serverId, request) => this.#callServer(serverId, request),
      audit: (by, facts) => this.audit.entry(by, facts),
    })
  }

  #callServer(serverId: string, request: ConditionRequest): Promise<ConditionAnswer> {
    const connection = this.acquisition.connections.get(serverId)
    if (!connection) throw new Error(`The plant file has no server "${serverId}" any more; nothing was sent.`)
    return connection.callCondition(request)
  }

  #startSync(plant: PlantModel['plant']): void {
    this.#sync = createSync({
      outbox: this.twin,
      destinations: plant.sync,
      plantId: plant.plant.id,
      clock: this.options.clock,
      random: Math.random,
      dataDir: this.options.dataDir,
      secrets: (ref) => Promise.resolve(this.secrets.get(ref)),
      onState: (states) => {
        this.destinations = states
        this.options.onChanged('status')
      },
      onQuarantine: (quarantined) => this.#raise(rowQuarantined(this.options.dataDir, quarantined)),
    })
    this.#sync.start()
  }

  #tickCommitted(tick: Tick, receipt: TickReceipt): void {
    this.throughput.committed(tick, receipt, this.options.clock.monotonicMs())
    this.options.onReceipt?.(tick, receipt)
    for (const row of tick.features) this.triggers?.features(row)
    this.advice.take(tick)
    this.triggers?.runStates()
    this.options.onChanged('tick')
    this.#sync?.wake()
  }

  #alertsCommitted(commit: AlertCommit): void {
    this.triggers?.alerts(commit)
    this.options.onChanged('alerts')
    this.#sync?.wake()
  }

  #twinStuck(id: Parameters<typeof twinRefuses>[0], error: unknown): void {
    if (error === null) this.problems.clear(id)
    else this.#raise(twinRefuses(id, error))
  }

  #capturesRefused(why: string | null): void {
    if (why === null) this.problems.clear('captures.refused')
    else this.#raise(capturesRefused(why, this.captures.counters.refused))
  }
}
