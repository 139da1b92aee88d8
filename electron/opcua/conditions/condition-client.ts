import { BinaryStream } from 'node-opcua-binary-stream'
import { AttributeIds, type ClientSession, EventNotificationList, type NodeId } from 'node-opcua-client'
import {
  type AlarmsState,
  type Condition,
  type ConditionAnswer,
  type ConditionNews,
  type ConditionRequest,
  keyOfCondition,
} from '../../../shared/domain/condition.ts'
import type { PlantServer } from '../../../shared/domain/plant-file.ts'
import type { Clock } from '../../../shared/domain/time.ts'
import { pause, within } from '../deadline.ts'
import { AddressError, resolveAddress } from '../node-address.ts'
import type { ProblemBook } from '../problem-book.ts'
import type { PlannedSubscription } from '../subscription-plan.ts'
import type { Timings } from '../types.ts'
import { askRefresh, callCondition, offersConditions } from './condition-calls.ts'
import { readEvent } from './event-fields.ts'
import { createEventItems } from './event-items.ts'

interface ConditionParts {
  server: PlantServer
  clock: Clock
  problems: ProblemBook
  news: (news: ConditionNews) => void
  state: (state: AlarmsState) => void
  timings: Pick<Timings, 'refreshWaitMs' | 'eventWaitMs'>
  /** null while the link is down. */
  session: () => ClientSession | null
}

/** The Server object: what is reported there is reported of the whole server (OPC 10000-9, 6.2). */
const serverObject = 'i=2253'
const subscribeToEvents = 1
/** Events in one message: about 1 MB of them. */
const eventsPerMessage = 1_000
const refreshRetryMs = 1_000
/** A refresh that overflows the server's queue would do so again. */
const mostTornRefreshes = 3

/**
 * The alarms of one server (OPC 10000-9): one subscription of events beside those of values, through the same publish
 * loop and ledger. After each time it was made anew, and whenever events may be missing, the server is asked for all it
 * retains (ConditionRefresh), so that alarms of before the connection are known as well.
 */
export class ConditionClient {
  readonly #parts: ConditionParts
  #namespaces: readonly string[] = []
  #notifiers: NodeId[] = []
  #subscriptionId: number | null = null
  #state: AlarmsState = { phase: 'off', message: '' }
  /** The present alarms have to be asked for. */
  #due = false
  #asking = false
  /** Items whose refresh has begun or ended. */
  #starts = 0
  #ends = 0
  /** Events were lost since the refresh began: what did not come need not be gone. */
  #torn = false
  #tornInARow = 0
  #lastEventUs = Number.NaN
  #ended: (() => void) | null = null
  /** Conditions something was asked of, until an event of them comes; then `answered`. */
  readonly #awaited = new Set<string>()
  readonly #answered = new Set<string>()
  /** Alarms that were at or above the plant file's least severity. */
  readonly #above = new Set<string>()

  constructor(parts: ConditionParts) {
    this.#parts = parts
  }

  /** What to subscribe to on the server as it is now; null when its alarms are not wanted, or it has none. */
  async plan(session: ClientSession, namespaces: readonly string[]): Promise<PlannedSubscription | null> {
    const { id, alarms } = this.#parts.server
    this.#namespaces = namespaces
    this.#subscriptionId = null
    if (alarms?.enabled === false) {
      this.#say('off', 'Alarms of this server are switched off in the plant file.')
      return null
    }
    this.#notifiers = await this.#existing(session, alarms?.notifiers ?? [serverObject])
    // Who has written that alarms are wanted gets a subscription also where the server cannot list its alarms.
    const isWanted = this.#notifiers.length > 0 && (alarms?.enabled === true || (await offersConditions(session)))
    if (!isWanted) {
      this.#say('none', `Server ${id} offers no alarms and conditions.`)
      return null
    }
    return { name: 'alarms', publishingIntervalMs: 250, maxNotificationsPerPublish: eventsPerMessage, items: [] }
  }

