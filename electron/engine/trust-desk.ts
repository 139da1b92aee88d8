import type { Actor } from '../../shared/domain/access.ts'
import type { AuditFacts } from '../../shared/domain/audit-trail.ts'
import type { Fault } from '../../shared/domain/fault.ts'
import {
  dayFrom,
  daysLeft,
  exceptionDays,
  exceptionOf,
  exceptionScope,
  type ExceptionRule,
  type OfferedRule,
} from '../../shared/domain/exceptions.ts'
import type { PlantFile, PlantServer } from '../../shared/domain/plant-file.ts'
import type { Clock } from '../../shared/domain/time.ts'
import type { CertificateView, ServerReviewView } from '../../shared/protocol/methods.ts'
import type { ListEdit } from '../assets/index.ts'
import { RequestError } from '../live/window-session.ts'
import { expiryNotice, type PkiStore, reviewServer, wordsOfRule } from '../opcua/index.ts'
import { certificateViews, reviewView } from './certificate-views.ts'
import type { ProblemText } from './problem-texts.ts'

export interface TrustDeskParts {
  pki: PkiStore
  clock: Clock
  plant: () => PlantFile
  edit: (edits: readonly ListEdit[], author: Actor, reason: string) => Promise<Fault[]>
  raise: (problem: ProblemText) => void
  clear: (problemId: string) => void
  /** Called once per decision, after it has taken effect. */
  record: (by: Actor, facts: AuditFacts) => Promise<void>
}

export interface ExceptionWish {
  serverId: string
  rule: OfferedRule
  owner: string
  /** Last day, ISO. */
  until: string
  reason: string
}

/**
 * The one place where somebody decides whom this application trusts: certificates, exceptions, its own certificate.
 * Everything done here is recorded with who did it.
 */
export class TrustDesk {
  readonly #parts: TrustDeskParts
  /** Exceptions whose end has been said. */
  #said: ReadonlySet<string> = new Set()

  constructor(parts: TrustDeskParts) {
    this.#parts = parts
  }

