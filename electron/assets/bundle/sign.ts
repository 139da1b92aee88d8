import { createHash, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import { bundleSchema, type Bundle } from '../../../shared/domain/bundle.ts'
import { canonicalJson, configHash } from '../parse-plant-file.ts'
import { isRaw, type Raw } from '../raw.ts'

/** Not a bundle, altered, or unsigned: one sentence with what to do. */
export class BundleError extends Error {
  override readonly name = 'BundleError'
  readonly code: 'not-a-bundle' | 'unsigned' | 'altered'

  constructor(code: BundleError['code'], message: string) {
    super(message)
    this.code = code
  }
}

export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** SHA-256 (hex) of the public key: short enough to be compared by telephone. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex')
}

/** In groups of four, as people read it out. */
export function readable(fingerprint: string): string {
  return fingerprint.match(/.{1,4}/g)?.join(' ') ?? fingerprint
}

export function signBundle(bundle: Omit<Bundle, 'signature'>, privateKey: KeyObject): Bundle {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const value = sign(null, Buffer.from(canonicalJson(bundle)), privateKey)
  const signature = {
    algorithm: 'Ed25519' as const,
    publicKey: publicKey.toString('base64'),
    value: value.toString('base64'),
  }
  return { ...bundle, signature }
}

export interface OpenedBundle {
  readonly bundle: Bundle
  /** Fingerprint of the key that signed it. Whether it is trusted is the reader's to say. */
  readonly signer: string
}

/** The bundle of a text, when nothing of it was altered since it was signed. Throws BundleError. */
export function openBundle(text: string, called: string): OpenedBundle {
  const { bundle, raw } = parsed(text, called)
  const { signature } = bundle
  // As it is written, not as it is read: what the schema tidies up was signed untidied.
  const { signature: _signature, ...signed } = raw
  const again = `ask ${bundle.from.plantName} for it again`
  if (!signature) throw new BundleError('unsigned', `${called} is not signed, so nobody answers for it; ${again}.`)
  const publicKey = Buffer.from(signature.publicKey, 'base64')
  const isWhole =
    verified(publicKey, canonicalJson(signed), signature.value) && bundle.hash === configHash(raw['content'])
  if (isWhole) return { bundle, signer: fingerprintOf(publicKey) }
  throw new BundleError('altered', `${called} was altered after it was signed, and is refused; ${again}.`)
}

function parsed(text: string, called: string): { bundle: Bundle; raw: Raw } {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BundleError('not-a-bundle', `${called} is not JSON (${why}); name a file that bundle export wrote.`)
  }
  const { data, error } = bundleSchema.safeParse(raw)
  if (data && isRaw(raw)) return { bundle: data, raw }
  const [issue] = error?.issues ?? []
  const where = issue?.path.map(String).join('.') ?? ''
  const message = `${called} is no millwright/bundle@1${where === '' ? '' : ` (${where}: ${issue?.message ?? ''})`}; name a file that bundle export wrote.`
  throw new BundleError('not-a-bundle', message)
}

function verified(publicKey: Buffer, text: string, value: string): boolean {
  try {
    const key = createPublicKey({ key: publicKey, type: 'spki', format: 'der' })
    return key.asymmetricKeyType === 'ed25519' && verify(null, Buffer.from(text), key, Buffer.from(value, 'base64'))
  } catch {
    // Bytes that are no key at all: whoever changed them altered the bundle.
    return false
  }
}
