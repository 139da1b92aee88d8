import type { Failure } from '../../shared/domain/problem.ts'
import {
  isEngineMessage,
  protocolVersion,
  type EngineFacts,
  type WindowMessage,
} from '../../shared/protocol/messages.ts'
import type { MethodName, MethodParams, MethodResult } from '../../shared/protocol/methods.ts'
import type { TopicFrame, TopicName, TopicParams } from '../../shared/protocol/topics.ts'

/** The part of a MessagePort the client needs. */
export interface PortLike {
  postMessage(message: WindowMessage): void
  onmessage: ((event: MessageEvent) => void) | null
  start(): void
  close(): void
}

/** A call that the engine refused or that the connection did not survive. */
export class EngineFailure extends Error {
  override readonly name = 'EngineFailure'
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

export type ClientState =
  | { kind: 'detached' }
  | { kind: 'greeting' }
  | { kind: 'live'; engine: EngineFacts }
  | { kind: 'wrong-version'; theirs: number }

/** Failures the client itself makes. */
export type ClientFailureCode = 'engine-restarted' | 'engine-unavailable' | 'cancelled'

export interface ClientOptions {
  /** Runs `task` after the next frame was drawn; credits go back there, so a slow or hidden window slows its engine down. */
  afterDraw: (task: () => void) => void
  onState: (state: ClientState) => void
  /** Words for failures the client itself makes. */
  describe: (code: ClientFailureCode) => string
}

export interface CallOptions {
  /** Aborted: the call rejects with `cancelled`, and the engine stops working on it. */
  signal?: AbortSignal
  /** One place on the screen: a newer call for it cancels the one before. */
  slot?: string
}

interface PendingCall {
  resolve: (value: never) => void
  reject: (error: EngineFailure) => void
}

interface Subscription {
  topic: TopicName
  params: unknown
  onFrame: (value: never) => void
  onEnd: ((failure: Failure) => void) | undefined
}

/** Credits of one message, as the protocol bounds them. */
const maximumCredits = 16

/** Speaks the window protocol over whichever port it is given; subscriptions survive the port, calls do not. */
export class EngineClient {
  readonly #options: ClientOptions
  #port: PortLike | null = null
  #state: ClientState = { kind: 'detached' }
  #lastId = 0
  readonly #calls = new Map<number, PendingCall>()
  readonly #subscriptions = new Map<number, Subscription>()
  /** Frames drawn but not yet credited, by subscription. */
  readonly #owed = new Map<number, number>()
  #creditScheduled = false

  constructor(options: ClientOptions) {
    this.#options = options
  }

  get state(): ClientState {
    return this.#state
  }

  /** Takes a fresh port and greets; the previous one, if any, is let go. */
  attach(port: PortLike): void {
    this.detach()
    this.#port = port
    port.onmessage = (event) => {
      if (this.#port === port) this.#receive(event.data)
    }
    port.start()
    this.#setState({ kind: 'greeting' })
    this.#send({ t: 'hello', v: protocolVersion })
  }

  /** The engine or the port is gone: calls under way fail, subscriptions wait for the next port. */
  detach(): void {
    const port = this.#port
    if (!port) return
    this.#port = null
    port.onmessage = null
    port.close()
    this.#owed.clear()
    const failure = this.#failure('engine-restarted')
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    this.#setState({ kind: 'detached' })
    for (const call of calls) call.reject(new EngineFailure(failure))
  }

  call<M extends MethodName>(
    method: M,
    params: MethodParams<M>,
    { signal, slot }: CallOptions = {},
  ): Promise<MethodResult<M>> {
    if (this.#state.kind !== 'live') return Promise.reject(new EngineFailure(this.#failure('engine-unavailable')))
    const id = ++this.#lastId
    return new Promise<MethodResult<M>>((resolve, reject) => {
      if (signal?.aborted) return reject(new EngineFailure(this.#failure('cancelled')))
      this.#calls.set(id, { resolve, reject })
      this.#send({ t: 'call', id, method, params, ...(slot === undefined ? {} : { slot }) })
      signal?.addEventListener('abort', () => this.#cancel(id), { once: true })
    })
  }

  #cancel(id: number): void {
    const call = this.#calls.get(id)
    if (!call) return
    this.#calls.delete(id)
    this.#send({ t: 'cancel', id })
    call.reject(new EngineFailure(this.#failure('cancelled')))
  }

  /** Frames until the returned function is called; survives engine restarts. `onEnd`: the engine refused or ended it. */
  subscribe<T extends TopicName>(
    topic: T,
    params: TopicParams<T>,
    onFrame: (frame: TopicFrame<T>) => void,
    onEnd?: (failure: Failure) => void,
  ): () => void {
    const id = ++this.#lastId
    this.#subscriptions.set(id, { topic, params, onFrame, onEnd })
    if (this.#state.kind === 'live') this.#send({ t: 'subscribe', id, topic, params })
    return () => {
      this.#owed.delete(id)
      if (this.#subscriptions.delete(id) && this.#state.kind === 'live') this.#send({ t: 'unsubscribe', id })
    }
  }

  #failure(code: ClientFailureCode): Failure {
    return { code, message: this.#options.describe(code), retryable: true }
  }

  #send(message: WindowMessage): void {
    this.#port?.postMessage(message)
  }

  #setState(state: ClientState): void {
    this.#state = state
    this.#options.onState(state)
  }

  #receive(message: unknown): void {
    if (!isEngineMessage(message)) return
    switch (message.t) {
      case 'welcome':
        this.#welcome(message.v, message.engine)
        return
      case 'result': {
        const call = this.#calls.get(message.id)
        this.#calls.delete(message.id)
        // The id ties the answer to the method, which the compiler cannot follow.
        if (message.ok) call?.resolve(message.value as never)
        else call?.reject(new EngineFailure(message.failure))
        return
      }
      case 'frame': {
        const subscription = this.#subscriptions.get(message.id)
        if (!subscription) return
        try {
          subscription.onFrame(message.value as never)
        } finally {
          // Also after a consumer's error: a frame never credited would silence the subscription for good.
          this.#owe(message.id)
        }
        return
      }
      case 'end': {
        const subscription = this.#subscriptions.get(message.id)
        this.#subscriptions.delete(message.id)
        this.#owed.delete(message.id)
        subscription?.onEnd?.(message.failure)
      }
    }
  }

  #welcome(version: number, engine: EngineFacts): void {
    if (version !== protocolVersion) {
      this.#setState({ kind: 'wrong-version', theirs: version })
      return
    }
    this.#setState({ kind: 'live', engine })
    for (const [id, { topic, params }] of this.#subscriptions) this.#send({ t: 'subscribe', id, topic, params })
  }

  #owe(id: number): void {
    this.#owed.set(id, (this.#owed.get(id) ?? 0) + 1)
    if (this.#creditScheduled) return
    this.#creditScheduled = true
    this.#options.afterDraw(() => {
      this.#creditScheduled = false
      const owed = [...this.#owed]
      this.#owed.clear()
      for (const [id, n] of owed) this.#send({ t: 'credit', id, n: Math.min(n, maximumCredits) })
    })
  }
}
