import { BinaryStream } from 'node-opcua-binary-stream'
import { type OPCUAClient, PublishResponse, RepublishResponse } from 'node-opcua-client'
import { messageBuilderOf, replaceDecoding } from './library-internals.ts'

/**
 * Publish and Republish responses are taken apart here instead of by node-opcua, which builds an ExtensionObject, a
 * DataValue, a Variant and two Dates for every value: measured 1.4 to 3 us of CPU a value, a third of it garbage
 * collection and a fifth the 64-bit division of dates. Only the header is read here; the notifications stay bytes until
 * the ledger has put them in order, and then go straight into columns (notification-decoder.ts).
 *
 * The hook is one method of node-opcua's message builder, per connection, pinned with the exact version; everything
 * else (chunks, signatures, request matching, time-outs) stays node-opcua's. Encoding: OPC 10000-6, 5.2.
 */
export interface RawNotification {
  sequenceNumber: number
  /** Server's clock at publishing, Unix microseconds; NaN when not set. */
  publishUs: number
  /** Server's clock at the reply itself, which every reply carries; NaN when not set. */
  sentUs: number
  /** Notifications in the message; 0 is a keep-alive. */
  count: number
  /** The whole message body; shared with the socket's buffer, so it is copied when it has to be held. */
  body: Buffer
  /** Offset of the first notification in `body`. */
  at: number
  moreNotifications: boolean
  /** Came by Republish. */
  recovered: boolean
  /** Set by who receives it: Unix microseconds here. */
  receiveUs: number
}

export class LeanPublishResponse extends PublishResponse {
  raw: RawNotification | null = null
}

export class LeanRepublishResponse extends RepublishResponse {
  raw: RawNotification | null = null
}

// Identifiers of the binary encodings, OPC 10000-6 annex A (NodeIds.csv).
const publishResponseId = 829
const republishResponseId = 835

/** 1601-01-01 to 1970-01-01 in 100 ns, as two 32-bit halves: 116444736000000000. */
const epochHigh = 27_111_902
const epochLow = 3_577_643_008

/**
 * Unix microseconds of an OPC UA DateTime given as two 32-bit halves. The count of 100 ns since 1601 does not fit a
 * number; its difference to 1970 divided by ten does. 2^32 = 10 * 429496729 + 6.
 */
export function usOfTicks(high: number, low: number): number {
  const h = high - epochHigh
  return h * 429_496_729 + Math.floor((h * 6 + (low - epochLow)) / 10)
}

/** The 100 ns remainder, 0 to 9, that `usOfTicks` drops. */
export function tickOfTicks(high: number, low: number): number {
  const rest = (high - epochHigh) * 6 + (low - epochLow)
  return rest - 10 * Math.floor(rest / 10)
}

/** Reads the notification message at `at` up to its first notification; the reply's header begins at `header`. */
function readMessage(
  body: Buffer,
  header: number,
  at: number,
  moreNotifications: boolean,
  recovered: boolean,
): RawNotification {
  const sequenceNumber = body.readUInt32LE(at)
  const count = Math.max(0, body.readInt32LE(at + 12))
  // node-opcua's server leaves the publish time empty; the header's time follows the type's NodeId.
  const sentUs = timeAt(body, header)
  const publishUs = timeAt(body, at + 4)
  const receiveUs = Number.NaN
  return { sequenceNumber, publishUs, sentUs, count, body, at: at + 16, moreNotifications, recovered, receiveUs }
}

function timeAt(body: Buffer, at: number): number {
  const low = body.readUInt32LE(at)
  const high = body.readUInt32LE(at + 4)
  return timeOfTicks(high, low)
}

/**
 * As `usOfTicks`; NaN for the zero time, which means none, and for what lies before 1684 or beyond 2255, as 9999-12-31
 * does, which means no end (OPC 10000-6, 5.2.2.5): no number holds its microseconds, and as a last time it would hide all
 * that follow.
 */
export function timeOfTicks(high: number, low: number): number {
  if (high === 0 && low === 0) return Number.NaN
  const us = usOfTicks(high, low)
  return Number.isSafeInteger(us) ? us : Number.NaN
}

/** The response when `body` is a Publish or Republish response, else null. `body` starts at the type's NodeId. */
export function decodeLean(body: Buffer): LeanPublishResponse | LeanRepublishResponse | null {
  if (body.length < 8) return null
  // Servers use the four-byte form; the long one is as good (5.2.2.9). What has another form is another message.
  const long = body[0] === 2
  if (!long && body[0] !== 1) return null
  const id = long ? body.readUInt32LE(3) : body.readUInt16LE(2)
  const namespace = long ? body.readUInt16LE(1) : body[1]
  if (namespace !== 0 || (id !== publishResponseId && id !== republishResponseId)) return null
  const header = long ? 7 : 4
  const stream = new BinaryStream(body)
  stream.length = header
  if (id === republishResponseId) {
    const response = new LeanRepublishResponse()
    response.responseHeader.decode(stream)
    response.raw = readMessage(body, header, stream.length, false, true)
    return response
  }
  const response = new LeanPublishResponse()
  response.responseHeader.decode(stream)
  let at = stream.length
  response.subscriptionId = body.readUInt32LE(at)
  const available = Math.max(0, body.readInt32LE(at + 4))
  at += 8
  const numbers: number[] = []
  for (let i = 0; i < available; i += 1, at += 4) numbers.push(body.readUInt32LE(at))
  response.availableSequenceNumbers = numbers
  response.moreNotifications = body[at] !== 0
  response.raw = readMessage(body, header, at + 1, response.moreNotifications, false)
  return response
}

/** Makes the client's present channel decode lean. Every new channel has a new builder: call it after each reconnect. */
export function installLeanDecoding(client: OPCUAClient): void {
  const builder = messageBuilderOf(client)
  if (!builder) return
  replaceDecoding(builder, (body) => {
    try {
      return decodeLean(body)
    } catch {
      // Cut short or malformed: node-opcua's own decoder reports it and closes the channel.
      return null
    }
  })
}
