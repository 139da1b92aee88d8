import { type ClientSession, PublishRequest, type PublishResponse } from 'node-opcua-client'
import { limits } from '../../shared/domain/limits.ts'
import { LeanPublishResponse } from './lean-wire.ts'
import { rawServices } from './library-internals.ts'

export interface PumpEvents {
  response(response: LeanPublishResponse): void
  /** The server says the subscriptions are gone, or will not take publish requests. */
  trouble(message: string): void
  /** A message does not fit the connection: smaller ones have to be asked for. */
  tooLarge(): void
}

export function isTooLarge(text: string): boolean {
  return /BadResponseTooLarge|BadEncodingLimitsExceeded|BadTcpMessageTooLarge/.test(text)
}

interface Acknowledgement {
  subscriptionId: number
  sequenceNumber: number
}

/** Long enough that no publish request ever times out here: a reply to one that has is thrown away by node-opcua. */
const requestTimeoutMs = 600_000

/**
 * Keeps `limits.publishRequests` publish requests outstanding and no more. node-opcua's own engine re-sends those that
 * failed with the connection and adds five at each reconnect: 45 outstanding after 8 reconnects, 205 after 40, and
 * BadTooManyPublishRequests on small servers. Here a new session, or one activated again, starts a new generation; what
 * belongs to an older one is forgotten.
 */
export class PublishPump {
  outstanding = 0
  #generation = 0
  #cap: number = limits.publishRequests
  #session: ClientSession | null = null
  #acknowledgements: Acknowledgement[] = []
  /** Sent with a request whose reply never came: the server may have taken them or not. */
  #unsure: Acknowledgement[] = []
  #failed = 0
  /** After a failure nothing is sent until the timer: node-opcua fails at once, in the same call, on a dead channel. */
  #resting = false
  /** Requests over the server's limit are being answered. */
  #counting = false
  #resendTimer: NodeJS.Timeout | undefined
  readonly #events: PumpEvents
  readonly #unbounded: boolean

  constructor(events: PumpEvents, unbounded = false) {
    this.#events = events
    this.#unbounded = unbounded
  }

  start(session: ClientSession): void {
    this.stop()
    this.#session = session
    this.#cap = limits.publishRequests
    if (this.#unbounded) {
      this.#cap += this.#failed
      this.#failed = 0
    }
    this.#fill()
  }

  /** Goes on in the same session: fills what is missing after a refusal. */
  resume(): void {
    if (!this.#resting) this.#fill()
  }

  stop(): void {
    this.#generation += 1
    this.outstanding = 0
    this.#session = null
    this.#resting = false
    clearTimeout(this.#resendTimer)
  }

  acknowledge(subscriptionId: number, sequenceNumber: number): void {
    this.#acknowledgements.push({ subscriptionId, sequenceNumber })
  }

  /** A subscription is gone: its numbers mean nothing any more. */
  forget(subscriptionId: number): void {
    const other = (entry: Acknowledgement): boolean => entry.subscriptionId !== subscriptionId
    this.#acknowledgements = this.#acknowledgements.filter(other)
    this.#unsure = this.#unsure.filter(other)
  }

  #fill(): void {
    while (this.#session && !this.#resting && this.outstanding < (this.#counting ? 1 : this.#cap))
      this.#send(this.#session)
  }

  #send(session: ClientSession): void {
    const generation = this.#generation
    const subscriptionAcknowledgements = this.#acknowledgements
    this.#acknowledgements = []
    this.outstanding += 1
    const request = new PublishRequest({
      requestHeader: { timeoutHint: requestTimeoutMs },
      subscriptionAcknowledgements,
    })
    rawServices(session).publish(request, (error, response) => {
      if (!response) this.#unsure.push(...subscriptionAcknowledgements)
      if (generation !== this.#generation) {
        this.#failed += 1
        return
      }
      this.outstanding -= 1
      if (response) this.#received(response)
      else this.#failedWith(error?.message ?? 'no answer')
    })
  }

  #received(response: PublishResponse): void {
    if (response instanceof LeanPublishResponse) {
      this.#confirm(response)
      this.#events.response(response)
    }
    this.#fill()
  }

  /**
   * Some Kepware versions close the connection on a number they no longer hold (gopcua pull 899): what was sent with a
   * lost request is acknowledged again only when the server still lists it.
   */
  #confirm(response: LeanPublishResponse): void {
    if (this.#unsure.length === 0) return
    const listed = response.availableSequenceNumbers ?? []
    const { subscriptionId } = response
    for (const entry of this.#unsure) {
      if (entry.subscriptionId === subscriptionId && listed.includes(entry.sequenceNumber))
        this.#acknowledgements.push(entry)
    }
    this.#unsure = this.#unsure.filter((entry) => entry.subscriptionId !== subscriptionId)
  }

  /**
   * The server answers as many requests so as are too many, some after others have been answered with data: until all
   * have come only one is kept outstanding, or refused ones would be counted twice.
   */
  #tooMany(): void {
    this.#cap = Math.max(1, this.#cap - 1)
    if (this.#counting) return
    this.#counting = true
    const generation = this.#generation
    const timer = setTimeout(() => {
      this.#counting = false
      if (generation === this.#generation) this.#fill()
    }, 500)
    timer.unref()
  }

  #failedWith(message: string): void {
    this.#failed += 1
    if (/BadTooManyPublishRequests/.test(message)) {
      this.#tooMany()
      return
    }
    if (isTooLarge(message)) {
      this.#events.tooLarge()
      this.#fill()
      return
    }
    if (/BadNoSubscription|BadSession|BadSubscription/.test(message)) {
      this.#events.trouble(message)
      return
    }
    // Channel gone: the next generation starts when the session is active again. BadTimeout and the like: go on, slowly.
    this.#resting = true
    clearTimeout(this.#resendTimer)
    this.#resendTimer = setTimeout(() => {
      this.#resting = false
      this.#fill()
    }, 1_000)
    this.#resendTimer.unref()
  }
}
