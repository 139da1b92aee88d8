import type { BearingOrders } from '../../shared/domain/bearings.ts'
import type { Gap, IntakeSink, LinkState, WaveformBlock } from '../../shared/domain/intake.ts'
import { limits } from '../../shared/domain/limits.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import type { PointHead } from '../../shared/domain/twin.ts'
import type { Freshness } from '../../shared/protocol/views.ts'
import { createIngest, type Ingest } from '../ingest/index.ts'
import { createOpcuaConnection, type OpcuaConnection, type PkiStore } from '../opcua/index.ts'
import { MachineStates } from './machine-state.ts'
import { Pipeline, type PipelineDependencies } from './pipeline.ts'
import type { PlantModel } from './plant-model.ts'
import { Rings } from './rings.ts'
import { WaveformHub } from './waveform-hub.ts'

export interface AcquisitionDependencies extends Omit<
  PipelineDependencies,
  'model' | 'orders' | 'ingest' | 'machines' | 'waveforms'
> {
  pki: PkiStore
  applicationUri: string
  secret(ref: string): string | null
  problem(problem: Problem): void
  problemGone(id: string): void
  link(state: LinkState): void
}

/**
 * Everything that belongs to one configuration revision: connections, ingest with its rings, machine states, pipeline. A new
 * revision is a new acquisition; heads, alerts and open windows outlive it.
 */
export class Acquisition {
  readonly model: PlantModel
  readonly ingest: Ingest
  readonly rings: Rings
  readonly machines: MachineStates
  readonly waveforms: WaveformHub
  readonly pipeline: Pipeline
  readonly connections: ReadonlyMap<string, OpcuaConnection>

  constructor(
    model: PlantModel,
    orders: ReadonlyMap<number, BearingOrders | null>,
    heads: readonly PointHead[],
    deps: AcquisitionDependencies,
  ) {
    this.model = model
    this.machines = new MachineStates(model)
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
    })
    this.rings = new Rings(model)
    this.waveforms = new WaveformHub(this.rings, () => deps.clock.nowUs())
    this.pipeline = new Pipeline({
      ...deps,
      model,
      orders,
      ingest: this.ingest,
      machines: this.machines,
      waveforms: this.waveforms,
    })
    const sink = this.#sink(deps)
    this.connections = new Map(
      model.plant.servers.map((server) => [
        server.id,
        createOpcuaConnection({
          server,
          points: model.points
            .filter((info) => info.point.source.serverId === server.id)
            .map(({ key, point }) => ({ key, point })),
          pki: deps.pki,
          secrets: (ref) => Promise.resolve(deps.secret(ref)),
          clock: deps.clock,
          sink,
          applicationUri: deps.applicationUri,
          exceptions: model.plant.exceptions ?? [],
        }),
      ]),
    )
  }

  async start(): Promise<void> {
    this.pipeline.start()
    await Promise.all([...this.connections.values()].map((connection) => connection.start()))
  }

  /** Ends the connections, then commits what has arrived. */
  async stop(): Promise<void> {
    await Promise.all([...this.connections.values()].map((connection) => connection.stop()))
    await this.pipeline.stop()
  }

  links(): LinkState[] {
    return [...this.connections.values()].map((connection) => connection.state())
  }

  freshness(pointKey: number): Freshness {
    return this.ingest.freshness(pointKey)
  }

  /** A loss found outside the data path. */
  gap(gap: Gap): void {
    this.pipeline.gap(gap)
  }

  /** Not held back for the tick: the live view reads the ring, and analysis takes its time. */
  #block(block: WaveformBlock): void {
    const verdict = this.ingest.acceptBlock(block)
    if (!verdict.accepted) return
    for (const judged of this.ingest.takeBlocks()) {
      this.rings.push(judged, verdict.continues)
      this.pipeline.block(judged, verdict.continues)
    }
  }

  #sink(deps: AcquisitionDependencies): IntakeSink {
    return {
      scalars: (columns) => this.ingest.acceptScalars(columns),
      block: (block) => this.#block(block),
      gap: (gap) => this.ingest.acceptGap(gap),
      link: (state) => deps.link(state),
      problem: (problem) => deps.problem(problem),
      problemGone: (id) => deps.problemGone(id),
    }
  }
}
