import net from 'node:net'
import { limits } from '../../shared/domain/limits.ts'
import { errorMessage, readReverseHello, type ReverseHello, reverseErrors, shownText } from './reverse-hello.ts'

/** A server that has called and said who it is; its socket is paused and belongs to whoever took the call. */
export interface ReverseCall extends ReverseHello {
  socket: net.Socket
  from: string
}

/** A call that was not let in, for the problem list. */
export interface RefusedCall {
  from: string
  /** The ServerUri it gave, fit to be shown; null when it gave none. */
  claimed: string | null
  why: string
}

export interface ReverseListenerEvents {
  refused(call: RefusedCall): void
}

/** The address cannot be listened on; the message is a sentence. */
export class ListenError extends Error {
  override name = 'ListenError'
}

/** Calls of one ServerUri: a taker that waits gets the next one, else they are held for it. */
export class CallQueue {
  readonly serverUri: string
  /** Latest first; one for each address. */
  #held: ReverseCall[] = []
  readonly #takers: ((call: ReverseCall) => void)[] = []
  /** Taken and still open, the latest last. */
  readonly #taken = new Set<ReverseCall>()
  readonly #watchers = new Set<(from: string) => void>()
  #lastGood: string | null = null

  constructor(serverUri: string) {
    this.serverUri = serverUri
  }

  /** The address a connection that stands has come from; null when there is none. */
  get standing(): string | null {
    return [...this.#taken].at(-1)?.from ?? null
  }

  /** Told of each call that comes; the result ends it. */
  onCall(watcher: (from: string) => void): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  /** The next call, at once where one is held. The result takes the wish back. `first`: before others that wait. */
  take(taker: (call: ReverseCall) => void, first = false): () => void {
    const call = this.#next()
    if (call) {
      this.#handOver(call, taker)
      return () => undefined
    }
    if (first) this.#takers.unshift(taker)
    else this.#takers.push(taker)
    return () => {
      const at = this.#takers.indexOf(taker)
      if (at >= 0) this.#takers.splice(at, 1)
    }
  }

  /** As `take`, until the signal. */
  next(signal: AbortSignal, first = false): Promise<ReverseCall> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(new Error('stopped'))
      const stop = (): void => {
        forget()
        reject(new Error('stopped'))
      }
      signal.addEventListener('abort', stop)
      const forget = this.take((call) => {
        signal.removeEventListener('abort', stop)
        resolve(call)
      }, first)
    })
  }

  /** A link stands on a call from this address: another one from there goes before others that claim the same. */
  proven(from: string): void {
    this.#lastGood = from
  }

  offer(call: ReverseCall): void {
    for (const watcher of this.#watchers) watcher(call.from)
    const taker = this.#takers.shift()
    if (taker) {
      this.#handOver(call, taker)
      return
    }
    const same = this.#held.find(({ from }) => from === call.from)
    if (same) this.#drop(same)
    this.#held.unshift(call)
    call.socket.once('close', () => this.#forget(call))
    const oldest = this.#held.findLast(({ from }) => from !== this.#lastGood)
    if (this.#held.length > limits.reverse.heldPerServer && oldest) this.#drop(oldest)
  }

  close(): void {
    for (const call of this.#held) this.#drop(call)
  }

  #next(): ReverseCall | null {
    const call = this.#held.find(({ from }) => from === this.#lastGood) ?? this.#held[0]
    if (!call) return null
    this.#forget(call)
    return call
  }

  #drop(call: ReverseCall): void {
    this.#forget(call)
    call.socket.destroy()
  }

  #forget(call: ReverseCall): void {
    this.#held = this.#held.filter((held) => held !== call)
  }

  /** While it is held the socket is read, so that its end is noticed; from here on its new owner reads. */
  #handOver(call: ReverseCall, taker: (call: ReverseCall) => void): void {
    const { socket } = call
    socket.pause()
    socket.removeAllListeners('data')
    socket.setKeepAlive(false)
    this.#taken.add(call)
    socket.once('close', () => this.#taken.delete(call))
    taker(call)
  }
}

/**
 * One listening socket, shared by the servers that call it; they are told apart by the ServerUri of their ReverseHello.
 * Whoever reaches the port can send anything: what is read before a call is let in is bounded in bytes, in time and in
 * sockets, and of those the oldest silent one makes room, so that a server that says who it is gets in.
 */
export class ReverseListener {
  /** As bound; differs from the one asked for only where that was 0. */
  port = 0
  accepted = 0
  refused = 0
  readonly #queues = new Map<string, { queue: CallQueue; users: number }>()
  /** Sockets that have not said who they are, the oldest first. */
  readonly #silent = new Map<net.Socket, () => void>()
  readonly #server: net.Server
  readonly #events: ReverseListenerEvents

