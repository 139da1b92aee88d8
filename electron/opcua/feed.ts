import { type ClientSession, DataType } from 'node-opcua-client'
import type { IntakeSink } from '../../shared/domain/intake.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { within } from './deadline.ts'
import { type GapBook, wantedOf } from './gap-book.ts'
import type { ItemTable } from './item-table.ts'
import { type LeanPublishResponse, LeanRepublishResponse, type RawNotification } from './lean-wire.ts'
import { SequenceLedger } from './ledger.ts'
import { isTooLarge } from './publish-pump.ts'
import { rawServices } from './library-internals.ts'
import { NotificationDecoder } from './notification-decoder.ts'
import type { ProblemBook } from './problem-book.ts'
import type { PlannedSubscription } from './subscription-plan.ts'
import { ServerClock } from './server-clock.ts'
import type { TestHooks } from './types.ts'

/** A subscription as it lives on the server. */
export interface LiveSubscription {
  id: number
  plan: PlannedSubscription
  keepAliveMs: number
  ledger: SequenceLedger<RawNotification>
  lastHeardMs: number
  fetching: boolean
  /** The server has ended it. */
  dead: boolean
  /** Publishing cycles in which the server may repeat present values: after an activation, and after a resend. */
  fresh: number
  /** It was silent and has been asked for; what comes from it clears this. */
  doubted: boolean
}

/** Messages held for an earlier one; each may be `limits.notificationBytes`. */
const holdLimit = 16
/** A missing run longer than this is given up at once: it would be fetched one call at a time. */
const longestFetch = 200
const wait = 8_000
/** Resent values come behind those that were queued already, which may hold the same ones. */
const resentCycles = 5

export interface FeedEvents {
  /** Acknowledge it: it has been handed over. */
  delivered(subscriptionId: number, sequenceNumber: number): void
  /** Subscriptions have to be looked at again. */
  broken(): void
  /** This point's values carry no time: the server's own has to be asked for. */
  untimed(handle: number): void
  data(lastUs: number): void
  /** Events of alarms in a message. */
  alarms(body: Buffer, at: number, receiveUs: number): void
  /** Messages of the subscription of alarms are lost. */
  alarmsMissed(detail: string): void
}

interface FeedParts {
  items: ItemTable
  sink: IntakeSink
  clock: Clock
  gaps: GapBook
  problems: ProblemBook
  hooks: TestHooks
  events: FeedEvents
}

/** From notification messages to the sink: ledger, Republish, decoder, gaps. */
export class Feed {
  readonly subscriptions = new Map<number, LiveSubscription>()
  messages = 0
  republished = 0
  readonly decoder: NotificationDecoder
  readonly serverClock = new ServerClock()
  readonly #parts: FeedParts
  #session: ClientSession | null = null
  #retiredDuplicates = 0

  constructor(parts: FeedParts) {
    this.#parts = parts
    const { gaps, problems, items, clock } = parts
    const pointOf = (handle: number): { id: string; kind: string } =>
      items.points[handle]?.point ?? { id: '?', kind: '' }
    this.decoder = new NotificationDecoder(items, parts.sink, {
      overflow: (handle, lastUs, sourceUs) => gaps.overflow(handle, lastUs, sourceUs),
      wrongType: (handle, sourceUs, found) => {
        gaps.wrongType(handle, sourceUs, found, clock.monotonicMs())
        const { id, kind } = pointOf(handle)
        problems.raise(
          `opcua.decode:${id}`,
          'error',
          `Point ${id} delivers ${found} where ${wantedOf(kind)} is expected.`,
          'Correct the node or the kind of the point in the plant file.',
        )
      },
      rightType: (handle, sourceUs) => {
        gaps.rightType(handle, sourceUs)
        problems.clear(`opcua.decode:${pointOf(handle).id}`)
      },
      otherRate: (handle, sampleRateHz) => {
        const { id } = pointOf(handle)
        problems.raise(
          `opcua.rate:${id}`,
          'warning',
          `Point ${id} says that it was sampled at ${sampleRateHz} Hz; its contract says ${items.sampleRateHz[handle]} Hz. Its blocks are marked uncertain.`,
          'Correct the sample rate in the contract, or on the device.',
        )
      },
      imprecise: (handle) => {
        const { id } = pointOf(handle)
        problems.raise(
          `opcua.precision:${id}`,
          'warning',
          `Point ${id} delivers whole numbers beyond 2^53: their last digits are lost, and they are marked uncertain.`,
          'Use a node with a smaller range, or a Double.',
        )
      },
      statusChange: () => {
        this.#ended = true
      },
      untimed: (handle) => parts.events.untimed(handle),
      alarms: (body, at, receiveUs) => parts.events.alarms(body, at, receiveUs),
      awaited: (handle, timeUs, repeated) => gaps.arrived(handle, timeUs, repeated),
    })
  }

