import { EventEmitter } from 'node:events'
import {
  engineToHostSchema,
  type EngineState,
  type EngineToHost,
  type HostToEngine,
} from '../../shared/protocol/host.ts'
import { Child, describeEnding } from './child.ts'
import type { Launch } from './launch.ts'
import type { Log } from './log.ts'
import { RestartPolicy } from './restart-policy.ts'

export interface EngineTiming {
  /** From spawn to `ready`: opening a large twin after a crash may replay its log. */
  handshakeMs: number
  pingMs: number
  /** Pings that may go unanswered. Counted, not timed: after the machine slept, time alone would condemn a sound engine. */
  missedPings: number
  delaysMs: readonly number[]
  restartLimit: number
  restartWindowMs: number
}

export const engineTiming: EngineTiming = {
  handshakeMs: 60_000,
  pingMs: 2000,
  // 16 s: a first compaction of a large twin, or a workstation at full load, is slow but not dead.
  missedPings: 8,
  delaysMs: [250, 500, 1000, 2000, 5000, 10_000],
  restartLimit: 10,
  restartWindowMs: 10 * 60_000,
}

export interface EngineSupervisorOptions {
  /** Asked anew at each start: the grants follow the plant file. */
  launch: () => Launch
  /** What the first message carries; the key goes here and nowhere else. */
  start: () => Omit<Extract<HostToEngine, { t: 'start' }>, 't'>
  log: Log
  timing?: Partial<EngineTiming>
}

interface Events {
  state: [EngineState]
  /** A frame for window `w`, not looked at. */
  window: [w: number, m: unknown]
  event: [Extract<EngineToHost, { t: 'event' }>]
}

/** Keeps one engine running: handshake, heartbeat, restart with backoff and a limit, clean stop with a deadline. */
export class EngineSupervisor extends EventEmitter<Events> {
  readonly #options: EngineSupervisorOptions
  readonly #timing: EngineTiming
  readonly #policy: RestartPolicy
  #state: EngineState = { state: 'stopped' }
  #child: Child | undefined
  #runs = 0
  #handshake: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #backoff: NodeJS.Timeout | undefined
  #pingsSent = 0
  #lastPong = 0
  #wanted = false
  /** Why we ended this run ourselves, or what the engine said last; it tells more than the exit code. */
  #cause: { reason: string; retry: boolean; planned: boolean } | undefined

  constructor(options: EngineSupervisorOptions) {
    super()
    this.#options = options
    this.#timing = { ...engineTiming, ...options.timing }
    this.#policy = new RestartPolicy(this.#timing.delaysMs, this.#timing.restartLimit, this.#timing.restartWindowMs)
  }

  get state(): EngineState {
    return this.#state
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    if (this.#wanted) return
    this.#wanted = true
    this.#policy.reset()
    this.#run(1)
  }

  /** False when no engine can take it. */
  send(message: HostToEngine): boolean {
    return this.#child?.send(message) ?? false
  }

  /** A clean restart, for grants that changed; acquisition records it as a gap. */
  async restart(reason: string, deadlineMs = 10_000): Promise<void> {
    this.#cause = { reason, retry: true, planned: true }
    await this.#child?.stop({ t: 'stop' } satisfies HostToEngine, deadlineMs)
  }

  async stop(deadlineMs = 10_000): Promise<void> {
    this.#wanted = false
    clearTimeout(this.#backoff)
    if (this.#child) {
      this.#become({ state: 'stopping' })
      await this.#child.stop({ t: 'stop' } satisfies HostToEngine, deadlineMs)
    }
    this.#become({ state: 'stopped' })
  }

  #become(state: EngineState): void {
    this.#state = state
    this.emit('state', state)
  }

  #run(attempt: number): void {
    this.#runs += 1
    this.#cause = undefined
    this.#pingsSent = 0
    this.#lastPong = 0
    this.#become({ state: 'starting', attempt })
    let child: Child
    try {
      child = new Child(`engine#${this.#runs}`, this.#options.launch(), this.#options.log, (message) => {
        if (this.#child === child) this.#receive(child, message)
      })
    } catch (error) {
      this.#next(error instanceof Error ? error.message : String(error))
      return
    }
    this.#child = child
    void this.#outlive(child)
    this.send({ t: 'start', ...this.#options.start() })
    this.#handshake = setTimeout(
      () => this.#condemn(`The engine was not ready after ${this.#timing.handshakeMs / 1000} s.`),
      this.#timing.handshakeMs,
    )
  }

  async #outlive(child: Child): Promise<void> {
    const ending = await child.ended
    clearTimeout(this.#handshake)
    clearInterval(this.#heartbeat)
    this.#child = undefined
    this.#next(this.#cause?.reason ?? describeEnding('The engine', ending))
  }

  #condemn(reason: string): void {
    this.#cause = { reason, retry: true, planned: false }
    this.#child?.kill()
  }

  #receive(child: Child, message: unknown): void {
    const parsed = engineToHostSchema.safeParse(message)
    if (!parsed.success) {
      this.#condemn(`The engine sent a message this version does not know (${parsed.error.issues[0]?.message ?? ''}).`)
      return
    }
    const data = parsed.data
    switch (data.t) {
      case 'window':
        this.emit('window', data.w, data.m)
        return
      case 'pong':
        this.#lastPong = Math.max(this.#lastPong, data.n)
        return
      case 'ready':
        this.#ready(child)
        return
      case 'event':
        this.emit('event', data)
        return
      case 'fatal':
        this.#options.log(child.name, `fatal: ${data.message}`)
        this.#cause = { reason: data.message, retry: data.retry ?? true, planned: false }
        return
      case 'restart':
        void this.restart(data.reason)
        return
      case 'receipt':
      case 'stopped':
        return
    }
  }

  #ready(child: Child): void {
    clearTimeout(this.#handshake)
    this.#become({ state: 'ready', pid: child.pid ?? 0, restarts: this.#runs - 1 })
    clearInterval(this.#heartbeat)
    this.#heartbeat = setInterval(() => this.#beat(), this.#timing.pingMs)
  }

  #beat(): void {
    const missed = this.#pingsSent - this.#lastPong
    if (missed >= this.#timing.missedPings) {
      this.#condemn(`The engine did not answer ${missed} heartbeats in a row.`)
      return
    }
    this.#pingsSent += 1
    this.send({ t: 'ping', n: this.#pingsSent })
  }

  #next(reason: string): void {
    if (!this.#wanted) return
    if (this.#cause?.planned) {
      this.#again(reason, { delayMs: 0, attempt: 1 })
      return
    }
    const next = this.#cause?.retry === false ? undefined : this.#policy.next(Date.now())
    if (next) this.#again(reason, next)
    else {
      this.#wanted = false
      this.#become({ state: 'failed', reason })
    }
  }

  #again(reason: string, { delayMs, attempt }: { delayMs: number; attempt: number }): void {
    this.#become({ state: 'restarting', reason, attempt, retryInMs: delayMs })
    this.#backoff = setTimeout(() => this.#run(attempt), delayMs)
  }
}
