import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { AccessError } from './access-error.ts'

/**
 * scrypt (RFC 7914) with 32 MB a guess: about 80 ms here, in libuv's threads, so that no keep-alive waits for it. The cost
 * stands in what is stored: raised later, old passwords still open and are stored anew at the next sign-in.
 */
const cost = { N: 2 ** 15, r: 8, p: 1 }
const hashBytes = 32

interface Hashed {
  cost: typeof cost
  salt: Buffer
  hash: Buffer
}

function derive(password: string, salt: Buffer, { N, r, p }: typeof cost): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One form of each character: the same word typed at another keyboard may be composed otherwise.
    scrypt(password.normalize('NFKC'), salt, hashBytes, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}

/** `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, cost)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

function parse(stored: string): Hashed | null {
  const [kind, N, r, p, salt, key] = stored.split('$')
  if (kind !== 'scrypt' || salt === undefined || key === undefined) return null
  const hash = Buffer.from(key, 'base64url')
  if (hash.length !== hashBytes) return null
  return { cost: { N: Number(N), r: Number(r), p: Number(p) }, salt: Buffer.from(salt, 'base64url'), hash }
}

/** Costs the same whether the account exists or not: pass null for one that does not. */
export async function isPassword(stored: string | null, password: string): Promise<boolean> {
  const known = stored === null ? null : parse(stored)
  const key = await derive(password, known?.salt ?? Buffer.alloc(16), known?.cost ?? cost)
  return known !== null && timingSafeEqual(key, known.hash)
}

const shortest = 10
/** Long enough for a sentence, short enough to bound the work. */
export const longestPassword = 200

/** Length counts, not a mixture of signs (NIST SP 800-63B, 5.1.1.2). */
export function refuseWeakPassword(password: string, name: string): void {
  const lower = password.toLowerCase()
  const is = (message: string): AccessError => new AccessError('weak-password', message)
  if (Array.from(password).length < shortest)
    throw is(`A password has at least ${shortest} characters; a few words in a row do.`)
  if (password.length > longestPassword) throw is(`A password has at most ${longestPassword} characters.`)
  if (new Set(lower).size < 4) throw is('This password repeats the same few characters; take a few words in a row.')
  if (name.length >= 3 && lower.includes(name.toLowerCase()))
    throw is('A password must not contain the name of its account.')
}

/** Readable aloud: no letter that can be taken for another. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

/** For an administrator who has forgotten theirs; 100 bits. */
export function makePassword(): string {
  const letters = [...randomBytes(20)].map((byte) => alphabet[byte % alphabet.length] ?? 'x').join('')
  return letters.replaceAll(/(.{5})(?=.)/g, '$1-')
}
