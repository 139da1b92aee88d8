import { userInfo } from 'node:os'
import path from 'node:path'
import { adoptResealed, SecretsError, SecretStore } from '../../engine/secrets.ts'
import { rekeyHere, twinFileName } from '../../store/api.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'
import { orUsage, progressTo } from './backup.ts'

/**
 * `millwright rekey --data DIR --key-file OLD --new-key-file NEW`: without an engine. Cut anywhere, the twin opens with one of the
 * two keys and says with which; the same command then finishes. Exit 0 done, 2 refused with nothing changed.
 */
export async function runRekey(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('rekey', argv, {
    data: { type: 'string' },
    'key-file': { type: 'string' },
    'new-key-file': { type: 'string' },
  })
  if (positionals[0] !== undefined) throw new UsageError(`millwright rekey does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('rekey', 'data', values.data))
  const oldKey = readKeyFile(resolveFrom(io.cwd, required('rekey', 'key-file', values['key-file'])))
  const newKey = readKeyFile(resolveFrom(io.cwd, required('rekey', 'new-key-file', values['new-key-file'])))
  const file = path.join(dataDir, twinFileName)
  const by = { name: userInfo().username, role: 'command-line' } as const
  const secretsFile = path.join(dataDir, 'secrets.json')
  // Under the new key first: were the twin changed before them, a cut would leave passwords that nobody can read.
  const secrets = await openSecrets(secretsFile, oldKey, newKey)
  await secrets?.reseal(newKey)
  const result = orUsage(() => rekeyHere({ file, oldKey, newKey, by }, progressTo(io)))
  await adoptResealed(secretsFile)
  const report = { schema: 'millwright/rekeyed@1', twin: file, result }
  if (io.json) io.stdout(`${JSON.stringify(report)}\n`)
  else {
    const what = result === 'done' ? 'has the new key already' : 'has the new key'
    io.stdout(`${file} ${what}. Backups made before open with the old one only: keep it as long as you keep them.\n`)
  }
  return 0
}

/** null when they are under the new key already. */
async function openSecrets(file: string, oldKey: Uint8Array, newKey: Uint8Array): Promise<SecretStore | null> {
  try {
    return await SecretStore.open(file, oldKey)
  } catch (error) {
    if (!(error instanceof SecretsError)) throw error
  }
  try {
    await SecretStore.open(file, newKey)
    return null
  } catch (error) {
    if (error instanceof SecretsError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}
