import { once } from 'node:events'
import net from 'node:net'

/** OPC UA service messages by the identifier of their binary encoding (OPC 10000-6, annex A). */
export const wireIds = { serviceFault: 397, publishRequest: 826, publishResponse: 829, republishResponse: 835 } as const

/** One complete message of a channel without security: a single chunk, whose body begins at the type's NodeId. */
export interface WireMessage {
  /** `wireIds` or another; 0 for what is no service message (hello, open, close). */
  typeId: number
  requestId: number
  body: Buffer
}

/** What becomes of a message: as it is, thrown away, kept until `release`, or replaced by these, in this order. */
export type Verdict = 'pass' | 'drop' | 'hold' | Buffer[]

/**
 * A relay that reads the chunks of OPC UA connections with policy None and lets a test edit real traffic: node-opcua's
 * server cannot be brought to deviate from the specification where other makers' servers do. Channel sequence numbers
 * (OPC 10000-6, 6.7.2.4) are counted anew on the way out, so that reordering, dropping and inserting keep the channel
 * valid and only the services see the fault. Messages of several chunks pass unread.
 */
export class WireRelay {
  /** Looks at each reply of the server; the default lets all pass. */
  onReply: (message: WireMessage) => Verdict = () => 'pass'
  onRequest: (message: WireMessage) => Verdict = () => 'pass'
  connections = 0
  readonly #server: net.Server
  readonly #target: number
  readonly #lanes = new Set<Lane>()

  private constructor(target: number) {
    this.#target = target
    this.#server = net.createServer((near) => this.#accept(near))
  }

  static async start(port: number): Promise<WireRelay> {
    const relay = new WireRelay(port)
    relay.#server.listen(0, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the relay is not listening')
    return address.port
  }

  /** Sends the replies that were held, oldest first. */
  release(): void {
    for (const lane of this.#lanes) lane.release()
  }

  cut(): void {
    for (const lane of this.#lanes) lane.end()
  }

  /** The next publish reply with data is cut in its middle, and the connection reset (RST, no FIN). */
  resetInNextData(): Promise<void> {
    return new Promise((resolve) => {
      for (const lane of this.#lanes) lane.resetIn = resolve
    })
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(near: net.Socket): void {
    this.connections += 1
    const far = net.connect(this.#target, '127.0.0.1')
    const lanes = [
      new Lane(far, near, (message) => this.onReply(message)),
      new Lane(near, far, (message) => this.onRequest(message)),
    ]
    for (const lane of lanes) this.#lanes.add(lane)
    const end = (): void => {
      for (const lane of lanes) {
        lane.end()
        this.#lanes.delete(lane)
      }
    }
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      socket.on('error', end)
      socket.on('close', end)
    }
  }
}

/** One direction of one connection. */
class Lane {
  resetIn: (() => void) | null = null
  readonly #from: net.Socket
  readonly #to: net.Socket
  readonly #look: (message: WireMessage) => Verdict
  #rest: Buffer = Buffer.alloc(0)
  #number: number | null = null
  #held: Buffer[] = []

  constructor(from: net.Socket, to: net.Socket, look: (message: WireMessage) => Verdict) {
    this.#from = from
    this.#to = to
    this.#look = look
    from.on('data', (data: Buffer) => this.#read(data))
  }

  end(): void {
    this.#from.destroy()
    this.#to.destroy()
  }

  release(): void {
    for (const chunk of this.#held.splice(0)) this.#send(chunk)
  }

  #read(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data])
    while (this.#rest.length >= 8) {
      const length = this.#rest.readUInt32LE(4)
      if (this.#rest.length < length) return
      const chunk = Buffer.from(this.#rest.subarray(0, length))
      this.#rest = this.#rest.subarray(length)
      this.#chunk(chunk)
    }
  }

  #chunk(chunk: Buffer): void {
    // MSG, final: header 8, channel 4, token 4, sequence number 4, request id 4, then the body.
    const isWhole = chunk.toString('latin1', 0, 4) === 'MSGF' && chunk.length > 28
    if (!isWhole) {
      this.#send(chunk)
      return
    }
    const body = chunk.subarray(24)
    const typeId = body[0] === 1 && body[1] === 0 ? body.readUInt16LE(2) : 0
    const verdict = this.#look({ typeId, requestId: chunk.readUInt32LE(20), body })
    if (verdict === 'drop') return
    if (verdict === 'hold') {
      this.#held.push(chunk)
      return
    }
    if (verdict === 'pass') {
      if (this.resetIn && typeId === wireIds.publishResponse && publishedIn(body).count > 0) this.#reset(chunk)
      else this.#send(chunk)
      return
    }
    for (const other of verdict) this.#send(withBody(chunk, other))
  }

  #reset(chunk: Buffer): void {
    const done = this.resetIn
    this.resetIn = null
    this.#to.write(chunk.subarray(0, chunk.length >> 1), () => {
      this.#to.resetAndDestroy()
      this.#from.destroy()
      done?.()
    })
  }

  #send(chunk: Buffer): void {
    const kind = chunk.toString('latin1', 0, 3)
    if (kind === 'MSG' || kind === 'OPN' || kind === 'CLO') this.#renumber(chunk, kind)
    if (!this.#to.destroyed) this.#to.write(chunk)
  }

  #renumber(chunk: Buffer, kind: string): void {
    let at = 16
    // An OPN has an asymmetric header: policy URI, certificate, thumbprint (6.7.2.3).
    if (kind === 'OPN') {
      at = 12
      for (let field = 0; field < 3; field += 1) at += 4 + Math.max(0, chunk.readInt32LE(at))
    }
    this.#number = this.#number === null ? chunk.readUInt32LE(at) : this.#number + 1
    chunk.writeUInt32LE(this.#number, at)
  }
}

function withBody(chunk: Buffer, body: Buffer): Buffer {
  const out = Buffer.concat([chunk.subarray(0, 24), body])
  out.writeUInt32LE(out.length, 4)
  return out
}

/** Where things are in a publish reply: result, subscription, message number and notifications of its message. */
export interface Published {
  result: number
  subscriptionId: number
  sequenceNumber: number
  count: number
}

export function publishedIn(body: Buffer): Published {
  // NodeId 4, then the response header: time 8, request handle 4, result 4, diagnostics, strings, additional header.
  const result = body.readUInt32LE(16)
  let at = 20
  if (body[at] !== 0) throw new Error('the relay does not read diagnostics')
  at += 1
  const strings = Math.max(0, body.readInt32LE(at))
  if (strings > 0) throw new Error('the relay does not read string tables')
  at += 4
  // No additional header: a null NodeId and no body.
  at += 3
  const subscriptionId = body.readUInt32LE(at)
  at += 4
  at += 4 + 4 * Math.max(0, body.readInt32LE(at))
  at += 1
  return {
    result,
    subscriptionId,
    sequenceNumber: body.readUInt32LE(at),
    count: Math.max(0, body.readInt32LE(at + 12)),
  }
}

/** The reply that says the request could not be answered, in place of `body`: ServiceFault with the same request handle. */
export function serviceFault(body: Buffer, status: number): Buffer {
  const out = Buffer.alloc(28)
  out[0] = 1
  out.writeUInt16LE(wireIds.serviceFault, 2)
  body.copy(out, 4, 4, 16)
  out.writeUInt32LE(status, 16)
  // No diagnostics, an empty string table, no additional header.
  out.writeInt32LE(-1, 21)
  return out
}
