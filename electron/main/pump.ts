import type { MessagePortMain } from 'electron'
import type { HostToEngine } from '../../shared/protocol/host.ts'

/**
 * Forwards frames between windows' ports and the engine's channel and never looks inside. It keeps no queue: credits
 * run end to end between window and engine, so what arrives has been asked for.
 */
export class Pump {
  readonly #toEngine: (message: HostToEngine) => boolean
  readonly #ports = new Map<number, MessagePortMain>()
  #last = 0

  constructor(toEngine: (message: HostToEngine) => boolean) {
    this.#toEngine = toEngine
  }

  /** Each connection has a number of its own: a late frame of an earlier one cannot reach a newer port. */
  open(port: MessagePortMain, user: string): number {
    const w = ++this.#last
    this.#ports.set(w, port)
    this.#toEngine({ t: 'window-open', w, user })
    port.on('message', ({ data }) => this.#toEngine({ t: 'window', w, m: data }))
    port.on('close', () => this.close(w))
    port.start()
    return w
  }

  toWindow(w: number, m: unknown): void {
    this.#ports.get(w)?.postMessage(m)
  }

  close(w: number): void {
    const port = this.#ports.get(w)
    if (!port) return
    this.#ports.delete(w)
    this.#toEngine({ t: 'window-closed', w })
    port.close()
  }

  closeAll(): void {
    for (const w of this.#ports.keys()) this.close(w)
  }
}
