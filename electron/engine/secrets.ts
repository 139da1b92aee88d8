import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

const fileSchema = z.strictObject({
  schema: z.literal('millwright/secrets@1'),
  iv: z.base64(),
  tag: z.base64(),
  data: z.base64(),
})
const contentSchema = z.record(z.string(), z.string())

export class SecretsError extends Error {
  override name = 'SecretsError'
}

function sealingKey(twinKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', twinKey, '', 'millwright/secrets@1', 32))
}

function nextName(file: string): string {
  return `${file}.next`
}

/** After the twin has its new key. */
export async function adoptResealed(file: string): Promise<void> {
  await fs.rename(nextName(file), file).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  })
}

/**
 * Passwords by reference, so that the plant file never holds one. One file, AES-256-GCM under a key derived from the
 * twin's key (HKDF-SHA256): whoever copies the data folder without the key reads nothing, and a changed file is refused.
 */
export class SecretStore {
  readonly #file: string
  readonly #key: Buffer
  #secrets: Record<string, string> = {}

  private constructor(file: string, key: Buffer) {
    this.#file = file
    this.#key = key
  }

  static async open(file: string, twinKey: Uint8Array): Promise<SecretStore> {
    const store = new SecretStore(file, sealingKey(twinKey))
    let text: string
    try {
      text = await fs.readFile(file, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return store
      throw error
    }
    try {
      store.#secrets = store.#decrypt(text)
    } catch (error) {
      // A change of the key was cut between the twin and this file.
      const next = await fs.readFile(nextName(file), 'utf8').catch(() => null)
      if (next === null) throw error
      store.#secrets = store.#decrypt(next)
      await fs.rename(nextName(file), file)
    }
    return store
  }

  /** The same secrets under another key, in a file beside it that `adoptResealed` puts in place. Nothing without secrets. */
  async reseal(twinKey: Uint8Array): Promise<void> {
    if (Object.keys(this.#secrets).length === 0) return
    const other = new SecretStore(this.#file, sealingKey(twinKey))
    other.#secrets = this.#secrets
    await fs.writeFile(nextName(this.#file), other.#encrypt(), { mode: 0o600, flush: true })
  }

  get(ref: string): string | null {
    return Object.hasOwn(this.#secrets, ref) ? (this.#secrets[ref] ?? null) : null
  }

  async set(ref: string, secret: string): Promise<void> {
    this.#secrets = { ...this.#secrets, [ref]: secret }
    const temporary = path.join(path.dirname(this.#file), `.${path.basename(this.#file)}.${process.pid}.tmp`)
    await fs.writeFile(temporary, this.#encrypt(), { mode: 0o600, flush: true })
    await fs.rename(temporary, this.#file)
  }

  #encrypt(): string {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv)
    const data = Buffer.concat([cipher.update(JSON.stringify(this.#secrets), 'utf8'), cipher.final()])
    const tag = cipher.getAuthTag().toString('base64')
    return JSON.stringify({
      schema: 'millwright/secrets@1',
      iv: iv.toString('base64'),
      tag,
      data: data.toString('base64'),
    })
  }

  #decrypt(text: string): Record<string, string> {
    try {
      const file = fileSchema.parse(JSON.parse(text))
      const decipher = createDecipheriv('aes-256-gcm', this.#key, Buffer.from(file.iv, 'base64'))
      decipher.setAuthTag(Buffer.from(file.tag, 'base64'))
      const data = Buffer.concat([decipher.update(Buffer.from(file.data, 'base64')), decipher.final()])
      return contentSchema.parse(JSON.parse(data.toString('utf8')))
    } catch (cause) {
      throw new SecretsError(
        `The secrets in ${this.#file} cannot be read with this twin's key: the file was changed or belongs to another key. Move it aside and enter the passwords again.`,
        { cause },
      )
    }
  }
}
