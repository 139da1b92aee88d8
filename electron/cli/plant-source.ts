import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { BearingCatalogue } from '../../shared/domain/bearings.ts'
import { UsageError } from './io.ts'

/** A plant of 5 000 points is about 4 MB; beyond this the file is something else. */
const largestFileBytes = 64 * 1024 * 1024

/** The text of a plant file. Throws UsageError in one sentence. */
export async function readPlant(file: string, cwd: string): Promise<string> {
  const full = path.resolve(cwd, file)
  try {
    const found = await stat(full)
    if (found.isDirectory()) throw new UsageError(`"${file}" is a folder; name the plant file in it.`)
    if (found.size > largestFileBytes) {
      throw new UsageError(
        `"${file}" has ${Math.round(found.size / 1e6)} MB, too much for a plant file; name the right one.`,
      )
    }
    return await readFile(full, 'utf8')
  } catch (error) {
    if (error instanceof UsageError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why =
      code === 'ENOENT'
        ? 'is not there'
        : code === 'EACCES'
          ? 'may not be read by this user'
          : `cannot be read (${code})`
    throw new UsageError(`The file "${file}" ${why} (looked for ${full}); name an existing plant file.`)
  }
}

/** The catalogue lies beside the sources in a checkout and beside the bundle when installed. */
export async function knownBearings(): Promise<string[]> {
  const here = import.meta.dirname
  for (const up of ['../..', '../../..', '..', '.']) {
    try {
      const text = await readFile(path.resolve(here, up, 'resources/bearings.json'), 'utf8')
      const catalogue = JSON.parse(text) as BearingCatalogue
      return catalogue.bearings.flatMap((bearing) => [bearing.name, bearing.aliases].flat())
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  return []
}
