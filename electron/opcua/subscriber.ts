import type { ClientSession, NodeId } from 'node-opcua-client'
import { statusWithoutInfo } from '../../shared/domain/status-code.ts'
import { readLimits } from './browse-properties.ts'
import { within } from './deadline.ts'
import type { Feed, LiveSubscription } from './feed.ts'
import type { GapBook } from './gap-book.ts'
import type { ItemTable } from './item-table.ts'
import { rawServices } from './library-internals.ts'
import type { LinkTracker } from './link-tracker.ts'
import { askBothTimes, type CreatedItem, createItems, createSubscription, limitMessages } from './monitored-items.ts'
import { AddressError, resolveAddress } from './node-address.ts'
import { learnBlockForms, refuseDeadbands } from './point-facts.ts'
import type { ProblemBook } from './problem-book.ts'
import type { PublishPump } from './publish-pump.ts'
import { readFacts, readFastest, type ServerFacts } from './server-facts.ts'
import { type PlannedSubscription, planSubscriptions } from './subscription-plan.ts'
import type { MappedPoint, TestHooks } from './types.ts'

interface SubscriberParts {
  serverId: string
  points: readonly MappedPoint[]
  items: ItemTable
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
  #session: ClientSession | null = null
  #sessionId: string | null = null
  #firstNamespaces: string[] | null = null
  #nodes: (NodeId | null)[] = []
  #fastest: number[] = []
  /** Points whose deadband cannot be asked for. */
  #noDeadband: ReadonlySet<number> = new Set()
  /** Status of each item the server refused, by handle. */
  readonly #bad = new Map<number, string>()
  /** The server's id of each item, by handle. */
  readonly #itemIds = new Map<number, number>()
  /** Points whose values come without a source time. */
  readonly #untimed = new Set<number>()
  #askingTimes = false
  #mostNotifications = Number.POSITIVE_INFINITY
  readonly #parts: SubscriberParts

  constructor(parts: SubscriberParts) {
    this.#parts = parts
  }

  get namespaces(): readonly string[] {
    return this.#facts?.namespaces ?? []
  }

