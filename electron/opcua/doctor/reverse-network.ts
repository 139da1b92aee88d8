import type { OPCUAClient } from 'node-opcua-client'
import type { ReverseConnect } from '../../../shared/domain/plant-file.ts'
import { connectReverse } from '../library-internals.ts'
import type { ReverseCalls, ServerCalls } from '../reverse-calls.ts'
import type { ReverseCall } from '../reverse-listener.ts'
import { sourceOf } from '../reverse-way.ts'
import { type Outcome, passed, skipped, StepFault } from './outcome.ts'

/** A server that dials out, as the doctor is told of it. */
export interface ReverseSubject extends ReverseConnect {
  calls: ReverseCalls
}

/** The first steps of a connection that comes the other way: this machine listens, the server calls. */
export class ReverseNetwork {
  readonly #subject: ReverseSubject
  readonly #ms: number
  #calls: ServerCalls | null = null
  #call: ReverseCall | null = null

  constructor(subject: ReverseSubject, ms: number) {
    this.#subject = subject
    this.#ms = ms
  }

  /** In place of looking up a name. */
  unresolved(): Outcome {
    return skipped('The server dials this machine; its own name is not looked up.')
  }

  async listen(): Promise<Outcome> {
    const { calls, listen, serverUri } = this.#subject
    try {
      this.#calls = await calls.open({ listen, serverUri })
    } catch (cause) {
      throw new StepFault(
        `${cause instanceof Error ? cause.message : String(cause)}.`,
        'Correct reverse.listen of the server in the plant file, or end the other program.',
        { cause, meaning: 'The server has nowhere to call.' },
      )
    }
    return { ...passed(`Listening on ${listen}.`), meaning: 'A server can call this machine there.' }
  }

  /** Null: the one connection of the server is the link's, which stands; there is none to look at it with. */
  async called(): Promise<{ free: boolean; outcome: Outcome }> {
    const standing = this.#calls?.queue.standing ?? null
    try {
      const call = await this.#next(standing === null ? this.#ms : Math.min(3_000, this.#ms))
      this.#call = call
      return { free: true, outcome: says(`The server has called from ${call.from} as "${call.serverUri}".`) }
    } catch {
      if (standing === null) throw this.#notCalled()
      const words = `The server has called from ${standing}, and the link stands on that call. It does not call a second time, so the rest is not looked at.`
      return { free: false, outcome: says(words) }
    }
  }

  /** Gives a client its connection: the call that has come, or the next one. */
  async connect(client: OPCUAClient): Promise<void> {
    const calls = this.#calls
    if (!calls) throw new Error('nothing listens')
    const call = this.#call ?? (await this.#next(this.#ms))
    this.#call = null
    await connectReverse(client, sourceOf(calls, call))
  }

  close(): void {
    this.#call?.socket.destroy()
    this.#calls?.close()
  }

  #next(ms: number): Promise<ReverseCall> {
    if (!this.#calls) throw new Error('nothing listens')
    return this.#calls.queue.next(AbortSignal.timeout(ms), true)
  }

  #notCalled(): StepFault {
    const { calls, listen, serverUri } = this.#subject
    const others = calls
      .refusals()
      .map(({ call }) => `${call.from} ${call.claimed === null ? call.why : `as "${call.claimed}"`}`)
    const heard = others.length === 0 ? 'Nobody else has called either' : `Refused were calls of ${others.join('; ')}`
    return new StepFault(
      `No call of "${serverUri}" came to ${listen} within ${this.#ms / 1_000} s. ${heard}.`,
      'On the server, set its reverse connection to this machine and port; in the firewall, let the server out to it. Where it called under another URI, correct reverse.serverUri.',
      { meaning: 'This machine listens, but the server has not called it.' },
    )
  }
}

const says = (detail: string): Outcome => ({
  ...passed(detail),
  meaning: 'The network lets the server through to this machine, and it speaks OPC UA.',
})
