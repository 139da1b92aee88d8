import { X509Certificate } from 'node:crypto'
import type { EndpointDescription } from 'node-opcua-client'
import type { Problem } from '../../shared/domain/problem.ts'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { exceptionHint, type ExceptionRule } from './exceptions.ts'
import { type CertificateInfo, describe } from './pki.ts'
import { Refusal } from './refusal.ts'

/** Something about an accepted certificate that people should know. */
export interface CertificateNotice {
  kind: 'expiry'
  severity: Problem['severity']
  message: string
  remedy: string
}

const dayUs = 86_400_000_000

/** Something wrong with a certificate; `rule` is the exception that would allow it, null when none does. */
export interface CertificateFault {
  kind: 'application-uri' | ExceptionRule
  message: string
  remedy: string
  rule: ExceptionRule | null
}

/**
 * Checks node-opcua 2.186.4 leaves out even for a trusted certificate (OPC 10000-4, 6.1.3, table 100): wrong
 * application URI, wrong host name and a 1024-bit key were accepted. The gravest first.
 */
export function certificateFaults(
  info: CertificateInfo,
  /** The application URI the server gives itself. */
  claimed: string | null,
  server: PlantServer,
  nowUs: number,
  /** What the sentences begin with. */
  named: string,
): CertificateFault[] {
  const faults: CertificateFault[] = []
  const add = (rule: ExceptionRule, message: string, remedy: string): void => {
    faults.push({ kind: rule, rule, message, remedy })
  }
  if (claimed !== null && info.applicationUri !== claimed)
    faults.push({
      kind: 'application-uri',
      rule: null,
      message: `${named} is made for "${info.applicationUri ?? 'no application'}", but the server calls itself "${claimed}".`,
      remedy: "Create the certificate on the server anew with the server's own application URI.",
    })
  // The old policies were made for keys from 1024 bits on (OPC 10000-7): who has allowed them has allowed that.
  if (info.keyBits !== null && info.keyBits < 2_048 && !isDeprecated(server))
    add(
      'weak-key',
      `${named} has a key of ${info.keyBits} bits; ${server.security.policy} needs 2048 or more.`,
      'Create a new certificate with a longer key on the server.',
    )
  if (info.validToUs < nowUs)
    add(
      'validity',
      `${named} ended on ${dayOf(info.validToUs)}.`,
      'Renew the certificate on the server, or correct the clock here.',
    )
  if (info.validFromUs > nowUs)
    add(
      'validity',
      `${named} is valid from ${dayOf(info.validFromUs)} only.`,
      'Compare the clocks of the server and of this computer; one of them is wrong.',
    )
  const host = hostOf(server.endpointUrl)
  if (!info.hostNames.some((name) => name.toLowerCase() === host.toLowerCase()))
    add(
      'host-name',
      `${named} does not name the host "${host}" (it names ${info.hostNames.join(', ') || 'none'}).`,
      'Create a certificate with this host name on the server, or use a name it carries in the address.',
    )
  return faults
}

/** Each fault ends the link; `waives` says which a person has allowed for this server. Throws Refusal. */
export function checkServerCertificate(
  raw: Buffer,
  endpoint: EndpointDescription | undefined,
  server: PlantServer,
  nowUs: number,
  waives: (rule: ExceptionRule) => boolean = () => false,
): { info: CertificateInfo; notices: CertificateNotice[] } {
  const info = describe(new X509Certificate(raw))
  const { thumbprint } = info
  const named = `The certificate of server ${server.id} (thumbprint ${thumbprint})`
  for (const { rule, message, remedy } of certificateFaults(
    info,
    endpoint?.server?.applicationUri ?? null,
    server,
    nowUs,
    named,
  )) {
    if (rule === null) throw new Refusal(message, remedy, { thumbprint })
    if (!waives(rule)) throw new Refusal(message, `${remedy}${exceptionHint(server.id, rule)}`, { thumbprint, rule })
  }
  return { info, notices: expiryNotice(info, nowUs, named, 'Renew it on the server before then; the link stops then.') }
}

/** Null until 60 days before the end; more urgent at 30 and at 7. */
export function expirySeverity({ validToUs }: CertificateInfo, nowUs: number): Problem['severity'] | null {
  const days = Math.floor((validToUs - nowUs) / dayUs)
  return days > 60 ? null : days > 30 ? 'info' : days > 7 ? 'warning' : 'error'
}

export function expiryNotice(info: CertificateInfo, nowUs: number, named: string, remedy: string): CertificateNotice[] {
  const severity = expirySeverity(info, nowUs)
  if (severity === null) return []
  const days = Math.floor((info.validToUs - nowUs) / dayUs)
  const message = days < 0 ? `${named} ended on ${dayOf(info.validToUs)}.` : `${named} ends in ${days} days.`
  return [{ kind: 'expiry', severity, message, remedy }]
}

export function isDeprecated({ security }: PlantServer): boolean {
  return security.policy === 'Basic128Rsa15' || security.policy === 'Basic256'
}

function dayOf(us: number): string {
  return new Date(us / 1_000).toISOString().slice(0, 10)
}

export function hostOf(endpointUrl: string): string {
  return /^opc\.tcp:\/\/(\[[^\]]+\]|[^:/]+)/.exec(endpointUrl)?.[1]?.replaceAll(/[[\]]/g, '') ?? endpointUrl
}
