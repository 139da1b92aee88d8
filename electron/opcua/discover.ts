import { createHash } from 'node:crypto'
import { type EndpointDescription, MessageSecurityMode, OPCUAClient, UserTokenType } from 'node-opcua-client'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { within } from './deadline.ts'
import { dropStrayReplies } from './library-internals.ts'
import type { PkiStore } from './pki.ts'
import { silenceLibrary } from './quiet-log.ts'

export interface OfferedEndpoint {
  endpointUrl: string
  mode: 'None' | 'Sign' | 'SignAndEncrypt'
  /** Short name of the policy, as in the plant file, or its URI when unknown. */
  policy: string
  /** Basic128Rsa15 and Basic256 rest on SHA-1 and are not connected to. */
  deprecated: boolean
  userTokens: ('anonymous' | 'userName' | 'x509' | 'issued')[]
  /** The server's own ranking, 0 to 255. */
  securityLevel: number
  applicationUri: string | null
  applicationName: string | null
  thumbprint: string | null
}

const wait = 10_000
const deprecated = new Set(['Basic128', 'Basic128Rsa15', 'Basic192', 'Basic192Rsa15', 'Basic256', 'Basic256Rsa15'])
const policyRank = ['None', 'Basic256Sha256', 'Aes128_Sha256_RsaOaep', 'Aes256_Sha256_RsaPss']
const modeRank = { None: 0, Sign: 1, SignAndEncrypt: 2 } as const
const tokenNames = {
  [UserTokenType.Anonymous]: 'anonymous',
  [UserTokenType.UserName]: 'userName',
  [UserTokenType.Certificate]: 'x509',
  [UserTokenType.IssuedToken]: 'issued',
} as const

/** All endpoints of a server, the strongest first, without opening a session. */
export async function discoverEndpoints(endpointUrl: string, pki: PkiStore): Promise<OfferedEndpoint[]> {
  const endpoints = await readEndpoints(endpointUrl, pki)
  return endpoints.map(describeEndpoint).sort((a, b) => strength(b) - strength(a) || b.securityLevel - a.securityLevel)
}

/** The endpoints as the server describes them, certificate and all. */
export function readEndpoints(endpointUrl: string, pki: PkiStore, ms = wait): Promise<EndpointDescription[]> {
  return endpointsOf(pki, (client) => client.connect(endpointUrl), ms)
}

/** As `readEndpoints`, whichever way the client comes to its connection. */
export async function endpointsOf(
  pki: PkiStore,
  connect: (client: OPCUAClient) => Promise<void>,
  ms: number,
): Promise<EndpointDescription[]> {
  silenceLibrary()
  const client = OPCUAClient.create({
    endpointMustExist: false,
    // Without them the library makes a store in the user's home, which the permission model refuses.
    clientCertificateManager: pki.manager,
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.manager.privateKey,
    transportTimeout: 4_000,
    connectionStrategy: { initialDelay: 100, maxDelay: 500, maxRetry: 0, randomisationFactor: 0.1 },
  })
  dropStrayReplies(client)
  try {
    await within(ms, 'connecting', connect(client))
    return await within(ms, 'reading the endpoints', client.getEndpoints())
  } finally {
    await within(2_000, 'disconnecting', client.disconnect()).catch(() => undefined)
  }
}

/** Thumbprint of the certificate a server shows for the configured security; null when it cannot be asked. */
export async function offeredThumbprint({ endpointUrl, security }: PlantServer, pki: PkiStore): Promise<string | null> {
  try {
    const offered = await discoverEndpoints(endpointUrl, pki)
    const same = offered.find(({ mode, policy }) => mode === security.mode && policy === security.policy)
    return same?.thumbprint ?? null
  } catch {
    return null
  }
}

export function describeEndpoint(endpoint: EndpointDescription): OfferedEndpoint {
  const uri = endpoint.securityPolicyUri ?? ''
  const policy = uri.split('#')[1] ?? uri
  const mode = MessageSecurityMode[endpoint.securityMode]
  const tokens = (endpoint.userIdentityTokens ?? []).map(
    ({ tokenType }) => tokenNames[tokenType as keyof typeof tokenNames],
  )
  const certificate = endpoint.serverCertificate
  return {
    endpointUrl: endpoint.endpointUrl ?? '',
    mode: mode === 'Sign' || mode === 'SignAndEncrypt' ? mode : 'None',
    policy,
    deprecated: deprecated.has(policy),
    userTokens: [...new Set(tokens.filter((token) => token !== undefined))],
    securityLevel: endpoint.securityLevel,
    applicationUri: endpoint.server.applicationUri ?? null,
    applicationName: endpoint.server.applicationName.text ?? null,
    thumbprint:
      certificate && certificate.length > 0 ? createHash('sha1').update(firstOfChain(certificate)).digest('hex') : null,
  }
}

/** A chain is the certificates one after the other; the first is the server's (DER: 30 82 and two bytes of length). */
function firstOfChain(chain: Buffer): Buffer {
  return chain[0] === 0x30 && chain[1] === 0x82 ? chain.subarray(0, 4 + chain.readUInt16BE(2)) : chain
}

export function strength({ mode, policy, deprecated }: OfferedEndpoint): number {
  return deprecated ? -1 : modeRank[mode] * 10 + policyRank.indexOf(policy)
}
