import type { ClientSession, EndpointDescription, OPCUAClient } from 'node-opcua-client'
import {
  type ConnectionStep,
  connectionSteps,
  type DoctorReport,
  doctorReport,
  type DoctorStep,
  stepWords,
} from '../../../shared/domain/doctor.ts'
import type { PlantFile, PlantServer, Point } from '../../../shared/domain/plant-file.ts'
import { within } from '../deadline.ts'
import { ExceptionBook } from '../exceptions.ts'
import { createClient, discard } from '../opcua-client.ts'
import type { PkiStore } from '../pki.ts'
import { hostOf } from '../server-certificate.ts'
import { judgeNamespaces, measureClock, readNamespaces, watchedNodes } from './address-space.ts'
import { DataWatch } from './data-watch.ts'
import { openSocket, resolveHost, sayHello, type Target, targetOf } from './network.ts'
import { elapsed, meanings, type Outcome, StepFault } from './outcome.ts'
import { ReverseNetwork, type ReverseSubject } from './reverse-network.ts'
import { createSession, findEndpoint, messageOf, openChannel, presentUser, type Security } from './secure-link.ts'

/** Longest time of each step, milliseconds; together under a minute and a half. */
export const doctorTimings = {
  dnsMs: 5_000,
  tcpMs: 4_000,
  helloMs: 5_000,
  /** For a server that dials out: until its next call. */
  callMs: 15_000,
  channelMs: 8_000,
  certificateMs: 12_000,
  sessionMs: 8_000,
  tokenMs: 8_000,
  readMs: 5_000,
  subscribeMs: 10_000,
  flowAtLeastMs: 4_000,
  flowAtMostMs: 20_000,
}

export interface DoctorOptions {
  endpointUrl: string
  /** Null: the strongest the server offers. */
  security: Security | null
  user: PlantServer['user']
  /** Of the plant file: what a person has allowed counts for `serverId` only. */
  serverId?: string
  exceptions?: NonNullable<PlantFile['exceptions']>
  /** Of a server that dials out; then nothing is dialled. */
  reverse?: ReverseSubject
  /** The points mapped to this server; without any its clock is watched. */
  points: readonly Point[]
  pki: PkiStore
  /** True when `pki` is no trust list of anybody: an unknown certificate is then no fault. */
  undecided: boolean
  secrets: (ref: string) => Promise<string | null>
  nowUs: () => number
  /** Called after each step, in order. */
  onStep?: (step: DoctorStep) => void
  timings?: Partial<typeof doctorTimings>
  /** Ends the run after the step under way. */
  signal?: AbortSignal
}

/** Walks the way to one server step by step and says where it ends. Never throws; leaves nothing open. */
export async function runConnectionDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const run = new DoctorRun(options)
  try {
    return await run.report()
  } finally {
    await run.close()
  }
}

/** Whether an address can be looked at at all. */
export function isEndpointUrl(text: string): boolean {
  return targetOf(text) !== null
}

class DoctorRun {
  readonly #options: DoctorOptions
  readonly #timings: typeof doctorTimings
  readonly #at: string
  readonly #steps: DoctorStep[] = []
  /** The step everything after it needs. */
  #stopped: ConnectionStep | null = null
  #client: OPCUAClient | null = null
  #session: ClientSession | null = null
  #watch: DataWatch | null = null
  readonly #reverse: ReverseNetwork | null
  /** The server dials once, and its link has that connection. */
  #taken = false

  constructor(options: DoctorOptions) {
    this.#options = options
    this.#timings = { ...doctorTimings, ...options.timings }
    this.#reverse = options.reverse ? new ReverseNetwork(options.reverse, this.#timings.callMs) : null
    this.#at = new Date(options.nowUs() / 1_000).toISOString()
  }

