import { X509Certificate } from 'node:crypto'
import type { EndpointDescription } from 'node-opcua-client'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { type CertificateInfo, describe } from './pki.ts'
import { Refusal } from './refusal.ts'

/** Something about an accepted certificate that people should know. */
export interface CertificateNotice {
  kind: 'host-name' | 'expiry'
  message: string
  remedy: string
}

const dayUs = 86_400_000_000

/**
 * Checks node-opcua 2.186.4 leaves out even for a trusted certificate (OPC 10000-4, 6.1.3, table 100): a wrong
 * application URI and a 1024-bit key were accepted. Both end the link, and may not be waived; a host name that does not
 * fit is reported and not enforced, since plant servers are reached by addresses their certificates do not name.
 * Throws Refusal.
 */
export function checkServerCertificate(
  raw: Buffer,
  endpoint: EndpointDescription | undefined,
  server: PlantServer,
  nowUs: number,
): { info: CertificateInfo; notices: CertificateNotice[] } {
  const info = describe(new X509Certificate(raw))
  const { thumbprint } = info
  const named = `The certificate of server ${server.id} (thumbprint ${thumbprint})`
  if (info.keyBits !== null && info.keyBits < 2_048)
    throw new Refusal(
      `${named} has a key of ${info.keyBits} bits; ${server.security.policy} needs 2048 or more.`,
      'Create a new certificate with a longer key on the server.',
      { thumbprint },
    )
  const claimed = endpoint?.server?.applicationUri ?? null
  if (claimed !== null && info.applicationUri !== claimed)
    throw new Refusal(
      `${named} is made for "${info.applicationUri ?? 'no application'}", but the server calls itself "${claimed}".`,
      "Create the certificate on the server anew with the server's own application URI.",
      { thumbprint },
    )
  if (info.validToUs < nowUs || info.validFromUs > nowUs)
    throw new Refusal(`${named} is out of date.`, 'Renew the certificate on the server, or correct the clock here.', {
      thumbprint,
    })
  return { info, notices: [...hostNotice(info, server, named), ...expiryNotice(info, nowUs, named)] }
}

function hostNotice(info: CertificateInfo, server: PlantServer, named: string): CertificateNotice[] {
  const host = hostOf(server.endpointUrl)
  const fits = info.hostNames.some((name) => name.toLowerCase() === host.toLowerCase())
  if (fits) return []
  const message = `${named} does not name the host "${host}" (it names ${info.hostNames.join(', ') || 'none'}).`
  return [
    { kind: 'host-name', message, remedy: 'Create a certificate with this host name, or use the name it carries.' },
  ]
}

function expiryNotice(info: CertificateInfo, nowUs: number, named: string): CertificateNotice[] {
  const days = Math.floor((info.validToUs - nowUs) / dayUs)
  if (days > 60) return []
  const message = `${named} ends in ${days} days.`
  return [{ kind: 'expiry', message, remedy: 'Renew it on the server before then; the link stops when it ends.' }]
}

export function hostOf(endpointUrl: string): string {
  return /^opc\.tcp:\/\/(\[[^\]]+\]|[^:/]+)/.exec(endpointUrl)?.[1]?.replaceAll(/[[\]]/g, '') ?? endpointUrl
}
