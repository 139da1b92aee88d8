import { X509Certificate } from 'node:crypto'
import type { ClientSession, EndpointDescription, OPCUAClient } from 'node-opcua-client'
import type { PlantServer } from '../../../shared/domain/plant-file.ts'
import { within } from '../deadline.ts'
import { describeEndpoint, endpointsOf, strength } from '../discover.ts'
import type { ExceptionBook } from '../exceptions.ts'
import { activateSession, openSession } from '../library-internals.ts'
import { chosenEndpoint, identityOf, refuseUntrusted } from '../opcua-client.ts'
import { describe, type PkiStore } from '../pki.ts'
import { codeOf, type Refusal, refusalOf, refuseUnsafe } from '../refusal.ts'
import { checkServerCertificate } from '../server-certificate.ts'
import { type Outcome, passed, skipped, StepFault } from './outcome.ts'

export type Security = PlantServer['security']

const known = ['None', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss'] as const
const isKnown = (policy: string): policy is Security['policy'] => known.some((name) => name === policy)

/** Asks for the endpoints over an unprotected channel, as every client does first, and finds the wanted one among them. */
export async function findEndpoint(
  connect: (client: OPCUAClient) => Promise<void>,
  wanted: Security | null,
  pki: PkiStore,
  ms: number,
): Promise<{ endpoint: EndpointDescription; security: Security; outcome: Outcome }> {
  const endpoints = await endpointsOf(pki, connect, ms).catch((cause: unknown) => {
    throw new StepFault(
      `The server does not list its endpoints (${messageOf(cause)}).`,
      'Look at the log of the server; it may be starting, or allow no discovery.',
      { cause, meaning: 'The server speaks OPC UA, but ends the conversation before any security is chosen.' },
    )
  })
  const offered = endpoints
    .map((endpoint) => ({ endpoint, ...describeEndpoint(endpoint) }))
    .sort((a, b) => strength(b) - strength(a))
  const list = offered.map(({ mode, policy }) => (mode === 'None' ? 'None' : `${mode} with ${policy}`)).join(', ')
  const found = offered.find(({ mode, policy, deprecated }) =>
    wanted === null ? !deprecated && isKnown(policy) : mode === wanted.mode && policy === wanted.policy,
  )
  if (!found || !isKnown(found.policy))
    throw new StepFault(
      wanted === null
        ? `The server offers only security that is not used any more (${list || 'nothing'}).`
        : `The server does not offer ${wanted.mode} with ${wanted.policy}; it offers ${list || 'nothing'}.`,
      wanted === null
        ? 'Switch on Basic256Sha256 or newer on the server.'
        : 'Choose one of the endpoints it offers, or switch this one on at the server.',
    )
  const security = wanted ?? { mode: found.mode, policy: found.policy, reason: 'a check of the connection' }
  const chosen = security.mode === 'None' ? 'no security' : `${security.mode} with ${security.policy}`
  return { endpoint: found.endpoint, security, outcome: passed(`The server offers ${list}; ${chosen} is used.`) }
}

interface ChannelParts {
  client: OPCUAClient
  server: PlantServer
  endpoint: EndpointDescription
  pki: PkiStore
  /** No trust list is at hand, so nobody could have trusted or rejected the certificate. */
  undecided: boolean
  book: ExceptionBook
  connect: (client: OPCUAClient) => Promise<void>
  /** The server dials: then nobody but us looks whether its certificate is trusted. */
  isCalled: boolean
}

/** Opens the channel; both sides look at each other's certificate. */
export async function openChannel(parts: ChannelParts, nowUs: number, ms: number): Promise<Outcome> {
  const { client, server, endpoint, pki, undecided, book, connect, isCalled } = parts
  const secured = server.security.mode !== 'None'
  const shown: Buffer | null = endpoint.serverCertificate ?? null
  const thumbprint = secured && shown && shown.length > 0 ? thumbprintOf(shown) : null
  if (secured && undecided && shown && shown.length > 0) await pki.manager.trustCertificate(shown)
  try {
    if (secured && isCalled && shown) await refuseUntrusted(shown, pki, (rule) => book.allows(rule))
    await within(ms, 'opening the channel', connect(client))
    if (!secured) return skipped('No security: nothing is signed or encrypted, so no certificate is looked at.')
    const raw = client.serverCertificate
    const first = Array.isArray(raw) ? raw[0] : raw
    if (!first) throw new StepFault('The server shows no certificate.', 'Create a certificate on the server.')
    const { info, notices } = checkServerCertificate(first, chosenEndpoint(client, server), server, nowUs, book.waives)
    const until = new Date(info.validToUs / 1_000).toISOString().slice(0, 10)
    const trust = undecided
      ? 'whether it is trusted was not asked, since no data folder was given'
      : 'it is trusted here'
    const words = [
      `Thumbprint ${info.thumbprint}, valid until ${until}; ${trust}.`,
      ...notices.map(({ message }) => message),
      ...book.used().map((used) => `By exception ${used.words}.`),
    ]
    return passed(words.join(' '), notices[0]?.remedy ?? null)
  } catch (error) {
    throw channelFault(error, server, thumbprint)
  }
}

function channelFault(error: unknown, server: PlantServer, thumbprint: string | null): StepFault {
  if (error instanceof StepFault) return error
  const failure = error instanceof Error ? error : new Error(String(error))
  const refusal = refusalOf(failure, server, thumbprint)
  if (refusal) return faultOf(refusal)
  return new StepFault(
    `The channel could not be opened (${messageOf(failure)}).`,
    'Look at the log of the server: it may not know or not trust the certificate of this application.',
    { cause: failure },
  )
}

export const faultOf = (refusal: Refusal): StepFault =>
  new StepFault(refusal.message, refusal.remedy, { cause: refusal })

/** CreateSession alone: whether there is a place. */
export async function createSession(
  client: OPCUAClient,
  ms: number,
): Promise<{ session: ClientSession; outcome: Outcome }> {
  try {
    const session = await within(ms, 'opening a session', openSession(client))
    return {
      session,
      outcome: passed(`A session was opened; it lives ${Math.round(session.timeout / 1_000)} s without contact.`),
    }
  } catch (cause) {
    const text = messageOf(cause)
    if (/BadTooManySessions/.test(text))
      throw new StepFault(
        'All sessions of the server are taken (BadTooManySessions).',
        'End clients that are not needed, or raise the number of sessions on the server. Sessions of clients that were cut off end by themselves after their time-out.',
        { cause },
      )
    if (/BadCertificate|BadSecurityChecksFailed|BadApplicationSignature/.test(text))
      throw new StepFault(
        `The server opens no session: it does not accept the certificate of this application (${codeOf(text)}).`,
        'Trust the certificate of this application in the list of the server, then try again.',
        { cause },
      )
    throw new StepFault(`The server opens no session (${text}).`, 'Look at the log of the server.', { cause })
  }
}

/** ActivateSession: who the user is. */
export async function presentUser(
  client: OPCUAClient,
  session: ClientSession,
  server: PlantServer,
  secrets: (ref: string) => Promise<string | null>,
  book: ExceptionBook,
  ms: number,
): Promise<Outcome> {
  const { user } = server
  try {
    refuseUnsafe(server, book.waives)
    const identity = await identityOf(server, chosenEndpoint(client, server), secrets)
    await within(ms, 'presenting the user', activateSession(client, session, identity))
    return passed(
      user.type === 'userName' ? `User "${user.name}" was accepted.` : `The ${user.type} user was accepted.`,
    )
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error))
    const refusal = refusalOf(failure, server, null)
    if (refusal) throw faultOf(refusal)
    throw new StepFault(
      `The server does not accept the user (${messageOf(failure)}).`,
      'Correct the user of this server, or its rights on the server.',
      { cause: failure },
    )
  }
}

function thumbprintOf(certificate: Buffer): string | null {
  try {
    return describe(new X509Certificate(certificate)).thumbprint
  } catch {
    return null
  }
}

export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return /Bad[A-Z]\w+/.exec(text)?.[0] ?? text.split('\n')[0]?.trim() ?? 'unknown'
}
