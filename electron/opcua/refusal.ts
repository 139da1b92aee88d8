import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { exceptionHint, type ExceptionRule } from './exceptions.ts'

/** The link cannot be made as things are; another attempt alone does not mend it. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly remedy: string
  /** SHA-1 thumbprint of the certificate a person has to decide on, in hex. */
  readonly thumbprint: string | null
  /** Whether trying again later may help without a change here. */
  readonly retryable: boolean
  /** The exception a person could make for it, null when there is none. */
  readonly rule: ExceptionRule | null
  /** The certificate is without fault so far; nobody has trusted it. */
  readonly undecided: boolean

  constructor(
    message: string,
    remedy: string,
    options: {
      thumbprint?: string
      retryable?: boolean
      cause?: unknown
      rule?: ExceptionRule
      undecided?: boolean
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.remedy = remedy
    this.thumbprint = options.thumbprint ?? null
    this.retryable = options.retryable ?? true
    this.rule = options.rule ?? null
    this.undecided = options.undecided ?? false
  }
}

/** What is refused before a single byte is sent. Throws Refusal. */
export function refuseUnsafe(server: PlantServer, waives: (rule: ExceptionRule) => boolean = () => false): void {
  const { security, user } = server
  const plain = security.mode === 'None' || security.policy === 'None'
  if (plain && (security.mode !== 'None' || security.policy !== 'None'))
    throw new Refusal(
      `Server ${server.id} has security mode ${security.mode} with policy ${security.policy}.`,
      'Set both to None, or choose a policy such as Basic256Sha256 with mode SignAndEncrypt.',
      { retryable: false },
    )
  if (plain && user.type !== 'anonymous')
    throw new Refusal(
      `Server ${server.id} asks for the user "${user.type === 'userName' ? user.name : 'by certificate'}" over an unsecured connection: the password would cross the network readable by anyone. Nothing was sent.`,
      'Choose security mode SignAndEncrypt for this server, or use an anonymous user.',
      { retryable: false },
    )
  if (plain && security.reason === undefined)
    throw new Refusal(
      `Server ${server.id} is set to no security without a reason.`,
      'Write why in security.reason (for example "laboratory"), or choose SignAndEncrypt.',
      { retryable: false },
    )
  const old = security.policy === 'Basic128Rsa15' || security.policy === 'Basic256'
  if (old && !waives('deprecated-policy'))
    throw new Refusal(
      `Server ${server.id} is set to the security policy ${security.policy}, which rests on SHA-1 and is not used any more.`,
      `Choose Basic256Sha256 or a newer one.${exceptionHint(server.id, 'deprecated-policy')}`,
      { retryable: false, rule: 'deprecated-policy' },
    )
}

