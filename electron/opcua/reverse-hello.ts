/** The first message of a server that dials out (OPC 10000-6, 7.1.2.6). Nothing in it is proven: it only says whom to ask. */
export interface ReverseHello {
  /** ApplicationUri the caller claims. */
  serverUri: string
  /** Goes back to the server in Hello and CreateSession. */
  endpointUrl: string
}

export class ReverseHelloError extends Error {
  override name = 'ReverseHelloError'
}

const headerBytes = 8
/** Each field is shorter than 4096 bytes (table 77). */
const longestField = 4_096
export const longestReverseHello = headerBytes + 2 * (4 + longestField)

/** Null while it is not complete. Throws ReverseHelloError as soon as it cannot become one. */
export function readReverseHello(bytes: Buffer): ReverseHello | null {
  const type = Buffer.from('RHEF', 'latin1')
  const known = Math.min(bytes.length, type.length)
  if (!bytes.subarray(0, known).equals(type.subarray(0, known)))
    throw new ReverseHelloError('sent something that is no ReverseHello')
  if (bytes.length < headerBytes) return null
  const length = bytes.readUInt32LE(4)
  if (length > longestReverseHello) throw new ReverseHelloError(`announced a ReverseHello of ${length} bytes`)
  if (bytes.length > length) throw new ReverseHelloError('sent more than its ReverseHello before it was answered')
  if (bytes.length < length) return null
  const [serverUri, next] = readString(bytes, headerBytes)
  const [endpointUrl, end] = readString(bytes, next)
  if (end !== bytes.length) throw new ReverseHelloError('sent a ReverseHello whose lengths do not fit')
  return { serverUri, endpointUrl }
}

function readString(bytes: Buffer, at: number): [text: string, next: number] {
  if (at + 4 > bytes.length) throw new ReverseHelloError('sent a ReverseHello that is cut short')
  const length = bytes.readInt32LE(at)
  // A null string has the length -1 (5.2.2.4).
  const end = at + 4 + Math.max(0, length)
  if (length > longestField || length < -1 || end > bytes.length)
    throw new ReverseHelloError('sent a ReverseHello whose lengths do not fit')
  return [bytes.toString('utf8', at + 4, end), end]
}

/** Bad_TcpEndpointUrlInvalid, which table 77 asks for; Bad_TcpServerTooBusy; Bad_Timeout. */
export const reverseErrors = { notExpected: 0x8083_0000, busy: 0x807d_0000, timeout: 0x800a_0000 } as const

/** Error message (OPC 10000-6, 7.1.2.5). */
export function errorMessage(code: number, reason: string): Buffer {
  const text = Buffer.from(reason, 'utf8')
  const message = Buffer.alloc(16 + text.length)
  message.write('ERRF', 0, 'latin1')
  message.writeUInt32LE(message.length, 4)
  message.writeUInt32LE(code, 8)
  message.writeUInt32LE(text.length, 12)
  text.copy(message, 16)
  return message
}

/** What a stranger has sent, fit to be shown: no control characters, no endless text. */
export function shownText(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Z}]+/gu, ' ').trim()
  return plain.length > 120 ? `${plain.slice(0, 120)}...` : plain
}
