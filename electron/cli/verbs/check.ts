import type { Fault } from '../../../shared/domain/fault.ts'
import { checkPlantFile, missingFacts } from '../../assets/index.ts'
import { UsageError, type CliIo } from '../io.ts'
import { knownBearings, readPlant } from '../plant-source.ts'

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
    const facts = missingFacts(asset, plant ?? {})
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