  #ended = false

  get duplicates(): number {
    let sum = this.#retiredDuplicates
    for (const { ledger } of this.subscriptions.values()) sum += ledger.duplicates
    return sum
  }

  useSession(session: ClientSession | null): void {
    this.#session = session
  }

  add(id: number, plan: PlannedSubscription, keepAliveMs: number): LiveSubscription {
    const { hooks, clock } = this.#parts
    const ledger = new SequenceLedger<RawNotification>((number, raw) => this.#deliver(id, number, raw), {
      holdLimit,
      countKeepAlives: hooks.countKeepAlives === true,
      passThrough: hooks.noLedger === true,
    })
    const live = {
      id,
      plan,
      keepAliveMs,
      ledger,
      lastHeardMs: clock.monotonicMs(),
      fetching: false,
      dead: false,
      fresh: 1,
      doubted: false,
    }
    this.subscriptions.set(id, live)
    return live
  }

  remove(id: number): void {
    this.#retiredDuplicates += this.subscriptions.get(id)?.ledger.duplicates ?? 0
    this.subscriptions.delete(id)
  }

  /** A publish response, on the hot path. */
  receive(response: LeanPublishResponse): void {
    const live = this.subscriptions.get(response.subscriptionId)
    const { raw } = response
    if (!live || !raw) return
    const { clock } = this.#parts
    live.lastHeardMs = clock.monotonicMs()
    live.doubted = false
    raw.receiveUs = clock.nowUs()
    this.serverClock.heard(raw.sentUs, raw.receiveUs)
    if (live.ledger.isAnew(raw.sequenceNumber)) this.#countAnew(live, raw.sequenceNumber)
    if (raw.count === 0) live.ledger.keepAlive(raw.sequenceNumber)
    else this.#offer(live, raw)
    if (live.ledger.missing() !== null) void this.#fetchMissing(live)
  }

  /**
   * Republish from the next expected number until the server has no more (OPC 10000-4, 6.7), before publishing goes on.
   * False when the subscription is gone and has to be created anew; throws when the link fails.
   */
  async catchUp(live: LiveSubscription): Promise<boolean> {
    if (live.dead) return false
    live.fresh = Math.max(1, live.fresh)
    live.lastHeardMs = this.#parts.clock.monotonicMs()
    if (this.#parts.hooks.noLedger === true) return true
    for (;;) {
      const answer = await this.#republish(live)
      if (answer === 'gone') return false
      if (answer === 'none') return true
      live.lastHeardMs = this.#parts.clock.monotonicMs()
    }
  }

  #offer(live: LiveSubscription, raw: RawNotification): void {
    // Held messages outlive the socket's buffer.
    if (live.ledger.offer(raw.sequenceNumber, raw) === 'held') raw.body = Buffer.from(raw.body)
    if (live.ledger.full) {
      this.#lose(live, live.ledger.missingRun)
      live.ledger.giveUpRun()
    }
  }

  #deliver(id: number, number: number, raw: RawNotification): void {
    const { gaps, events } = this.#parts
    this.messages += 1
    const { decoder } = this
    const live = this.subscriptions.get(id)
    decoder.dropRepeats = live !== undefined && live.fresh > 0
    if (live && live.fresh > 0 && !raw.recovered && !raw.moreNotifications) live.fresh -= 1
    try {
      decoder.decode(raw)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const detail = `A message of subscription ${id} could not be read: ${why}.`
      if (live) gaps.lost(handlesOf(live), 'decode-failed', detail, this.#nowOnServerUs(), 1)
      if (live?.plan.name === 'alarms') events.alarmsMissed(detail)
    }
    gaps.flush()
    events.delivered(id, number)
    if (!Number.isNaN(decoder.lastUs)) events.data(decoder.lastUs)
    if (!this.#ended) return
    this.#ended = false
    if (live) live.dead = true
    events.broken()
  }

  async #fetchMissing(live: LiveSubscription): Promise<void> {
    if (live.fetching || this.#parts.hooks.noLedger === true) return
    live.fetching = true
    let lost = false
    try {
      while (live.ledger.missing() !== null && this.subscriptions.get(live.id) === live) {
        const run = live.ledger.missingRun
        if (run > longestFetch) {
          this.#lose(live, run)
          lost = true
          live.ledger.giveUpRun()
          continue
        }
        const answer = await this.#republish(live)
        if (answer === 'gone') {
          live.dead = true
          this.#parts.events.broken()
          return
        }
        if (answer === 'none' && live.ledger.missing() !== null) {
          this.#lose(live, 1)
          lost = true
          live.ledger.giveUp()
        }
      }
      if (lost) await this.resend(live)
    } catch {
      // The link failed: after its repair catchUp asks for the same number again.
    } finally {
      live.fetching = false
    }
  }

  #countAnew(live: LiveSubscription, number: number): void {
    const detail = `The server counts the messages of the ${live.plan.name} anew, from ${number} instead of ${live.ledger.expected}: some may be missing.`
    if (live.plan.name === 'alarms') this.#parts.events.alarmsMissed(detail)
    this.#parts.gaps.lost(handlesOf(live), 'sequence-lost', detail, this.#nowOnServerUs())
    live.ledger.countAnew(number)
  }

  #lose(live: LiveSubscription, messages: number): void {
    const detail = `The server no longer had ${messages === 1 ? 'a message' : `${messages} messages`} of the ${live.plan.name} from number ${live.ledger.expected} on.`
    this.#parts.gaps.lost(handlesOf(live), 'sequence-lost', detail, this.#nowOnServerUs())
    if (live.plan.name === 'alarms') this.#parts.events.alarmsMissed(detail)
  }

  /** Where the gap of a point begins that never had a value. */
  #nowOnServerUs(): number {
    return this.serverClock.serverUs(this.#parts.clock.nowUs())
  }

  /**
   * After a loss: have the server send each present value again (OPC 10000-4, 6.7), so that the gap of a slow point
   * ends now, or is found to be none, instead of lasting until its next change.
   */
  async resend(live: LiveSubscription): Promise<void> {
    const session = this.#session
    if (!session) return
    const subscriptionId = { dataType: DataType.UInt32, value: live.id }
    live.fresh = resentCycles
    // Servers of before 1.02 have no such method: then the next value ends the gap.
    await within(
      wait,
      'asking for the present values',
      session.call({ objectId: 'i=2253', methodId: 'i=12873', inputArguments: [subscriptionId] }),
    ).catch(() => undefined)
  }

  async #republish(live: LiveSubscription): Promise<'message' | 'none' | 'gone'> {
    const session = this.#session
    if (!session) throw new Error('there is no session')
    try {
      const response = await within(
        wait,
        'republishing',
        rawServices(session).republish({
          subscriptionId: live.id,
          retransmitSequenceNumber: live.ledger.expected,
        }),
      )
      if (!(response instanceof LeanRepublishResponse) || !response.raw)
        throw new Error('unexpected republish response')
      this.republished += 1
      const { raw } = response
      raw.receiveUs = this.#parts.clock.nowUs()
      // Some servers answer with another number: that message counts, but does not mean progress.
      const before = live.ledger.expected
      this.#offer(live, raw)
      return live.ledger.expected === before ? 'none' : 'message'
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      if (/BadSubscriptionIdInvalid|BadNoSubscription/.test(text)) return 'gone'
      // It has no such message, has one that is too large to be sent, or has no Republish at all: any answer but one
      // about the session or the channel says that the message will not come.
      if (/BadMessageNotAvailable/.test(text) || isTooLarge(text)) return 'none'
      if (isServiceFault(error) && !ofTheLink.test(text)) return 'none'
      throw error
    }
  }
}

/** What ends the session or the channel, and is mended by their repair. */
const ofTheLink =
  /BadSession|BadSecureChannel|BadSecurity|BadConnection|BadCommunication|BadTimeout|BadShutdown|BadServer/

/** node-opcua keeps the fault on the error; what never got an answer has none. */
function isServiceFault(error: unknown): boolean {
  return error instanceof Error && 'response' in error
}

function handlesOf({ plan }: LiveSubscription): number[] {
  return plan.items.map(({ handle }) => handle)
}
