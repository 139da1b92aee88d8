import type { ConnectionStep, DoctorStep } from '../../../shared/domain/doctor.ts'

/** What one step has found. */
export interface Outcome {
  result: DoctorStep['result']
  detail: string
  /** In place of the step's usual words. */
  meaning?: string
  remedy: string | null
}

/** A step that did not pass; thrown so that a step's code reads as its good way. */
export class StepFault extends Error {
  override name = 'StepFault'
  readonly remedy: string
  readonly meaning: string | undefined

  constructor(detail: string, remedy: string, options: { meaning?: string; cause?: unknown } = {}) {
    super(detail, { cause: options.cause })
    this.remedy = remedy
    this.meaning = options.meaning
  }
}

export const passed = (detail: string, remedy: string | null = null): Outcome => ({ result: 'pass', detail, remedy })

export const skipped = (detail: string): Outcome => ({ result: 'skipped', detail, remedy: null })

interface Meaning {
  pass: string
  fail: string
}

/** What a passed and a failed step means, in the words of somebody who looks for the cause. */
export const meanings: Record<ConnectionStep, Meaning> = {
  dns: {
    pass: 'The name in the address leads to a machine.',
    fail: 'The name in the address leads nowhere, so nothing can be sent. The server itself may be well.',
  },
  tcp: {
    pass: 'The network lets this machine through to the port, and a program listens there.',
    fail: 'The machine cannot be reached on this port: it is off, another network or a firewall is between, or no program listens.',
  },
  hello: {
    pass: 'The program on the port speaks OPC UA.',
    fail: 'Something listens on the port, but it does not answer as an OPC UA server does.',
  },
  channel: {
    pass: 'The server lists its endpoints, and the security chosen here is one of them.',
    fail: 'The server speaks OPC UA, but not with the security chosen here.',
  },
  certificate: {
    pass: 'Server and application accept each other, and the channel stands.',
    fail: 'One of the two does not accept the certificate of the other, so the protected channel is not opened.',
  },
  session: {
    pass: 'The server has a place for this client.',
    fail: 'The channel stands, but the server does not open a session.',
  },
  token: {
    pass: 'The server accepts the user.',
    fail: 'The server is well, but does not accept this user.',
  },
  namespace: {
    pass: 'The addresses of the mapped points can be resolved.',
    fail: 'Points are mapped to a namespace this server does not have: it is another server, or its program was changed.',
  },
  subscription: {
    pass: 'The server accepts the subscription and its nodes.',
    fail: 'The server does not deliver what is asked for.',
  },
  'clock-offset': {
    pass: 'Times of the server can be compared with times here.',
    fail: 'Values carry the time of the server, so they seem late or from the future: freshness, trends and the order of events between machines are wrong.',
  },
  'data-flow': {
    pass: 'Values arrive.',
    fail: 'Everything is connected, but no fresh values come.',
  },
}

export const elapsed = (sinceMs: number): number => Math.round(performance.now() - sinceMs)
