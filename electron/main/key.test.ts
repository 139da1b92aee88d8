import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { KeyError, openKey, type Vault } from './key.ts'

const none: Vault = {
  available: () => false,
  encrypt: () => {
    throw new Error('no vault')
  },
  decrypt: () => {
    throw new Error('no vault')
  },
}
/** Reversible and not the plain text: enough to see which of the two went to the disk. */
const turned = (text: string): string => text.split('').toReversed().join('')
const some: Vault = {
  available: () => true,
  encrypt: (plain) => Buffer.from(`sealed:${turned(plain)}`),
  decrypt: (sealed) => turned(sealed.toString().replace(/^sealed:/, '')),
}

let folder = ''
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'millwright-key-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('without a vault the key file is for its owner only, and is found again', () => {
  const first = openKey(folder, none)
  expect(first.key.byteLength).toBe(32)
  expect(first.facts.protection).toBe('key-file')
  expect(first.facts.note).toContain(join(folder, 'twin.key'))
  expect(statSync(join(folder, 'twin.key')).mode & 0o777).toBe(0o600)
  expect(openKey(folder, none).key).toEqual(first.key)
  // A vault that appears later (a desktop was installed) does not lock out the command line's key file.
  expect(openKey(folder, some).key).toEqual(first.key)
})

test('with a vault nothing on the disk holds the key', () => {
  const { key, facts } = openKey(folder, some)
  expect(facts.protection).toBe('vault')
  expect(readdirSync(folder)).toEqual(['twin.key.sealed'])
  expect(readFileSync(join(folder, 'twin.key.sealed'), 'utf8')).not.toContain(Buffer.from(key).toString('hex'))
  expect(openKey(folder, some).key).toEqual(key)
})

test('a sealed key that the vault does not open is said, and not replaced', () => {
  openKey(folder, some)
  const before = readFileSync(join(folder, 'twin.key.sealed'))
  expect(() => openKey(folder, none)).toThrow(KeyError)
  expect(readFileSync(join(folder, 'twin.key.sealed'))).toEqual(before)
  expect(readdirSync(folder)).toEqual(['twin.key.sealed'])
})

test('a malformed key file is named', () => {
  writeFileSync(join(folder, 'twin.key'), 'not a key')
  expect(() => openKey(folder, none)).toThrow(/twin\.key does not hold 64 hex digits/)
})

test('a twin without its key gets no new key', () => {
  writeFileSync(join(folder, 'twin.db'), 'encrypted')
  expect(() => openKey(folder, none)).toThrow(/no key for it/)
  expect(readdirSync(folder)).toEqual(['twin.db'])
})
