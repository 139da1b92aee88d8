import { X509Certificate } from 'node:crypto'
import type { EndpointDescription } from 'node-opcua-client'
import { exceptionRules, isOffered, type OfferedRule, type PlantException } from '../../shared/domain/exceptions.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { describeEndpoint, readEndpoints } from './discover.ts'
import { ExceptionBook } from './exceptions.ts'
import { type CertificateInfo, describe, type PkiStore } from './pki.ts'
import { codeOf } from './refusal.ts'
import { certificateFaults, isDeprecated } from './server-certificate.ts'

/** One thing that speaks against a connection, in words that follow "The certificate of this server: ...". */
export interface ReviewFinding {
  kind: string
  message: string
  remedy: string
  /** The exception a person could make for it, null when only the server's side can mend it. */
  rule: OfferedRule | null
  /** In words: the exception that allows it now. */
  accepted: string | null
}

type Found = Pick<ReviewFinding, 'kind' | 'message' | 'remedy'>

export interface ServerReview {
  /** Null without security, and when the server shows none. */
  certificate: CertificateInfo | null
  trusted: boolean
  findings: ReviewFinding[]
}

interface ReviewOptions {
  server: PlantServer
  pki: PkiStore
  exceptions: readonly PlantException[]
  nowUs: number
}

/**
 * Asks the server for the certificate it shows and names everything that speaks against it at once: connecting ends at
 * the first fault, and a person would meet them one by one. A certificate that nobody has decided on is put among the
 * rejected, where `trust` finds it.
 */
export async function reviewServer({ server, pki, exceptions, nowUs }: ReviewOptions): Promise<ServerReview> {
  const book = new ExceptionBook(server.id, exceptions, () => nowUs)
  const findings: ReviewFinding[] = []
  const add = ({ kind, message, remedy }: Found): void => {
    const rule = exceptionRules.find((one) => one === kind) ?? null
    const accepted = rule === null ? null : book.accepted(rule)
    findings.push({ kind, message, remedy, rule: isOffered(rule) ? rule : null, accepted })
  }
  if (isDeprecated(server))
    add({
      kind: 'deprecated-policy',
      message: `The security policy ${server.security.policy} rests on SHA-1 and is not used any more.`,
      remedy: 'Choose Basic256Sha256 or a newer one; if the server has none, ask for an update of it.',
    })
  // A server that dials out cannot be asked: it has shown its certificate when it called.
  const endpoint = server.reverse ? undefined : await endpointOf(server, pki)
  const claimed = server.reverse?.serverUri ?? endpoint?.server.applicationUri ?? null
  const shown = server.reverse ? await pki.shownBy(server.reverse.serverUri) : endpoint?.serverCertificate
  const chain = server.security.mode === 'None' ? null : (shown ?? null)
  if (!chain || chain.length === 0) return { certificate: null, trusted: false, findings }
  const certificate = new X509Certificate(chain)
  const verdict = await pki.verdict(chain)
  const trusted = await pki.isTrusted(certificate.raw)
  // One that stands by its issuer's word alone must not be among the rejected: that would take the word back.
  if (!trusted && verdict !== 'Good') await pki.notice(certificate.raw)
  const info = describe(certificate)
  const words = verdictWords(verdict)
  if (words) add(words)
  for (const fault of certificateFaults(info, claimed, server, nowUs, 'It')) add(fault)
  return { certificate: info, trusted, findings }
}

async function endpointOf(
  { endpointUrl, security }: PlantServer,
  pki: PkiStore,
): Promise<EndpointDescription | undefined> {
  const endpoints = await readEndpoints(endpointUrl, pki)
  return endpoints.find((endpoint) => {
    const { mode, policy } = describeEndpoint(endpoint)
    return mode === security.mode && policy === security.policy
  })
}

/** Words for what the store says of a chain; null when it finds nothing, or what `certificateFaults` says as well. */
function verdictWords(verdict: string): Found | null {
  if (verdict === 'Good' || verdict === 'BadCertificateTimeInvalid') return null
  if (verdict === 'BadCertificateUntrusted')
    return {
      kind: 'untrusted',
      message: 'Nobody here trusts it.',
      remedy:
        'Compare the thumbprint with the one the server itself shows, at its own screen. If it is the same, trust it.',
    }
  if (/RevocationUnknown/.test(verdict))
    return {
      kind: 'revocation-unknown',
      message: "Its authority's revocation list is not here, so it cannot be told whether it was revoked.",
      remedy: 'Ask whoever runs the authority for its present revocation list, and give it here.',
    }
  if (/Revoked/.test(verdict))
    return {
      kind: 'revoked',
      message: 'Its authority has revoked it; it may be in the wrong hands.',
      remedy: 'Have a new certificate issued for the server.',
    }
  if (/IssuerTimeInvalid/.test(verdict))
    return {
      kind: 'validity',
      message: 'The certificate of its issuer is out of date.',
      remedy: 'Have the authority renew its own certificate.',
    }
  if (/ChainIncomplete|IssuerUseNotAllowed/.test(verdict))
    return {
      kind: 'unknown-issuer',
      message: 'Its issuer is not known here.',
      remedy: 'Ask whoever runs the authority for its certificate and its revocation list, and give both here.',
    }
  return {
    kind: 'unsound',
    message: `It does not hold against a check (${codeOf(verdict)}).`,
    remedy: 'Have a new certificate made on the server.',
  }
}