  /** The subscription is there: puts the items into it. False when the server takes none of them. */
  async attach(session: ClientSession, subscriptionId: number): Promise<boolean> {
    const { server, problems } = this.#parts
    const items = await createEventItems(session, subscriptionId, this.#notifiers)
    const refused = items.filter(({ isGood }) => !isGood)
    if (refused.length === items.length) {
      this.#say('none', `Server ${server.id} does not deliver events (${refused[0]?.status ?? 'no answer'}).`)
      return false
    }
    if (refused.length > 0)
      problems.raise(
        this.#problem,
        'warning',
        `Server ${server.id} does not deliver the events of ${refused.length} of ${items.length} notifiers (${refused[0]?.status}).`,
        "Correct the server's alarms.notifiers in the plant file, or the rights of the user on the server.",
      )
    else problems.clear(this.#problem)
    this.#notifiers = this.#notifiers.filter((_notifier, i) => items[i]?.isGood === true)
    this.#subscriptionId = subscriptionId
    this.#tornInARow = 0
    this.#due = true
    this.#say('reading', 'The present alarms are being asked for.')
    return true
  }

  /** The subscription is gone with what it had queued. */
  lost(detail: string, sinceUs: number): void {
    this.#subscriptionId = null
    this.#ended?.()
    this.#unheard(detail, sinceUs)
  }

  /** Messages of it are missing, although it lives. */
  missed(detail: string): void {
    this.#unheard(detail, this.#lastEventUs)
    this.#torn = true
    this.#due = true
    this.wake()
  }

  /** Publishing goes on: asks for the present alarms if that is due. */
  wake(): void {
    if (!this.#due || this.#asking || this.#subscriptionId === null) return
    this.#asking = true
    // Not within the decoding of a message, from which this may be called.
    setImmediate(() => void this.#settle())
  }

  async #settle(): Promise<void> {
    try {
      for (;;) {
        const session = this.#parts.session()
        if (!this.#due || this.#subscriptionId === null || session === null) break
        this.#due = false
        await this.#refresh(session, this.#subscriptionId)
      }
    } catch {
      // The link failed, and wakes this when it is back; or the server was slow.
      this.#due = true
      setTimeout(() => this.wake(), refreshRetryMs).unref()
    } finally {
      this.#asking = false
    }
  }

  /** An EventNotificationList in a message. Throws RangeError when it is malformed. */
  events(body: Buffer, at: number, heardUs: number): void {
    const stream = new BinaryStream(body)
    stream.length = at
    const list = new EventNotificationList()
    list.decode(stream)
    const { server } = this.#parts
    let batch: Condition[] = []
    const flush = (): void => {
      if (batch.length > 0) this.#parts.news({ kind: 'events', serverId: server.id, events: batch })
      batch = []
    }
    for (const { eventFields } of list.events ?? []) {
      const event = readEvent(server.id, eventFields ?? [], this.#namespaces, heardUs)
      if (event.kind === 'condition') {
        const heard = this.#ofInterest(event.condition)
        if (heard) batch.push(heard)
        this.#lastEventUs = heardUs
        if (this.#awaited.delete(event.condition.conditionId)) this.#answered.add(event.condition.conditionId)
        continue
      }
      flush()
      if (event.kind === 'refresh-start') this.#started()
      else if (event.kind === 'refresh-end') this.#finished()
      else if (event.kind === 'refresh-required') this.#due = true
      else if (event.kind === 'overflow')
        this.missed(`Server ${server.id} had more events than its queue holds, and dropped some.`)
    }
    flush()
    this.wake()
  }

  /** Below the plant file's limit an alarm is as if the server did not retain it; one that never was above is none. */
  #ofInterest(condition: Condition): Condition | null {
    const least = this.#parts.server.alarms?.minSeverity
    if (least === undefined) return condition
    const key = keyOfCondition(condition)
    if (condition.severity >= least) {
      this.#above.add(key)
      return condition
    }
    return this.#above.delete(key) ? { ...condition, retain: false } : null
  }

  /** Asks the server to do it. Throws Error in words when the link fails. */
  async call(request: ConditionRequest): Promise<ConditionAnswer> {
    const { server, timings } = this.#parts
    const session = this.#parts.session()
    if (!session)
      throw new Error(`Server ${server.id} is not connected; nothing was sent to it. Try again when the link is back.`)
    const { conditionId } = request
    this.#answered.delete(conditionId)
    this.#awaited.add(conditionId)
    const answer = await callCondition(session, resolveAddress(conditionId, this.#namespaces), request)
    const isTold = this.#answered.has(conditionId)
    if (!answer.ok || isTold) this.#awaited.delete(conditionId)
    else setTimeout(() => this.#isOverdue(conditionId), timings.eventWaitMs).unref()
    return answer
  }

  /** Not every server tells shelving by an event (node-opcua's does not); its list of the present alarms has it then. */
  #isOverdue(conditionId: string): void {
    if (!this.#awaited.delete(conditionId)) return
    this.#due = true
    this.wake()
  }

  get #problem(): string {
    return `opcua.alarms:${this.#parts.server.id}`
  }

  #say(phase: AlarmsState['phase'], message: string): void {
    this.#state = { phase, message }
    this.#parts.state(this.#state)
  }

  #unheard(detail: string, sinceUs: number): void {
    const { clock, server } = this.#parts
    const toUs = clock.nowUs()
    const fromUs = Number.isNaN(sinceUs) ? toUs : Math.min(sinceUs, toUs)
    this.#parts.news({ kind: 'unheard', serverId: server.id, fromUs, toUs, detail })
  }

  /** Those of the notifiers that the server has and that give events. */
  async #existing(session: ClientSession, notifiers: readonly string[]): Promise<NodeId[]> {
    const { problems, server } = this.#parts
    const nodes = notifiers.flatMap((text) => {
      try {
        return [resolveAddress(text, this.#namespaces)]
      } catch (error) {
        if (!(error instanceof AddressError)) throw error
        problems.raise(
          this.#problem,
          'warning',
          `The alarms of ${text} on server ${server.id} cannot be had: ${error.message}`,
          "Correct the server's alarms.notifiers in the plant file.",
        )
        return []
      }
    })
    if (nodes.length === 0) return []
    const reads = nodes.map((nodeId) => ({ nodeId, attributeId: AttributeIds.EventNotifier }))
    const values = await within(8_000, 'reading which nodes give events', session.read(reads))
    return nodes.filter((_node, i) => {
      const value: unknown = values[i]?.value.value
      return typeof value === 'number' && (value & subscribeToEvents) !== 0
    })
  }

  async #refresh(session: ClientSession, subscriptionId: number): Promise<void> {
    const { server, problems, timings } = this.#parts
    this.#starts = 0
    this.#ends = 0
    this.#torn = false
    const ended = new AbortController()
    this.#ended = () => ended.abort()
    try {
      const status = await askRefresh(session, subscriptionId)
      if (/RefreshInProgress/.test(status)) {
        await pause(refreshRetryMs, ended.signal)
        this.#due = this.#subscriptionId === subscriptionId
        return
      }
      if (status !== 'Good') {
        this.#say(
          'changes-only',
          `Server ${server.id} does not list its present alarms (${status}): those from before the connection come with their next change.`,
        )
        return
      }
      await pause(timings.refreshWaitMs, ended.signal)
    } finally {
      this.#ended = null
    }
    if (this.#subscriptionId !== subscriptionId) return
    if (!ended.signal.aborted)
      problems.raise(
        this.#problem,
        'warning',
        `Server ${server.id} has not come to the end of its list of alarms; what is shown of it may be older.`,
        'Look at the alarms on the server itself; the list is asked for again when the link is made anew.',
      )
  }

  #started(): void {
    this.#starts += 1
    if (this.#starts > 1) return
    this.#torn = false
    this.#parts.news({ kind: 'refreshing', serverId: this.#parts.server.id })
  }

  #finished(): void {
    this.#ends += 1
    if (this.#starts === 0 || this.#ends < this.#notifiers.length) return
    const { server, problems } = this.#parts
    const isTorn = this.#torn
    this.#starts = 0
    this.#ends = 0
    this.#tornInARow = isTorn ? this.#tornInARow + 1 : 0
    if (!isTorn) {
      this.#parts.news({ kind: 'refreshed', serverId: server.id })
      problems.clear(this.#problem)
      this.#say('listening', '')
    } else if (this.#tornInARow >= mostTornRefreshes) {
      this.#due = false
      problems.raise(
        this.#problem,
        'error',
        `Server ${server.id} has more alarms than its event queue holds; some of them are not shown.`,
        "Raise the server's event queue, or name fewer notifiers or a minSeverity in the plant file.",
      )
    }
    this.#ended?.()
  }
}