  private constructor(events: ReverseListenerEvents) {
    this.#events = events
    this.#server = net.createServer((socket) => this.#accept(socket))
  }

  /** Throws ListenError. */
  static async open(host: string, port: number, events: ReverseListenerEvents): Promise<ReverseListener> {
    const listener = new ReverseListener(events)
    const server = listener.#server
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => reject(listenError(cause, host, port)))
      server.listen({ host, port }, resolve)
    })
    server.removeAllListeners('error')
    // Later ones are of single connections (no more file handles): those callers try again.
    server.on('error', () => undefined)
    const address = server.address()
    listener.port = address !== null && typeof address === 'object' ? address.port : port
    return listener
  }

  /** From now on calls of this server are let in, until as many have said `forget`. */
  expect(serverUri: string): CallQueue {
    const known = this.#queues.get(serverUri) ?? { queue: new CallQueue(serverUri), users: 0 }
    known.users += 1
    this.#queues.set(serverUri, known)
    return known.queue
  }

  forget(serverUri: string): void {
    const known = this.#queues.get(serverUri)
    if (!known || (known.users -= 1) > 0) return
    known.queue.close()
    this.#queues.delete(serverUri)
  }

  /** Calls that were taken go on. */
  close(): void {
    for (const { queue } of this.#queues.values()) queue.close()
    this.#queues.clear()
    for (const [socket, done] of this.#silent) {
      done()
      socket.destroy()
    }
    this.#server.close()
  }

  #accept(socket: net.Socket): void {
    const from = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'
    let bytes = Buffer.alloc(0)
    // Stays for the socket's life: without a listener an error would end the process.
    socket.on('error', () => socket.destroy())
    socket.setNoDelay(true)
    const timer = setTimeout(() => {
      refuse(
        bytes.length === 0 ? 'said nothing' : 'did not end its ReverseHello',
        reverseErrors.timeout,
        'No ReverseHello came in time.',
      )
    }, limits.reverse.helloMs)
    const done = (): void => {
      clearTimeout(timer)
      this.#silent.delete(socket)
    }
    const refuse = (why: string, code: number, reason: string, claimed: string | null = null): void => {
      done()
      this.#refuse(socket, { from, claimed, why }, code, reason)
    }
    this.#silent.set(socket, done)
    socket.once('close', done)
    socket.on('data', (data: Buffer) => {
      bytes = Buffer.concat([bytes, data])
      let hello: ReverseHello | null
      try {
        hello = readReverseHello(bytes)
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        return refuse(why, reverseErrors.notExpected, 'This is no ReverseHello.')
      }
      if (!hello) return
      const queue = this.#queues.get(hello.serverUri)?.queue
      if (!queue) {
        const claimed = shownText(hello.serverUri)
        return refuse(
          'is not expected here',
          reverseErrors.notExpected,
          'This ServerUri is not expected here.',
          claimed,
        )
      }
      done()
      this.accepted += 1
      // Idle sockets are lost without a word by firewalls: the system asks now and then.
      socket.setKeepAlive(true, limits.reverse.probeMs)
      queue.offer({ ...hello, socket, from })
    })
    this.#makeRoom()
  }

  #makeRoom(): void {
    if (this.#silent.size <= limits.reverse.silentSockets) return
    const [oldest] = this.#silent
    if (!oldest) return
    const [socket, done] = oldest
    done()
    const from = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'
    this.#refuse(
      socket,
      { from, claimed: null, why: 'made room, as too many had called and said nothing' },
      reverseErrors.busy,
      'Too many callers.',
    )
  }

  #refuse(socket: net.Socket, call: RefusedCall, code: number, reason: string): void {
    this.refused += 1
    socket.removeAllListeners('data')
    socket.resume()
    socket.end(errorMessage(code, reason))
    // A peer that does not close its half keeps the socket no longer than this.
    setTimeout(() => socket.destroy(), 1_000).unref()
    this.#events.refused(call)
  }
}

function listenError(cause: Error & { code?: string }, host: string, port: number): ListenError {
  const where = `port ${port} of ${host}`
  const sentence =
    cause.code === 'EADDRINUSE'
      ? `Another program listens on ${where} already`
      : cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND'
        ? `This machine has no address ${host} to listen on`
        : cause.code === 'EACCES'
          ? `This machine does not let the program listen on ${where}`
          : `Nothing can be listened for on ${where} (${cause.code ?? cause.message})`
  return new ListenError(sentence, { cause })
}
