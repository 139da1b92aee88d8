import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostFacts } from '../../shared/protocol/host.ts'
import { writeAtomically } from './write-atomically.ts'
import { text } from './text.ts'

/** The part of Electron's safeStorage that is used; tests bring their own vault. */
export interface Vault {
  available(): boolean
  encrypt(plain: string): Buffer
  decrypt(sealed: Buffer): string
}

export interface TwinKey {
  key: Uint8Array<ArrayBuffer>
  facts: HostFacts['key']
}

export class KeyError extends Error {
  override name = 'KeyError'
}

function fromHex(hex: string, file: string): Uint8Array<ArrayBuffer> {
  const trimmed = hex.trim()
  if (!/^[0-9a-f]{64}$/i.test(trimmed)) throw new KeyError(text('key.malformed', { file }))
  return new Uint8Array(Buffer.from(trimmed, 'hex'))
}

/** A twin encrypted with a key that is gone cannot be read; a new key beside it would only hide that. */
function twinExists(dataDir: string): boolean {
  try {
    return readdirSync(dataDir).some((name) => name.endsWith('.db'))
  } catch {
    return false
  }
}

/** The twin's key: sealed by the operating system's vault where there is one, else in a file only its owner can read. */
export function openKey(dataDir: string, vault: Vault): TwinKey {
  const sealedFile = join(dataDir, 'twin.key.sealed')
  const plainFile = join(dataDir, 'twin.key')
  if (existsSync(sealedFile)) {
    try {
      const key = fromHex(vault.decrypt(readFileSync(sealedFile)), sealedFile)
      return { key, facts: { protection: 'vault', note: text('key.vault') } }
    } catch (error) {
      throw new KeyError(text('key.sealedUnreadable', { file: sealedFile }), { cause: error })
    }
  }
  if (existsSync(plainFile)) {
    const key = fromHex(readFileSync(plainFile, 'utf8'), plainFile)
    return { key, facts: { protection: 'key-file', note: text('key.file', { file: plainFile }) } }
  }
  if (twinExists(dataDir)) throw new KeyError(text('key.missing', { folder: dataDir }))
  const hex = randomBytes(32).toString('hex')
  const key = fromHex(hex, plainFile)
  if (vault.available()) {
    writeAtomically(sealedFile, vault.encrypt(hex), 0o600)
    return { key, facts: { protection: 'vault', note: text('key.vault') } }
  }
  writeAtomically(plainFile, `${hex}\n`, 0o600)
  return { key, facts: { protection: 'key-file', note: text('key.file', { file: plainFile }) } }
}
