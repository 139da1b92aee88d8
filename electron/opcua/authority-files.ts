import { X509Certificate } from 'node:crypto'

export interface AuthorityFiles {
  certificates: X509Certificate[]
  /** DER. */
  revocationLists: Buffer[]
}

const blocks = /-----BEGIN ([A-Z0-9 ]+)-----([^-]+)-----END \1-----/g

/** An authority's certificates and revocation lists, one PEM block after the other. Throws an error in words. */
export function readAuthorityFiles(pem: string): AuthorityFiles {
  const found = [...pem.matchAll(blocks)].map(([text, kind = '', body = '']) => ({ text, kind, body }))
  if (found.length === 0)
    throw new Error(
      'There is no PEM block in it. Paste the files as text, from "-----BEGIN" to "-----END"; a .der or .crt file in binary form has to be converted first.',
    )
  const foreign = found.find(({ kind }) => kind !== 'CERTIFICATE' && kind !== 'X509 CRL')
  if (foreign)
    throw new Error(
      `There is a block "${foreign.kind}" in it. Paste certificates and revocation lists only, never a key.`,
    )
  const certificates = found.filter(({ kind }) => kind === 'CERTIFICATE').map(({ text }) => certificateOf(text))
  const leaf = certificates.find(({ ca }) => !ca)
  if (leaf)
    throw new Error(
      `The certificate "${leaf.subject.replaceAll('\n', ', ')}" is not one of an authority. Paste that of the issuer; the server's own is trusted by its thumbprint.`,
    )
  const revocationLists = found
    .filter(({ kind }) => kind === 'X509 CRL')
    .map(({ body }) => Buffer.from(body.replaceAll(/\s/g, ''), 'base64'))
  return { certificates, revocationLists }
}

function certificateOf(text: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch (cause) {
    throw new Error('One of the certificates cannot be read; paste it again, whole.', { cause })
  }
}
