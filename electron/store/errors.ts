import type { Failure } from '../../shared/domain/problem.ts'

export const twinErrorCodes = [
  'wrong-key',
  'wrong-key-or-damaged',
  'no-twin',
  'in-use',
  'future-version',
  'old-version',
  'old-sqlite',
  'damaged',
  'disk-full',
  'disk-error',
  'tick-order',
  'cursor-beyond-head',
  'no-point',
  'bad-row',
  'cancelled',
  'busy',
  'stopped',
  'no-backup',
  'not-this-twin',
  'newer-twin',
  'failed',
] as const
export type TwinErrorCode = (typeof twinErrorCodes)[number]

/** Everything the twin refuses, by code. The message is one plain sentence: what, where, how to mend it. */
export class TwinError extends Error {
  override name = 'TwinError'
  readonly code: TwinErrorCode
  /** Whether the same call may succeed later without anyone changing it. */
  readonly retryable: boolean

  constructor(code: TwinErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

export function sqliteCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** SQLite's words for "these bytes are no database"; with a cipher they also mean a page that fails its MAC. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB'
}

const refusals = ['SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'EIO', 'EFBIG', 'EROFS', 'EACCES', 'EPERM']

/** Names what SQLite reported while doing `what`. A TwinError passes unchanged. */
export function toTwinError(error: unknown, what: string): TwinError {
  if (error instanceof TwinError) return error
  const code = sqliteCode(error)
  const detail = error instanceof Error ? error.message : String(error)
  // Files beside the twin are written by Node, which has names of its own for the same.
  if (['SQLITE_FULL', 'ENOSPC', 'EDQUOT'].includes(code)) {
    const message = `The disk or the twin's size limit is full: ${what} was not stored; free space on the disk of the data folder.`
    return new TwinError('disk-full', message, { cause: error, retryable: true })
  }
  if (refusals.some((start) => code.startsWith(start))) {
    const message = `The disk refused ${what} (${code}): nothing was stored; check the disk and the rights of the data folder.`
    return new TwinError('disk-error', message, { cause: error, retryable: true })
  }
  if (isDamage(error)) {
    const message = `The twin's file is damaged (found at ${what}, ${code}); run millwright verify and restore a backup.`
    return new TwinError('damaged', message, { cause: error })
  }
  if (code.startsWith('SQLITE_BUSY')) {
    const message = `The twin was busy with another writer: ${what} was not stored; only one engine may use a data folder.`
    return new TwinError('in-use', message, { cause: error, retryable: true })
  }
  if (code.startsWith('SQLITE_CONSTRAINT') || error instanceof TypeError) {
    return new TwinError('bad-row', `The twin refused ${what}: ${detail}.`, { cause: error })
  }
  return new TwinError('failed', `The twin could not do ${what}: ${detail}.`, { cause: error })
}

export function failureOf(error: unknown, what: string): Failure {
  const named = toTwinError(error, what)
  return { code: named.code, message: named.message, retryable: named.retryable }
}

export function errorOfFailure(failure: Failure): TwinError {
  const code = twinErrorCodes.find((known) => known === failure.code) ?? 'failed'
  return new TwinError(code, failure.message, { retryable: failure.retryable })
}
