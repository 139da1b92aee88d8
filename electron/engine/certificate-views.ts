import type { CertificateView, ServerReviewView } from '../../shared/protocol/methods.ts'
import { expirySeverity, type CertificateInfo, type PkiStore, type ServerReview } from '../opcua/index.ts'

type Store = CertificateView['store']

/** Own, trusted and rejected, as they lie in the store now. */
export async function certificateViews(pki: PkiStore, nowUs: number): Promise<CertificateView[]> {
  const { own, trusted, rejected } = await pki.list()
  const view = (store: Store) => (info: CertificateInfo) => certificateView(info, store, nowUs)
  return [view('own')(own), ...trusted.map(view('trusted')), ...rejected.map(view('rejected'))]
}

function certificateView(info: CertificateInfo, store: Store, nowUs: number): CertificateView {
  const { thumbprint, subject, issuer, applicationUri, hostNames, keyBits, validFromUs, validToUs } = info
  return {
    thumbprint,
    subject,
    issuer: issuer === subject ? null : issuer,
    applicationUri,
    hostNames,
    keyBits,
    store,
    validFromUs,
    validToUs,
    expiry: expirySeverity(info, nowUs),
    remarks: remarksOn(info, nowUs),
  }
}

/** Everything that speaks against a connection, beside the certificate the server shows. */
export function reviewView(serverId: string, review: ServerReview, nowUs: number): ServerReviewView {
  const { certificate, trusted, findings } = review
  const view = certificate === null ? null : certificateView(certificate, trusted ? 'trusted' : 'rejected', nowUs)
  return {
    serverId,
    certificate: view,
    findings: findings.map(({ kind, message, remedy, rule, accepted }) => ({ kind, message, remedy, rule, accepted })),
  }
}

function remarksOn(info: CertificateInfo, nowUs: number): string[] {
  const remarks: string[] = []
  const days = Math.floor((info.validToUs - nowUs) / 86_400e6)
  if (info.validToUs < nowUs) remarks.push('It has expired.')
  else if (days <= 60) remarks.push(days === 0 ? 'It expires today.' : `It expires in ${days} days.`)
  if (info.validFromUs > nowUs) remarks.push('It is not valid yet; compare the clocks of both machines.')
  if (info.keyBits !== null && info.keyBits < 2048) remarks.push(`Its key of ${info.keyBits} bits is too weak.`)
  if (info.applicationUri === null) remarks.push('It names no application URI.')
  return remarks
}
