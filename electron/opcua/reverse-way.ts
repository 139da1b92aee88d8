import { X509Certificate } from 'node:crypto'
import type { EndpointDescription, OPCUAClient } from 'node-opcua-client'
import type { ReverseConnect } from '../../shared/domain/plant-file.ts'
import { unlessStopped, within } from './deadline.ts'
import { endpointsOf } from './discover.ts'
import type { LinkCertificate } from './link-certificate.ts'
import type { LinkTracker } from './link-tracker.ts'
import { type CallSource, connectReverse } from './library-internals.ts'
import { createClient, discard, endpointAmong, refuseUntrusted } from './opcua-client.ts'
import { describe, thumbprintOf } from './pki.ts'
import type { ProblemBook } from './problem-book.ts'
import { Refusal } from './refusal.ts'
import type { ServerCalls } from './reverse-calls.ts'
import type { ReverseCall } from './reverse-listener.ts'
import type { OpcuaConnectionOptions, Timings } from './types.ts'

interface ReverseWayParts {
  options: OpcuaConnectionOptions
  timings: Timings
  reverse: ReverseConnect
  link: LinkTracker
  problems: ProblemBook
  certificate: LinkCertificate
  stopping: AbortSignal
}

const connectWait = 20_000

/**
 * The way to a server that dials out (Reverse Connect): its calls are waited for, the first time and after each loss.
 * What a ReverseHello says is only a claim; who it is comes out with its certificate, which has to be for that ServerUri.
 */
export class ReverseWay {
  readonly #parts: ReverseWayParts
  #calls: ServerCalls | null = null
  /** Told over an earlier call: a channel cannot be opened without it, and nobody can be dialled for it. */
  #certificate: Buffer | null = null
  #from = ''

  constructor(parts: ReverseWayParts) {
    this.#parts = parts
  }

  /** Where the calls come in, in words. */
  get where(): string {
    return this.#parts.reverse.listen
  }

  /** SHA-1 of the certificate last shown; null without one. */
  get thumbprint(): string | null {
    return this.#certificate ? thumbprintOf(new X509Certificate(this.#certificate)) : null
  }

  /** A connected client, once the server has called. Throws ListenError, Refusal, or what the link failed with. */
  async connect(): Promise<OPCUAClient> {
    const { options, certificate } = this.#parts
    const { server, pki, applicationUri, reverseCalls } = options
    if (!reverseCalls) throw new Error('there is nothing here that listens for servers')
    const calls = (this.#calls ??= await reverseCalls.open(this.#parts.reverse))
    const allows = certificate.exceptions.allows.bind(certificate.exceptions)
    if (server.security.mode !== 'None') {
      this.#certificate ??= await this.#askCertificate(calls)
      await refuseUntrusted(this.#certificate, pki, allows)
    }
    const call = await this.#nextCall(calls)
    this.#from = call.from
    const client = createClient(server, pki, applicationUri, allows, this.#certificate)
    try {
      await this.#step(within(connectWait, 'connecting', connectReverse(client, sourceOf(calls, call))))
      return client
    } catch (error) {
      // It may have another certificate by now.
      this.#certificate = null
      await discard(client)
      throw error
    }
  }

  /** Whether the server that has called is the one that was meant. Throws Refusal. */
  prove(certificate: Buffer | null, endpoint: EndpointDescription | undefined): void {
    const { options, reverse } = this.#parts
    const named = certificate
      ? describe(new X509Certificate(certificate)).applicationUri
      : (endpoint?.server.applicationUri ?? null)
    if (named !== reverse.serverUri)
      throw new Refusal(
        `The caller from ${this.#from} said that it is server ${options.server.id} ("${reverse.serverUri}"), but ${certificate ? 'its certificate is made for' : 'it calls itself'} "${named ?? 'no application'}".`,
        'Correct reverse.serverUri of the server to its application URI; if it is right, another machine calls in its name.',
        this.thumbprint === null ? {} : { thumbprint: this.thumbprint },
      )
    this.#calls?.queue.proven(this.#from)
  }

  /** Told of each call of this server; the result ends it. */
  onCall(watcher: () => void): () => void {
    return this.#calls?.queue.onCall(watcher) ?? (() => undefined)
  }

  close(): void {
    this.#calls?.close()
    this.#calls = null
  }

  async #nextCall(calls: ServerCalls): Promise<ReverseCall> {
    const { options, timings, link, problems, reverse, stopping } = this.#parts
    const { id } = options.server
    const { phase } = link
    if (phase === 'connecting' || phase === 'lost')
      link.set(phase, `Waiting for server ${id} ("${reverse.serverUri}") to call ${reverse.listen}.`)
    const timer = setTimeout(() => {
      problems.raise(
        `opcua.link:${id}`,
        'error',
        `Server ${id} has not called ${reverse.listen}.`,
        `Check on the server that its reverse connection leads to this machine and port with the URI "${reverse.serverUri}", and that no firewall holds it back.`,
      )
    }, timings.callMs)
    timer.unref()
    try {
      return await calls.queue.next(stopping)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Over a call of its own: GetEndpoints needs no security. The server calls again for the link. */
  async #askCertificate(calls: ServerCalls): Promise<Buffer> {
    const { server, pki } = this.#parts.options
    const call = await this.#nextCall(calls)
    this.#from = call.from
    const endpoints = await this.#step(
      endpointsOf(pki, (client) => connectReverse(client, sourceOf(calls, call)), connectWait),
    )
    const found = endpointAmong(endpoints, server)
    if (!found?.serverCertificate)
      throw new Refusal(
        `Server ${server.id} does not offer ${server.security.mode} with ${server.security.policy}.`,
        'Look at the endpoints it offers and choose one of them.',
      )
    return found.serverCertificate
  }

  #step<T>(work: Promise<T>): Promise<T> {
    return unlessStopped(this.#parts.stopping, work)
  }
}

/** The first socket is there; each further one is waited for. */
export function sourceOf(calls: Pick<ServerCalls, 'queue' | 'listen'>, call: ReverseCall): CallSource {
  let first: ReverseCall | null = call
  return {
    connectionUrl: calls.listen,
    waitForConnection: (_expectation, callback) => {
      const held = first
      first = null
      if (held) {
        callback(null, held)
        return { cancel: () => undefined }
      }
      return { cancel: calls.queue.take((next) => callback(null, next)) }
    },
  }
}
