import { hostToEngineSchema, type EngineToHost, type HostToEngine } from '../../shared/protocol/host.ts'

/** What the engine hears from whoever started it. */
export interface HostListener {
  start(message: Extract<HostToEngine, { t: 'start' }>): void
  windowOpened(window: number, user: string): void
  windowClosed(window: number): void
  windowMessage(window: number, message: unknown): void
  stop(reason: string): void
}

/**
 * The only place that knows who started the engine: Electron's main process or the command line's launcher, both over
 * the child's ipc channel. Signals count too, since an edge box stops services with them. When the parent goes away
 * without a word the engine stops cleanly: acquisition without anybody who restarts it would die unseen later.
 */
export class Host {
  readonly #listener: HostListener

  constructor(listener: HostListener) {
    this.#listener = listener
  }

  listen(): void {
    process.on('message', (raw) => this.#receive(raw))
    process.on('disconnect', () => this.#listener.stop('The process that started the engine is gone.'))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const)
      process.on(signal, () => this.#listener.stop(`Stopped by ${signal}.`))
  }

  send(message: EngineToHost): void {
    // A parent that died between two messages is reported by 'disconnect'; there is nobody to tell.
    if (process.connected) process.send?.(message, undefined, undefined, () => {})
  }

  event(event: 'starting' | 'ready' | 'link' | 'stopping' | 'stopped' | 'fault', detail: unknown): void {
    this.send({ t: 'event', event, detail })
  }

  #receive(raw: unknown): void {
    const parsed = hostToEngineSchema.safeParse(raw)
    if (!parsed.success) {
      this.event('fault', { message: `The host sent a malformed message: ${parsed.error.issues[0]?.message ?? ''}` })
      return
    }
    const message = parsed.data
    if (message.t === 'start') this.#listener.start(message)
    else if (message.t === 'window') this.#listener.windowMessage(message.w, message.m)
    else if (message.t === 'window-open') this.#listener.windowOpened(message.w, message.user ?? 'operator')
    else if (message.t === 'window-closed') this.#listener.windowClosed(message.w)
    else if (message.t === 'ping') this.send({ t: 'pong', n: message.n })
    else this.#listener.stop('Asked by the host.')
  }
}
