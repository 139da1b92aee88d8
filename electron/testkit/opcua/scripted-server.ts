import { once } from 'node:events'
import net from 'node:net'
import { array, builtIn, ByteReader, ByteWriter, dataValue, double, type NodeIdBytes, scalar } from './bytes.ts'
import {
  type ChannelWishes,
  handleOf,
  type HeaderWish,
  responseHeader,
  ScriptedChannel,
  type ScriptedRequest,
} from './scripted-channel.ts'
import { plantUri } from './test-server.ts'

export interface ScriptedItem {
  handle: number
  nodeId: string
  queueSize: number
  bothTimes: boolean
}

interface Message {
  number: number
  bytes: Buffer
}

export class ScriptedSubscription {
  items: ScriptedItem[] = []
  /** The number of the next message. */
  next = 1
  readonly id: number
  readonly keepAliveMs: number
  readonly kept = new Map<number, Buffer>()
  readonly waiting: Message[] = []
  lastMs = performance.now()

  constructor(id: number, keepAliveMs: number) {
    this.id = id
    this.keepAliveMs = keepAliveMs
  }
}

interface PublishRequest {
  channel: ScriptedChannel
  requestId: number
  handle: number
}

export interface ScriptedWishes extends ChannelWishes {
  namespaces: string[]
  startUs: number
  itemsPerCall: number
  /** How the type of each reply is written. */
  typeForm: 'four' | 'long'
  header: HeaderWish
  /** The answer to every acknowledgement. */
  acknowledged: number
  revisedQueue: number | null
  /** The answer to a wish to transfer a subscription. */
  transfer: number
  /** In a session that has timed out nothing is found, its subscriptions live on. */
  keepAlives: boolean
}

/** What the test does with a request before the server looks at it: a status is a ServiceFault, null leaves it. */
export type Interference = (typeId: number) => number | 'silence' | null

const good = 0
const badNodeIdUnknown = 0x8034_0000
const badSessionIdInvalid = 0x8025_0000
const badTooManyOperations = 0x8010_0000
const badMessageNotAvailable = 0x807b_0000
const badSubscriptionIdInvalid = 0x8028_0000
const badServiceUnsupported = 0x800b_0000
const none: NodeIdBytes = { form: 'two', id: 0 }

/**
 * A server whose every byte is written by hand after the specification (OPC 10000-4 and -6), under policy None: it does
 * what other makers' servers do and node-opcua's cannot be brought to. It samples nothing; a test says each message.
 */
export class ScriptedServer {
  interfere: Interference = () => null
  /** The next publish reply with data is begun and then taken back. */
  abortNext: { status: number; reason: string | null } | null = null
  readonly wishes: ScriptedWishes
  readonly channels = new Set<ScriptedChannel>()
  readonly subscriptions = new Map<number, ScriptedSubscription>()
  readonly acknowledgements: number[] = []
  readonly republished: number[] = []
  connections = 0
  transfers = 0
  renewals = 0
  resends = 0
  readonly #server: net.Server
  readonly #tokens = new Set<string>()
  readonly #requests: PublishRequest[] = []
  readonly #timer: NodeJS.Timeout
  #lastToken = 0
  #lastSubscription = 0

