import type { ClientSession, NodeId } from 'node-opcua-client'
import { readLimits } from './browse-properties.ts'
import type { ItemReport } from './item-report.ts'
import type { ItemTable } from './item-table.ts'
import { AddressError, resolveAddress } from './node-address.ts'
import { learnBlockForms, refuseDeadbands } from './point-facts.ts'
import type { ProblemBook } from './problem-book.ts'
import { readFastest, type ServerFacts } from './server-facts.ts'
import type { MappedPoint } from './types.ts'

interface PointNodesParts {
  items: ItemTable
  problems: ProblemBook
  report: ItemReport
  /** Of the first session, for the test that shows what remedy B is for. */
  keepNamespaceIndexes: boolean
}

/** Where each point is on the server as it is now, and what its node says of how it can be subscribed; by handle. */
export class PointNodes {
  readonly #parts: PointNodesParts
  readonly #nodes: (NodeId | null)[] = []
  readonly #fastest: number[] = []
  /** Points whose deadband cannot be asked for. */
  readonly #noDeadband = new Set<number>()
  /** Not looked at yet, or changed since. */
  #unknown: Set<number>
  /** The run and the namespaces that nodes were looked at on. */
  #server = ''
  #firstNamespaces: readonly string[] | null = null

  constructor(parts: PointNodesParts) {
    this.#parts = parts
    this.#unknown = new Set(parts.items.points.keys())
  }

  of(handle: number): NodeId | null {
    return this.#nodes[handle] ?? null
  }

  fastestMs(handle: number): number {
    return this.#fastest[handle] ?? Number.NaN
  }

  takesDeadband(handle: number): boolean {
    return !this.#noDeadband.has(handle)
  }

  /** Points that can be planned: one that came this moment waits until its node was looked at. */
  known(): (MappedPoint | null)[] {
    return this.#parts.items.points.map((mapped, handle) => (this.#unknown.has(handle) ? null : mapped))
  }

  forget(handle: number): void {
    this.#unknown.delete(handle)
    this.#nodes[handle] = null
  }

  changed(handle: number): void {
    this.#unknown.add(handle)
  }

  /** Looks at what is new, and at everything when the server is another run or has other namespaces. */
  async look(session: ClientSession, facts: ServerFacts): Promise<void> {
    const { items } = this.#parts
    const server = [facts.startTimeMs, ...facts.namespaces].join('\n')
    const wanted = server === this.#server ? this.#unknown : new Set(items.points.keys())
    this.#unknown = new Set()
    try {
      await this.resolve(session, facts, wanted)
      this.#server = server
    } catch (error) {
      for (const handle of wanted) this.#unknown.add(handle)
      throw error
    }
  }

  async resolve(session: ClientSession, facts: ServerFacts, only: ReadonlySet<number>): Promise<void> {
    const { items, problems, report, keepNamespaceIndexes } = this.#parts
    this.#firstNamespaces ??= facts.namespaces
    if (only.size === 0) return
    const namespaces = keepNamespaceIndexes ? this.#firstNamespaces : facts.namespaces
    const points = items.points.map((mapped, handle) => (only.has(handle) ? mapped : null))
    const nodes = points.map((mapped, handle) => {
      if (!mapped) return null
      try {
        return resolveAddress(mapped.point.source.nodeId, namespaces)
      } catch (error) {
        if (!(error instanceof AddressError)) throw error
        report.unresolved(handle, mapped, error.message)
        return null
      }
    })
    const fastest = await readFastest(session, nodes, facts.maxNodesPerRead)
    const limits = await readLimits(session)
    await learnBlockForms(session, points, nodes, items, limits)
    const noDeadband = await refuseDeadbands(session, points, nodes, problems, limits)
    for (const [handle, mapped] of points.entries()) {
      // Gone while the server was asked.
      if (!mapped || !items.points[handle]) continue
      this.#nodes[handle] = nodes[handle] ?? null
      this.#fastest[handle] = fastest[handle] ?? Number.NaN
      if (noDeadband.has(handle)) this.#noDeadband.add(handle)
      else this.#noDeadband.delete(handle)
    }
  }
}
