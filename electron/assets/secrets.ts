import type { Fault } from '../../shared/domain/fault.ts'
import { formatPath, isRaw } from './raw.ts'

const names =
  /^(x-)?(pass(word|wd|phrase)?|pwd|secret|(access|auth|bearer|api|private|secret)?[-_]?(token|key)|credentials?)$/i

/** A key under which people write passwords. `secretRef` names one and is fine. */
export function secretLike(key: string): boolean {
  return names.test(key) && !/^x-?key$/i.test(key)
}

const pem = /-----BEGIN [A-Z ]*PRIVATE KEY-----/
const userInUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/\s@:]+:[^/\s@]+@/i

const remedy = 'Remove it, change that secret, and name it with "secretRef"; its value belongs in the secrets file.'

/**
 * Secrets in places where the schema lets anything stand (extensions, open sections) and in values. Unknown keys of
 * closed places are named by the schema check, so they are not repeated here.
 */
export function inlineSecrets(root: unknown, alreadyNamed: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = []
  const found = (path: string, what: string): void => {
    if (alreadyNamed.has(path)) return
    const message = `${path} ${what}, and the plant file is stored and shared in the clear.`
    faults.push({ path, code: 'inline-secret', message, remedy })
  }
  const visit = (value: unknown, path: PropertyKey[]): void => {
    if (typeof value === 'string') {
      if (pem.test(value)) found(formatPath(path), 'holds a private key')
      else if (userInUrl.test(value)) found(formatPath(path), 'carries a user name and password in its address')
    } else if (Array.isArray(value)) value.forEach((inner, index) => visit(inner, [...path, index]))
    else if (isRaw(value)) {
      for (const [key, inner] of Object.entries(value)) {
        const here = [...path, key]
        if (secretLike(key) && (typeof inner === 'string' || typeof inner === 'number')) {
          found(formatPath(here), 'looks like a secret')
        } else visit(inner, here)
      }
    }
  }
  visit(root, [])
  return faults
}
