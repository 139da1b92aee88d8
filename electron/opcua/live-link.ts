import type { ClientSession, EndpointDescription, OPCUAClient } from 'node-opcua-client'
import type { Backfill } from './backfill.ts'
import type { ConditionClient } from './conditions/condition-client.ts'
import { unlessStopped, within } from './deadline.ts'
import type { Feed } from './feed.ts'
import { installLeanDecoding } from './lean-wire.ts'
import { breakChannel } from './library-internals.ts'
import type { LinkCertificate } from './link-certificate.ts'
import type { LinkTracker } from './link-tracker.ts'
import type { ProblemBook } from './problem-book.ts'
import type { PublishPump } from './publish-pump.ts'
import type { ReverseWay } from './reverse-way.ts'
import { SilenceWatch } from './silence-watch.ts'
import type { Subscriber } from './subscriber.ts'
import type { OpcuaConnectionOptions, Timings } from './types.ts'

/** A server's clock this far from ours is said, and is no longer said below the second. */
const raiseClockUs = 2e6
const clearClockUs = 1e6

/** Why subscriptions are brought in order: the first time, after a repaired channel, or in a session that stands. */
type Why = 'first' | 'restored' | 'again'

export interface LiveLinkParts {
  options: OpcuaConnectionOptions
  timings: Timings
  link: LinkTracker
  problems: ProblemBook
  feed: Feed
  pump: PublishPump
  subscriber: Subscriber
  backfill: Backfill
  conditions: ConditionClient
  certificate: LinkCertificate
  counters: { watchdogTrips: number; rebuilds: number }
  stopping: AbortSignal
  /** Of a server that dials out; null when it is dialled. */
  reverse: ReverseWay | null
}

export interface LiveClient {
  client: OPCUAClient
  session: ClientSession
  /** DER; null without security. */
  certificate: Buffer | null
  endpoint: EndpointDescription | undefined
}

/** One client with its session, from its first subscriptions until it has to be thrown away. */
export class LiveLink {
  /** Set while subscriptions are in order. */
  session: ClientSession | null = null
  readonly #parts: LiveLinkParts
  readonly #live: LiveClient
  readonly #watch: SilenceWatch
  readonly #ended: Promise<void>
  #settle: (reason: Error | null) => void = () => undefined
  #rebuildTimer: NodeJS.Timeout | undefined
  #unwatchCalls: (() => void) | null = null
  #busy = false
  #next: Why | null = null
  #publishing = false
  #over = false