  certificates(): Promise<CertificateView[]> {
    return certificateViews(this.#parts.pki, this.#parts.clock.nowUs())
  }

  /** What speaks against a connection, all of it, asked of the server now. */
  async review(serverId: string): Promise<ServerReviewView> {
    const { pki, clock, plant } = this.#parts
    const server = this.#server(serverId)
    const nowUs = clock.nowUs()
    return reviewView(serverId, await reviewServer({ server, pki, exceptions: plant().exceptions ?? [], nowUs }), nowUs)
  }

  /** False takes trust back: links that stand on the certificate end. */
  async trust(thumbprint: string, trusted: boolean, by: Actor): Promise<CertificateView[]> {
    const { pki, record } = this.#parts
    const before = (await this.certificates()).find((one) => one.thumbprint === thumbprint)
    if (trusted) await pki.trust(thumbprint)
    else await pki.reject(thumbprint)
    const wasTrusted = before?.store === 'trusted'
    await record(by, {
      action: trusted ? 'certificate.trust' : wasTrusted ? 'certificate.revoke' : 'certificate.reject',
      subject: thumbprint,
      before: before ? { store: before.store } : null,
      after: { store: trusted ? 'trusted' : 'rejected', ...(before ? { subject: before.subject } : {}) },
      reason: null,
    })
    return this.certificates()
  }

  /** Certificates and revocation lists of an authority, so that what it has issued can be checked. */
  async addAuthority(pem: string, by: Actor): Promise<{ authorities: string[]; revocationLists: number }> {
    const { pki, record } = this.#parts
    const { authorities, revocationLists } = await pki.addAuthority(pem)
    for (const { thumbprint, subject } of authorities)
      await record(by, {
        action: 'certificate.trust',
        subject: thumbprint,
        before: null,
        after: { store: 'issuers', subject },
        reason: null,
      })
    if (revocationLists > 0)
      await record(by, {
        action: 'certificate.trust',
        subject: 'revocation lists',
        before: null,
        after: { store: 'issuers', lists: String(revocationLists) },
        reason: null,
      })
    return { authorities: authorities.map(({ subject }) => subject), revocationLists }
  }

  /** A new certificate of this application on the same key. Links that stand go on. */
  async renew(by: Actor): Promise<CertificateView[]> {
    const { pki, record } = this.#parts
    const before = await pki.own()
    const after = await pki.renew()
    await this.#watchOwn()
    await record(by, {
      action: 'certificate.renew',
      subject: after.thumbprint,
      before: { thumbprint: before.thumbprint, until: isoDay(before.validToUs) },
      after: { thumbprint: after.thumbprint, until: isoDay(after.validToUs) },
      reason: null,
    })
    return this.certificates()
  }

  /** Writes it into the plant file, in the place of one of the same scope. */
  async makeException(wish: ExceptionWish, by: Actor): Promise<Fault[]> {
    const { serverId, rule } = wish
    this.#server(serverId)
    const edits = [this.exceptionEdit(wish)]
    const faults = await this.#parts.edit(edits, by, `exception ${rule} for server ${serverId}: ${wish.reason}`)
    if (faults.length === 0) await this.recordException(wish, by)
    return faults
  }

  /** Throws RequestError in words when its last day is not one that is taken. */
  exceptionEdit({ serverId, rule, owner, until, reason }: ExceptionWish): ListEdit {
    const nowUs = this.#parts.clock.nowUs()
    const most = dayFrom(nowUs, exceptionDays.most)
    if (until < dayFrom(nowUs, 0) || until > most)
      throw new RequestError({
        code: 'exception-end',
        message: `An exception cannot end on ${until}.`,
        remedy: `Choose a last day from today to ${most}; until then the cause has to be mended.`,
        retryable: false,
      })
    const scope = exceptionScope(serverId, rule)
    return {
      list: 'exceptions',
      remove: { scope },
      values: [{ scope, owner, until, reason }],
    }
  }

  async recordException({ serverId, rule, owner, until, reason }: ExceptionWish, by: Actor): Promise<void> {
    const subject = exceptionScope(serverId, rule)
    await this.#parts.record(by, {
      action: 'certificate.exception',
      subject,
      before: null,
      after: { owner, until },
      reason,
    })
  }

  /** Takes one out of the plant file; the link that stands on it ends. */
  async endException(serverId: string, rule: ExceptionRule, by: Actor): Promise<Fault[]> {
    const scope = exceptionScope(serverId, rule)
    const before = this.#parts.plant().exceptions?.find((exception) => exception.scope === scope)
    if (!before)
      throw new RequestError({
        code: 'not-found',
        message: `The plant file has no exception "${scope}".`,
        retryable: false,
      })
    const edit: ListEdit = { list: 'exceptions', remove: { scope } }
    const reason = `exception ${rule} for server ${serverId} ended`
    const faults = await this.#parts.edit([edit], by, reason)
    const { owner, until } = before
    if (faults.length === 0)
      await this.#parts.record(by, {
        action: 'certificate.exception',
        subject: scope,
        before: { owner, until },
        after: null,
        reason: before.reason,
      })
    return faults
  }

  /** Ends that come near: of the own certificate, and of exceptions. Called each hour and after each revision. */
  async watch(): Promise<void> {
    this.#watchExceptions()
    await this.#watchOwn()
  }

  #watchExceptions(): void {
    const { plant, clock, raise, clear } = this.#parts
    const nowUs = clock.nowUs()
    const near = new Set<string>()
    for (const exception of plant().exceptions ?? []) {
      const of = exceptionOf(exception.scope)
      const days = daysLeft(exception, nowUs)
      if (of === null || days < 0 || days > exceptionDays.warn) continue
      const id = `opcua.exception.end:${exception.scope}`
      near.add(id)
      raise({ id, ...endsSoon(of, exception, days) })
    }
    for (const id of this.#said) if (!near.has(id)) clear(id)
    this.#said = near
  }

  async #watchOwn(): Promise<void> {
    const { pki, clock, raise, clear } = this.#parts
    const own = await pki.own()
    const named = `The certificate of this application (thumbprint ${own.thumbprint})`
    const [notice] = expiryNotice(own, clock.nowUs(), named, renewRemedy)
    const id = 'opcua.own-certificate'
    if (!notice) clear(id)
    else raise({ id, severity: notice.severity, message: notice.message, remedy: notice.remedy })
  }

  #server(serverId: string): PlantServer {
    const server = this.#parts.plant().servers.find(({ id }) => id === serverId)
    if (server) return server
    const message = `The plant file has no server "${serverId}".`
    throw new RequestError({ code: 'not-found', message, retryable: false })
  }
}

const renewRemedy =
  'Renew it under Settings, Certificates, and have it trusted by each server; links that stand go on until then.'

type Ends = Pick<ProblemText, 'severity' | 'message' | 'remedy'>

function endsSoon(
  { serverId, rule }: { serverId: string; rule: ExceptionRule },
  { owner, until, reason }: { owner: string; until: string; reason: string },
  days: number,
): Ends {
  const when = days === 0 ? 'today' : days === 1 ? 'tomorrow' : `in ${days} days`
  return {
    severity: days <= exceptionDays.urgent ? 'error' : 'warning',
    message: `The exception for server ${serverId}, ${wordsOfRule(rule)}, ends ${when} (${until}; ${owner}: ${reason}).`,
    remedy:
      'From then on the link is refused. Have the cause mended at the server; if it is mended, remove the exception under Settings, Servers.',
  }
}

function isoDay(us: number): string {
  return new Date(us / 1_000).toISOString().slice(0, 10)
}
