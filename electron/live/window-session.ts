import type { Failure } from '../../shared/domain/problem.ts'
import { limits } from '../../shared/domain/limits.ts'
import {
  protocolVersion,
  windowMessageSchema,
  type EngineFacts,
  type EngineMessage,
  type WindowMessage,
} from '../../shared/protocol/messages.ts'
import { bytesOfMessage, mostBytesOf } from '../../shared/protocol/message-size.ts'
import { isMethodName, methodParams, type MethodName, type MethodResult } from '../../shared/protocol/methods.ts'
import { isTopicName, topicParams, type TopicName } from '../../shared/protocol/topics.ts'
import { PacedSubscription, type FrameSource } from './paced-subscription.ts'

/** A failure that may cross to a window: code, plain words, whether trying again helps. */
export class RequestError extends Error {
  override name = 'RequestError'
  readonly failure: Failure
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options)
    this.failure = failure
  }
}

/** How a call of a window may be taken back. */
export interface CallOptions {
  /** Aborted when the window cancels the call, asks anew for the same slot, or is gone. */
  signal: AbortSignal
}

interface RunningCall {
  slot: string | null
  controller: AbortController
}

/** What the engine offers to windows. Parameters have been parsed before these are called. */
export interface WindowServices {
  facts: EngineFacts
  /** `changed` asks for a new frame; it may be called at any rate. */
  source(topic: TopicName, params: unknown, changed: () => void): FrameSource
  call(method: MethodName, params: unknown, user: string, asked: CallOptions): Promise<MethodResult<MethodName>>
  monotonicMs(): number
  /** An unexpected error in a handler; the window gets a plain failure. */
  report(error: unknown): void
}

const wrongVersion: Failure = {
  code: 'protocol-version',
  message: 'The window and the engine are of different versions.',
  remedy: 'Close Millwright completely and start it again.',
  retryable: false,
}

const cancelledCall: Failure = {
  code: 'cancelled',
  message: 'The call was cancelled: the window no longer needs the answer.',
  retryable: true,
}

/** One window's end of the protocol: greets, parses, dispatches, and owns the window's subscriptions. */
export class WindowSession {
  readonly #running = new Map<number, PacedSubscription>()
  readonly #calls = new Map<number, RunningCall>()
  readonly #services: WindowServices
  readonly #user: string
  readonly #send: (message: EngineMessage) => void
  #greeted = false

  /** `user` is who acts through this window; it stands in every acknowledgement, label and change. */
  constructor(services: WindowServices, user: string, send: (message: EngineMessage) => void) {
    this.#services = services
    this.#user = user
    this.#send = send
  }

  get subscriptionCount(): number {
    return this.#running.size
  }

