import { X509Certificate } from 'node:crypto'
import type { ClientSession, EndpointDescription, OPCUAClient } from 'node-opcua-client'
import type { LinkState } from '../../shared/domain/intake.ts'
import { AddressBook } from './address-book.ts'
import { Backfill } from './backfill.ts'
import { pause, unlessStopped, within } from './deadline.ts'
import { ExceptionBook, exceptionRules } from './exceptions.ts'
import { Feed } from './feed.ts'
import { GapBook } from './gap-book.ts'
import { ItemTable } from './item-table.ts'
import { installLeanDecoding } from './lean-wire.ts'
import { breakChannel } from './library-internals.ts'
import { LinkTracker } from './link-tracker.ts'
import { chosenEndpoint, createClient, discard, identityOf, repairForEver, shownCertificate } from './opcua-client.ts'
import { thumbprintOf } from './pki.ts'
import { ProblemBook } from './problem-book.ts'
import { PublishPump } from './publish-pump.ts'
import { lostSentence, type Refusal, refusalOf, refuseUnsafe } from './refusal.ts'
import { checkServerCertificate } from './server-certificate.ts'
import { Subscriber } from './subscriber.ts'
import { defaultTimings, type OpcuaConnection, type OpcuaConnectionOptions, type Timings } from './types.ts'
import { offeredThumbprint } from './discover.ts'
import { SilenceWatch } from './silence-watch.ts'

const connectWait = 20_000
const sessionWait = 10_000
/** A server's clock this far from ours is said, and is no longer said below the second. */
const raiseClockUs = 2e6
const clearClockUs = 1e6

