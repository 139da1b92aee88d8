import { askEngine } from '../../engine/local-socket.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readOptions, required, resolveFrom } from '../options.ts'

/**
 * `millwright account --data DIR --recover NAME`: a new password for an account whose own is forgotten, which is made an
 * administrator again. The running engine does it, over its local socket: whoever may open that could read the twin's key as well.
 * Exit 0 done, 2 refused with nothing changed.
 */
export async function runAccount(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('account', argv, {
    data: { type: 'string' },
    recover: { type: 'string' },
  })
  if (positionals[0] !== undefined) throw new UsageError(`millwright account does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('account', 'data', values.data))
  const name = required('account', 'recover', values.recover)
  const request = { verb: 'account' as const, argv: [name], json: io.json }
  const code = await askEngine(dataDir, request, { out: (text) => io.stdout(text), err: (text) => io.stderr(text) })
  if (code !== null) return code
  throw new UsageError(
    `millwright account: no engine answers for ${dataDir}; open the application or start millwright engine, as the user who owns the folder, then try again.`,
  )
}
