import fs from 'node:fs'
import { userInfo } from 'node:os'
import path from 'node:path'
import { lastConfig, restoreHere, twinFileName } from '../../store/api.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'
import { endOf, orUsage, progressTo, shown } from './backup.ts'

/**
 * `millwright restore F --data DIR --key-file K [--discard-newer] [--replace-other]`: puts a backup in the place of the twin,
 * which is moved aside. Exit 0 done, 2 refused with nothing changed.
 */
export async function runRestore(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('restore', argv, {
    data: { type: 'string' },
    'key-file': { type: 'string' },
    'discard-newer': { type: 'boolean' },
    'replace-other': { type: 'boolean' },
  })
  const [name, more] = positionals
  if (name === undefined) throw new UsageError('millwright restore needs a file: restore F --data DIR --key-file K.')
  if (more !== undefined) throw new UsageError(`millwright restore does not know "${more}".`)
  const dataDir = resolveFrom(io.cwd, required('restore', 'data', values.data))
  const keyFile =
    values['key-file'] === undefined ? path.join(dataDir, 'twin.key') : resolveFrom(io.cwd, values['key-file'])
  const key = readKeyFile(keyFile)
  const file = path.join(dataDir, twinFileName)
  const from = resolveFrom(io.cwd, name)
  const flags = { discardNewer: values['discard-newer'] === true, replaceOther: values['replace-other'] === true }
  const request = {
    from,
    file,
    key,
    nowUs: Date.now() * 1000,
    ...flags,
    by: { name: userInfo().username, role: 'command-line' as const },
  }
  const { facts, aside } = orUsage(() => restoreHere(request, progressTo(io)))
  const written = putBack(dataDir, file, key, facts.secrets)
  const report = { schema: 'millwright/restored@1', twin: file, from, aside, written, facts: shown(facts) }
  if (io.json) io.stdout(`${JSON.stringify(report)}\n`)
  else {
    const where = aside === null ? '' : ` The twin before is in ${aside}.`
    io.stdout(`${file} is the twin of ${from}, which ends at ${endOf(facts)}.${where}\n`)
    for (const each of written) io.stdout(`${each} was not there and was written from the backup.\n`)
  }
  return 0
}

/** Configuration and passwords of the backup, where there are none: what is there belongs to the person who put it there. */
function putBack(dataDir: string, file: string, key: Uint8Array, secrets: string | null): string[] {
  const written: string[] = []
  const put = (name: string, text: string | null): void => {
    const target = path.join(dataDir, name)
    if (text === null || fs.existsSync(target)) return
    fs.writeFileSync(target, text, { mode: 0o600, flag: 'wx', flush: true })
    written.push(target)
  }
  put('secrets.json', secrets)
  put('plant.json', lastConfig(file, key))
  return written
}