/** Plain words for what connecting or opening the session failed with. Anything not known is a lost link, not a refusal. */
export function refusalOf(
  error: Error,
  server: PlantServer,
  thumbprint: string | null,
  acceptedBefore: string | null = null,
): Refusal | null {
  if (error instanceof Refusal) return error
  const text = error.message
  const named = thumbprint === null ? {} : { thumbprint }
  const shown = thumbprint === null ? '' : ` Thumbprint ${thumbprint}.`
  const where = `Server ${server.id} at ${server.endpointUrl}`
  if (/BadCertificateUntrusted/.test(text) && acceptedBefore !== null && thumbprint !== acceptedBefore)
    return new Refusal(
      `${where} shows another certificate than before, which nobody here has trusted yet.${shown} The one before was ${acceptedBefore}.`,
      'Ask who runs the server whether its certificate was renewed. If so, compare the thumbprint with the one on the server and trust it under Certificates; if not, somebody else may be answering.',
      { ...named, cause: error, undecided: true },
    )
  if (/BadCertificateUntrusted/.test(text) && acceptedBefore !== null)
    return new Refusal(
      `${where} shows a certificate whose trust was taken back here.${shown}`,
      'Nothing is collected from it until somebody trusts the certificate again under Certificates.',
      { ...named, cause: error, undecided: true },
    )
  if (/BadCertificateUntrusted/.test(text))
    return new Refusal(
      `${where} shows a certificate that nobody here has trusted yet.${shown}`,
      'Compare the thumbprint with the one on the server, then trust it under Certificates; the link is made at once.',
      { ...named, cause: error, undecided: true },
    )
  if (/BadCertificateTimeInvalid|BadCertificateIssuerTimeInvalid/.test(text))
    return new Refusal(
      `${where} shows a certificate that is out of date, or whose issuer's is.${shown}`,
      `Renew the certificate on the server, or correct the clock here.${exceptionHint(server.id, 'validity')}`,
      { ...named, cause: error, rule: 'validity' },
    )
  if (/BadCertificate(Issuer)?RevocationUnknown/.test(text))
    return new Refusal(
      `${where} shows a certificate of an authority whose revocation list is not here, so it cannot be told whether it was revoked.${shown}`,
      `Give the authority's revocation list under Settings, Servers, or put it into the folder pki/issuers/crl.${exceptionHint(server.id, 'revocation-unknown')}`,
      { ...named, cause: error, rule: 'revocation-unknown' },
    )
  if (/BadCertificate(Issuer)?Revoked/.test(text))
    return new Refusal(
      `${where} shows a certificate that its authority has revoked.${shown}`,
      'Have a new certificate issued for the server; a revoked one may be in the wrong hands.',
      { ...named, cause: error },
    )
  if (/BadCertificateChainIncomplete|BadCertificateIssuerUseNotAllowed/.test(text))
    return new Refusal(
      `${where} shows a certificate of an issuer that is not known here.${shown}`,
      "Give the issuer's certificate and its revocation list under Settings, Servers (or put them into the folders pki/issuers/certs and pki/issuers/crl), or have a self-signed one made.",
      { ...named, cause: error },
    )
  if (/BadCertificate|BadSecurityChecksFailed|BadSecurityPolicyRejected/.test(text))
    return new Refusal(
      `${where} ended the secure connection: it does not trust this application's certificate, or its own was not accepted (${codeOf(text)}).`,
      "Trust Millwright's certificate in the server's own certificate list, then try again.",
      { ...named, cause: error },
    )
  if (/BadUserAccessDenied|BadIdentityTokenRejected|BadIdentityTokenInvalid/.test(text))
    return new Refusal(
      `${where} refused the ${server.user.type === 'userName' ? `user "${server.user.name}" or its password` : `${server.user.type} user`}.`,
      'Correct the user name or the stored password for this server.',
      { cause: error },
    )
  if (/Cannot find an Endpoint|cannot find endpoint|no matching endpoint|BadSecurityModeRejected/i.test(text))
    return new Refusal(
      `${where} does not offer ${server.security.mode} with ${server.security.policy}.`,
      'Look at the endpoints it offers and choose one of them.',
      { cause: error },
    )
  if (/user token policy/.test(text))
    return new Refusal(`${where} does not offer the user type ${server.user.type}.`, 'Choose a user type it offers.', {
      cause: error,
    })
  return null
}

export function codeOf(text: string): string {
  return /Bad[A-Z]\w+/.exec(text)?.[0] ?? text.split('\n')[0]?.trim() ?? 'unknown'
}

/** Why the link is not there, for a failure that may mend itself. */
export function lostSentence(error: Error, server: PlantServer): string {
  const text = error.message
  const where = `server ${server.id} at ${server.endpointUrl}`
  if (/ECONNREFUSED|Server is not reachable|cannot be established/.test(text))
    return `Nothing answers for ${where}: connection refused.`
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return `The name of ${where} is not known to the network.`
  if (/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|took longer|timeout/i.test(text)) return `There is no answer from ${where}.`
  if (/BadTooManySessions/.test(text)) return `All sessions of ${where} are taken.`
  return `The link to ${where} failed: ${codeOf(text)}.`
}
