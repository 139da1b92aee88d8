import { randomUUID } from 'node:crypto'
import type { ClientSession, OPCUAClient } from 'node-opcua-client'
import type { ConditionAnswer, ConditionRequest } from '../../shared/domain/condition.ts'
import type { LinkState } from '../../shared/domain/intake.ts'
import { AddressBook } from './address-book.ts'
import { Backfill } from './backfill.ts'
import { ConditionClient } from './conditions/condition-client.ts'
import { pause, unlessStopped, within } from './deadline.ts'
import { Feed } from './feed.ts'
import { GapBook } from './gap-book.ts'
import { ItemTable } from './item-table.ts'
import { LinkCertificate } from './link-certificate.ts'
import { tellFailure } from './link-failure.ts'
import { LinkTracker } from './link-tracker.ts'
import { type LiveClient, LiveLink } from './live-link.ts'
import { chosenEndpoint, createClient, discard, identityOf, repairForEver, shownCertificate } from './opcua-client.ts'
import { PointWriter } from './write-point.ts'
import { ProblemBook } from './problem-book.ts'
import { PublishPump } from './publish-pump.ts'
import type { Refusal } from './refusal.ts'
import { ReverseWay } from './reverse-way.ts'
import { Subscriber } from './subscriber.ts'
import {
  defaultTimings,
  type MappedPoint,
  type OpcuaConnection,
  type OpcuaConnectionOptions,
  type Timings,
} from './types.ts'

const connectWait = 20_000
const sessionWait = 10_000

/**
 * The connection to one server, for as long as the engine runs.
 *
 * node-opcua does channels, signatures, the session and its repair (new channel, ActivateSession, else a new session).
 * Subscriptions, publishing, Republish and monitored items are this room's own, on the raw services: its defects A to D
 * are all in those parts, and its dispatch costs more CPU than everything else together (docs/adr/0003).
 */
class Connection implements OpcuaConnection {
  readonly #options: OpcuaConnectionOptions
  readonly #timings: Timings
  readonly #link: LinkTracker
  readonly #problems: ProblemBook
  readonly #items: ItemTable
  readonly #gaps: GapBook
  readonly #backfill: Backfill
  readonly #feed: Feed
  readonly #pump: PublishPump
  readonly #subscriber: Subscriber
  readonly #stopping = new AbortController()
  readonly #addresses: AddressBook
  readonly #writer: PointWriter
  readonly #id = randomUUID()
  readonly #conditions: ConditionClient
  #running: Promise<void> | null = null
  #live: LiveLink | null = null
  /** Of a server that dials out. */
  readonly #reverse: ReverseWay | null
  #nudge = new AbortController()
  readonly #certificate: LinkCertificate
  readonly #counters = { watchdogTrips: 0, rebuilds: 0 }

