import { type ClientSession, DataChangeNotification, PublishRequest, type PublishResponse } from 'node-opcua-client'
import { statusName } from '../../../shared/domain/status-names.ts'
import { within } from '../deadline.ts'
import { rawServices } from '../library-internals.ts'
import { createItems, createSubscription } from '../monitored-items.ts'
import { spanWords, type Watched } from './address-space.ts'
import { type Outcome, passed, StepFault } from './outcome.ts'
import { messageOf } from './secure-link.ts'

const namesShown = 4

interface Seen {
  values: number
  /** Status of the last value. */
  status: number
}

/** A subscription of the doctor's own, beside those of the link. */
export class DataWatch {
  readonly #session: ClientSession
  readonly #watched: readonly Watched[]
  readonly #seen = new Map<number, Seen>()
  #subscriptionId = 0
  #messages = 0
  #ended = false
  #failure: string | null = null
  #changed: () => void = () => undefined

  constructor(session: ClientSession, watched: readonly Watched[]) {
    this.#session = session
    this.#watched = watched
  }

  /** Handles of the nodes the server delivers; throws when it delivers none of them, or not all. */
  async open(ms: number): Promise<Outcome> {
    const results = await within(ms, 'subscribing', this.#create()).catch((cause: unknown) => {
      throw new StepFault(
        `The server does not accept a subscription (${messageOf(cause)}).`,
        'Look at the limits of the server for subscriptions and monitored items: other clients may have taken them all.',
        { cause },
      )
    })
    const refused = results.filter(({ status }) => status >>> 30 !== 0)
    for (const { handle, status } of results) if (status >>> 30 === 0) this.#seen.set(handle, { values: 0, status: 0 })
    const count = this.#watched.length
    if (refused.length > 0)
      throw new StepFault(
        `The server delivers ${count - refused.length} of ${count} nodes; not ${this.#names(refused.map(({ handle, statusName: name }) => `${this.#nameOf(handle)} (${name})`))}.`,
        'Correct the NodeIds of these points under Browse and map, or give the user the right to read them.',
      )
    return passed(count === 1 ? `${this.#nameOf(0)} is delivered.` : `All ${count} nodes asked for are delivered.`)
  }

  get opened(): boolean {
    return this.#seen.size > 0
  }

  /** Waits until every node has sent a second value, or as long as the contracts allow. */
  async watch(atLeastMs: number, atMostMs: number): Promise<Outcome> {
    const patient = Math.max(...this.#watched.map(({ missingAfterMs }) => missingAfterMs))
    const waitMs = Math.min(atMostMs, Math.max(atLeastMs, patient + 1_000))
    const expected = [...this.#seen.keys()].filter((handle) => (this.#watched[handle]?.missingAfterMs ?? 0) <= waitMs)
    const slow = this.#seen.size - expected.length
    this.#messages = 0
    await this.#until(waitMs, () => {
      const enough = (handle: number, values: number): boolean => (this.#seen.get(handle)?.values ?? 0) >= values
      return [...this.#seen.keys()].every((handle) => enough(handle, expected.includes(handle) ? 2 : 1))
    })
    return this.#judge(expected, slow, waitMs)
  }

  close(): void {
    this.#ended = true
  }

  async #create(): ReturnType<typeof createItems> {
    const plan = {
      name: 'scalars' as const,
      publishingIntervalMs: 250,
      maxNotificationsPerPublish: 100,
      items: this.#watched.map(({ cadenceMs }, handle) => ({
        handle,
        samplingIntervalMs: Math.max(0, cadenceMs / 2),
        queueSize: 2,
        bothTimestamps: true,
        deadband: null,
      })),
    }
    const { id } = await createSubscription(this.#session, plan, 2_500)
    this.#subscriptionId = id
    const items = await createItems(this.#session, id, plan.items, (handle) => this.#watched[handle]?.nodeId ?? null, 0)
    for (let i = 0; i < 2; i += 1) this.#publish([])
    return items
  }

  #publish(acknowledge: { subscriptionId: number; sequenceNumber: number }[]): void {
    if (this.#ended) return
    const request = new PublishRequest({
      requestHeader: { timeoutHint: 60_000 },
      subscriptionAcknowledgements: acknowledge,
    })
    rawServices(this.#session).publish(request, (error, response) => {
      if (this.#ended) return
      if (!response) {
        this.#failure = error?.message ?? 'no answer'
        this.#changed()
        return
      }
      this.#receive(response)
    })
  }

  #receive(response: PublishResponse): void {
    const { sequenceNumber, notificationData } = response.notificationMessage
    const data = (notificationData ?? []).filter((part) => part instanceof DataChangeNotification)
    // A keep-alive counts: it shows that the server publishes.
    this.#messages += 1
    for (const part of data) {
      for (const { clientHandle, value } of part.monitoredItems ?? []) {
        const seen = this.#seen.get(clientHandle)
        if (!seen) continue
        seen.values += 1
        seen.status = value.statusCode.value
      }
    }
    this.#publish(data.length > 0 ? [{ subscriptionId: this.#subscriptionId, sequenceNumber }] : [])
    this.#changed()
  }

  #until(ms: number, done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#changed = () => {
        if (!done() && this.#failure === null) return
        clearTimeout(timer)
        resolve()
      }
      this.#changed()
    })
  }

  #judge(expected: readonly number[], slow: number, waitMs: number): Outcome {
    const span = spanWords(waitMs)
    if (this.#failure !== null)
      throw new StepFault(
        `The server stopped publishing (${messageOf(new Error(this.#failure))}).`,
        'Look at the log of the server: it ended the subscription or the connection.',
      )
    if (this.#messages === 0 && expected.some((handle) => (this.#seen.get(handle)?.values ?? 0) < 2))
      throw new StepFault(
        `The server accepted the subscription and published nothing for ${span}.`,
        'Look at the load and the log of the server: its publishing hangs, or a device on the way holds its messages back.',
      )
    const handles = [...this.#seen.keys()]
    const bad = handles.filter((handle) => (this.#seen.get(handle)?.status ?? 0) >>> 30 >= 2)
    const silent = expected.filter((handle) => (this.#seen.get(handle)?.values ?? 0) < 2 && !bad.includes(handle))
    if (bad.length > 0)
      throw new StepFault(
        `${bad.length} of ${handles.length} nodes deliver no good value: ${this.#names(bad.map((handle) => `${this.#nameOf(handle)} (${statusName(this.#seen.get(handle)?.status ?? 0)})`))}.`,
        'Look at the sensors and the fieldbus behind the server: it is connected, but does not get these values itself.',
      )
    if (silent.length > 0)
      throw new StepFault(
        `${silent.length} of ${handles.length} nodes sent nothing new for ${span}, although their contracts promise it: ${this.#names(silent.map((handle) => this.#nameOf(handle)))}.`,
        'Look at the program behind the server: it may stand still. If these values are meant to stand, raise the cadence in their contracts.',
      )
    const values = [...this.#seen.values()].reduce((sum, seen) => sum + seen.values, 0)
    const later =
      slow > 0 ? ` ${slow} of them come too seldom to be waited for here; their present value was read.` : ''
    return passed(`${values} values of ${handles.length} nodes came.${later}`)
  }

  #nameOf(handle: number): string {
    return this.#watched[handle]?.name ?? `node ${handle}`
  }

  #names(names: readonly string[]): string {
    const more = names.length - namesShown
    return names.slice(0, namesShown).join(', ') + (more > 0 ? ` and ${more} more` : '')
  }
}