/** Why subscriptions are brought in order: the first time, after a repaired channel, or in a session that stands. */
type Why = 'first' | 'restored' | 'again'

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
  readonly #gaps: GapBook
  readonly #backfill: Backfill
  readonly #feed: Feed
  readonly #pump: PublishPump
  readonly #subscriber: Subscriber
  readonly #stopping = new AbortController()
  readonly #addresses: AddressBook
  #running: Promise<void> | null = null
  #session: ClientSession | null = null
  /** Ends the present client; set while one is live. */
  #endLive: ((reason: Error | null) => void) | null = null
  #resync: (() => void) | null = null
  #nudge = new AbortController()
  readonly #exceptions: ExceptionBook
  /** Of the certificate the last link stood on: another one is said to be another. */
  #acceptedThumbprint: string | null = null
  #watchdogTrips = 0
  #rebuilds = 0

  constructor(options: OpcuaConnectionOptions) {
    const { server, points, clock, sink } = options
    const hooks = options.testHooks ?? {}
    this.#options = options
    this.#timings = { ...defaultTimings, ...options.timings }
    this.#link = new LinkTracker(server, sink, clock)
    this.#problems = new ProblemBook(sink, clock)
    this.#exceptions = new ExceptionBook(server.id, options.exceptions ?? [], () => clock.nowUs())
    const items = new ItemTable(points)
    this.#backfill = new Backfill({
      items,
      sink,
      clock,
      session: () => (this.#link.phase === 'connected' ? this.#session : null),
      nodeOf: (handle) => this.#subscriber.nodeOf(handle),
    })
    this.#gaps = new GapBook(server.id, sink, items, (handle, gap) => this.#backfill.gap(handle, gap))
    this.#pump = new PublishPump(
      {
        response: (response) => this.#feed.receive(response),
        trouble: () => this.#resync?.(),
        tooLarge: () => this.#shrink(),
      },
      hooks.unboundedPublish === true,
    )
    this.#feed = new Feed({
      items,
      sink,
      clock,
      gaps: this.#gaps,
      problems: this.#problems,
      hooks,
      events: {
        delivered: (subscriptionId, number) => this.#pump.acknowledge(subscriptionId, number),
        broken: () => this.#resync?.(),
        data: (lastUs) => this.#link.data(lastUs),
        untimed: (handle) => this.#subscriber.untimed(handle),
      },
    })
    this.#subscriber = new Subscriber({
      serverId: server.id,
      points,
      items,
      keepAliveMs: this.#timings.keepAliveMs,
      bridgeMs: this.#timings.bridgeMs,
      hooks,
      feed: this.#feed,
      pump: this.#pump,
      gaps: this.#gaps,
      problems: this.#problems,
      link: this.#link,
    })
    this.#addresses = new AddressBook(
      server.id,
      () => (this.#link.phase === 'connected' ? this.#session : null),
      () => this.#subscriber.namespaces,
    )
  }

  async start(): Promise<void> {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#nudge.abort()
    this.#endLive?.(null)
    await this.#running
    this.#gaps.close()
    this.#problems.clearAll()
    this.#link.set('stopped', 'The connection was stopped.')
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
      watchdogTrips: this.#watchdogTrips,
      rebuilds: this.#rebuilds,
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

  async #run(): Promise<void> {
    const { server, pki } = this.#options
    const forget = pki.onChange(() => this.#nudge.abort())
    let waitMs = this.#timings.retryMs
    this.#link.set('connecting', `Connecting to server ${server.id} at ${server.endpointUrl}.`)
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
    forget()
  }

  /** One client from connect to its end. Says why it ended when another attempt alone does not help. */
  async #attempt(): Promise<Refusal | null> {
    const { server, pki, secrets, applicationUri } = this.#options
    let client: OPCUAClient | null = null
    try {
      this.#exceptions.forget()
      refuseUnsafe(server, this.#exceptions.waives)
      client = createClient(server, pki, applicationUri, (rule) => this.#exceptions.allows(rule))
      await this.#step(within(connectWait, 'connecting', client.connect(server.endpointUrl)))
      const endpoint = chosenEndpoint(client, server)
      const certificate = server.security.mode === 'None' ? null : shownCertificate(client)
      if (certificate) this.#judgeCertificate(certificate, endpoint)
      await this.#noteRevocation(certificate)
      this.#noteExceptions()
      const identity = await this.#step(identityOf(server, endpoint, secrets))
      const session = await this.#step(within(sessionWait, 'opening a session', client.createSession(identity)))
      repairForEver(client)
      await this.#live(client, session, certificate, endpoint)
      return null
    } catch (error) {
      return await this.#failed(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#pump.stop()
      this.#feed.useSession(null)
      this.#session = null
      if (client) await discard(client)
    }
  }

  /** One awaited step of connecting; `stop` does not wait for it. */
  #step<T>(work: Promise<T>): Promise<T> {
    return unlessStopped(this.#stopping.signal, work)
  }

  async #failed(error: Error): Promise<Refusal | null> {
    const { server } = this.#options
    if (this.#stopping.signal.aborted) return null
    const refusal = refusalOf(error, server, await this.#shownThumbprint(error), this.#acceptedThumbprint)
    const id = `opcua.link:${server.id}`
    if (refusal) {
      this.#link.insecure('')
      this.#link.set('refused', refusal.message)
      this.#problems.raise(id, 'error', refusal.message, refusal.remedy)
      return refusal
    }
    const sentence = lostSentence(error, server)
    this.#link.set('lost', sentence)
    this.#problems.raise(
      id,
      'error',
      sentence,
      'Check that the server runs and that the network between is up; the link is retried by itself.',
    )
    return null
  }

  async #shownThumbprint(error: Error): Promise<string | null> {
    if (!/BadCertificate/.test(error.message)) return null
    try {
      return await this.#step(offeredThumbprint(this.#options.server, this.#options.pki))
    } catch {
      return null
    }
  }

  #judgeCertificate(certificate: Buffer, endpoint: EndpointDescription | undefined): void {
    const { server, clock } = this.#options
    const { notices } = checkServerCertificate(certificate, endpoint, server, clock.nowUs(), this.#exceptions.waives)
    const id = `opcua.certificate.expiry:${server.id}`
    const [notice] = notices
    if (notice) this.#problems.raise(id, notice.severity, notice.message, notice.remedy)
    else this.#problems.clear(id)
    this.#acceptedThumbprint = thumbprintOf(new X509Certificate(certificate))
  }

  /** Whether the link stands only because a missing revocation list is allowed. */
  async #noteRevocation(certificate: Buffer | null): Promise<void> {
    if (!certificate || !this.#exceptions.allows('revocation-unknown')) return
    const verdict = await this.#options.pki.manager.verifyCertificate(certificate, {
      acceptCertificateWithValidIssuerChain: true,
    })
    if (/RevocationUnknown/.test(verdict)) this.#exceptions.waives('revocation-unknown')
  }

  /** What the link lives on by exception is said wherever the link is shown, and on the problem list. */
  #noteExceptions(): void {
    const { server } = this.#options
    const used = this.#exceptions.used()
    this.#link.insecure(used.map(({ words }) => words).join('; '))
    for (const rule of exceptionRules) {
      const id = `opcua.exception.${rule}:${server.id}`
      const found = used.find((exception) => exception.rule === rule)
      if (!found) this.#problems.clear(id)
      else
        this.#problems.raise(
          id,
          'warning',
          `The link to server ${server.id} is insecure: ${found.words}.`,
          'Mend the cause on the server before the exception ends; the link is refused from then on.',
        )
    }
  }

  /** A certificate or an exception may end while the link stands. */
  #recheck(certificate: Buffer | null, endpoint: EndpointDescription | undefined): void {
    try {
      this.#exceptions.forget()
      refuseUnsafe(this.#options.server, this.#exceptions.waives)
      if (certificate) this.#judgeCertificate(certificate, endpoint)
      this.#noteRevocation(certificate)
        .then(() => this.#noteExceptions())
        .catch(() => undefined)
    } catch (error) {
      this.#endLive?.(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Resolves when asked to stop; rejects when the client has to be thrown away. */
  async #live(
    client: OPCUAClient,
    session: ClientSession,
    certificate: Buffer | null,
    endpoint: EndpointDescription | undefined,
  ): Promise<void> {
    const { server, pki, clock } = this.#options
    let rebuildTimer: NodeJS.Timeout | undefined
    const ended = new Promise<void>((resolve, reject) => {
      this.#endLive = (reason) => (reason ? reject(reason) : resolve())
    })
    ended.catch(() => undefined)
    const lost = (sentence: string): void => {
      if (this.#stopping.signal.aborted) return
      this.#pump.stop()
      watch.stop()
      this.#link.set('lost', sentence)
      this.#problems.raise(
        `opcua.link:${server.id}`,
        'error',
        sentence,
        'The link is repaired by itself; check the network and the server if it is not.',
      )
      // node-opcua's repair has been seen to go on for ever without success (issue 1450).
      rebuildTimer ??= setTimeout(() => {
        this.#rebuilds += 1
        this.#endLive?.(new Error('repair took longer than allowed'))
      }, this.#timings.rebuildAfterMs)
    }
    const watch = new SilenceWatch(this.#feed, clock, this.#timings.silenceGraceMs, (seconds, all) => {
      this.#watchdogTrips += 1
      if (!all) {
        this.#resync?.()
        return
      }
      lost(
        `Server ${server.id} has been silent for ${seconds.toFixed(0)} s although it should answer; the link is made anew.`,
      )
      breakChannel(client)
    })
    const synchronise = this.#synchroniser(client, session, () => {
      clearTimeout(rebuildTimer)
      rebuildTimer = undefined
      watch.start()
    })
    this.#resync = () => void synchronise('again')
    client.on('connection_lost', () => lost(`The link to server ${server.id} at ${server.endpointUrl} was cut.`))
    client.on('close', () => this.#endLive?.(new Error('the connection was closed')))
    session.on('session_restored', () => void synchronise('restored'))
    const forget = pki.onChange(() => void this.#checkTrust(certificate))
    const retry = setInterval(() => void this.#retryItems(session), this.#timings.retryItemsMs)
    const clockWatch = setInterval(() => this.#lookAtClock(), 1_000)
    const expiryWatch = setInterval(() => this.#recheck(certificate, endpoint), this.#timings.recheckMs)
    try {
      await this.#step(synchronise('first'))
      await ended
      await within(2_000, 'closing the session', session.close(true)).catch(() => undefined)
    } finally {
      this.#endLive = null
      this.#resync = null
      forget()
      clearInterval(retry)
      clearInterval(clockWatch)
      clearInterval(expiryWatch)
      clearTimeout(rebuildTimer)
      watch.stop()
    }
  }

  /**
   * One run at a time; a wish during a run makes another. `first`: failures are thrown instead of awaited. `again`: in a
   * session that stands, whose publish requests go on; the ledger sorts out what they bring meanwhile.
   */
  #synchroniser(client: OPCUAClient, session: ClientSession, restored: () => void): (why: Why) => Promise<void> {
    const { server } = this.#options
    let busy = false
    let next: Why | null = null
    let publishing = false
    const synchronise = async (why: Why): Promise<void> => {
      if (busy) {
        if (next !== 'restored') next = why
        return
      }
      busy = true
      const first = why === 'first'
      try {
        if (why !== 'again') publishing = false
        if (!publishing) {
          this.#pump.stop()
          this.#feed.serverClock.forget()
          this.#backfill.forget()
          installLeanDecoding(client)
        }
        await this.#subscriber.activate(session)
        this.#session = session
        if (publishing) this.#pump.resume()
        else this.#pump.start(session)
        publishing = true
        restored()
        this.#problems.clear(`opcua.link:${server.id}`)
        this.#link.set('connected', '')
      } catch (error) {
        if (first) throw error
        // The channel went again: session_restored comes after the next repair. Else the server was slow: once more.
        setTimeout(() => this.#resync?.(), 2_000).unref()
      } finally {
        busy = false
        const wish = next
        next = null
        if (wish !== null && !first) setImmediate(() => void synchronise(wish))
      }
    }
    return synchronise
  }

  async #checkTrust(certificate: Buffer | null): Promise<void> {
    if (certificate && !(await this.#options.pki.isTrusted(certificate)))
      this.#endLive?.(new Error('BadCertificateUntrusted'))
  }

  /** The queues hold more than the connection carries in one message. */
  #shrink(): void {
    const session = this.#session
    // A failure here is the link's, which its own watch reports.
    if (session) void this.#subscriber.shrinkMessages(session).catch(() => undefined)
  }

  #lookAtClock(): void {
    const { server } = this.#options
    const id = `opcua.clock:${server.id}`
    const { aheadUs } = this.#feed.serverClock
    const seconds = Math.round(Math.abs(aheadUs) / 1e6)
    if (Number.isNaN(aheadUs) || this.#link.phase !== 'connected') return
    if (Math.abs(aheadUs) < clearClockUs) this.#problems.clear(id)
    if (Math.abs(aheadUs) < raiseClockUs) return
    this.#problems.raise(
      id,
      'warning',
      `The clock of server ${server.id} is ${seconds} s ${aheadUs < 0 ? 'ahead of' : 'behind'} the clock here: its values carry that time.`,
      'Set both clocks by the same time server (NTP); values keep the times their source gave them.',
    )
  }

  async #retryItems(session: ClientSession): Promise<void> {
    if (this.#link.phase !== 'connected' || !this.#subscriber.hasBadItems) return
    // A failure here is the link's, which its own watch reports.
    await this.#subscriber.retryBadItems(session).catch(() => undefined)
  }
}

/** See `OpcuaConnectionOptions`; nothing happens before `start`. */
export function createOpcuaConnection(options: OpcuaConnectionOptions): OpcuaConnection {
  return new Connection(options)
}
