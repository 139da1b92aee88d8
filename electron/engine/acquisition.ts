import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { ConditionNews } from '../../shared/domain/condition.ts'
import type { Gap, IntakeSink, LinkPhase, LinkState, ScalarColumns, WaveformBlock } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import type { PointHead } from '../../shared/domain/twin.ts'
import type { IntakeCounters } from '../../shared/protocol/quality.ts'
import type { Freshness } from '../../shared/protocol/views.ts'
import { createIngest, type Ingest } from '../ingest/index.ts'
import type { OpcuaConnection } from '../opcua/index.ts'
import { bytesPerValue, Collector, copiesOfBlock } from './collector.ts'
import type { LinkPool } from './link-pool.ts'
import { MachineStates } from './machine-state.ts'
import { Pipeline, type PipelineDependencies } from './pipeline.ts'
import type { PlantModel, PointInfo } from './plant-model.ts'
import { PointStates } from './point-states.ts'
import type { Rings } from './rings.ts'
import { WaveformHub } from './waveform-hub.ts'

export interface AcquisitionDependencies extends Omit<
  PipelineDependencies,
  'model' | 'orders' | 'ingest' | 'machines' | 'waveforms'
> {
  links: LinkPool
  /** Those of the revision before where they fit. */
  rings: Rings
  problem(problem: Problem): void
  problemGone(id: string): void
  conditions(news: ConditionNews): void
  link(state: LinkState): void
}

/**
 * Everything that belongs to one configuration revision: ingest with its rings, machine states, pipeline. A new revision is
 * a new acquisition; heads, alerts, open windows and the connections that stay the same outlive it.
 */
export class Acquisition {
  readonly model: PlantModel
  readonly ingest: Ingest
  readonly rings: Rings
  readonly machines: MachineStates
  readonly waveforms: WaveformHub
  readonly pipeline: Pipeline
  readonly states: PointStates
  readonly #links: LinkPool
  readonly #collector = new Collector()
  /** Asked for every point of every frame, so it is kept. */
  readonly #phases: Map<string, LinkPhase>

  /** `before`: the revision this one follows; what is known of points that stay the same goes over. */
  constructor(
    model: PlantModel,
    orders: ReadonlyMap<number, BearingOrders | null>,
    heads: readonly PointHead[],
    deps: AcquisitionDependencies,
    before: Acquisition | null,
  ) {
    this.model = model
    this.#links = deps.links
    this.#phases = new Map(before ? before.#phases : [])
    this.machines = new MachineStates(model, before?.machines)
    this.ingest = createIngest({
      points: model.points.map((info) => ({
        key: info.key,
        id: info.id,
        kind: info.point.kind,
        serverId: info.point.source.serverId,
        contract: info.contract,
      })),
      heads,
      clock: deps.clock,
      limits,
      ...(before ? { before: before.ingest } : {}),
    })
    this.rings = deps.rings
    this.waveforms = new WaveformHub(this.rings, () => deps.clock.nowUs())
    this.pipeline = new Pipeline({
      ...deps,
      model,
      orders,
      ingest: this.ingest,
      machines: this.machines,
      waveforms: this.waveforms,
    })
    if (before) this.pipeline.spoilt.carry(before.pipeline.spoilt, (key) => model.byKey.has(key))
    this.states = this.#pointStates(deps, before)
    deps.links.direct(this.#sink(deps))
  }

  #pointStates(deps: AcquisitionDependencies, before: Acquisition | null): PointStates {
    const { model, pipeline, machines } = this
    const sources = {
      model,
      machines,
      nowMs: () => deps.clock.monotonicMs(),
      freshness: (key: number) => this.freshness(key),
      link: (serverId: string) => this.#phases.get(serverId) ?? 'connecting',
      status: ({ key, point }: PointInfo) =>
        point.kind === 'waveform' ? pipeline.spoilt.last(key).status : deps.heads.status(key),
      block: (key: number) => pipeline.spoilt.last(key),
      runState: (assetId: string) => machines.runState(assetId),
      nowUs: () => deps.clock.nowUs(),
      problem: (problem: Problem) => deps.problem(problem),
      problemGone: (id: string) => deps.problemGone(id),
    }
    return new PointStates(sources, before?.states ?? null)
  }

  get connections(): ReadonlyMap<string, OpcuaConnection> {
    return this.#links.connections
  }

  async start(): Promise<void> {
    this.pipeline.start()
    this.#collector.settle()
    await this.#links.complete(this.model)
  }

  /** Another revision has taken the intake over: commits what had arrived for this one. */
  async retire(): Promise<void> {
    this.#collector.end()
    await this.pipeline.stop()
  }

  /** Ends the connections, then commits what has arrived. */
  async stop(): Promise<void> {
    this.#collector.end()
    await this.#links.stop()
    await this.pipeline.stop()
  }

  links(): LinkState[] {
    return [...this.connections.values()].map((connection) => connection.state())
  }

  freshness(pointKey: number): Freshness {
    return this.ingest.freshness(pointKey)
  }

  /** What became of a point's values since the engine started; null when it is not acquired. */
  intake(pointId: string): IntakeCounters | null {
    return this.ingest.states().find(({ id }) => id === pointId)?.counters ?? null
  }

  /** A loss found outside the data path. */
  gap(gap: Gap): void {
    this.pipeline.gap(gap)
  }

  #scalars(columns: ScalarColumns): void {
    this.#collector.arrived(bytesPerValue * columns.count)
    this.ingest.acceptScalars(columns)
  }

  /** Not held back for the tick: the live view reads the ring, and analysis takes its time. */
  #block(block: WaveformBlock): void {
    this.#collector.arrived(copiesOfBlock * block.samples.byteLength)
    const verdict = this.ingest.acceptBlock(block)
    if (!verdict.accepted) return
    for (const judged of this.ingest.takeBlocks()) {
      this.rings.push(judged, judged.continues)
      this.pipeline.block(judged, judged.continues)
    }
  }

  #sink(deps: AcquisitionDependencies): IntakeSink {
    return {
      scalars: (columns) => this.#scalars(columns),
      block: (block) => this.#block(block),
      backfill: (columns) => this.ingest.acceptBackfill(columns),
      gap: (gap) => this.ingest.acceptGap(gap),
      conditions: (news) => deps.conditions(news),
      link: (state) => {
        this.#phases.set(state.serverId, state.phase)
        this.ingest.acceptLink(state)
        deps.link(state)
      },
      problem: (problem) => deps.problem(problem),
      problemGone: (id) => deps.problemGone(id),
    }
  }
}
