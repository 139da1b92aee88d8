import {
  coerceMessageSecurityMode,
  type EndpointDescription,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  type UserIdentityInfo,
  UserTokenType,
} from 'node-opcua-client'
import { limits } from '../../shared/domain/limits.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { within } from './deadline.ts'
import type { ExceptionRule } from './exceptions.ts'
import { dropStrayReplies, endpointFor, offerResponseBytes } from './library-internals.ts'
import type { PkiStore } from './pki.ts'
import { Refusal } from './refusal.ts'
import { readUserCertificate } from './user-certificate.ts'

const policies: Record<PlantServer['security']['policy'], SecurityPolicy> = {
  None: SecurityPolicy.None,
  Basic256Sha256: SecurityPolicy.Basic256Sha256,
  Aes128_Sha256_RsaOaep: SecurityPolicy.Aes128_Sha256_RsaOaep,
  Aes256_Sha256_RsaPss: SecurityPolicy.Aes256_Sha256_RsaPss,
  Basic128Rsa15: SecurityPolicy.Basic128Rsa15,
  Basic256: SecurityPolicy.Basic256,
}

/**
 * A client with the settings that were measured (docs/adr/0003): a frozen server is noticed after 5 to 6 s instead of
 * 25 s or never, and an attempt on it ends after 4 s instead of hanging for 60 s.
 */
export function createClient(
  server: PlantServer,
  pki: PkiStore,
  applicationUri: string,
  allows: (rule: ExceptionRule) => boolean = () => false,
  serverCertificate: Buffer | null = null,
): OPCUAClient {
  const client = OPCUAClient.create({
    applicationName: 'Millwright',
    applicationUri,
    clientName: `millwright-${server.id}`,
    securityMode: MessageSecurityMode[server.security.mode],
    securityPolicy: policies[server.security.policy],
    // The address a server gives itself is often not the one it is reached by.
    endpointMustExist: false,
    clientCertificateManager: pki.managerWith({
      validity: allows('validity'),
      revocationUnknown: allows('revocation-unknown'),
    }),
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.manager.privateKey,
    ...(serverCertificate ? { serverCertificate } : {}),
    keepSessionAlive: true,
    keepAliveInterval: 2_000,
    // The library raises it to 5 s.
    defaultTransactionTimeout: 3_000,
    transportTimeout: 4_000,
    // Ten minutes, as long as a subscription lives: after a cut the session is activated again and Republish works.
    // open62541 refuses to transfer a subscription whose session has timed out.
    requestedSessionTimeout: 600_000,
    // The first connect makes one attempt and settles (with -1 it never would); `repairForEver` comes after it.
    // Two seconds at most between attempts, so that data is back within 5 s of the path: a refused one costs nothing.
    connectionStrategy: { initialDelay: 250, maxDelay: 2_000, maxRetry: 0, randomisationFactor: 0.1 },
  })
  dropStrayReplies(client)
  offerResponseBytes(client, 2 * limits.notificationBytes)
  // 'error' events must not end the process; the state machine hears of failures by its own calls.
  client.on('error' as 'abort', () => undefined)
  return client
}

/**
 * What the library does of itself only when it dials (2.186.4): whether the certificate of a server is trusted. One that
 * is not is kept for a person to decide on. Throws with the name of the status, as the library does.
 */
export async function refuseUntrusted(
  certificate: Buffer,
  pki: PkiStore,
  allows: (rule: ExceptionRule) => boolean,
): Promise<void> {
  const manager = pki.managerWith({ validity: allows('validity'), revocationUnknown: allows('revocation-unknown') })
  const status = await manager.checkCertificate(certificate)
  if (!status.isGood()) throw new Error(`the server's certificate was not accepted: ${status.name}`)
}

/** From now on the library repairs the channel by itself, without end. maxRetry 0 switches that off altogether. */
export function repairForEver(client: OPCUAClient): void {
  client.connectionStrategy.maxRetry = -1
}

/** The endpoint the open channel belongs to. */
export function chosenEndpoint(client: OPCUAClient, server: PlantServer): EndpointDescription | undefined {
  return endpointFor(client, coerceMessageSecurityMode(server.security.mode), policies[server.security.policy])
}

/** The endpoint a server of the plant file is set to. */
export function endpointAmong(
  endpoints: readonly EndpointDescription[],
  { security }: PlantServer,
): EndpointDescription | undefined {
  const mode = MessageSecurityMode[security.mode]
  const uri: string = policies[security.policy]
  return endpoints.find(({ securityMode, securityPolicyUri }) => securityMode === mode && securityPolicyUri === uri)
}

/** The certificate the server has shown, DER; null without security. */
export function shownCertificate(client: OPCUAClient): Buffer | null {
  const shown = client.serverCertificate
  const first = Array.isArray(shown) ? shown[0] : shown
  return first && first.length > 0 ? first : null
}

/** Who opens the session. Throws Refusal; the password is asked for at each session and not kept. */
export async function identityOf(
  server: PlantServer,
  endpoint: EndpointDescription | undefined,
  secrets: (ref: string) => Promise<string | null>,
): Promise<UserIdentityInfo> {
  const { user } = server
  if (user.type === 'anonymous') return { type: UserTokenType.Anonymous }
  if (user.type === 'x509') {
    const { certificate, privateKey } = readUserCertificate(await secrets(user.certificateRef), server, Date.now())
    return { type: UserTokenType.Certificate, certificateData: certificate, privateKey }
  }
  const unencrypted: string = SecurityPolicy.None
  const readable =
    server.security.mode !== 'SignAndEncrypt' &&
    (endpoint?.userIdentityTokens ?? []).some(
      ({ tokenType, securityPolicyUri }) => tokenType === UserTokenType.UserName && securityPolicyUri === unencrypted,
    )
  if (readable)
    throw new Refusal(
      `Server ${server.id} wants the password of "${user.name}" unencrypted on a channel that is only signed. It was not sent.`,
      'Choose security mode SignAndEncrypt for this server.',
    )
  const password = await secrets(user.secretRef)
  if (password === null)
    throw new Refusal(
      `The password "${user.secretRef}" of user "${user.name}" for server ${server.id} is not stored here.`,
      'Open Settings, add the server again with its password, and start the engine on the same data folder.',
    )
  return { type: UserTokenType.UserName, userName: user.name, password }
}

/** Ends a client in any state; node-opcua's disconnect can wait for ever while it reconnects. */
export async function discard(client: OPCUAClient): Promise<void> {
  await within(3_000, 'disconnecting', client.disconnect()).catch(() => undefined)
  client.removeAllListeners()
}
