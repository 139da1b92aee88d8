import { protocolVersion, type EngineMessage, type WindowMessage } from '../../shared/protocol/messages.ts'
import { FakePlots, isPlotMethod, type PlotMethod } from './fake-plots.ts'
import { FakeQuality, isQualityMethod, type QualityMethod } from './fake-quality.ts'
import { fakeServerAlarmCall, isServerAlarmMethod } from './fake-server-alarms.ts'
import { fakeHealthCall, isHealthMethod } from './fake-health.ts'
import { fakeStorage } from './fake-storage.ts'
import { methodParams, type MethodName, type MethodResult } from '../../shared/protocol/methods.ts'
import { topicParams, type TopicFrame, type TopicName } from '../../shared/protocol/topics.ts'
import { FakeConfig, isConfigMethod } from './fake-config.ts'
import { fakeSite, isSiteMethod, type SiteMethod } from './fake-mapping.ts'
import { fakeBackups, fakeRecoveries } from './fake-backups.ts'
import { fakeMachines, fakePlant } from './fake-plant.ts'
import { fakeChannel, fakeSpectrum, type FakeSource } from './fake-signals.ts'
import {
  fakeAlerts,
  fakeAlertsFrame,
  fakeMachine,
  fakeOverview,
  fakePoints,
  fakeStatus,
  fakeMoment,
  fakeTrend,
  type FakeState,
  type FakeWorld,
} from './fake-views.ts'
import {
  fakeCertificates,
  fakeReview,
  fakeCheck,
  fakeDescribed,
  fakeEndpoints,
  fakeMany,
  fakeNode,
  fakeNodes,
  fakeSearch,
} from './fake-server.ts'
import { FakeAccess, isAccessMethod, type AccessMethod } from './fake-access.ts'

const framePeriodMs: Record<TopicName, number> = {
  access: 1000,
  waveform: 40,
  spectrum: 200,
  machine: 250,
  overview: 500,
  alerts: 500,
  status: 1000,
  points: 1000,
  trend: 1000,
}
const frameCredits = 2

interface Running {
  topic: TopicName
  params: unknown
  credit: number
  seq: number
  timer: ReturnType<typeof setInterval>
  sentBins: Map<string, number>
}

type PartMethod = AccessMethod | PlotMethod | QualityMethod | SiteMethod

function isPartMethod(method: MethodName): method is PartMethod {
  return isAccessMethod(method) || isPlotMethod(method) || isQualityMethod(method) || isSiteMethod(method)
}

/** An engine that speaks the window protocol from made-up but repeatable signals. For looking at screens and for tests. */
export class FakeEngine {
  readonly #world: FakeWorld
  readonly #running = new Map<number, Running>()
  readonly #access = new FakeAccess()
  readonly #config: FakeConfig
  #quality: FakeQuality | null = null
  readonly #plots = new FakePlots((pointId) => this.#source(pointId))
  #port: MessagePort | null = null