  async report(): Promise<DoctorReport> {
    const target = targetOf(this.#options.endpointUrl)
    if (target) {
      if (this.#reverse) await this.#reverseNetwork(this.#reverse)
      else await this.#network(target)
      if (this.#stopped === null) await this.#secureLink()
      if (this.#stopped === null) await this.#data()
    } else this.#record('dns', performance.now(), badAddress(this.#options.endpointUrl))
    this.#skipTheRest()
    return doctorReport('connection', this.#options.endpointUrl, this.#at, this.#steps)
  }

  async close(): Promise<void> {
    this.#watch?.close()
    if (this.#session) await within(2_000, 'closing the session', this.#session.close(true)).catch(() => undefined)
    if (this.#client) await discard(this.#client)
    this.#reverse?.close()
  }

  async #reverseNetwork(reverse: ReverseNetwork): Promise<void> {
    this.#record('dns', performance.now(), reverse.unresolved())
    if (!(await this.#step('tcp', async () => ({ outcome: await reverse.listen() })))) return
    const called = await this.#step('hello', () => reverse.called())
    if (called?.free !== false) return
    this.#stopped = 'hello'
    this.#taken = true
  }

  /** Gives a client its connection, whichever side dials. */
  #connect(client: OPCUAClient): Promise<void> {
    return this.#reverse ? this.#reverse.connect(client) : client.connect(this.#options.endpointUrl)
  }

  async #network(target: Target): Promise<void> {
    const { dnsMs, tcpMs, helloMs } = this.#timings
    const found = await this.#step('dns', () => resolveHost(target, dnsMs))
    const opened = found && (await this.#step('tcp', () => openSocket(found.addresses, target, tcpMs)))
    if (opened) await this.#step('hello', async () => ({ outcome: await sayHello(opened.socket, target, helloMs) }))
  }

  async #secureLink(): Promise<void> {
    const { endpointUrl, security, user, pki, secrets, serverId } = this.#options
    const { channelMs, sessionMs, tokenMs } = this.#timings
    const found = await this.#step('channel', () =>
      findEndpoint((client) => this.#connect(client), security, pki, channelMs),
    )
    if (!found) return
    const server: PlantServer = { id: serverId ?? hostOf(endpointUrl), endpointUrl, security: found.security, user }
    const uri = (await pki.own()).applicationUri ?? 'urn:millwright'
    const book = new ExceptionBook(server.id, this.#options.exceptions ?? [], this.#options.nowUs)
    const shown: Buffer | null = found.endpoint.serverCertificate ?? null
    const pinned = this.#reverse && found.security.mode !== 'None' ? shown : null
    const client = createClient(server, pki, uri, (rule) => book.allows(rule), pinned)
    this.#client = client
    await this.#certificate(client, server, found.endpoint, book)
    if (this.#stopped !== null) return
    const opened = await this.#step('session', () => createSession(client, sessionMs))
    if (!opened) return
    this.#session = opened.session
    await this.#step('token', async () => ({
      outcome: await presentUser(client, opened.session, server, secrets, book, tokenMs),
    }))
  }

  async #certificate(
    client: OPCUAClient,
    server: PlantServer,
    endpoint: EndpointDescription,
    book: ExceptionBook,
  ): Promise<void> {
    const { pki, undecided, nowUs } = this.#options
    const { certificateMs } = this.#timings
    await this.#step('certificate', async () => ({
      outcome: await openChannel(
        {
          client,
          server,
          endpoint,
          pki,
          undecided,
          book,
          connect: (opening) => this.#connect(opening),
          isCalled: this.#reverse !== null,
        },
        nowUs(),
        certificateMs,
      ),
    }))
  }

  async #data(): Promise<void> {
    const session = this.#session
    if (!session) return
    const { points, nowUs } = this.#options
    const { readMs, subscribeMs, flowAtLeastMs, flowAtMostMs } = this.#timings
    const namespaces = await this.#step('namespace', async () => {
      const found = await readNamespaces(session, points, readMs)
      // A missing namespace is a fault, but the rest of the way can still be looked at.
      this.#known = found.namespaces
      return { ...found, outcome: judgeNamespaces(found.namespaces, found.missing, points.length) }
    })
    const known = namespaces?.namespaces ?? this.#known
    if (known === null) return
    this.#stopped = null
    const watch = new DataWatch(session, watchedNodes(points, known))
    this.#watch = watch
    await this.#step('subscription', async () => ({ outcome: await watch.open(subscribeMs) }))
    const subscribed = this.#stopped === null || watch.opened
    this.#stopped = null
    await this.#step('clock-offset', async () => ({ outcome: await measureClock(session, nowUs, readMs) }))
    this.#stopped = subscribed ? null : 'subscription'
    if (subscribed)
      await this.#step('data-flow', async () => ({ outcome: await watch.watch(flowAtLeastMs, flowAtMostMs) }))
  }

  #known: string[] | null = null

  /** Null when the step has failed, or the run was ended. */
  async #step<T extends { outcome: Outcome }>(name: ConnectionStep, work: () => Promise<T>): Promise<T | null> {
    if (this.#options.signal?.aborted === true) {
      this.#stopped = name
      return null
    }
    const begunMs = performance.now()
    try {
      const found = await work()
      this.#record(name, begunMs, found.outcome)
      return found
    } catch (error) {
      this.#stopped = name
      this.#record(name, begunMs, faultOutcome(error))
      return null
    }
  }

  #record(name: ConnectionStep, begunMs: number, outcome: Outcome): void {
    const { result, detail, remedy } = outcome
    const meaning = outcome.meaning ?? (result === 'skipped' ? notLookedAt : meanings[name][result])
    this.#push({ name, result, detail, meaning, remedy, tookMs: elapsed(begunMs) })
  }

  #skipTheRest(): void {
    const failed = this.#steps.find(({ result }) => result === 'fail')?.name
    const first = connectionSteps.find((name) => name === failed)
    for (const name of connectionSteps) {
      if (this.#steps.some((step) => step.name === name)) continue
      const needs = this.#stopped ?? first ?? 'dns'
      const detail =
        this.#options.signal?.aborted === true
          ? 'The check was ended.'
          : this.#taken
            ? 'The only connection of the server is the link itself, which stands.'
            : `For this the step "${stepWords[needs]}" has to pass first.`
      this.#push({ name, result: 'skipped', detail, meaning: notLookedAt, remedy: null, tookMs: 0 })
    }
  }

  #push(step: DoctorStep): void {
    this.#steps.push(step)
    this.#options.onStep?.(step)
  }
}

const notLookedAt = 'Not looked at.'

function faultOutcome(error: unknown): Outcome {
  if (error instanceof StepFault)
    return {
      result: 'fail',
      detail: error.message,
      remedy: error.remedy,
      ...(error.meaning === undefined ? {} : { meaning: error.meaning }),
    }
  return {
    result: 'fail',
    detail: `This step ended unexpectedly (${messageOf(error)}).`,
    remedy: 'Try again; if it stays, look at the log of the server.',
  }
}

function badAddress(endpointUrl: string): Outcome {
  return {
    result: 'fail',
    detail: `"${endpointUrl}" is not an address such as opc.tcp://192.168.0.10:4840.`,
    meaning: 'The address itself cannot be read.',
    remedy: 'Write it as the manual of the server states it: opc.tcp://host:port.',
  }
}
