import type { Fault } from '../../../shared/domain/fault.ts'
import { sqliteCode } from '../errors.ts'

export const restoreRemedy =
  'Restore the last good backup, or keep the file for repair; what is missing since then is in the cloud as far as it was delivered.'

export function found(path: string, code: string, message: string): Fault {
  return { path, code, message, remedy: restoreRemedy }
}

export function unreadable(path: string, error: unknown): Fault {
  const why = sqliteCode(error) || (error instanceof Error ? error.message : String(error))
  return found(path, 'page-damaged', `${path} cannot be read (${why}).`)
}
