import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import type { BearingCatalogue } from '../../../shared/domain/bearings.ts'
import type { Fault } from '../../../shared/domain/fault.ts'
import { checkPlantFile, missingFacts } from '../../assets/index.ts'
import { UsageError, type CliIo } from '../io.ts'

/** A plant of 5 000 points is about 4 MB; beyond this the file is something else. */
const largestFileBytes = 64 * 1024 * 1024

async function readPlant(file: string, cwd: string): Promise<string> {
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
async function knownBearings(): Promise<string[]> {
  const here = import.meta.dirname
  for (const up of ['../../..', '../../../..', '../..', '..', '.']) {
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

function inWords(file: string, faults: readonly Fault[], drafts: readonly string[]): string {
  const list = faults.map((fault) => `${fault.path}\n  ${fault.message}\n  ${fault.remedy}\n`).join('')
  const count = faults.length === 0 ? 'no faults' : faults.length === 1 ? '1 fault' : `${faults.length} faults`
  return `${list}${drafts.map((line) => `${line}\n`).join('')}${file}: ${count}\n`
}

/** `millwright check FILE`: every fault of a plant file. Exit 0 none, 1 faults, 2 no such file or wrong usage. */
export async function runCheck(argv: string[], io: CliIo): Promise<number> {
  const args = argv.filter((arg) => arg !== '--json')
  const [file] = args
  const option = args.find((arg) => arg.startsWith('-'))
  if (option !== undefined)
    throw new UsageError(`check has no option "${option}"; write: millwright check FILE [--json]`)
  if (file === undefined || args.length > 1) {
    throw new UsageError(`check takes one plant file, not ${args.length}; write: millwright check FILE [--json]`)
  }
  const { plant, faults } = checkPlantFile(await readPlant(file, io.cwd), { bearings: await knownBearings() })
  const drafts = (plant?.assets ?? []).flatMap((asset) => {
    const facts = missingFacts(asset)
    return facts.length > 0 ? [{ id: asset.id, missing: facts }] : []
  })
  if (io.json) {
    io.stdout(`${JSON.stringify({ schema: 'millwright/check@1', ok: faults.length === 0, faults, drafts }, null, 2)}\n`)
  } else {
    const lines = drafts.map((draft) => `Asset "${draft.id}" is a draft until it has ${draft.missing.join(', ')}.`)
    io.stdout(inWords(file, faults, lines))
  }
  return faults.length === 0 ? 0 : 1
}