  /** The node of a point on the server as it is now. */
  nodeOf(handle: number): NodeId | null {
    return this.#nodes[handle] ?? null
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
    this.#session = session
    const restarted = before !== null && before.startTimeMs !== facts.startTimeMs
    const moved = before !== null && before.namespaces.join('\n') !== facts.namespaces.join('\n')
    await this.#resolve(session, before === null || moved || restarted)
    const live = [...feed.subscriptions.values()]
    if (before === null || restarted || moved) {
      if (before !== null) this.#lost(live, restarted, moved)
      for (const subscription of live) await this.#remove(session, subscription, !restarted)
      await this.#create(session, this.#plan())
      return
    }
    const kept = sameSession ? new Set(live) : await this.#transfer(session, live)
    const names = new Set<PlannedSubscription['name']>()
    for (const subscription of live) {
      if (kept.has(subscription) && (await feed.catchUp(subscription))) {
        names.add(subscription.plan.name)
        continue
      }
      this.#lost([subscription], false, false)
      await this.#remove(session, subscription, true)
    }
    await this.#create(
      session,
      this.#plan().filter(({ name }) => !names.has(name)),
    )
  }

  /**
   * A reply was too large for the connection: smaller messages from now on. What the refused one held is lost and found
   * by its number. The first step is one value of each item; each further one halves.
   */
  async shrinkMessages(session: ClientSession): Promise<void> {
    const { feed, problems, serverId, keepAliveMs } = this.#parts
    const live = [...feed.subscriptions.values()]
    const items = Math.max(1, ...live.map(({ plan }) => plan.items.length))
    const before = Math.min(this.#mostNotifications, 2 * items)
    this.#mostNotifications = Math.max(1, before >> 1)
    problems.raise(
      `opcua.message-size:${serverId}`,
      before > 1 ? 'warning' : 'error',
      before > 1
        ? `Server ${serverId} had a message too large for the connection; it is asked for at most ${this.#mostNotifications} values in one.`
        : `Server ${serverId} has a single value too large for the connection.`,
      "Raise the server's largest message size, or let it deliver smaller blocks.",
    )
    for (const { id, plan } of live) {
      plan.maxNotificationsPerPublish = Math.min(plan.maxNotificationsPerPublish, this.#mostNotifications)
      await limitMessages(session, id, plan, keepAliveMs)
    }
  }

  /** Values of the point come without any time: the server's own is asked for, together for those that come now. */
  untimed(handle: number): void {
    this.#untimed.add(handle)
    if (this.#askingTimes) return
    this.#askingTimes = true
    setImmediate(() => {
      this.#askingTimes = false
      // A failure is the link's: after its repair the items are as they were, and the next value asks again.
      void this.#askTimes().catch(() => undefined)
    })
  }

  async #askTimes(): Promise<void> {
    const { feed, problems, serverId, points } = this.#parts
    const names = [...this.#untimed].flatMap((handle) => points[handle]?.point.id ?? [])
    const shown = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
    problems.raise(
      `opcua.time:${serverId}`,
      'warning',
      `Server ${serverId} sends no source time for ${shown}; its own time is taken, which is when it passed the value on.`,
      "Have the device stamp its values, or set timestampSource to server in the point's contract.",
    )
    const session = this.#session
    if (!session) return
    for (const { id, plan } of feed.subscriptions.values()) {
      const items = plan.items.flatMap((item) => {
        const itemId = this.#itemIds.get(item.handle)
        if (itemId === undefined || item.bothTimestamps || !this.#untimed.has(item.handle)) return []
        item.bothTimestamps = true
        return [{ item, itemId }]
      })
      await askBothTimes(session, id, items, this.#facts?.maxItemsPerCall ?? 0)
    }
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

  /** What these subscriptions had queued is gone; points that never had a value lack nothing that is known. */
  #lost(subscriptions: readonly LiveSubscription[], restarted: boolean, moved: boolean): void {
    const { gaps, serverId } = this.#parts
    const why = restarted
      ? `Server ${serverId} was restarted${moved ? ' with its namespaces in another order' : ''}`
      : moved
        ? `Server ${serverId} changed its namespaces`
        : `Server ${serverId} no longer had the subscription`
    const detail = `${why}: what it had queued is gone, and values until the first new one may be missing.`
    const cause = restarted ? 'server-restart' : 'session-recreated'
    for (const { plan } of subscriptions)
      gaps.lost(
        plan.items.map(({ handle }) => handle),
        cause,
        detail,
        Number.NaN,
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
    const limits = await readLimits(session)
    await learnBlockForms(session, points, this.#nodes, this.#parts.items, limits)
    this.#noDeadband = await refuseDeadbands(session, points, this.#nodes, problems, limits)
  }

  #plan(): PlannedSubscription[] {
    const { points, bridgeMs } = this.#parts
    const plans = planSubscriptions(points, (handle) => this.#fastest[handle] ?? Number.NaN, bridgeMs)
    // What this server has turned out to need holds for what is created anew as well.
    for (const plan of plans) {
      plan.maxNotificationsPerPublish = Math.min(plan.maxNotificationsPerPublish, this.#mostNotifications)
      for (const item of plan.items) {
        item.bothTimestamps ||= this.#untimed.has(item.handle)
        if (this.#noDeadband.has(item.handle)) item.deadband = null
      }
    }
    return plans
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
    this.#itemIds.set(item.handle, item.itemId)
    problems.clear(`opcua.item:${point.id}`)
    if (item.deadbandRefused !== '')
      problems.raise(
        `opcua.deadband:${point.id}`,
        'warning',
        `Server ${this.#parts.serverId} does not do the deadband of point ${point.id} (${item.deadbandRefused}): every change is taken.`,
        'Take the deadband out of the contract, or change it to one the server does.',
      )
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
