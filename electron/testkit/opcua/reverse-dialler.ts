import net from 'node:net'

/** ReverseHello as a server sends it (OPC 10000-6, 7.1.2.6). */
export function reverseHello(serverUri: string, endpointUrl: string): Buffer {
  const fields = [serverUri, endpointUrl].map((text) => {
    const bytes = Buffer.from(text, 'utf8')
    const length = Buffer.alloc(4)
    length.writeInt32LE(bytes.length)
    return Buffer.concat([length, bytes])
  })
  const body = Buffer.concat(fields)
  const header = Buffer.alloc(8)
  header.write('RHEF', 0, 'latin1')
  header.writeUInt32LE(8 + body.length, 4)
  return Buffer.concat([header, body])
}

export interface DiallerOptions {
  /** Where the client listens. */
  listenPort: number
  /** The real server, which is reached only through here. */
  serverPort: number
  serverUri: string
  redialMs?: number
}

/**
 * A server behind a firewall: dials out to a listening client, says ReverseHello, and from the client's Hello on passes
 * everything to and from a real server. It dials again when the connection ends, as OPC 10000-6, 7.1.3 asks of servers.
 */
export class ReverseDialler {
  /** Connections that the client has taken up. */
  taken = 0
  calls = 0
  readonly #options: DiallerOptions
  readonly #sockets = new Set<net.Socket>()
  #timer: NodeJS.Timeout | undefined
  #down = false
  #stopped = false

  private constructor(options: DiallerOptions) {
    this.#options = { ...options }
  }

  static start(options: DiallerOptions): ReverseDialler {
    const dialler = new ReverseDialler(options)
    dialler.#dial()
    return dialler
  }

  /** From now on calls lead to another server behind it. */
  lead(serverPort: number): void {
    this.#options.serverPort = serverPort
  }

  /** Ends what there is; it dials again. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** No way out until `up`. */
  down(): void {
    this.#down = true
    this.cut()
  }

  up(): void {
    this.#down = false
  }

  /** From now on nothing of the present connections arrives on either side, and neither hears of an end; new ones pass. */
  blackHole(): void {
    for (const socket of this.#sockets) {
      socket.unpipe()
      socket.removeAllListeners('close')
      socket.on('data', () => undefined)
      socket.resume()
    }
    this.#again()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.cut()
  }

  #dial(): void {
    if (this.#stopped) return
    if (this.#down) return this.#again()
    const { listenPort, serverPort, serverUri } = this.#options
    this.calls += 1
    const near = this.#keep(net.connect(listenPort, '127.0.0.1'))
    near.once('connect', () => near.write(reverseHello(serverUri, `opc.tcp://127.0.0.1:${serverPort}`)))
    near.once('close', () => this.#again())
    near.once('data', (hello: Buffer) => {
      // Not let in: the client says why and closes.
      if (hello.toString('latin1', 0, 3) !== 'HEL') return
      this.taken += 1
      const far = this.#keep(net.connect(serverPort, '127.0.0.1'))
      far.write(hello)
      near.pipe(far)
      far.pipe(near)
      near.once('close', () => far.destroy())
      far.once('close', () => near.destroy())
    })
  }

  #again(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#dial(), this.#options.redialMs ?? 50)
  }

  #keep(socket: net.Socket): net.Socket {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
    return socket
  }
}
