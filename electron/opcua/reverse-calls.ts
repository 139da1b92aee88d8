import type { ReverseConnect } from '../../shared/domain/plant-file.ts'
import type { Problem } from '../../shared/domain/problem.ts'
import type { Clock } from '../../shared/domain/time.ts'
import { type CallQueue, type RefusedCall, ReverseListener } from './reverse-listener.ts'

export interface ReverseCallsParts {
  clock: Clock
  problem: (problem: Problem) => void
  problemGone: (id: string) => void
}

/** Calls of one server, for as long as its connection lives. */
export interface ServerCalls {
  queue: CallQueue
  /** As in the plant file. */
  listen: string
  port: number
  close(): void
}

interface Shared {
  opening: Promise<ReverseListener>
  users: number
}

interface Refusal {
  call: RefusedCall
  count: number
  sinceUs: number
  lastMs: number
}

/** Kinds of refused callers shown by name; what is beyond is counted in one row. */
const shownCallers = 8
/** A row goes when nothing of it has come for so long. */
const forgetMs = 3_600_000
const lookMs = 1_000

/**
 * Every port this process listens on for servers that dial out, opened for the first server that asks for it and closed
 * with the last. Refused calls are rows of the problem list, told at most once a second.
 */
export class ReverseCalls {
  readonly #parts: ReverseCallsParts
  readonly #listeners = new Map<string, Shared>()
  readonly #refusals = new Map<string, Refusal>()
  #beyond = 0
  #timer: NodeJS.Timeout | undefined
  #changed = new Set<string>()

  constructor(parts: ReverseCallsParts) {
    this.#parts = parts
  }

  /** Throws ListenError. */
  async open({ listen, serverUri }: ReverseConnect): Promise<ServerCalls> {
    const shared = this.#shared(listen)
    shared.users += 1
    let listener: ReverseListener
    try {
      listener = await shared.opening
    } catch (error) {
      this.#leave(listen, shared)
      throw error
    }
    const queue = listener.expect(serverUri)
    this.#forgive(listen, serverUri)
    let open = true
    const close = (): void => {
      if (!open) return
      open = false
      listener.forget(serverUri)
      this.#leave(listen, shared)
    }
    return { queue, listen, port: listener.port, close }
  }

  /** Calls not let in since the start, by address and claimed ServerUri. */
  refusals(): { call: RefusedCall; count: number }[] {
    return [...this.#refusals.values()].map(({ call, count }) => ({ call, count }))
  }

  #shared(listen: string): Shared {
    const known = this.#listeners.get(listen)
    if (known) return known
    const { host, port } = listenAddress(listen)
    const opening = ReverseListener.open(host, port, { refused: (call) => this.#refused(listen, call) })
    const shared = { opening, users: 0 }
    this.#listeners.set(listen, shared)
    return shared
  }

  #leave(listen: string, shared: Shared): void {
    shared.users -= 1
    if (shared.users > 0) return
    this.#listeners.delete(listen)
    shared.opening.then(
      (listener) => listener.close(),
      () => undefined,
    )
    for (const key of this.#refusals.keys()) if (key.startsWith(`${listen} `)) this.#drop(key)
    if (this.#listeners.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #refused(listen: string, call: RefusedCall): void {
    const key = `${listen} ${call.from} ${call.claimed ?? call.why}`
    const { clock } = this.#parts
    const known = this.#refusals.get(key)
    if (known) {
      known.count += 1
      known.lastMs = clock.monotonicMs()
      known.call = call
    } else if (this.#refusals.size < shownCallers)
      this.#refusals.set(key, { call, count: 1, sinceUs: clock.nowUs(), lastMs: clock.monotonicMs() })
    else this.#beyond += 1
    this.#changed.add(key)
    if (!this.#timer) {
      this.#tell()
      this.#timer = setInterval(() => this.#tell(), lookMs)
      this.#timer.unref()
    }
  }

  #tell(): void {
    const { clock, problem } = this.#parts
    for (const key of this.#changed) {
      const found = this.#refusals.get(key)
      if (found) problem(rowOf(key, found))
    }
    if (this.#changed.size > 0 && this.#beyond > 0) problem(beyondRow(this.#beyond, clock.nowUs()))
    this.#changed = new Set()
    const nowMs = clock.monotonicMs()
    for (const [key, { lastMs }] of this.#refusals) if (nowMs - lastMs > forgetMs) this.#drop(key)
  }

  /** The plant file now knows this ServerUri: what was said of it before is over. */
  #forgive(listen: string, serverUri: string): void {
    for (const [key, { call }] of this.#refusals)
      if (key.startsWith(`${listen} `) && call.claimed === serverUri) this.#drop(key)
  }

  #drop(key: string): void {
    this.#refusals.delete(key)
    this.#changed.delete(key)
    this.#parts.problemGone(idOf(key))
    if (this.#refusals.size > 0 || this.#beyond === 0) return
    this.#beyond = 0
    this.#parts.problemGone(beyondId)
  }
}

const beyondId = 'opcua.reverse.refused:others'
const idOf = (key: string): string => `opcua.reverse.refused:${key}`

function rowOf(key: string, { call, count, sinceUs }: Refusal): Problem {
  const [listen = ''] = key.split(' ')
  const times = count === 1 ? 'once' : `${count} times`
  const why =
    call.claimed === null
      ? `it ${call.why}`
      : `it gave the serverUri "${call.claimed}", which no server of the plant file has`
  return {
    id: idOf(key),
    severity: 'warning',
    message: `${call.from} called ${listen} and was refused ${times}: ${why}.`,
    remedy:
      call.claimed === null
        ? 'Find out what this machine is: a port scanner, a watch on open ports, or a server set to the wrong port.'
        : 'If it is a server of this plant, write this URI as reverse.serverUri of that server; else find out what this machine is.',
    sinceUs,
  }
}

function beyondRow(count: number, sinceUs: number): Problem {
  return {
    id: beyondId,
    severity: 'warning',
    message: `${count} more calls of other machines were refused.`,
    remedy: 'Let the firewall pass calls of the servers of this plant only.',
    sinceUs,
  }
}

/** Of `opc.tcp://host:port`, as the plant file was checked for. */
export function listenAddress(listen: string): { host: string; port: number } {
  const parts = /^opc\.tcp:\/\/(?:\[([^\]]+)\]|([^:/[\]]+)):(\d+)\/?$/.exec(listen)
  return { host: parts?.[1] ?? parts?.[2] ?? '', port: Number(parts?.[3] ?? Number.NaN) }
}
