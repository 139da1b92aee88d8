import path from 'node:path'
import type { AuditReport } from '../../../shared/domain/audit.ts'
import { usFromIso } from '../../../shared/domain/time.ts'
import { AuditError, type AuditRequest } from '../../engine/quality-plan.ts'
import { startAudit } from '../../engine/quality-thread.ts'
import { askEngine } from '../../engine/local-socket.ts'
import { auditHtml, auditText } from '../../report/index.ts'
import { openTwinForReading, TwinError, twinFileName } from '../../store/api.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'
import { needsKey } from './verify.ts'
import { writeWhole } from './whole-file.ts'

/**
 * `millwright audit --data DIR [--from T --to T] [--key-file F] [--out F.html]`: what each tag delivered of what its contract
 * promises. Exit 0 the gate is passed, 1 it is not, 2 it could not be audited.
 */
export async function runAuditVerb(argv: string[], io: CliIo): Promise<number> {
  const text = { type: 'string' } as const
  const options = { data: text, 'key-file': text, from: text, to: text, out: text }
  const { values, positionals } = readOptions('audit', argv, options)
  if (positionals[0] !== undefined) throw new UsageError(`millwright audit does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('audit', 'data', values.data))
  const request = { fromUs: timeOf('from', values.from), toUs: timeOf('to', values.to) }
  const report =
    values['key-file'] === undefined
      ? await byEngine(dataDir, request)
      : await offline(dataDir, readKeyFile(resolveFrom(io.cwd, values['key-file'])), request)
  if (values.out !== undefined) {
    const out = resolveFrom(io.cwd, values.out)
    await writeWhole('audit', out, async (write) => write(auditHtml(report)))
    io.stderr(`The report is in ${out}.\n`)
  }
  io.stdout(io.json ? `${JSON.stringify(report)}\n` : auditText(report))
  return report.gate.state === 'fail' ? 1 : 0
}

function timeOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const tUs = usFromIso(value)
  if (Number.isFinite(tUs)) return tUs
  throw new UsageError(`millwright audit: --${name} "${value}" is no time; write it like 2026-03-01T08:30:00Z.`)
}

async function offline(dataDir: string, key: Uint8Array, request: AuditRequest): Promise<AuditReport> {
  try {
    const file = path.join(dataDir, twinFileName)
    // Says what is wrong with file or key before a thread is started.
    await openTwinForReading({ file, key }).close()
    return await startAudit({ file, key, request, threads: 2 }).answer
  } catch (error) {
    if (error instanceof AuditError || error instanceof TwinError) {
      throw new UsageError(error.message, { cause: error })
    }
    throw error
  }
}

async function byEngine(dataDir: string, request: AuditRequest): Promise<AuditReport> {
  let text = ''
  let complaint = ''
  const asked = { verb: 'audit' as const, argv: [JSON.stringify(request)], json: true }
  const code = await askEngine(dataDir, asked, {
    out: (piece) => void (text += piece),
    err: (piece) => void (complaint += piece),
  })
  if (code === null) return needsKey('audit', dataDir)
  if (code !== 0) throw new UsageError(complaint.trim() || `The engine of ${dataDir} could not audit.`)
  // The engine of this very version wrote it.
  return JSON.parse(text) as AuditReport
}
