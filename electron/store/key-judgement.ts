import fs from 'node:fs'
import { isDamage, toTwinError, TwinError } from './errors.ts'
import { keyFits, readIdentityFile } from './identity-file.ts'

export function checkKey(key: Uint8Array | null): void {
  if (key !== null && key.byteLength !== 32) {
    throw new TwinError('wrong-key', `The twin's key must have 32 bytes (64 hex digits), not ${key.byteLength}.`)
  }
}

export function wrongKey(file: string, plain: boolean, noKey: boolean): TwinError {
  if (plain)
    return new TwinError('wrong-key', `The twin ${file} is not encrypted, but a key was given; open it without one.`)
  const what = noKey ? 'is encrypted and no key was given' : 'was made with another key than the one given'
  return new TwinError('wrong-key', `The twin ${file} ${what}; give the key it was made with. Nothing was changed.`)
}

export function keyBeingChanged(file: string): TwinError {
  const message = `The key of the twin ${file} was being changed, and it opens with the other of the two keys now; give that one, or run millwright rekey again. Nothing was changed.`
  return new TwinError('wrong-key', message)
}

export function cannotTell(file: string, cause: unknown): TwinError {
  const message = `The twin ${file} cannot be read with this key: the key is wrong or the file is damaged, and twin.id, which would tell, is missing; give the right key, or move the file away to begin anew. Nothing was changed.`
  return new TwinError('wrong-key-or-damaged', message, { cause })
}

/** Why a file could not be opened for reading; the same judgement as the writer's, but nothing is moved. */
export function explainUnreadable(file: string, key: Uint8Array | null, error: unknown): TwinError {
  if (error instanceof TwinError) return error
  if (!fs.existsSync(file)) {
    return new TwinError('no-twin', `There is no twin at ${file}; check the data folder.`, { cause: error })
  }
  const id = readIdentityFile(file)
  if (id?.next) return keyBeingChanged(file)
  if (id !== null && !keyFits(id, key)) return wrongKey(file, id.keyCheck === null, key === null)
  if (isDamage(error) && id === null) return cannotTell(file, error)
  return toTwinError(error, `opening ${file}`)
}
