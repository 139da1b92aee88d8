import { once } from 'node:events'
import net from 'node:net'

/** A TCP proxy on 127.0.0.1 whose faults a test switches on: cut, pause, swallowed replies, half-open links. */
export class TcpProxy {
  connections = 0
  /** Replies thrown away since `swallowReplies`, counted by their OPC UA message headers. */
  swallowed = 0
  readonly #server: net.Server
  readonly #pairs = new Set<{ near: net.Socket; far: net.Socket }>()
  readonly #lost: net.Socket[] = []
  readonly #target: { host: string; port: number }
  #down = false
  #paused = false

  private constructor(target: { host: string; port: number }) {
    this.#target = target
    this.#server = net.createServer((near) => this.#accept(near))
  }

  static async start(port: number, host = '127.0.0.1'): Promise<TcpProxy> {
    const proxy = new TcpProxy({ host, port })
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy is not listening')
    return address.port
  }

  /** Closes all connections; new ones pass. */
  cut(): void {
    for (const { near, far } of this.#pairs) {
      near.destroy()
      far.destroy()
    }
    this.#pairs.clear()
  }

  /** Ends all connections with a reset (RST) to either side; new ones pass. */
  reset(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy()
      far.resetAndDestroy()
    }
    this.#pairs.clear()
  }

  /** Closes all connections and refuses new ones until `up`. */
  down(): void {
    this.#down = true
    this.cut()
  }

  up(): void {
    this.#down = false
  }

  /** Nothing passes in either direction, connections stay open. */
  pause(): void {
    this.#paused = true
    for (const { near, far } of this.#pairs) {
      near.pause()
      far.pause()
    }
  }

  resume(): void {
    this.#paused = false
    for (const { near, far } of this.#pairs) {
      near.resume()
      far.resume()
    }
  }

  /** What the server answers is thrown away on the connections there are: a half-open link. New ones pass. */
  swallowReplies(): void {
    for (const { far, near } of this.#pairs) {
      far.unpipe(near)
      far.on('data', (data: Buffer) => {
        this.swallowed += messagesIn(data)
      })
      far.resume()
    }
  }

  /** What either side sends is thrown away on the connections there are; neither hears of the other's end. New ones pass. */
  blackHole(): void {
    for (const { far, near } of this.#pairs) {
      near.unpipe(far)
      far.unpipe(near)
      for (const socket of [near, far]) {
        socket.removeAllListeners('close')
        socket.on('data', () => undefined)
        socket.resume()
      }
      this.#lost.push(near, far)
    }
    this.#pairs.clear()
  }

  async stop(): Promise<void> {
    this.cut()
    for (const socket of this.#lost) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(near: net.Socket): void {
    if (this.#down) {
      near.destroy()
      return
    }
    this.connections += 1
    const far = net.connect(this.#target)
    const pair = { near, far }
    this.#pairs.add(pair)
    const end = (): void => {
      near.destroy()
      far.destroy()
      this.#pairs.delete(pair)
    }
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
    }
    near.pipe(far)
    far.pipe(near)
    if (this.#paused) {
      near.pause()
      far.pause()
    }
  }
}

/** Whole OPC UA messages at the start of `data`; each carries its own length (Part 6, 6.7.2.2). */
function messagesIn(data: Buffer): number {
  let count = 0
  let at = 0
  while (at + 8 <= data.length && data.toString('latin1', at, at + 3) === 'MSG') {
    count += 1
    at += data.readUInt32LE(at + 4)
  }
  return count
}
