import type { ClientSession, NodeId } from 'node-opcua-client'
import { statusWithoutInfo } from '../../shared/domain/status-code.ts'
import { within } from './deadline.ts'
import type { Feed, LiveSubscription } from './feed.ts'
import type { GapBook } from './gap-book.ts'
import { rawServices } from './library-internals.ts'
import type { LinkTracker } from './link-tracker.ts'
import { type CreatedItem, createItems, createSubscription } from './monitored-items.ts'
import { AddressError, resolveAddress } from './node-address.ts'
import type { ProblemBook } from './problem-book.ts'
import type { PublishPump } from './publish-pump.ts'
import { readFacts, readFastest, type ServerFacts } from './server-facts.ts'
import { type PlannedSubscription, planSubscriptions } from './subscription-plan.ts'
import type { MappedPoint, TestHooks } from './types.ts'

interface SubscriberParts {
  serverId: string
  points: readonly MappedPoint[]
  keepAliveMs: number
  /** The outage the server's queues are to cover. */
  bridgeMs: number
  hooks: TestHooks
  feed: Feed
  pump: PublishPump
  gaps: GapBook
  problems: ProblemBook
  link: LinkTracker
}

/**
 * Puts the subscriptions on a server and keeps them there across sessions: kept with Republish where the session
 * survived, transferred where only the subscriptions did, created anew (with a Gap) where neither did.
 */
export class Subscriber {
  recreated = 0
  transferred = 0
  #facts: ServerFacts | null = null
  #sessionId: string | null = null
  #firstNamespaces: string[] | null = null
  #nodes: (NodeId | null)[] = []
  #fastest: number[] = []
  /** Status of each item the server refused, by handle. */
  readonly #bad = new Map<number, string>()
  readonly #parts: SubscriberParts

  constructor(parts: SubscriberParts) {
    this.#parts = parts
  }

  get namespaces(): readonly string[] {
    return this.#facts?.namespaces ?? []
  }

  get hasBadItems(): boolean {
    return this.#bad.size > 0
  }

  /** A session has become active. Brings every subscription back; throws when the link fails meanwhile. */
  async activate(session: ClientSession): Promise<void> {
    const { feed } = this.#parts
    const before = this.#facts
    const facts = await readFacts(session)
    this.#facts = facts
    this.#firstNamespaces ??= facts.namespaces
    const sessionId = rawServices(session).sessionId.toString()
    const sameSession = sessionId === this.#sessionId
    this.#sessionId = sessionId
    feed.useSession(session)
    const restarted = before !== null && before.startTimeMs !== facts.startTimeMs
    const moved = before !== null && before.namespaces.join('\n') !== facts.namespaces.join('\n')
    await this.#resolve(session, before === null || moved || restarted)
    const live = [...feed.subscriptions.values()]
    if (before === null || restarted || moved) {
      if (before !== null) this.#lost(restarted, moved)
      for (const subscription of live) await this.#remove(session, subscription, !restarted)
      await this.#create(session, this.#plan())
      return
    }
    const kept = sameSession ? new Set(live) : await this.#transfer(session, live)
    const names = new Set<PlannedSubscription['name']>()
    for (const subscription of live) {
      if (kept.has(subscription) && (await feed.catchUp(subscription))) names.add(subscription.plan.name)
      else await this.#remove(session, subscription, true)
    }
    const missing = this.#plan().filter(({ name }) => !names.has(name))
    if (missing.length > 0 && live.length > 0) this.#lost(false, false)
    await this.#create(session, missing)
  }

  /** Offers the refused items again: a node may have come into being. */
  async retryBadItems(session: ClientSession): Promise<void> {
    const facts = this.#facts
    if (!facts) return
    const handles = new Set(this.#bad.keys())
    await this.#resolve(session, true)
    for (const { id, plan } of this.#parts.feed.subscriptions.values()) {
      const items = plan.items.filter(({ handle }) => handles.has(handle))
      const created = await createItems(
        session,
        id,
        items,
        (handle) => this.#nodes[handle] ?? null,
        facts.maxItemsPerCall,
      )
      this.#report(created)
    }
    this.#count()
  }

  #lost(restarted: boolean, moved: boolean): void {
    const { feed, gaps, serverId } = this.#parts
    if (Number.isNaN(feed.coveredUs)) return
    const why = restarted
      ? `Server ${serverId} was restarted${moved ? ' with its namespaces in another order' : ''}`
      : moved
        ? `Server ${serverId} changed its namespaces`
        : `Server ${serverId} no longer had the subscription`
    gaps.openServerGap(
      restarted ? 'server-restart' : 'session-recreated',
      feed.coveredUs,
      `${why}: what it had queued is gone, and values until the first new one may be missing.`,
    )
  }

