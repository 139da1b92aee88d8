import type { IntakeSink } from '../../shared/domain/intake.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import type { MappedPoint, OpcuaConnection } from '../opcua/index.ts'
import type { PlantModel } from './plant-model.ts'

interface Held {
  connection: OpcuaConnection
  /** What the connection was made from; another text needs another connection. */
  made: string
  /** Its points; a live connection takes others over. */
  points: string
}

/**
 * The connections of a plant, which outlive its revisions: one whose server is the same in the next revision goes on
 * without a pause, and its values go to that revision from the moment it is in force. Where only points differ, it takes
 * them over in place.
 */
export class LinkPool {
  readonly #held = new Map<string, Held>()
  readonly #create: (server: PlantServer, model: PlantModel, sink: IntakeSink) => OpcuaConnection
  #target: IntakeSink | null = null

  constructor(create: (server: PlantServer, model: PlantModel, sink: IntakeSink) => OpcuaConnection) {
    this.#create = create
  }

  get connections(): ReadonlyMap<string, OpcuaConnection> {
    return new Map([...this.#held].map(([id, { connection }]) => [id, connection]))
  }

  /** Ends what the next revision has no more or has otherwise; the ids of those it has otherwise. */
  async release(next: PlantModel): Promise<string[]> {
    const wanted = new Map(next.plant.servers.map((server) => [server.id, madeOf(server, next)]))
    const ended = [...this.#held].filter(([id, { made }]) => wanted.get(id) !== made)
    await Promise.all(ended.map(([, { connection }]) => connection.stop()))
    for (const [id] of ended) this.#held.delete(id)
    return ended.map(([id]) => id).filter((id) => wanted.has(id))
  }

  /** From now on everything goes to this revision. */
  direct(target: IntakeSink): void {
    this.#target = target
  }

  /** Makes and starts what the revision has and the pool has not, and tells the others of points that differ. */
  async complete(model: PlantModel): Promise<void> {
    for (const [id, held] of this.#held) {
      const points = pointsOf(id, model)
      const text = JSON.stringify(points)
      if (text === held.points) continue
      held.points = text
      held.connection.revise(points)
    }
    const missing = model.plant.servers.filter(({ id }) => !this.#held.has(id))
    const made = missing.map((server) => {
      const connection = this.#create(server, model, this.#sink())
      const points = JSON.stringify(pointsOf(server.id, model))
      this.#held.set(server.id, { connection, made: madeOf(server, model), points })
      return connection
    })
    await Promise.all(made.map((connection) => connection.start()))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ connection }) => connection.stop()))
    this.#held.clear()
  }

  #sink(): IntakeSink {
    return {
      scalars: (columns) => this.#target?.scalars(columns),
      block: (block) => this.#target?.block(block),
      backfill: (columns) => this.#target?.backfill?.(columns),
      gap: (gap) => this.#target?.gap(gap),
      conditions: (news) => this.#target?.conditions?.(news),
      link: (state) => this.#target?.link(state),
      problem: (problem) => this.#target?.problem(problem),
      problemGone: (id) => this.#target?.problemGone(id),
    }
  }
}

/** What a connection is made from and cannot take over while it stands. */
function madeOf(server: PlantServer, model: PlantModel): string {
  const exceptions = (model.plant.exceptions ?? []).filter(({ scope }) => scope.startsWith(`opcua:${server.id}:`))
  return JSON.stringify([server, exceptions])
}

export function pointsOf(serverId: string, model: PlantModel): MappedPoint[] {
  return model.points
    .filter(({ point }) => point.source.serverId === serverId)
    .map(({ key, point }) => ({ key, point }))
}
