import { lookup } from 'node:dns/promises'
import net from 'node:net'
import { statusName } from '../../../shared/domain/status-names.ts'
import { DeadlineError, within } from '../deadline.ts'
import { type Outcome, passed, StepFault } from './outcome.ts'

export interface Target {
  host: string
  port: number
  endpointUrl: string
}

/** OPC UA's registered port, meant where an address has none. */
const usualPort = 4840

/** Null when the address is not opc.tcp://host[:port][/path]. */
export function targetOf(endpointUrl: string): Target | null {
  const parts = /^opc\.tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?(?:\/\S*)?$/.exec(endpointUrl)
  const host = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3] ?? usualPort)
  if (host === undefined || port < 1 || port > 65_535) return null
  return { host, port, endpointUrl }
}

/** Addresses of the host. */
export async function resolveHost({ host }: Target, ms: number): Promise<{ addresses: string[]; outcome: Outcome }> {
  if (net.isIP(host) !== 0)
    return { addresses: [host], outcome: passed(`${host} is an address; no name is looked up.`) }
  try {
    const found = await within(ms, 'looking up the name', lookup(host, { all: true }))
    const addresses = found.map(({ address }) => address)
    return { addresses, outcome: passed(`"${host}" is ${addresses.join(', ')}.`) }
  } catch (cause) {
    if (cause instanceof DeadlineError)
      throw new StepFault(
        `No name server answered within ${ms / 1_000} s for "${host}".`,
        'Check the name servers of this machine and its network cable, or use the address of the server in place of its name.',
        { cause },
      )
    throw new StepFault(
      `The name "${host}" is not known (${codeOf(cause)}).`,
      'Correct the name in the address of the server, add it to the name server or the hosts file, or use the address in its place.',
      { cause },
    )
  }
}

/** An open socket to the first address that answers. */
export async function openSocket(
  addresses: readonly string[],
  { port }: Target,
  ms: number,
): Promise<{ socket: net.Socket; outcome: Outcome }> {
  const refused: string[] = []
  let isClosed = false
  for (const host of addresses.slice(0, 4)) {
    const begunMs = performance.now()
    try {
      const socket = await connect(host, port, ms)
      const outcome = passed(`${host} port ${port} answered after ${Math.round(performance.now() - begunMs)} ms.`)
      return { socket, outcome }
    } catch (error) {
      const code = codeOf(error)
      isClosed ||= code === 'ECONNREFUSED'
      refused.push(`${host}: ${wordsOf[code] ?? code}`)
    }
  }
  throw new StepFault(
    `Port ${port} cannot be reached (${refused.join('; ')}).`,
    isClosed
      ? 'Start the server, or correct the port: this machine is reached, but no program listens on it.'
      : 'Check that the server is switched on, that cable and network lead to it, and that no firewall holds this port back.',
  )
}

const wordsOf: Record<string, string> = {
  ECONNREFUSED: 'refused, nothing listens there',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no way to this machine',
  ENETUNREACH: 'no way to this network',
}

function connect(host: string, port: number, ms: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port })
    const timer = setTimeout(() => {
      socket.destroy()
      reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }))
    }, ms)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

const bufferBytes = 65_536
const badTcpServerTooBusy = 0x807d_0000
const badTcpNotEnoughResources = 0x8081_0000

/** Hello (OPC 10000-6, 7.1.2.3). */
export function helloMessage(endpointUrl: string): Buffer {
  const url = Buffer.from(endpointUrl, 'utf8')
  const message = Buffer.alloc(32 + url.length)
  message.write('HELF', 0, 'ascii')
  const numbers = [message.length, 0, bufferBytes, bufferBytes, 0, 0, url.length]
  for (const [i, number] of numbers.entries()) message.writeUInt32LE(number, 4 + 4 * i)
  url.copy(message, 32)
  return message
}

/** Says Hello over the socket and reads the answer; the socket is closed afterwards. */
export async function sayHello(socket: net.Socket, { endpointUrl }: Target, ms: number): Promise<Outcome> {
  const answer = await exchange(socket, helloMessage(endpointUrl), ms)
  const { bytes } = answer
  const kind = bytes.subarray(0, 4).toString('latin1')
  if (kind === 'ACKF' && bytes.length >= 28) return acknowledged(bytes)
  if (kind === 'ERRF' && bytes.length >= 12) throw refusedHello(bytes)
  const wrongPort =
    'Correct the port in the address: it belongs to another service. The server itself tells its OPC UA port.'
  if (kind === 'HTTP') throw new StepFault(`A web server answers on this port ("${firstLine(bytes)}").`, wrongPort)
  if (bytes[0] === 0x15 && bytes[1] === 0x03)
    throw new StepFault('The port answers with TLS, not with OPC UA.', wrongPort)
  if (bytes.length > 0)
    throw new StepFault(
      `The port answers with something that is not OPC UA (${bytes.subarray(0, 16).toString('hex')}).`,
      wrongPort,
    )
  if (answer.end === 'silent')
    throw new StepFault(
      `The port was opened, but nothing answered the greeting for ${ms / 1_000} s.`,
      'Look at the server: it may hang or be overloaded. A firewall that opens connections itself looks the same.',
    )
  throw new StepFault(
    'The connection was closed without an answer to the greeting.',
    'Correct the port if another service uses it; else look at the log of the server, which may refuse this machine or have too many connections.',
  )
}

function acknowledged(bytes: Buffer): Outcome {
  const buffer = Math.min(bytes.readUInt32LE(12), bytes.readUInt32LE(16))
  const largest = bytes.readUInt32LE(20)
  const limit = largest === 0 ? 'no limit on a message' : `messages up to ${largest} bytes`
  return passed(`The server answers, with pieces of ${buffer} bytes and ${limit}.`)
}

function refusedHello(bytes: Buffer): StepFault {
  const code = bytes.readUInt32LE(8)
  const length = bytes.length >= 16 ? bytes.readInt32LE(12) : 0
  const reason = length > 0 ? bytes.subarray(16, 16 + Math.min(length, 200)).toString('utf8') : ''
  const busy = code === badTcpServerTooBusy || code === badTcpNotEnoughResources
  return new StepFault(
    `The server answers the greeting with ${statusName(code)}${reason === '' ? '' : ` ("${reason}")`}.`,
    busy
      ? 'The server has no place for another connection: end other clients or raise its limit.'
      : 'Correct the path at the end of the address; the server tells its own address in its configuration.',
  )
}

interface Answer {
  bytes: Buffer
  end: 'answered' | 'closed' | 'silent'
}

/** The first answer, whole if it is an OPC UA message. */
function exchange(socket: net.Socket, message: Buffer, ms: number): Promise<Answer> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0)
    const done = (end: Answer['end']): void => {
      clearTimeout(timer)
      socket.removeAllListeners()
      socket.on('error', () => undefined)
      socket.destroy()
      resolve({ bytes, end })
    }
    const timer = setTimeout(() => done('silent'), ms)
    socket.on('error', () => done('closed'))
    socket.on('close', () => done('closed'))
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const isMessage = /^(ACKF|ERRF)/.test(bytes.subarray(0, 4).toString('latin1'))
      const wanted = isMessage && bytes.length >= 8 ? Math.min(bytes.readUInt32LE(4), bufferBytes) : 8
      if (bytes.length >= wanted) done('answered')
    })
    socket.write(message)
  })
}

function firstLine(bytes: Buffer): string {
  return (bytes.toString('latin1').split(/\r?\n/, 1)[0] ?? '').replaceAll(/[^\x20-\x7e]/g, '').slice(0, 80)
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : String(error)
}