  constructor(state: FakeState) {
    const machines =
      state === 'empty' ? [] : fakeMachines(state === 'abnormal' || state === 'restarting', state === 'busy')
    const nowUs = Date.now() * 1000
    this.#world = {
      state,
      startedUs: nowUs - 7_200_000_000,
      machines,
      plant: fakePlant(machines),
      alerts: fakeAlerts(machines, nowUs),
    }
    this.#config = new FakeConfig(this.#world.plant)
  }

  /** Serves one window; `port` is the engine's end of the channel. */
  serve(port: MessagePort): void {
    this.stop()
    this.#port = port
    port.onmessage = (event: MessageEvent<WindowMessage>) => this.#receive(event.data)
    port.start()
  }

  stop(): void {
    for (const running of this.#running.values()) clearInterval(running.timer)
    this.#running.clear()
    this.#port?.close()
    this.#port = null
  }

  #send(message: EngineMessage): void {
    this.#port?.postMessage(message)
  }

  #receive(message: WindowMessage): void {
    switch (message.t) {
      case 'hello':
        this.#send({
          t: 'welcome',
          v: protocolVersion,
          engine: {
            version: '0.1.0',
            protocol: protocolVersion,
            pid: 4242,
            node: 'v24.21.0',
            startedUs: this.#world.startedUs,
          },
        })
        return
      case 'call':
        this.#answer(message.id, message.method, message.params)
        return
      case 'subscribe':
        this.#subscribe(message.id, message.topic, message.params)
        return
      case 'unsubscribe':
        clearInterval(this.#running.get(message.id)?.timer)
        this.#running.delete(message.id)
        return
      case 'cancel':
        // Every call here is answered at once.
        return
      case 'credit': {
        const running = this.#running.get(message.id)
        if (running) running.credit = Math.min(frameCredits, running.credit + message.n)
      }
    }
  }

  #subscribe(id: number, topic: string, params: unknown): void {
    if (!isTopic(topic)) {
      this.#send({
        t: 'end',
        id,
        failure: { code: 'unknown-topic', message: `There is no topic ${topic}.`, retryable: false },
      })
      return
    }
    const parsed: unknown = topicParams[topic].parse(params)
    const running: Running = {
      topic,
      params: parsed,
      credit: frameCredits,
      seq: 0,
      sentBins: new Map(),
      timer: setInterval(() => this.#push(id, running), framePeriodMs[topic]),
    }
    this.#running.set(id, running)
    this.#push(id, running)
  }

  #push(id: number, running: Running): void {
    if (running.credit <= 0) return
    const value = this.#frame(running)
    if (!value) return
    running.credit -= 1
    this.#send({ t: 'frame', id, seq: ++running.seq, value })
  }

  #source(pointId: string): FakeSource {
    const index = this.#world.machines.findIndex((machine) => pointId.startsWith(`${machine.asset.id}.`))
    const machine = this.#world.machines[index]
    return {
      pointId,
      seed: index * 10 + (pointId.includes('.nde') ? 5 : 0),
      rpm: machine?.rpm ?? 1500,
      damage: (machine?.damage ?? 0) * (pointId.includes('.nde') ? 0.3 : 1),
      stopped: machine?.stopped ?? false,
    }
  }

  #frame(running: Running): TopicFrame<TopicName> | null {
    const world = this.#world
    const nowUs = Date.now() * 1000 - (world.state === 'stale' ? 47_000_000 : 0)
    switch (running.topic) {
      case 'access':
        return this.#access.frame()
      case 'overview':
        return fakeOverview(world, Date.now() * 1000)
      case 'alerts':
        return fakeAlertsFrame(world, Date.now() * 1000)
      case 'status':
        return { ...fakeStatus(world, Date.now() * 1000), configHash: this.#plant().configHash }
      case 'points':
        return fakePoints(world, Date.now() * 1000)
      case 'machine':
        return fakeMachine(world, topicParams.machine.parse(running.params).assetId, Date.now() * 1000)
      case 'spectrum': {
        const { pointId, kind } = topicParams.spectrum.parse(running.params)
        return fakeSpectrum(this.#source(pointId), kind, world.state === 'stale' ? world.startedUs : nowUs)
      }
      case 'trend': {
        const { pointId, feature, spanMs, columns } = topicParams.trend.parse(running.params)
        return fakeTrend(world, pointId, feature, nowUs - spanMs * 1000, nowUs, columns)
      }
      case 'waveform': {
        const { pointIds, windowMs, columns } = topicParams.waveform.parse(running.params)
        if (world.state === 'stale' && running.seq > 0) return null
        const channels = pointIds.map((pointId) =>
          fakeChannel(this.#source(pointId), nowUs, windowMs, columns, running.sentBins.get(pointId) ?? null),
        )
        if (channels.every((channel) => channel.min.length === 0)) return null
        // The last column may still grow: it is sent again.
        for (const channel of channels)
          running.sentBins.set(channel.pointId, channel.firstBin + Math.max(0, channel.min.length - 1))
        return { atUs: nowUs, channels }
      }
    }
  }

  #answer(id: number, method: string, params: unknown): void {
    if (!Object.hasOwn(methodParams, method)) {
      this.#send({
        t: 'result',
        id,
        ok: false,
        failure: { code: 'unknown-method', message: `There is no method ${method}.`, retryable: false },
      })
      return
    }
    try {
      this.#send({ t: 'result', id, ok: true, value: this.#call(method as MethodName, params) })
    } catch (error) {
      this.#send({ t: 'result', id, ok: false, failure: { code: 'refused', message: String(error), retryable: false } })
    }
  }

  /** Answered by parts with a state of their own. */
  #partCall(method: PartMethod, params: unknown): MethodResult<MethodName> {
    if (isAccessMethod(method)) return this.#access.call(method, params)
    if (isPlotMethod(method)) return this.#plots.call(method, params)
    if (isSiteMethod(method)) return fakeSite(method, params, this.#world.plant)
    return (this.#quality ??= new FakeQuality(this.#world.plant)).call(method, params)
  }

  #call(method: MethodName, params: unknown): MethodResult<MethodName> {
    const world = this.#world
    if (isServerAlarmMethod(method)) return fakeServerAlarmCall(method, Date.now() * 1000)
    if (isHealthMethod(method)) return fakeHealthCall(method, params, world.plant, world.state === 'abnormal')
    if (isPartMethod(method)) return this.#partCall(method, params)
    if (isConfigMethod(method)) return this.#config.call(method, params)
    switch (method) {
      case 'plant.get':
        return this.#plant()
      case 'alert.acknowledge': {
        const { occurrenceId, comment } = methodParams['alert.acknowledge'].parse(params)
        const by = { acknowledgedUs: Date.now() * 1000, acknowledgedBy: 'operator', acknowledgeComment: comment }
        return this.#change(occurrenceId, { state: 'acknowledged', ...by })
      }
      case 'alert.label': {
        const { occurrenceId, outcome, note } = methodParams['alert.label'].parse(params)
        const by = { labelNote: note, labelledUs: Date.now() * 1000, labelledBy: 'operator' }
        return this.#change(occurrenceId, { outcome, ...by })
      }
      case 'alert.journal':
        return { rows: world.alerts, more: false }
      case 'alert.history':
        return { transitions: [] }
      case 'trend.read': {
        const { pointId, feature, fromUs, toUs, columns } = methodParams['trend.read'].parse(params)
        return fakeTrend(world, pointId, feature, fromUs, toUs, columns)
      }
      case 'moment.asset':
        return fakeMoment(world, methodParams['moment.asset'].parse(params))
      case 'capture.demand':
        return { captureId: 'cap-1' }
      case 'storage.read':
        return fakeStorage()
      case 'capture.pin':
        return { pinned: methodParams['capture.pin'].parse(params).pinned }
      case 'server.discover':
        return fakeEndpoints
      case 'server.browse': {
        const { nodeId } = methodParams['server.browse'].parse(params)
        return nodeId.endsWith('many') ? fakeMany : fakeNodes
      }
      case 'server.describe': {
        const { nodeIds } = methodParams['server.describe'].parse(params)
        return { entries: nodeIds.map(fakeDescribed) }
      }
      case 'server.node':
        return { node: fakeNode(methodParams['server.node'].parse(params).nodeId, Date.now() * 1000) }
      case 'server.read': {
        const { nodeIds } = methodParams['server.read'].parse(params)
        return { values: nodeIds.map((nodeId) => fakeNode(nodeId, Date.now() * 1000)) }
      }
      case 'server.search':
        return fakeSearch(methodParams['server.search'].parse(params).text)
      case 'doctor.start':
        return { runId: 'run-1' }
      case 'doctor.read':
        return fakeCheck(world.state === 'abnormal')
      case 'doctor.stop':
        return {}
      case 'server.certificates':
      case 'server.trust':
      case 'server.renewOwn':
        return fakeCertificates
      case 'server.addAuthority':
        return { authorities: ['CN=Works authority'], revocationLists: 1 }
      case 'server.review':
        return fakeReview
      case 'config.makeException':
      case 'config.endException':
      case 'config.addServer':
      case 'config.addPoint':
      case 'config.addPoints':
        return { faults: [] }
      case 'backup.make':
      case 'backup.restore':
        return fakeBackups({ what: method === 'backup.make' ? 'backup' : 'restore', step: 'copying', done: 0.4 })
      case 'backup.list':
      case 'backup.cancel':
      case 'twin.repair':
        return fakeBackups(null)
      case 'recovery.list':
        return fakeRecoveries
    }
  }

  #plant(): MethodResult<'plant.get'> {
    const { plant, machines } = this.#world
    const plantNow = structuredClone(plant)
    return {
      plant: plantNow,
      configHash: `f3a9c1-${machines.length}-${this.#config.edits}`,
      file: '/home/operator/plant.json',
      drafts: [],
    }
  }

  #change(occurrenceId: string, change: Partial<FakeWorld['alerts'][number]['occurrence']>) {
    const view = this.#world.alerts.find((known) => known.occurrence.id === occurrenceId)
    if (!view) throw new Error('There is no such alert.')
    view.occurrence = { ...view.occurrence, ...change }
    return view.occurrence
  }
}

function isTopic(topic: string): topic is TopicName {
  return Object.hasOwn(topicParams, topic)
}
