import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { SecretsError, SecretStore } from './secrets.ts'

const folders: string[] = []
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => fs.rm(folder, { recursive: true, force: true })))
})

async function place(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'millwright-secrets-'))
  folders.push(folder)
  return path.join(folder, 'secrets.json')
}

describe('the secret store', () => {
  it('gives a secret back after a restart and keeps it unreadable on disk', async () => {
    const file = await place()
    const key = new Uint8Array(32).fill(7)
    const store = await SecretStore.open(file, key)
    await store.set('opc-1', 'correct horse')
    expect((await SecretStore.open(file, key)).get('opc-1')).toBe('correct horse')
    expect((await SecretStore.open(file, key)).get('constructor')).toBeNull()
    expect(await fs.readFile(file, 'utf8')).not.toContain('correct horse')
  })

  it('refuses another key and a changed file in one sentence, and leaves the file alone', async () => {
    const file = await place()
    const store = await SecretStore.open(file, new Uint8Array(32).fill(7))
    await store.set('opc-1', 'secret')
    const before = await fs.readFile(file, 'utf8')
    await expect(SecretStore.open(file, new Uint8Array(32).fill(8))).rejects.toThrow(SecretsError)
    await fs.writeFile(file, before.replace('"data":"', '"data":"AAAA'))
    await expect(SecretStore.open(file, new Uint8Array(32).fill(7))).rejects.toThrow(/cannot be read/)
  })
})
