/* oxlint-disable no-underscore-dangle -- node-opcua names its private members so */
import type { Socket } from 'node:net'
import type {
  ClientReverseConnect,
  ClientSession,
  CreateMonitoredItemsRequest,
  CreateMonitoredItemsResponse,
  CreateSubscriptionResponse,
  EndpointDescription,
  MessageSecurityMode,
  ModifyMonitoredItemsRequest,
  ModifyMonitoredItemsResponse,
  NodeId,
  OPCUAClient,
  PublishRequest,
  PublishResponse,
  RepublishResponse,
  SecurityPolicy,
  StatusCode,
  TransferSubscriptionsResponse,
  UserIdentityInfo,
} from 'node-opcua-client'

/**
 * Everything this room uses of node-opcua 2.186.4 that its types do not show: services that are public methods of the
 * session but missing in its interface, and four private members. The version is pinned exactly; the room's tests run
 * every line of this file against a real server, so an upgrade that moves something fails there.
 */
export interface RawServices {
  sessionId: NodeId
  createSubscription(options: object): Promise<CreateSubscriptionResponse>
  deleteSubscriptions(options: { subscriptionIds: number[] }): Promise<unknown>
  modifySubscription(options: object): Promise<unknown>
  modifyMonitoredItems(request: ModifyMonitoredItemsRequest): Promise<ModifyMonitoredItemsResponse>
  deleteMonitoredItems(options: { subscriptionId: number; monitoredItemIds: number[] }): Promise<unknown>
  createMonitoredItems(request: CreateMonitoredItemsRequest): Promise<CreateMonitoredItemsResponse>
  transferSubscriptions(options: {
    subscriptionIds: number[]
    sendInitialValues: boolean
  }): Promise<TransferSubscriptionsResponse>
  republish(options: { subscriptionId: number; retransmitSequenceNumber: number }): Promise<RepublishResponse>
  publish(request: PublishRequest, callback: (error: Error | null, response?: PublishResponse) => void): void
}

export function rawServices(session: ClientSession): RawServices {
  return session as unknown as RawServices
}

/**
 * One request, sent now or not at all. The session's own call keeps a request over a cut and sends it when the link is back, and
 * sends it again in a new session: right for a read, not for a write that a person confirmed minutes ago.
 */
export function sendOnce<R>(session: ClientSession, request: object): Promise<R> {
  const internals = session as unknown as {
    _performMessageTransaction(request: object, callback: (error: Error | null, response?: R) => void): void
  }
  return new Promise((resolve, reject) => {
    internals._performMessageTransaction(request, (error, response) => {
      if (error || !response) reject(error ?? new Error('the server did not answer'))
      else resolve(response)
    })
  })
}

/** The part of a secure channel that turns a complete message into an object. */
export interface MessageBuilder {
  messageHeader?: { msgType: string }
  securityHeader?: unknown
  sequenceHeader?: { requestId: number } | null
  channelId: number
  _decodeMessageBody: (body: Buffer) => boolean
  emit: (event: 'message', ...values: unknown[]) => boolean
  leanDecoding?: true
}

/**
 * A reply to a request nobody waits for any more (one that timed out, or a number a faulty server made up) makes the
 * library throw out of the socket's event: an uncaught exception that ends the process. Such replies are dropped here.
 * Called for every client, since each new channel has a builder of its own.
 */
export function dropStrayReplies(client: OPCUAClient): void {
  client.on('secure_channel_created', (channel: unknown) => {
    const created = channel as ChannelInternals
    // The builder is made while connecting, before the first chunk.
    created.once('receive_chunk', () => {
      const builder = created._getMessageBuilder()
      if (!builder) return
      const emit = builder.emit.bind(builder)
      builder.emit = (event, ...values) => {
        try {
          return emit(event, ...values)
        } catch (error) {
          if (error instanceof Error && error.message.includes('invalid requestId')) return true
          throw error
        }
      }
    })
  })
}

interface ChannelInternals {
  once(event: 'receive_chunk', listener: () => void): void
  _getMessageBuilder: () => MessageBuilder | undefined
}

