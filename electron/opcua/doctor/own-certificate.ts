import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CertificateInfo, describe } from '../pki.ts'

/** The own certificate in a PKI folder, looked at without opening (and so perhaps changing) the store; null: none. */
export async function describeOwnCertificate(folder: string): Promise<CertificateInfo | null> {
  try {
    return describe(new X509Certificate(await readFile(join(folder, 'own', 'certs', 'millwright.pem'))))
  } catch {
    return null
  }
}

/** The URI the store has to be opened with: another one would make a new certificate. */
export async function ownApplicationUri(folder: string): Promise<string | null> {
  return (await describeOwnCertificate(folder))?.applicationUri ?? null
}