  private constructor(wishes: Partial<ScriptedWishes>) {
    this.wishes = {
      namespaces: ['http://opcfoundation.org/UA/', 'urn:scripted', plantUri],
      startUs: 1_700_000_000_000_000,
      itemsPerCall: 0,
      typeForm: 'four',
      header: {},
      acknowledged: good,
      revisedQueue: null,
      transfer: good,
      chunkBytes: 0,
      tokenLifetimeMs: 600_000,
      corrupt: null,
      keepAlives: true,
      ...wishes,
    }
    this.#server = net.createServer((socket) => {
      this.connections += 1
      const channel = new ScriptedChannel(socket, this.connections, this.wishes, (request, from) =>
        this.#serve(request, from),
      )
      this.channels.add(channel)
      socket.on('close', () => this.channels.delete(channel))
    })
    this.#timer = setInterval(() => this.#keepAlive(), 50)
  }

  static async start(wishes: Partial<ScriptedWishes> = {}): Promise<ScriptedServer> {
    const server = new ScriptedServer(wishes)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the scripted server is not listening')
    return address.port
  }

  /** Publish requests that wait for a message. */
  get outstanding(): number {
    return this.#requests.filter(({ channel }) => channel.open).length
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  cut(): void {
    for (const channel of this.channels) channel.close()
  }

  /** Another run: no session and no subscription is left, ids begin at 1 again. */
  restart(change: Partial<ScriptedWishes> = {}): void {
    Object.assign(this.wishes, { startUs: this.wishes.startUs + 1e9 }, change)
    this.#tokens.clear()
    this.subscriptions.clear()
    this.#requests.length = 0
    this.#lastSubscription = 0
    this.cut()
  }

  /** Every session has timed out; the subscriptions live on without one. */
  expireSessions(): void {
    this.#tokens.clear()
    this.#requests.length = 0
    this.cut()
  }

  /** The subscription that has an item on `name` of the plant. */
  of(name: string): ScriptedSubscription {
    const found = [...this.subscriptions.values()].find(({ items }) =>
      items.some(({ nodeId }) => nodeId.endsWith(name)),
    )
    if (!found) throw new Error(`no subscription has an item on ${name}`)
    return found
  }

  handleOf(name: string): number {
    const item = this.of(name).items.findLast(({ nodeId }) => nodeId.endsWith(name))
    if (!item) throw new Error(`no item on ${name}`)
    return item.handle
  }

  /** The next message of a subscription, sent when a publish request is here; returns its number. */
  say(subscription: ScriptedSubscription, notifications: readonly Buffer[]): number {
    const number = this.prepare(subscription, notifications)
    this.#flush()
    return number
  }

  /** As `say`, and nothing is sent before `flush`. */
  prepare(subscription: ScriptedSubscription, notifications: readonly Buffer[]): number {
    const { next } = subscription
    subscription.next = next === 0xffff_ffff ? 1 : next + 1
    const out = new ByteWriter().u32(next).time(Date.now() * 1_000)
    const bytes = out.list(notifications.map((notification) => () => void out.raw(notification))).done()
    subscription.kept.set(next, bytes)
    subscription.waiting.push({ number: next, bytes })
    return next
  }

  flush(): void {
    this.#flush()
  }

  #keepAlive(): void {
    if (!this.wishes.keepAlives) return
    for (const subscription of this.subscriptions.values()) {
      if (subscription.waiting.length > 0 || performance.now() - subscription.lastMs < subscription.keepAliveMs / 2)
        continue
      const request = this.#nextRequest()
      if (!request) return
      const bytes = new ByteWriter()
        .u32(subscription.next)
        .time(Date.now() * 1_000)
        .i32(0)
        .done()
      this.#publish(subscription, request, bytes, false)
    }
  }

  #nextRequest(): PublishRequest | null {
    for (let request = this.#requests.shift(); request; request = this.#requests.shift())
      if (request.channel.open) return request
    return null
  }

  #flush(): void {
    for (const subscription of this.subscriptions.values())
      while (subscription.waiting.length > 0) {
        const request = this.#nextRequest()
        if (!request) return
        const message = subscription.waiting.shift()
        if (message) this.#publish(subscription, request, message.bytes, subscription.waiting.length > 0)
      }
  }

  #publish(subscription: ScriptedSubscription, request: PublishRequest, message: Buffer, more: boolean): void {
    subscription.lastMs = performance.now()
    const out = this.#response(829, request.handle).u32(subscription.id)
    out.list([...subscription.kept.keys()].map((number) => () => void out.u32(number)))
    out.u8(more ? 1 : 0).raw(message)
    // One result for every acknowledgement would do; a server may send none.
    out.list([() => void out.u32(this.wishes.acknowledged)]).i32(-1)
    const { channel, requestId } = request
    const { abortNext } = this
    this.abortNext = null
    if (abortNext) channel.abort(requestId, out.done(), abortNext.status, abortNext.reason)
    else channel.reply(requestId, out.done())
  }

  #response(typeId: number, handle: number, status = good): ByteWriter {
    const { header, typeForm } = this.wishes
    return new ByteWriter()
      .nodeId({ form: typeForm, id: typeId })
      .raw(responseHeader(handle, status === good ? header : { ...header, status }))
  }

  #serve(request: ScriptedRequest, channel: ScriptedChannel): void {
    this.renewals = Math.max(this.renewals, channel.renewals)
    const { typeId, requestId, body, at } = request
    const reader = new ByteReader(body, at)
    const token = { text: '' }
    const handle = handleOf(reader, token)
    const fault = (status: number): void => channel.reply(requestId, this.#response(397, handle, status).done())
    const interference = this.interfere(typeId)
    if (interference === 'silence') return
    if (interference !== null) {
      fault(interference)
      return
    }
    const withoutSession = typeId === 428 || typeId === 461
    if (!withoutSession && !this.#tokens.has(token.text)) {
      fault(badSessionIdInvalid)
      return
    }
    if (typeId === 826) {
      this.#acknowledge(reader)
      this.#requests.push({ channel, requestId, handle })
      this.#flush()
      return
    }
    const answer = this.#answer(typeId, handle, reader, token.text)
    if (typeof answer === 'number') fault(answer)
    else channel.reply(requestId, answer.done())
  }

  #acknowledge(reader: ByteReader): void {
    reader.list(() => {
      const id = reader.u32()
      const number = reader.u32()
      this.acknowledgements.push(number)
      if (this.wishes.acknowledged === good) this.subscriptions.get(id)?.kept.delete(number)
    })
  }

  #answer(typeId: number, handle: number, reader: ByteReader, token: string): ByteWriter | number {
    switch (typeId) {
      case 428:
        return this.#endpoints(this.#response(431, handle))
      case 461:
        return this.#createSession(this.#response(464, handle))
      case 467:
        return this.#response(470, handle).bytes(Buffer.alloc(32, 3)).i32(-1).i32(-1)
      case 473:
        this.#tokens.delete(token)
        return this.#response(476, handle)
      case 631:
        return this.#read(reader, this.#response(634, handle))
      case 712:
        this.resends += 1
        return this.#response(715, handle).i32(1).u32(good).i32(-1).i32(-1).i32(-1).i32(-1)
      case 751:
        return this.#createItems(reader, handle)
      case 787:
        return this.#createSubscription(reader, this.#response(790, handle))
      case 832:
        return this.#republish(reader, handle)
      case 841:
        return this.#transfer(reader, this.#response(844, handle))
      case 847:
        return this.#deleteSubscriptions(reader, this.#response(850, handle))
      default:
        return badServiceUnsupported
    }
  }

  #endpoints(out: ByteWriter): ByteWriter {
    const url = `opc.tcp://127.0.0.1:${this.port}`
    const server = () => out.text('urn:scripted').text(null).u8(2).text('Scripted').u32(0).text(null).text(null)
    return out.list([
      () => {
        out.text(url)
        server().list([() => void out.text(url)])
        out.bytes(null).u32(1).text('http://opcfoundation.org/UA/SecurityPolicy#None')
        out.list([() => void out.text('anonymous').u32(0).text(null).text(null).text(null)])
        out.text('http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary').u8(0)
      },
    ])
  }

  #createSession(out: ByteWriter): ByteWriter {
    this.#lastToken += 1
    const namespace = 7
    this.#tokens.add(`ns=${namespace};i=${this.#lastToken}`)
    out.nodeId({ form: 'long', namespace: 1, id: this.#lastToken })
    out.nodeId({ form: 'long', namespace, id: this.#lastToken })
    out.f64(600_000).bytes(Buffer.alloc(32, 5)).bytes(null)
    return this.#endpoints(out).i32(-1).text(null).bytes(null).u32(0)
  }

  #read(reader: ByteReader, out: ByteWriter): ByteWriter {
    reader.skip(12)
    const values = reader.list(() => {
      const nodeId = reader.nodeId()
      const attribute = reader.u32()
      reader.text()
      reader.u16()
      reader.text()
      return this.#valueOf(nodeId, attribute)
    })
    return out.list(values.map((value) => () => void out.raw(value))).i32(-1)
  }

  #valueOf(nodeId: string, attribute: number): Buffer {
    const text = (value: string): Buffer => new ByteWriter().text(value).done()
    const { namespaces, startUs, itemsPerCall } = this.wishes
    if (nodeId === 'i=2255') return dataValue({ value: array(builtIn.string, namespaces.map(text)) })
    if (nodeId === 'i=2257')
      return dataValue({ value: scalar(builtIn.dateTime, new ByteWriter().time(startUs).done()) })
    if (nodeId === 'i=2259') return dataValue({ value: scalar(builtIn.int32, new ByteWriter().i32(0).done()) })
    if (nodeId === 'i=11714')
      return dataValue({ value: scalar(builtIn.uInt32, new ByteWriter().u32(itemsPerCall).done()) })
    if (attribute === 19) return dataValue({ value: double(0) })
    return dataValue({ status: badNodeIdUnknown })
  }

  #createSubscription(reader: ByteReader, out: ByteWriter): ByteWriter {
    const interval = reader.f64()
    const lifetime = reader.u32()
    const keepAlives = reader.u32()
    this.#lastSubscription += 1
    const id = this.#lastSubscription
    this.subscriptions.set(id, new ScriptedSubscription(id, interval * keepAlives))
    return out.u32(id).f64(interval).u32(lifetime).u32(keepAlives)
  }

  #createItems(reader: ByteReader, handle: number): ByteWriter | number {
    const subscription = this.subscriptions.get(reader.u32())
    if (!subscription) return badSubscriptionIdInvalid
    const bothTimes = reader.u32() === 2
    const wanted = reader.list(() => {
      const nodeId = reader.nodeId()
      reader.u32()
      reader.text()
      reader.u16()
      reader.text()
      reader.u32()
      const clientHandle = reader.u32()
      const interval = reader.f64()
      reader.extension()
      const queueSize = reader.u32()
      reader.u8()
      return { handle: clientHandle, nodeId, interval, queueSize: this.wishes.revisedQueue ?? queueSize, bothTimes }
    })
    if (this.wishes.itemsPerCall > 0 && wanted.length > this.wishes.itemsPerCall) return badTooManyOperations
    const out = this.#response(754, handle)
    return out
      .list(
        wanted.map((item) => () => {
          subscription.items.push(item)
          out.u32(good).u32(subscription.items.length).f64(item.interval).u32(item.queueSize)
          out.extension(none, 0, Buffer.alloc(0))
        }),
      )
      .i32(-1)
  }

  #republish(reader: ByteReader, handle: number): ByteWriter | number {
    const subscription = this.subscriptions.get(reader.u32())
    if (!subscription) return badSubscriptionIdInvalid
    const number = reader.u32()
    this.republished.push(number)
    const message = subscription.kept.get(number)
    // One that was never sent is on its way, and comes by Publish.
    if (!message || subscription.waiting.some((waiting) => waiting.number === number)) return badMessageNotAvailable
    return this.#response(835, handle).raw(message)
  }

  #transfer(reader: ByteReader, out: ByteWriter): ByteWriter {
    this.transfers += 1
    const ids = reader.list(() => reader.u32())
    return out
      .list(
        ids.map((id) => () => {
          out.u32(this.subscriptions.has(id) ? this.wishes.transfer : badSubscriptionIdInvalid).i32(-1)
        }),
      )
      .i32(-1)
  }

  #deleteSubscriptions(reader: ByteReader, out: ByteWriter): ByteWriter {
    const ids = reader.list(() => reader.u32())
    return out
      .list(ids.map((id) => () => void out.u32(this.subscriptions.delete(id) ? good : badSubscriptionIdInvalid)))
      .i32(-1)
  }
}