  async #remove(session: ClientSession, { id }: LiveSubscription, mayExist: boolean): Promise<void> {
    const { feed, pump } = this.#parts
    feed.remove(id)
    pump.forget(id)
    this.recreated += 1
    if (!mayExist) return
    await within(5_000, 'deleting', rawServices(session).deleteSubscriptions({ subscriptionIds: [id] })).catch(
      () => undefined,
    )
  }

  /**
   * Only asked of the same run of the server: after a restart the numbers start again, and the id may be another
   * client's subscription.
   */
  async #transfer(session: ClientSession, live: readonly LiveSubscription[]): Promise<Set<LiveSubscription>> {
    if (live.length === 0) return new Set()
    try {
      const response = await within(
        8_000,
        'transferring subscriptions',
        rawServices(session).transferSubscriptions({
          subscriptionIds: live.map(({ id }) => id),
          sendInitialValues: false,
        }),
      )
      const results = response.results ?? []
      const kept = live.filter((_subscription, i) => results[i]?.statusCode.isGood() === true)
      this.transferred += kept.length
      return new Set(kept)
    } catch (error) {
      if (
        error instanceof Error &&
        /Bad[A-Z]/.test(error.message) &&
        !/BadConnection|BadSecureChannel/.test(error.message)
      )
        return new Set()
      throw error
    }
  }

  async #resolve(session: ClientSession, again: boolean): Promise<void> {
    const { points, problems, hooks } = this.#parts
    const facts = this.#facts
    if (!again || !facts) return
    const namespaces = hooks.keepNamespaceIndexes === true ? (this.#firstNamespaces ?? []) : facts.namespaces
    this.#nodes = points.map(({ point }, handle) => {
      try {
        return resolveAddress(point.source.nodeId, namespaces)
      } catch (error) {
        if (!(error instanceof AddressError)) throw error
        this.#bad.set(handle, error.message)
        problems.raise(
          `opcua.item:${point.id}`,
          'error',
          `Point ${point.id} cannot be found: ${error.message}`,
          'Correct its NodeId in the plant file; browse the server to find it.',
        )
        return null
      }
    })
    this.#fastest = await readFastest(session, this.#nodes, facts.maxNodesPerRead)
  }

  #plan(): PlannedSubscription[] {
    const { points, bridgeMs } = this.#parts
    return planSubscriptions(points, (handle) => this.#fastest[handle] ?? Number.NaN, bridgeMs)
  }

  async #create(session: ClientSession, plans: readonly PlannedSubscription[]): Promise<void> {
    const { feed, keepAliveMs } = this.#parts
    const facts = this.#facts
    if (!facts) return
    for (const plan of plans) {
      const { id, keepAliveMs: revised } = await createSubscription(session, plan, keepAliveMs)
      feed.add(id, plan, revised)
      const nodeOf = (handle: number): NodeId | null => this.#nodes[handle] ?? null
      this.#report(await createItems(session, id, plan.items, nodeOf, facts.maxItemsPerCall))
    }
    this.#count()
  }

  #count(): void {
    const { feed, link } = this.#parts
    let all = 0
    for (const { plan } of feed.subscriptions.values()) all += plan.items.length
    link.items(all - this.#bad.size, this.#bad.size)
  }

  #report(created: readonly CreatedItem[]): void {
    let shortestS = Number.POSITIVE_INFINITY
    for (const item of created) {
      const mapped = this.#parts.points[item.handle]
      if (!mapped) continue
      const { point } = mapped
      const good = item.status >>> 30 === 0
      if (good) this.#accepted(item, mapped)
      else {
        this.#bad.set(item.handle, item.statusName)
        this.#parts.problems.raise(
          `opcua.item:${point.id}`,
          'error',
          `Server ${this.#parts.serverId} does not deliver point ${point.id} (${point.source.nodeId}): ${wordsOf(item)}.`,
          'Correct its NodeId in the plant file, or the rights of the user on the server.',
        )
      }
      if (good) shortestS = Math.min(shortestS, (item.queueSize * (point.contract?.updateCadenceMs ?? 1_000)) / 1_000)
    }
    this.#reportQueues(shortestS)
  }

  #accepted(item: CreatedItem, { point }: MappedPoint): void {
    const { problems } = this.#parts
    this.#bad.delete(item.handle)
    problems.clear(`opcua.item:${point.id}`)
    const cadenceMs = point.contract?.updateCadenceMs
    if (cadenceMs === undefined || !(item.samplingIntervalMs > cadenceMs)) {
      problems.clear(`opcua.sampling:${point.id}`)
      return
    }
    problems.raise(
      `opcua.sampling:${point.id}`,
      'warning',
      `The server looks at point ${point.id} every ${item.samplingIntervalMs} ms only; its contract expects a value every ${cadenceMs} ms.`,
      "Lower the server's shortest sampling interval, or set the contract's cadence to what the server can do.",
    )
  }

  #reportQueues(shortestS: number): void {
    const { problems, serverId, bridgeMs } = this.#parts
    const id = `opcua.queues:${serverId}`
    const wantedS = bridgeMs / 1_000
    if (!(shortestS < wantedS * 0.9)) return
    problems.raise(
      id,
      'info',
      `Server ${serverId} keeps values for ${Math.floor(shortestS)} s while the link is down, not for ${wantedS} s.`,
      "Raise the server's queue size per monitored item; a longer outage leaves a gap.",
    )
  }
}

function wordsOf({ status, statusName }: CreatedItem): string {
  const name = statusName === '' ? `0x${statusWithoutInfo(status).toString(16)}` : statusName
  if (/BadNodeIdUnknown|BadNodeIdInvalid/.test(name)) return 'it has no such node'
  if (/BadUserAccessDenied|BadNotReadable/.test(name)) return 'the user may not read it'
  if (/BadTooManyMonitoredItems/.test(name)) return 'it accepts no more monitored items'
  return name
}
