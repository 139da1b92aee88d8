import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { cipherName } from './database.ts'
import type { TwinIdentity } from './tables/meta.ts'

/**
 * `twin.id`, beside the twin. With a cipher, a wrong key and a damaged first page look the same to SQLite; this file tells them
 * apart: `keyCheck` is an HMAC-SHA256 under the key over a random salt, from which a random 256-bit key cannot be found. It
 * also keeps the installation's name when a damaged twin is replaced.
 */
const schema = z.object({
  schema: z.literal('millwright/twin-id@1'),
  installation: z.string().min(1),
  epoch: z.string().min(1),
  cipher: z.string(),
  salt: z.string(),
  /** null: the twin is not encrypted. */
  keyCheck: z.string().nullable(),
  /** Root pages by table and index: they stay where they are, and without page 1 nobody else knows them. */
  roots: z.record(z.string(), z.int()).optional(),
  /** While the key is changed: the check of the new one. Which of both it is, the file itself proves. */
  next: z.object({ cipher: z.string(), salt: z.string(), keyCheck: z.string().nullable() }).optional(),
})
type IdentityFile = z.infer<typeof schema>

export function identityPath(twinFile: string): string {
  return path.join(path.dirname(twinFile), `${path.basename(twinFile, path.extname(twinFile))}.id`)
}

function keyCheckOf(key: Uint8Array, salt: string): string {
  return createHmac('sha256', key).update(`millwright twin key ${salt}`).digest('hex')
}

/** null when it is missing or unreadable: then it cannot testify. */
export function readIdentityFile(twinFile: string): IdentityFile | null {
  try {
    return schema.parse(JSON.parse(fs.readFileSync(identityPath(twinFile), 'utf8')))
  } catch {
    return null
  }
}

/** What tells a key: cipher, salt and the check of a key; a backup carries it too. */
export type KeyCheck = Pick<IdentityFile, 'cipher' | 'salt' | 'keyCheck'>

export function makeKeyCheck(key: Uint8Array | null): KeyCheck {
  const salt = randomBytes(16).toString('hex')
  return { cipher: key === null ? 'none' : cipherName, salt, keyCheck: key === null ? null : keyCheckOf(key, salt) }
}

export function keyFits(id: Pick<IdentityFile, 'salt' | 'keyCheck'>, key: Uint8Array | null): boolean {
  if (id.keyCheck === null || key === null) return id.keyCheck === null && key === null
  const wanted = Buffer.from(id.keyCheck, 'hex')
  const found = Buffer.from(keyCheckOf(key, id.salt), 'hex')
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

/** Written only after the twin was opened with this key; replaced whole or not at all. */
export function keepIdentityFile(
  twinFile: string,
  identity: TwinIdentity,
  key: Uint8Array | null,
  roots: Record<string, number>,
): void {
  const known = readIdentityFile(twinFile)
  const same = known?.installation === identity.installation && known.epoch === identity.epoch
  if (known && same && keyFits(known, key) && isDeepStrictEqual(known.roots, roots) && !known.next) return
  const content: IdentityFile = { schema: 'millwright/twin-id@1', ...identity, ...makeKeyCheck(key), roots }
  writeDurably(identityPath(twinFile), `${JSON.stringify(content, null, 2)}\n`)
}

/** From here on either key may be the right one. */
export function announceKey(twinFile: string, newKey: Uint8Array): void {
  const known = readIdentityFile(twinFile)
  if (!known) return
  writeDurably(identityPath(twinFile), `${JSON.stringify({ ...known, next: makeKeyCheck(newKey) }, null, 2)}\n`)
}

/** Replaced whole or not at all. */
export function writeDurably(file: string, text: string): void {
  // Synchronous writes instead of fsync, which Node's permission model disables (fsyncSync: ERR_ACCESS_DENIED, 24.21).
  const { O_WRONLY, O_CREAT, O_TRUNC } = fs.constants
  // Windows has no O_SYNC; there the rename alone keeps the file whole.
  const synchronous = 'O_SYNC' in fs.constants ? fs.constants.O_SYNC : 0
  const descriptor = fs.openSync(`${file}.part`, O_WRONLY | O_CREAT | O_TRUNC | synchronous, 0o600)
  try {
    // Not writeSync: on a disk that is nearly full it writes a part and says so in a number.
    fs.writeFileSync(descriptor, text)
  } finally {
    fs.closeSync(descriptor)
  }
  fs.renameSync(`${file}.part`, file)
}
