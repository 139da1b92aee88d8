import { X509Certificate } from 'node:crypto'
import type { EndpointDescription } from 'node-opcua-client'
import { ExceptionBook, exceptionRules } from './exceptions.ts'
import type { LinkTracker } from './link-tracker.ts'
import { thumbprintOf } from './pki.ts'
import type { ProblemBook } from './problem-book.ts'
import { refuseUnsafe } from './refusal.ts'
import { checkServerCertificate } from './server-certificate.ts'
import type { OpcuaConnectionOptions } from './types.ts'

interface LinkCertificateParts {
  options: Pick<OpcuaConnectionOptions, 'server' | 'pki' | 'clock' | 'exceptions'>
  link: LinkTracker
  problems: ProblemBook
}

/** What is found on the server's certificate, and what a person has allowed although it was found. */
export class LinkCertificate {
  readonly exceptions: ExceptionBook
  /** Of the certificate the last link stood on: another one is said to be another. */
  acceptedThumbprint: string | null = null
  readonly #parts: LinkCertificateParts

  constructor(parts: LinkCertificateParts) {
    const { server, exceptions, clock } = parts.options
    this.#parts = parts
    this.exceptions = new ExceptionBook(server.id, exceptions ?? [], () => clock.nowUs())
  }

  /** Before a single byte is sent. Throws Refusal. */
  refuseUnsafe(): void {
    this.exceptions.forget()
    refuseUnsafe(this.#parts.options.server, this.exceptions.waives)
  }

  /** Throws Refusal. */
  judge(certificate: Buffer, endpoint: EndpointDescription | undefined): void {
    const { options, problems } = this.#parts
    const { server, clock } = options
    const { notices } = checkServerCertificate(certificate, endpoint, server, clock.nowUs(), this.exceptions.waives)
    const id = `opcua.certificate.expiry:${server.id}`
    const [notice] = notices
    if (notice) problems.raise(id, notice.severity, notice.message, notice.remedy)
    else problems.clear(id)
    this.acceptedThumbprint = thumbprintOf(new X509Certificate(certificate))
  }

  /** Whether the link stands only because a missing revocation list is allowed. */
  async noteRevocation(certificate: Buffer | null): Promise<void> {
    if (!certificate || !this.exceptions.allows('revocation-unknown')) return
    const verdict = await this.#parts.options.pki.manager.verifyCertificate(certificate, {
      acceptCertificateWithValidIssuerChain: true,
    })
    if (/RevocationUnknown/.test(verdict)) this.exceptions.waives('revocation-unknown')
  }

  /** What the link lives on by exception is said wherever the link is shown, and on the problem list. */
  noteExceptions(): void {
    const { options, link, problems } = this.#parts
    const { server } = options
    const used = this.exceptions.used()
    link.insecure(used.map(({ words }) => words).join('; '))
    for (const rule of exceptionRules) {
      const id = `opcua.exception.${rule}:${server.id}`
      const found = used.find((exception) => exception.rule === rule)
      if (!found) problems.clear(id)
      else
        problems.raise(
          id,
          'warning',
          `The link to server ${server.id} is insecure: ${found.words}.`,
          'Mend the cause on the server before the exception ends; the link is refused from then on.',
        )
    }
  }

  /** A certificate or an exception may end while the link stands. Throws Refusal. */
  recheck(certificate: Buffer | null, endpoint: EndpointDescription | undefined): void {
    this.refuseUnsafe()
    if (certificate) this.judge(certificate, endpoint)
    this.noteRevocation(certificate)
      .then(() => this.noteExceptions())
      .catch(() => undefined)
  }

  /** What ends a link that stands, after the store has changed: trust taken back, or a list that revokes it. */
  async endedBy(certificate: Buffer | null): Promise<'BadCertificateUntrusted' | 'BadCertificateRevoked' | null> {
    if (certificate === null) return null
    const verdict = await this.#parts.options.pki.verdict(certificate)
    if (verdict.endsWith('Revoked')) return 'BadCertificateRevoked'
    return verdict === 'BadCertificateUntrusted' ? verdict : null
  }
}
