import path from 'node:path'
import { askEngine } from '../../engine/local-socket.ts'
import { openTwinForReading, TwinError, twinFileName } from '../../store/api.ts'
import { verifyReport, verifyText, type VerifyReport } from '../../store/verbs.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'

/** `millwright verify --data DIR [--key-file F]`: every fault of the twin. Exit 0 none, 1 faults, 2 it could not be looked at. */
export async function runVerify(argv: string[], io: CliIo): Promise<number> {
  const { values, positionals } = readOptions('verify', argv, {
    data: { type: 'string' },
    'key-file': { type: 'string' },
  })
  if (positionals[0] !== undefined) throw new UsageError(`millwright verify does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('verify', 'data', values.data))
  if (values['key-file'] === undefined) return verifyByEngine(dataDir, io)
  const report = await verifyFile(
    path.join(dataDir, twinFileName),
    readKeyFile(resolveFrom(io.cwd, values['key-file'])),
  )
  io.stdout(verifyText(report, io.json))
  return report.ok ? 0 : 1
}

async function verifyFile(file: string, key: Uint8Array): Promise<VerifyReport> {
  try {
    const twin = openTwinForReading({ file, key })
    try {
      return verifyReport(await twin.verify())
    } finally {
      await twin.close()
    }
  } catch (error) {
    if (!(error instanceof TwinError)) throw error
    if (error.code !== 'damaged') throw new UsageError(error.message, { cause: error })
    // The key is right and the file does not open: that is a finding, not wrong usage.
    const remedy = 'Restore the last good backup; when the engine starts it moves this file aside and begins a new one.'
    return verifyReport([{ path: 'file', code: 'damaged', message: error.message, remedy }])
  }
}

async function verifyByEngine(dataDir: string, io: CliIo): Promise<number> {
  const request = { verb: 'verify' as const, argv: [], json: io.json }
  const code = await askEngine(dataDir, request, { out: (text) => io.stdout(text), err: (text) => io.stderr(text) })
  return code ?? needsKey('verify', dataDir)
}

export function needsKey(verb: string, dataDir: string): never {
  throw new UsageError(
    `millwright ${verb}: no engine answers for ${dataDir}, and without one the twin is opened with its key: give --key-file F (64 hexadecimal digits).`,
  )
}