interface ClientInternals {
  _secureChannel: { _getMessageBuilder: () => MessageBuilder | undefined; forceConnectionBreak(): void } | null
  findEndpointForSecurity(mode: MessageSecurityMode, policy: SecurityPolicy): EndpointDescription | undefined
  performMessageTransaction(request: { maxResponseMessageSize?: number }, callback: unknown): void
  _createSession(callback: (error: Error | null, session?: ClientSession) => void): void
  _addSession(session: ClientSession): void
  _activateSession(session: ClientSession, user: UserIdentityInfo, callback: (error: Error | null) => void): void
}

function internalsOf(client: OPCUAClient): ClientInternals {
  return client as unknown as ClientInternals
}

export function messageBuilderOf(client: OPCUAClient): MessageBuilder | null {
  return internalsOf(client)._secureChannel?._getMessageBuilder() ?? null
}

/** Replaces how a message body is decoded; `decode` returns null to leave it to node-opcua. */
export function replaceDecoding(
  builder: MessageBuilder,
  decode: (body: Buffer) => { responseHeader: { serviceResult: StatusCode } } | null,
): void {
  if (builder.leanDecoding) return
  if (typeof builder._decodeMessageBody !== 'function')
    throw new Error('node-opcua has changed its message builder; library-internals.ts is written for 2.186.4')
  const decodeAsUsual = builder._decodeMessageBody.bind(builder)
  builder.leanDecoding = true
  builder._decodeMessageBody = (body) => {
    const response = decode(body)
    const { messageHeader, sequenceHeader } = builder
    if (response === null || !messageHeader || !sequenceHeader) return decodeAsUsual(body)
    builder.emit(
      'message',
      response,
      messageHeader.msgType,
      builder.securityHeader,
      sequenceHeader.requestId,
      builder.channelId,
    )
    return true
  }
}

/** Breaks the channel so that node-opcua repairs it: the way its own keep-alive does it. */
export function breakChannel(client: OPCUAClient): void {
  internalsOf(client)._secureChannel?.forceConnectionBreak()
}

/** Sockets of a server that dials out, in the form `connectReverse` asks for: one each time the client connects. */
export interface CallSource {
  /** Stands where the address of a server would; the one of the call takes its place. */
  connectionUrl: string
  waitForConnection(
    expectation: unknown,
    callback: (error: Error | null, call?: { socket: Socket; serverUri: string; endpointUrl: string }) => void,
  ): { cancel(): void }
}

/**
 * node-opcua's own listener (`ClientReverseConnect`) is not used: it cannot say who was refused, holds silent sockets for
 * two minutes, and does not notice the end of those it keeps. Only its two methods that the client calls are given.
 */
export function connectReverse(client: OPCUAClient, source: CallSource): Promise<void> {
  return client.connectReverse(source as unknown as ClientReverseConnect)
}

export function endpointFor(
  client: OPCUAClient,
  mode: MessageSecurityMode,
  policy: SecurityPolicy,
): EndpointDescription | undefined {
  return internalsOf(client).findEndpointForSecurity(mode, policy)
}

/** Raises the reply size CreateSession offers: node-opcua asks for 800 000 bytes, one block of 256 k floats is more. */
export function offerResponseBytes(client: OPCUAClient, bytes: number): void {
  const internals = internalsOf(client)
  const perform = internals.performMessageTransaction.bind(client)
  internals.performMessageTransaction = (request, callback) => {
    if (request.maxResponseMessageSize !== undefined) request.maxResponseMessageSize = bytes
    perform(request, callback)
  }
}

/** The first half of node-opcua's createSession: who does not get past here has no trouble with the user. */
export function openSession(client: OPCUAClient): Promise<ClientSession> {
  const internals = internalsOf(client)
  return new Promise((resolve, reject) => {
    internals._createSession((error, session) => {
      if (error || !session) return reject(error ?? new Error('there was no session'))
      internals._addSession(session)
      resolve(session)
    })
  })
}

/** The second half: tells the server who the user is. */
export function activateSession(client: OPCUAClient, session: ClientSession, user: UserIdentityInfo): Promise<void> {
  const internals = internalsOf(client)
  return new Promise((resolve, reject) => {
    internals._activateSession(session, user, (error) => (error ? reject(error) : resolve()))
  })
}