  constructor(options: OpcuaConnectionOptions) {
    const { server, points, clock, sink } = options
    const hooks = options.testHooks ?? {}
    this.#options = options
    this.#timings = { ...defaultTimings, ...options.timings }
    this.#link = new LinkTracker(server, sink, clock)
    this.#problems = new ProblemBook(sink, clock)
    this.#certificate = new LinkCertificate({ options, link: this.#link, problems: this.#problems })
    const { reverse } = server
    this.#reverse = reverse ? new ReverseWay({ ...this.#shared(), reverse }) : null
    const items = new ItemTable(points)
    this.#items = items
    this.#backfill = new Backfill({
      items,
      sink,
      clock,
      session: () => this.#session(),
      nodeOf: (handle) => this.#subscriber.nodeOf(handle),
    })
    this.#gaps = new GapBook(server.id, sink, items, (handle, gap) => this.#backfill.gap(handle, gap))
    this.#pump = new PublishPump(
      {
        response: (response) => this.#feed.receive(response),
        trouble: () => this.#live?.resync(),
        tooLarge: () => this.#live?.shrink(),
      },
      hooks.unboundedPublish === true,
    )
    this.#conditions = new ConditionClient({
      server,
      clock,
      problems: this.#problems,
      news: (news) => sink.conditions?.(news),
      state: (state) => this.#link.alarms(state),
      timings: this.#timings,
      session: () => this.#session(),
    })
    this.#feed = new Feed({
      items,
      sink,
      clock,
      gaps: this.#gaps,
      problems: this.#problems,
      hooks,
      events: {
        delivered: (subscriptionId, number) => this.#pump.acknowledge(subscriptionId, number),
        broken: () => this.#live?.resync(),
        data: (lastUs) => this.#link.data(lastUs),
        alarms: (body, at, receiveUs) => this.#conditions.events(body, at, receiveUs),
        alarmsMissed: (detail) => this.#conditions.missed(detail),
        untimed: (handle) => this.#subscriber.untimed(handle),
      },
    })
    this.#subscriber = new Subscriber({
      serverId: server.id,
      items,
      keepAliveMs: this.#timings.keepAliveMs,
      bridgeMs: this.#timings.bridgeMs,
      hooks,
      feed: this.#feed,
      pump: this.#pump,
      gaps: this.#gaps,
      problems: this.#problems,
      link: this.#link,
      conditions: this.#conditions,
      clock,
    })
    this.#addresses = new AddressBook(
      server.id,
      () => this.#session(),
      () => this.#subscriber.namespaces,
    )
    this.#writer = new PointWriter(
      server.id,
      () => {
        const session = this.#session()
        return session && { session, id: `${this.#id}:${this.#link.state.reconnects}` }
      },
      () => this.#subscriber.namespaces,
    )
  }

  async start(): Promise<void> {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#nudge.abort()
    this.#live?.end(null)
    await this.#running
    this.#gaps.close()
    this.#problems.clearAll()
    this.#link.set('stopped', 'The connection was stopped.')
  }

  revise(points: readonly MappedPoint[]): void {
    this.#subscriber.revise(this.#items.revise(points))
    this.#live?.revised()
  }

  state(): LinkState {
    return this.#link.state
  }

  counters() {
    const { messages, republished, duplicates, decoder } = this.#feed
    return {
      messages,
      values: decoder.values,
      duplicates,
      repeats: decoder.repeats,
      republished,
      recreated: this.#subscriber.recreated,
      transferred: this.#subscriber.transferred,
      publishOutstanding: this.#pump.outstanding,
      ...this.#counters,
      backfilled: this.#backfill.filled,
    }
  }

  browse(nodeId: string, continuation?: string) {
    return this.#addresses.browse(nodeId, continuation)
  }

  readAttributes(nodeIds: readonly string[], withValues?: boolean) {
    return this.#addresses.readAttributes(nodeIds, withValues)
  }

  readValues(nodeIds: readonly string[]) {
    return this.#addresses.readValues(nodeIds)
  }

  search(text: string, limit: number, again: boolean) {
    return this.#addresses.search(text, limit, again)
  }

  callCondition(request: ConditionRequest): Promise<ConditionAnswer> {
    return this.#conditions.call(request)
  }

  prepareWrite(nodeId: string) {
    return this.#writer.prepare(nodeId)
  }

  write(...asked: Parameters<OpcuaConnection['write']>) {
    return this.#writer.write(...asked)
  }

  /** While the link stands. */
  #session(): ClientSession | null {
    return this.#link.phase === 'connected' ? (this.#live?.session ?? null) : null
  }

  async #run(): Promise<void> {
    const { server, pki } = this.#options
    const forget = pki.onChange(() => this.#nudge.abort())
    let waitMs = this.#timings.retryMs
    const begins = this.#reverse
      ? `Opening ${this.#reverse.where} for the calls of server ${server.id}.`
      : `Connecting to server ${server.id} at ${server.endpointUrl}.`
    this.#link.set('connecting', begins)
    while (!this.#stopping.signal.aborted) {
      this.#nudge = new AbortController()
      const before = this.#link.state.reconnects
      const wasConnected = this.#link.state.itemsGood
      const refusal = await this.#attempt()
      if (this.#stopping.signal.aborted) break
      // A link that had stood starts with short waits again.
      if (this.#link.state.reconnects > before || this.#link.state.itemsGood > wasConnected)
        waitMs = this.#timings.retryMs
      const pauseMs = refusal ? this.#timings.refusedRetryMs : waitMs * (0.9 + 0.2 * Math.random())
      await pause(refusal?.retryable === false ? 2 ** 31 - 1 : pauseMs, this.#nudge.signal)
      waitMs = Math.min(this.#timings.retryMaxMs, waitMs * 2)
    }
    this.#reverse?.close()
    forget()
  }

  /** One client from connect to its end. Says why it ended when another attempt alone does not help. */
  async #attempt(): Promise<Refusal | null> {
    const { server, pki, secrets, applicationUri } = this.#options
    let client: OPCUAClient | null = null
    try {
      this.#certificate.refuseUnsafe()
      if (this.#reverse) client = await this.#reverse.connect()
      else {
        client = createClient(server, pki, applicationUri, (rule) => this.#certificate.exceptions.allows(rule))
        await this.#step(within(connectWait, 'connecting', client.connect(server.endpointUrl)))
      }
      const endpoint = chosenEndpoint(client, server)
      const certificate = server.security.mode === 'None' ? null : shownCertificate(client)
      if (certificate) this.#certificate.judge(certificate, endpoint)
      this.#reverse?.prove(certificate, endpoint)
      await this.#certificate.noteRevocation(certificate)
      this.#certificate.noteExceptions()
      const identity = await this.#step(identityOf(server, endpoint, secrets))
      const session = await this.#step(within(sessionWait, 'opening a session', client.createSession(identity)))
      repairForEver(client)
      this.#live = this.#liveLink({ client, session, certificate, endpoint })
      await this.#live.run()
      return null
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error))
      return await tellFailure(failure, this.#shared(), this.#reverse)
    } finally {
      this.#pump.stop()
      this.#feed.useSession(null)
      this.#live = null
      if (client) await discard(client)
    }
  }

  #liveLink(live: LiveClient): LiveLink {
    return new LiveLink(
      {
        ...this.#shared(),
        feed: this.#feed,
        pump: this.#pump,
        subscriber: this.#subscriber,
        backfill: this.#backfill,
        conditions: this.#conditions,
        counters: this.#counters,
        reverse: this.#reverse,
      },
      live,
    )
  }

  #shared() {
    return {
      options: this.#options,
      timings: this.#timings,
      link: this.#link,
      problems: this.#problems,
      certificate: this.#certificate,
      stopping: this.#stopping.signal,
    }
  }

  /** One awaited step of connecting; `stop` does not wait for it. */
  #step<T>(work: Promise<T>): Promise<T> {
    return unlessStopped(this.#stopping.signal, work)
  }
}

/** See `OpcuaConnectionOptions`; nothing happens before `start`. */
export function createOpcuaConnection(options: OpcuaConnectionOptions): OpcuaConnection {
  return new Connection(options)
}
