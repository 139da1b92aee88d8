import fs from 'node:fs'
import path from 'node:path'
import { askEngine } from '../../engine/local-socket.ts'
import { engineVersion } from '../../engine/version.ts'
import { backUpHere, twinFileName, TwinError, type BackupFacts, type JobProgress } from '../../store/api.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'
import { needsKey } from './verify.ts'

/**
 * `millwright backup --data DIR --out F [--key-file F]`: a verified copy of the twin, beside a running engine or without one.
 * Exit 0 made, 1 the twin or the disk did not allow it, 2 wrong usage.
 */
export async function runBackup(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('backup', argv, {
    data: { type: 'string' },
    out: { type: 'string' },
    'key-file': { type: 'string' },
  })
  if (positionals[0] !== undefined) throw new UsageError(`millwright backup does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('backup', 'data', values.data))
  const out = resolveFrom(io.cwd, required('backup', 'out', values.out))
  if (fs.existsSync(out)) throw new UsageError(`millwright backup: ${out} is there already; name another --out.`)
  if (!fs.existsSync(path.dirname(out)))
    throw new UsageError(`millwright backup: there is no folder ${path.dirname(out)}; make it or name another --out.`)
  const facts =
    values['key-file'] === undefined
      ? await backupByEngine(dataDir, out)
      : backupOfFile(dataDir, out, readKeyFile(resolveFrom(io.cwd, values['key-file'])), io)
  if (facts === null) return 1
  const report = { schema: 'millwright/backup-made@1', out, bytes: fs.statSync(out).size, facts: shown(facts) }
  if (io.json) io.stdout(`${JSON.stringify(report)}\n`)
  else io.stdout(`${out}: ${report.bytes} bytes, verified; it ends at ${endOf(facts)}. The key is not in it.\n`)
  return 0
}

/** Facts for people and scripts, without what only proves the key. */
export function shown(facts: BackupFacts): Partial<BackupFacts> {
  const { salt: _salt, keyCheck: _check, secrets: _secrets, ...rest } = facts
  return rest
}

export function endOf({ lastTickUs }: BackupFacts): string {
  return lastTickUs === null ? 'its first tick' : new Date(lastTickUs / 1000).toISOString()
}

/** A line for each tenth of a step, so that a log does not fill. */
export function progressTo(io: CliIo): (at: JobProgress) => void {
  let last = ''
  return ({ step, done }) => {
    const line = `${step} ${Math.floor(done * 10) * 10} %`
    if (line !== last) io.stderr(`${line}\n`)
    last = line
  }
}

function backupOfFile(dataDir: string, out: string, key: Uint8Array, io: CliIo): BackupFacts {
  const file = path.join(dataDir, twinFileName)
  const request = { file, key, out, kind: 'asked', plantId: null, appVersion: engineVersion } as const
  return orUsage(() => backUpHere({ ...request, nowUs: Date.now() * 1000 }, progressTo(io)))
}

/** A refusal of the store is one sentence and exit 2: nothing was changed. */
export function orUsage<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (error instanceof TwinError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/** The engine may write its own folder only, so it makes the backup there and it is moved from there. */
async function backupByEngine(dataDir: string, out: string): Promise<BackupFacts | null> {
  let text = ''
  let complaint = ''
  const request = { verb: 'backup' as const, argv: [], json: true }
  const code = await askEngine(dataDir, request, {
    out: (piece) => (text += piece),
    err: (piece) => (complaint += piece),
  })
  if (code === null) return needsKey('backup', dataDir)
  if (code !== 0) throw new UsageError(complaint.trim() || `The engine of ${dataDir} could not make a backup.`)
  const made = JSON.parse(text) as { file: string; facts: BackupFacts }
  moveTo(made.file, out)
  return made.facts
}

function moveTo(from: string, out: string): void {
  try {
    fs.renameSync(from, out)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error
    const part = `${out}.${process.pid}.part`
    try {
      fs.copyFileSync(from, part)
      const descriptor = fs.openSync(part, 'r+')
      fs.fsyncSync(descriptor)
      fs.closeSync(descriptor)
      fs.renameSync(part, out)
      fs.rmSync(from)
    } catch (failed) {
      fs.rmSync(part, { force: true })
      const why = failed instanceof Error ? failed.message : String(failed)
      throw new UsageError(`millwright backup: ${out} cannot be written (${why}); the backup is whole at ${from}.`)
    }
  }
}
