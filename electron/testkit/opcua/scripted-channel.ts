import type net from 'node:net'
import { ByteReader, ByteWriter } from './bytes.ts'

/** A request as it came: `typeId` of its encoding, `at` where its header begins in `body`. */
export interface ScriptedRequest {
  typeId: number
  requestId: number
  body: Buffer
  at: number
}

export interface ChannelWishes {
  /** Bytes of one chunk at most, 0: as the client's buffer allows. */
  chunkBytes: number
  tokenLifetimeMs: number
  /** Has a look at each frame of a service message before it is sent, and may send other bytes. */
  corrupt: ((frame: Buffer) => Buffer) | null
}

/** One connection of a client, by the letter of OPC 10000-6, 6.7 and 7.1, with security policy None. */
export class ScriptedChannel {
  renewals = 0
  /** The token of the client's last message: what is sent before it uses a new one goes under the old one. */
  #tokenId = 0
  #lastTokenId = 0
  #sequenceNumber = 0
  #rest: Buffer = Buffer.alloc(0)
  #pieces: Buffer[] = []
  #clientBuffer = 65_536
  readonly #socket: net.Socket
  readonly #id: number
  readonly #wishes: ChannelWishes
  readonly #serve: (request: ScriptedRequest, channel: ScriptedChannel) => void

  constructor(
    socket: net.Socket,
    id: number,
    wishes: ChannelWishes,
    serve: (request: ScriptedRequest, channel: ScriptedChannel) => void,
  ) {
    this.#socket = socket
    this.#id = id
    this.#wishes = wishes
    this.#serve = serve
    socket.setNoDelay(true)
    socket.on('data', (data: Buffer) => this.#read(data))
    socket.on('error', () => socket.destroy())
  }

  get open(): boolean {
    return !this.#socket.destroyed
  }

  /** A reply in as many chunks as it takes: all but the last are C, the last is F (6.7.2.2). */
  reply(requestId: number, body: Buffer): void {
    const most = this.#wishes.chunkBytes > 0 ? this.#wishes.chunkBytes : this.#clientBuffer - 24
    for (let first = 0; first === 0 || first < body.length; first += most) {
      const last = first + most >= body.length
      this.#message(last ? 'F' : 'C', requestId, body.subarray(first, first + most))
    }
  }

  /** The beginning of a reply, and then that there will be no rest of it (6.7.2.2, 6.7.3). */
  abort(requestId: number, body: Buffer, status: number, reason: string | null): void {
    this.#message('C', requestId, body.subarray(0, body.length >> 1))
    this.#message('A', requestId, new ByteWriter().u32(status).text(reason).done())
  }

  /** An Error message, after which a server closes the connection (7.1.2.5). */
  error(status: number, reason: string | null): void {
    this.#frame('ERRF', new ByteWriter().u32(status).text(reason).done())
    this.#socket.end()
  }

  /** Bytes as they are. */
  raw(bytes: Buffer): void {
    this.#socket.write(bytes)
  }

  close(): void {
    this.#socket.destroy()
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
    const kind = chunk.toString('latin1', 0, 3)
    if (kind === 'HEL') {
      // As much as is said below that is sent at once, or what the client takes where that is less.
      this.#clientBuffer = Math.min(65_536, chunk.readUInt32LE(12))
      this.#frame('ACKF', new ByteWriter().u32(0).u32(65_536).u32(65_536).u32(0).u32(0).done())
    } else if (kind === 'OPN') this.#openChannel(chunk)
    else if (kind === 'MSG') {
      this.#tokenId = chunk.readUInt32LE(12)
      this.#pieces.push(chunk.subarray(24))
      if (chunk[3] !== 0x46) return
      const body = Buffer.concat(this.#pieces.splice(0))
      const reader = new ByteReader(body)
      const typeId = Number(/i=(\d+)/.exec(reader.nodeId())?.[1] ?? 0)
      this.#serve({ typeId, requestId: chunk.readUInt32LE(20), body, at: reader.at }, this)
    } else if (kind === 'CLO') this.#socket.end()
  }

  #openChannel(chunk: Buffer): void {
    const reader = new ByteReader(chunk, 12)
    for (let field = 0; field < 3; field += 1) reader.text()
    reader.u32()
    const requestId = reader.u32()
    reader.nodeId()
    const handle = handleOf(reader)
    reader.u32()
    const renewed = reader.u32() === 1
    if (renewed) this.renewals += 1
    this.#lastTokenId += 1
    if (!renewed) this.#tokenId = this.#lastTokenId
    const body = new ByteWriter().nodeId({ form: 'four', id: 449 }).raw(responseHeader(handle)).u32(0)
    body
      .u32(this.#id)
      .u32(this.#lastTokenId)
      .time(Date.now() * 1_000)
      .u32(this.#wishes.tokenLifetimeMs)
      .bytes(null)
    const head = new ByteWriter().u32(this.#id).text('http://opcfoundation.org/UA/SecurityPolicy#None')
    head.bytes(null).bytes(null).u32(this.#next()).u32(requestId)
    this.#frame('OPNF', Buffer.concat([head.done(), body.done()]))
  }

  #message(final: 'C' | 'F' | 'A', requestId: number, piece: Buffer): void {
    const head = new ByteWriter().u32(this.#id).u32(this.#tokenId).u32(this.#next()).u32(requestId)
    this.#frame(`MSG${final}`, Buffer.concat([head.done(), piece]))
  }

  #next(): number {
    this.#sequenceNumber += 1
    return this.#sequenceNumber
  }

  #frame(kind: string, content: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    const head = Buffer.from(`${kind}0000`, 'latin1')
    head.writeUInt32LE(content.length + 8, 4)
    const frame = Buffer.concat([head, content])
    const { corrupt } = this.#wishes
    this.#socket.write(corrupt && kind.startsWith('MSG') ? corrupt(frame) : frame)
  }
}

/** The handle of a request, read from its header; the reader is behind the header then. */
export function handleOf(reader: ByteReader, token: { text: string } = { text: '' }): number {
  token.text = reader.nodeId()
  reader.skip(8)
  const handle = reader.u32()
  reader.u32()
  reader.text()
  reader.u32()
  reader.extension()
  return handle
}

export interface HeaderWish {
  status?: number
  diagnostics?: Buffer
  strings?: readonly string[]
  additional?: Buffer
  timeUs?: number | null
}

/** A ResponseHeader (OPC 10000-4, 7.33). */
export function responseHeader(handle: number, wish: HeaderWish = {}): Buffer {
  const out = new ByteWriter().time(wish.timeUs === undefined ? Date.now() * 1_000 : wish.timeUs).u32(handle)
  out.u32(wish.status ?? 0).raw(wish.diagnostics ?? Buffer.from([0]))
  out.list(wish.strings ? wish.strings.map((text) => () => void out.text(text)) : null)
  if (wish.additional) out.raw(wish.additional)
  else out.extension({ form: 'two', id: 0 }, 0, Buffer.alloc(0))
  return out.done()
}
