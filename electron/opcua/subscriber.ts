import type { ClientSession, NodeId } from 'node-opcua-client'
import type { Clock } from '../../shared/domain/time.ts'
import type { ConditionClient } from './conditions/condition-client.ts'
import { within } from './deadline.ts'
import type { Feed, LiveSubscription } from './feed.ts'
import type { GapBook } from './gap-book.ts'
import { ItemReport } from './item-report.ts'
import type { ItemTable, Revision } from './item-table.ts'
import { rawServices } from './library-internals.ts'
import type { LinkTracker } from './link-tracker.ts'
import { createItems, createSubscription, deleteItems, limitMessages, modifyItems } from './monitored-items.ts'
import { PointNodes } from './point-nodes.ts'
import type { ProblemBook } from './problem-book.ts'
import type { PublishPump } from './publish-pump.ts'
import { readFacts, type ServerFacts } from './server-facts.ts'
import { isSameItem, type PlannedItem, type PlannedSubscription, planSubscriptions } from './subscription-plan.ts'
import type { TestHooks } from './types.ts'

interface SubscriberParts {
  serverId: string
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
  conditions: ConditionClient
  clock: Clock
}

/** What is said of single points, here and in the feed. */
const problemsOfPoints = ['item', 'deadband', 'sampling', 'decode', 'rate', 'precision'] as const

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
  /** Of the last activation that came to its end: what changed since one that failed half-way is still news. */
  #settled: ServerFacts | null = null
  readonly #report: ItemReport
  readonly #nodes: PointNodes
  /** Start of the run of the server that each subscription was made on, by its id. */
  readonly #madeOn = new Map<number, number | null>()
  /** Items whose contract has changed since they were created. */
  #changed = new Set<number>()
  /** Subscriptions with a call under way that creates or changes items: unanswered, nobody knows what they hold. */
  readonly #unsure = new Set<number>()
  /** Points whose values come without a source time. */
  readonly #untimed = new Set<number>()
  #askingTimes = false
  /** The subscription of alarms as it is to be; null when there is none. */
  #alarms: PlannedSubscription | null = null
  #mostNotifications = Number.POSITIVE_INFINITY
  readonly #parts: SubscriberParts

  constructor(parts: SubscriberParts) {
    this.#parts = parts
    this.#report = new ItemReport(parts)
    const keepNamespaceIndexes = parts.hooks.keepNamespaceIndexes === true
    this.#nodes = new PointNodes({ ...parts, report: this.#report, keepNamespaceIndexes })
  }

  get namespaces(): readonly string[] {
    return this.#facts?.namespaces ?? []
  }

  /** The node of a point on the server as it is now. */
  nodeOf(handle: number): NodeId | null {
    return this.#nodes.of(handle)
  }

  get hasBadItems(): boolean {
    return this.#report.bad.size > 0
  }

  /**
   * A session has become active. Brings every subscription back; throws when the link fails meanwhile. `interrupted`: the
   * link was down before.
   */
  async activate(session: ClientSession, interrupted: boolean): Promise<void> {
    const { feed } = this.#parts
    const before = this.#settled
    const facts = await readFacts(session)
    this.#facts = facts
    const sessionId = rawServices(session).sessionId.toString()
    const sameSession = sessionId === this.#sessionId
    feed.useSession(session)
    this.#session = session
    const restarted = before !== null && before.startTimeMs !== facts.startTimeMs
    const moved = before !== null && before.namespaces.join('\n') !== facts.namespaces.join('\n')
    await this.#nodes.look(session, facts)
    const live = [...feed.subscriptions.values()]
    if (before === null || restarted || moved) {
      if (before !== null) this.#lost(live, restarted, moved)
      for (const subscription of live)
        await this.#remove(session, subscription, this.#madeOn.get(subscription.id) === facts.startTimeMs)
      this.#changed.clear()
      this.#sessionId = sessionId
      this.#alarms = await this.#parts.conditions.plan(session, facts.namespaces)
      await this.#create(session, this.#plan())
      this.#settled = facts
      return
    }
    const kept = sameSession ? new Set(live) : await this.#transfer(session, live)
    this.#sessionId = sessionId
    for (const subscription of live) {
      if (kept.has(subscription) && !this.#unsure.has(subscription.id) && (await feed.catchUp(subscription))) {
        if (interrupted) this.#shallowLost(subscription)
        continue
      }
      this.#lost([subscription], false, false)
      await this.#remove(session, subscription, true)
    }
    await this.#adjust(session)
    this.#settled = facts
  }

  /** The points have changed. What differs is brought about by the next `activate`, in the session that stands. */
  revise({ added, removed, changed, remapped, goneIds }: Revision): void {
    const { gaps, problems, serverId, items } = this.#parts
    for (const id of goneIds) for (const kind of problemsOfPoints) problems.clear(`opcua.${kind}:${id}`)
    for (const handle of removed) {
      this.#report.bad.delete(handle)
      this.#untimed.delete(handle)
      this.#nodes.forget(handle)
    }
    for (const handle of [...added, ...changed]) this.#nodes.changed(handle)
    for (const handle of changed) this.#changed.add(handle)
    gaps.end(removed)
    const ids = remapped.map((handle) => items.points[handle]?.point.id).join(', ')
    const detail = `${ids} was mapped to another node of server ${serverId}: values until its first one may be missing.`
    gaps.lost(remapped, 'configuration-change', detail, Number.NaN)
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
    const { feed, problems, serverId, items: table } = this.#parts
    const names = [...this.#untimed].flatMap((handle) => table.points[handle]?.point.id ?? [])
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
        const itemId = this.#report.itemIds.get(item.handle)
        if (itemId === undefined || item.bothTimestamps || !this.#untimed.has(item.handle)) return []
        item.bothTimestamps = true
        return [{ item, itemId }]
      })
      await modifyItems(session, id, items, this.#facts?.maxItemsPerCall ?? 0)
    }
  }

  /** Offers the refused items again: a node may have come into being. */
  async retryBadItems(session: ClientSession): Promise<void> {
    const facts = this.#facts
    if (!facts) return
    const handles = new Set(this.#report.bad.keys())
    await this.#nodes.resolve(session, facts, handles)
    for (const { id, plan } of this.#parts.feed.subscriptions.values()) {
      const items = plan.items.filter(({ handle }) => handles.has(handle))
      await this.#createItems(session, id, items)
    }
    this.#count()
  }

  /**
   * A queue of one keeps the latest value and no overflow bit (OPC 10000-4, 5.12.1.5): nothing says what it dropped while
   * the link was down. The present values show which points lost nothing.
   */
  #shallowLost(subscription: LiveSubscription): void {
    const { feed, gaps, items, serverId } = this.#parts
    const { shallow } = this.#report
    const handles = subscription.plan.items.flatMap(({ handle }) => (shallow.has(handle) ? [handle] : []))
    if (handles.length === 0) return
    const names = `${items.points[handles[0] ?? 0]?.point.id}${handles.length > 1 ? ` and ${handles.length - 1} more` : ''}`
    const detail = `Server ${serverId} keeps one value only for ${names}: values while the link was down may be missing.`
    gaps.lost(handles, 'overflow', detail, Number.NaN)
    void feed.resend(subscription)
  }

  /** What these subscriptions had queued is gone; points that never had a value lack nothing that is known. */
  #lost(subscriptions: readonly LiveSubscription[], restarted: boolean, moved: boolean): void {
    const { gaps, serverId, conditions, clock } = this.#parts
    const why = restarted
      ? `Server ${serverId} was restarted${moved ? ' with its namespaces in another order' : ''}`
      : moved
        ? `Server ${serverId} changed its namespaces`
        : `Server ${serverId} no longer had the subscription`
    const detail = `${why}: what it had queued is gone, and values until the first new one may be missing.`
    const cause = restarted ? 'server-restart' : 'session-recreated'
    for (const { plan, lastHeardMs } of subscriptions) {
      const handles = plan.items.map(({ handle }) => handle)
      gaps.lost(handles, cause, detail, Number.NaN)
      if (plan.name !== 'alarms') continue
      const sinceUs = clock.nowUs() - Math.round((clock.monotonicMs() - lastHeardMs) * 1_000)
      conditions.lost(`${why}: what it had queued of its alarms is gone.`, sinceUs)
    }
  }

  async #remove(session: ClientSession, { id }: LiveSubscription, mayExist: boolean): Promise<void> {
    this.recreated += 1
    await this.#drop(session, id, mayExist)
  }

  async #drop(session: ClientSession, id: number, mayExist: boolean): Promise<void> {
    const { feed, pump } = this.#parts
    feed.remove(id)
    pump.forget(id)
    this.#unsure.delete(id)
    this.#madeOn.delete(id)
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
      if (isRefusal(error)) return new Set()
      throw error
    }
  }

  #plan(): PlannedSubscription[] {
    const { bridgeMs } = this.#parts
    const plans = planSubscriptions(this.#nodes.known(), (handle) => this.#nodes.fastestMs(handle), bridgeMs)
    if (this.#alarms) plans.push({ ...this.#alarms, items: [] })
    // What this server has turned out to need holds for what is created anew as well.
    for (const plan of plans) {
      plan.maxNotificationsPerPublish = Math.min(plan.maxNotificationsPerPublish, this.#mostNotifications)
      for (const item of plan.items) {
        item.bothTimestamps ||= this.#untimed.has(item.handle)
        if (!this.#nodes.takesDeadband(item.handle)) item.deadband = null
      }
    }
    return plans
  }

  /** The subscriptions that stand are made what they are to be; what is right in them is not touched. */
  async #adjust(session: ClientSession): Promise<void> {
    const { feed } = this.#parts
    const changed = this.#changed
    this.#changed = new Set()
    const wanted = new Map(this.#plan().map((plan) => [plan.name, plan]))
    try {
      // First all that goes: an item may move from one subscription to another.
      for (const live of feed.subscriptions.values()) {
        const plan = wanted.get(live.plan.name)
        if (plan) await this.#takeOut(session, live, new Set(plan.items.map(({ handle }) => handle)))
        else await this.#takeOut(session, live, new Set())
        if (!plan) await this.#drop(session, live.id, true)
      }
      for (const live of feed.subscriptions.values()) {
        const plan = wanted.get(live.plan.name)
        wanted.delete(live.plan.name)
        if (plan) await this.#complete(session, live, plan, changed)
      }
      await this.#create(session, [...wanted.values()])
    } catch (error) {
      for (const handle of changed) this.#changed.add(handle)
      throw error
    }
  }

  async #takeOut(session: ClientSession, live: LiveSubscription, stay: ReadonlySet<number>): Promise<void> {
    const { items, gaps } = this.#parts
    const gone = live.plan.items.filter(({ handle }) => !stay.has(handle))
    if (gone.length === 0) return
    await this.#delete(session, live.id, gone)
    live.plan.items = live.plan.items.filter(({ handle }) => stay.has(handle))
    const moved = gone.flatMap(({ handle }) => (items.points[handle] ? [handle] : []))
    gaps.lost(moved, 'configuration-change', movedDetail, Number.NaN)
  }

  async #complete(
    session: ClientSession,
    live: LiveSubscription,
    plan: PlannedSubscription,
    changed: ReadonlySet<number>,
  ): Promise<void> {
    const { id } = live
    const present = new Map(live.plan.items.map((item) => [item.handle, item]))
    const added = plan.items.filter(({ handle }) => !present.has(handle))
    const altered = plan.items.filter((item) => {
      const before = present.get(item.handle)
      return changed.has(item.handle) && before !== undefined && !isSameItem(before, item)
    })
    await this.#modify(session, id, altered)
    await this.#createItems(session, id, added)
    for (const item of [...added, ...altered]) present.set(item.handle, item)
    live.plan.items = [...present.values()]
    const { publishingIntervalMs, maxNotificationsPerPublish } = plan
    const isSame =
      publishingIntervalMs === live.plan.publishingIntervalMs &&
      maxNotificationsPerPublish === live.plan.maxNotificationsPerPublish
    if (isSame) return
    Object.assign(live.plan, { publishingIntervalMs, maxNotificationsPerPublish })
    await limitMessages(session, id, live.plan, this.#parts.keepAliveMs)
  }

  /** In place, so that nothing queued is lost; what the server does not take that way is made anew. */
  async #modify(session: ClientSession, id: number, altered: readonly PlannedItem[]): Promise<void> {
    const entries = altered.flatMap((item) => {
      const itemId = this.#report.itemIds.get(item.handle)
      return itemId === undefined ? [] : [{ item, itemId }]
    })
    if (entries.length === 0) return
    const answers = await modifyItems(session, id, entries, this.#facts?.maxItemsPerCall ?? 0)
    const good = answers.filter(({ status }) => status >>> 30 === 0)
    this.#report.answered(good)
    const taken = new Set(good.map(({ handle }) => handle))
    const refused = entries.flatMap(({ item }) => (taken.has(item.handle) ? [] : [item]))
    await this.#delete(session, id, refused)
    await this.#createItems(session, id, refused)
    const handles = refused.map(({ handle }) => handle)
    this.#parts.gaps.lost(handles, 'configuration-change', movedDetail, Number.NaN)
  }

  async #delete(session: ClientSession, id: number, items: readonly PlannedItem[]): Promise<void> {
    const itemIds = items.flatMap(({ handle }) => this.#report.itemIds.get(handle) ?? [])
    await deleteItems(session, id, itemIds, this.#facts?.maxItemsPerCall ?? 0)
    for (const { handle } of items) this.#report.forget(handle)
  }

  async #create(session: ClientSession, plans: readonly PlannedSubscription[]): Promise<void> {
    const { feed, keepAliveMs } = this.#parts
    if (!this.#facts) return
    for (const plan of plans) {
      const { id, keepAliveMs: revised } = await createSubscription(session, plan, keepAliveMs)
      feed.add(id, plan, revised)
      this.#madeOn.set(id, this.#facts.startTimeMs)
      await this.#createItems(session, id, plan.items)
      if (plan.name === 'alarms') await this.#attachAlarms(session, id)
    }
    this.#count()
  }

  async #attachAlarms(session: ClientSession, id: number): Promise<void> {
    this.#unsure.add(id)
    const isTaken = await this.#parts.conditions.attach(session, id)
    this.#unsure.delete(id)
    if (isTaken) return
    this.#alarms = null
    await this.#drop(session, id, true)
  }

  async #createItems(session: ClientSession, id: number, items: readonly PlannedItem[]): Promise<void> {
    if (items.length === 0) return
    this.#unsure.add(id)
    try {
      const nodeOf = (handle: number): NodeId | null => this.#nodes.of(handle)
      this.#report.answered(await createItems(session, id, items, nodeOf, this.#facts?.maxItemsPerCall ?? 0))
      this.#unsure.delete(id)
    } catch (error) {
      // Refused as a whole: then nothing of it is there.
      if (isRefusal(error)) this.#unsure.delete(id)
      throw error
    }
  }

  #count(): void {
    const { feed, link } = this.#parts
    let all = 0
    for (const { plan } of feed.subscriptions.values()) all += plan.items.length
    const bad = this.#report.bad.size
    link.items(all - bad, bad)
  }
}

const movedDetail =
  'The contract of the point asks for another way of delivery: what the server had queued in the old one may be missing.'

/** The server's own answer to a call, as opposed to none. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error && /Bad[A-Z]/.test(error.message) && !/BadConnection|BadSecureChannel/.test(error.message)
  )
}