  close(): void {
    for (const subscription of this.#running.values()) subscription.close()
    this.#running.clear()
    for (const { controller } of this.#calls.values()) controller.abort()
    this.#calls.clear()
  }

  receive(raw: unknown): void {
    const parsed = windowMessageSchema.safeParse(raw)
    if (!parsed.success) {
      this.#services.report(new Error(`A window sent a malformed message: ${parsed.error.issues[0]?.message ?? ''}`))
      return
    }
    const message = parsed.data
    if (message.t !== 'hello' && this.#isTooLarge(message)) return
    if (message.t === 'hello') {
      this.#greeted = message.v === protocolVersion
      this.#send({ t: 'welcome', v: protocolVersion, engine: this.#services.facts })
    } else if (!this.#greeted) {
      if (message.t === 'call') this.#send({ t: 'result', id: message.id, ok: false, failure: wrongVersion })
      else if (message.t === 'subscribe') this.#send({ t: 'end', id: message.id, failure: wrongVersion })
    } else this.#dispatch(message)
  }

  /** Refused before anything looks at what is in it: what a window sends must not fill the memory of acquisition. */
  #isTooLarge(message: Exclude<WindowMessage, { t: 'hello' }>): boolean {
    const most = mostBytesOf(message.t === 'call' ? message.method : null)
    if (bytesOfMessage(message, most) <= most) return false
    const what = message.t === 'call' ? `"${message.method}"` : 'A message'
    const sentence = `${what} carries more than the ${Math.floor(most / 2 ** 20)} MB that a window may send the engine at once; send it in smaller parts.`
    const failure: Failure = { code: 'too-large', message: sentence, retryable: false }
    this.#services.report(new Error(sentence))
    if (message.t === 'call') this.#send({ t: 'result', id: message.id, ok: false, failure })
    else if (message.t === 'subscribe') this.#send({ t: 'end', id: message.id, failure })
    return true
  }

  #dispatch(message: Exclude<WindowMessage, { t: 'hello' }>): void {
    if (message.t === 'call') void this.#call(message)
    else if (message.t === 'subscribe') this.#subscribe(message)
    else if (message.t === 'unsubscribe') this.#drop(message.id)
    else if (message.t === 'cancel') this.#calls.get(message.id)?.controller.abort()
    else this.#running.get(message.id)?.credit(message.n)
  }

  #subscribe({ id, topic, params: raw }: Extract<WindowMessage, { t: 'subscribe' }>): void {
    try {
      if (this.#running.has(id)) throw refusal('duplicate-id', `Subscription ${id} is already running.`)
      if (this.#running.size >= limits.subscriptionsPerWindow)
        throw refusal('too-many', `A window may hold ${limits.subscriptionsPerWindow} subscriptions.`)
      if (!isTopicName(topic)) throw refusal('unknown-topic', `There is no topic "${topic}".`)
      const params = topicParams[topic].safeParse(raw)
      if (!params.success) throw refusal('bad-params', `Topic "${topic}": ${params.error.issues[0]?.message ?? ''}`)
      const source = this.#services.source(topic, params.data, () => subscription.changed())
      const subscription: PacedSubscription = new PacedSubscription(
        source,
        () => this.#services.monotonicMs(),
        (seq, value) => this.#send({ t: 'frame', id, seq, value }),
        (error) => {
          this.#drop(id)
          this.#send({ t: 'end', id, failure: this.#failure(error) })
        },
      )
      this.#running.set(id, subscription)
      subscription.pump()
    } catch (error) {
      this.#send({ t: 'end', id, failure: this.#failure(error) })
    }
  }

  #drop(id: number): void {
    this.#running.get(id)?.close()
    this.#running.delete(id)
  }

  async #call({ id, method, params: raw, slot: asked }: Extract<WindowMessage, { t: 'call' }>): Promise<void> {
    const slot = asked ?? null
    const controller = new AbortController()
    if (slot !== null) {
      for (const call of this.#calls.values()) if (call.slot === slot) call.controller.abort()
    }
    this.#calls.set(id, { slot, controller })
    const { signal } = controller
    try {
      if (!isMethodName(method)) throw refusal('unknown-method', `There is no method "${method}".`)
      const params = methodParams[method].safeParse(raw)
      if (!params.success) throw refusal('bad-params', `Method "${method}": ${params.error.issues[0]?.message ?? ''}`)
      this.#send({
        t: 'result',
        id,
        ok: true,
        value: await this.#services.call(method, params.data, this.#user, { signal }),
      })
    } catch (error) {
      const failure = signal.aborted ? cancelledCall : this.#failure(error)
      this.#send({ t: 'result', id, ok: false, failure })
    } finally {
      this.#calls.delete(id)
    }
  }

  #failure(error: unknown): Failure {
    if (error instanceof RequestError) return error.failure
    this.#services.report(error)
    return {
      code: 'internal',
      message: `The engine could not do this: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Try again; if it stays, the problem list on the Sync page says more.',
      retryable: true,
    }
  }
}

function refusal(code: string, message: string): RequestError {
  return new RequestError({ code, message, retryable: false })
}
