import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { PlantServer } from '../../shared/domain/plant-file.ts'
import { Refusal } from './refusal.ts'

const blocks = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----/g

/** A user's certificate and key as they are kept under a `certificateRef`: both in PEM, one after the other. */
export interface UserCertificate {
  /** DER. */
  certificate: Buffer
  /** PEM, PKCS #8. */
  privateKey: string
}

/** Takes them apart. Throws Refusal in words that never quote the text. */
export function readUserCertificate(pem: string | null, server: PlantServer, nowMs: number): UserCertificate {
  const ref = server.user.type === 'x509' ? server.user.certificateRef : ''
  const refuse = (what: string, remedy: string, cause?: unknown): Refusal =>
    new Refusal(`The user certificate "${ref}" for server ${server.id} ${what}.`, remedy, { retryable: false, cause })
  const again = 'Open Settings, add the server again with its user certificate and key in PEM.'
  if (pem === null) throw refuse('is not stored here', again)
  const found = [...pem.matchAll(blocks)].map(([text, kind]) => ({ text, kind: kind ?? '' }))
  const certificateText = found.find(({ kind }) => kind === 'CERTIFICATE')?.text
  const keyBlock = found.find(({ kind }) => kind.endsWith('PRIVATE KEY'))
  if (certificateText === undefined || keyBlock === undefined)
    throw refuse(`has no ${certificateText === undefined ? 'certificate' : 'private key'} in PEM`, again)
  if (keyBlock.kind.startsWith('ENCRYPTED') || keyBlock.text.includes('Proc-Type'))
    throw refuse(
      'has a private key that asks for a pass phrase',
      'Store the key without one; it is kept encrypted here.',
    )
  let certificate: X509Certificate
  let key: KeyObject
  try {
    certificate = new X509Certificate(certificateText)
    key = createPrivateKey(keyBlock.text)
  } catch (cause) {
    throw refuse('cannot be read', again, cause)
  }
  if (!certificate.checkPrivateKey(key)) throw refuse('and its private key do not belong together', again)
  if (certificate.validToDate.getTime() < nowMs)
    throw refuse(`ended on ${certificate.validToDate.toISOString().slice(0, 10)}`, 'Have a new one issued.')
  return { certificate: certificate.raw, privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

/** Whether it can be used; throws an error in words before anything is stored. */
export function checkUserCertificate(pem: string, server: PlantServer): void {
  try {
    readUserCertificate(pem, server, Date.now())
  } catch (error) {
    if (error instanceof Refusal) throw new Error(`${error.message} ${error.remedy}`, { cause: error })
    throw error
  }
}