  constructor(parts: LiveLinkParts, live: LiveClient) {
    this.#parts = parts
    this.#live = live
    const { feed, options, timings } = parts
    this.#watch = new SilenceWatch(feed, options.clock, timings.silenceGraceMs, (seconds, all) =>
      this.#silent(seconds, all),
    )
    this.#ended = new Promise<void>((resolve, reject) => {
      this.#settle = (reason) => (reason ? reject(reason) : resolve())
    })
    this.#ended.catch(() => undefined)
  }

  /** Resolves when asked to stop; rejects when the client has to be thrown away. */
  async run(): Promise<void> {
    const { options, timings, stopping } = this.#parts
    const { server, pki } = options
    const { client, session, certificate, endpoint } = this.#live
    client.on('connection_lost', () => this.#lost(`The link to server ${server.id} at ${server.endpointUrl} was cut.`))
    client.on('close', () => this.end(new Error('the connection was closed')))
    session.on('session_restored', () => void this.#synchronise('restored'))
    const forget = pki.onChange(() => void this.#checkTrust())
    // Trust may have been taken back between the library's check and here.
    void this.#checkTrust()
    const retry = setInterval(() => void this.#retryItems(), timings.retryItemsMs)
    const clockWatch = setInterval(() => this.#lookAtClock(), 1_000)
    const expiryWatch = setInterval(() => this.#recheck(certificate, endpoint), timings.recheckMs)
    try {
      await unlessStopped(stopping, this.#synchronise('first'))
      await this.#ended
      await within(2_000, 'closing the session', session.close(true)).catch(() => undefined)
    } finally {
      this.#over = true
      this.session = null
      forget()
      clearInterval(retry)
      clearInterval(clockWatch)
      clearInterval(expiryWatch)
      this.#repaired()
      this.#watch.stop()
    }
  }

  /** Null: as asked. Else the client is thrown away for this reason. */
  end(reason: Error | null): void {
    this.#settle(reason)
  }

  /** Subscriptions have to be looked at in the session that stands. */
  resync(): void {
    void this.#synchronise('again')
  }

  /** The points have changed. While the link is being repaired, its repair brings that about. */
  revised(): void {
    if (this.#busy || this.#parts.link.phase === 'connected') this.resync()
  }

  /** The queues hold more than the connection carries in one message. */
  shrink(): void {
    // A failure here is the link's, which its own watch reports.
    if (this.session) void this.#parts.subscriber.shrinkMessages(this.session).catch(() => undefined)
  }

  #lost(what: string): void {
    const { options, timings, link, problems, pump, reverse, stopping } = this.#parts
    if (stopping.aborted) return
    pump.stop()
    this.#watch.stop()
    const sentence = reverse ? `${what} Waiting for it to call ${reverse.where}.` : what
    link.set('lost', sentence)
    problems.raise(
      `opcua.link:${options.server.id}`,
      'error',
      sentence,
      'The link is repaired by itself; check the network and the server if it is not.',
    )
    // Until the server calls there is nothing to repair with: the session waits for it.
    if (reverse) this.#unwatchCalls ??= reverse.onCall(() => this.#boundRepair(timings.rebuildAfterCallMs))
    else this.#boundRepair(timings.rebuildAfterMs)
  }

  /** node-opcua's repair has been seen to go on for ever without success (issue 1450). */
  #boundRepair(ms: number): void {
    this.#rebuildTimer ??= setTimeout(() => {
      this.#parts.counters.rebuilds += 1
      this.end(new Error('repair took longer than allowed'))
    }, ms)
  }

  #repaired(): void {
    clearTimeout(this.#rebuildTimer)
    this.#rebuildTimer = undefined
    this.#unwatchCalls?.()
    this.#unwatchCalls = null
  }

  #silent(seconds: number, all: boolean): void {
    this.#parts.counters.watchdogTrips += 1
    if (!all) {
      this.resync()
      return
    }
    const { id } = this.#parts.options.server
    this.#lost(
      `Server ${id} has been silent for ${seconds.toFixed(0)} s although it should answer; the link is made anew.`,
    )
    breakChannel(this.#live.client)
  }

  /**
   * One run at a time; a wish during a run makes another. `first`: failures are thrown instead of awaited. `again`: in a
   * session that stands, whose publish requests go on; the ledger sorts out what they bring meanwhile.
   */
  async #synchronise(why: Why): Promise<void> {
    if (this.#over) return
    if (this.#busy) {
      if (this.#next !== 'restored') this.#next = why
      return
    }
    this.#busy = true
    try {
      await this.#bringInOrder(why)
    } catch (error) {
      if (why === 'first') {
        this.#over = true
        throw error
      }
      // The channel went again: session_restored comes after the next repair. Else the server was slow: once more.
      setTimeout(() => this.resync(), 2_000).unref()
    } finally {
      this.#busy = false
      const wish = this.#next
      this.#next = null
      if (wish !== null) setImmediate(() => void this.#synchronise(wish))
    }
  }

  async #bringInOrder(why: Why): Promise<void> {
    const { options, link, problems, feed, pump, subscriber, backfill, conditions } = this.#parts
    const { client, session } = this.#live
    if (why !== 'again') this.#publishing = false
    if (!this.#publishing) {
      pump.stop()
      feed.serverClock.forget()
      backfill.forget()
      installLeanDecoding(client)
    }
    await subscriber.activate(session, !this.#publishing)
    this.session = session
    if (this.#publishing) pump.resume()
    else pump.start(session)
    this.#publishing = true
    this.#repaired()
    this.#watch.start()
    problems.clear(`opcua.link:${options.server.id}`)
    link.set('connected', '')
    conditions.wake()
  }

  #recheck(certificate: Buffer | null, endpoint: EndpointDescription | undefined): void {
    try {
      this.#parts.certificate.recheck(certificate, endpoint)
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)))
    }
  }

  async #checkTrust(): Promise<void> {
    // A store that cannot be read now is looked at again with its next change.
    const why = await this.#parts.certificate.endedBy(this.#live.certificate).catch(() => null)
    if (why !== null) this.end(new Error(why))
  }

  #lookAtClock(): void {
    const { options, link, problems, feed } = this.#parts
    const { id: serverId } = options.server
    const id = `opcua.clock:${serverId}`
    const { aheadUs } = feed.serverClock
    const seconds = Math.round(Math.abs(aheadUs) / 1e6)
    if (Number.isNaN(aheadUs) || link.phase !== 'connected') return
    if (Math.abs(aheadUs) < clearClockUs) problems.clear(id)
    if (Math.abs(aheadUs) < raiseClockUs) return
    problems.raise(
      id,
      'warning',
      `The clock of server ${serverId} is ${seconds} s ${aheadUs < 0 ? 'ahead of' : 'behind'} the clock here: its values carry that time.`,
      'Set both clocks by the same time server (NTP); values keep the times their source gave them.',
    )
  }

  async #retryItems(): Promise<void> {
    const { link, subscriber } = this.#parts
    if (link.phase !== 'connected' || !subscriber.hasBadItems) return
    // A failure here is the link's, which its own watch reports.
    await subscriber.retryBadItems(this.#live.session).catch(() => undefined)
  }
}
