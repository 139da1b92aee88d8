import { parseArgs } from 'node:util'
import type { Fault } from '../../shared/domain/fault.ts'
import type { TwinReader } from './api.ts'
import { exportCsv, type ExportRequest, type ExportSource } from './export-csv.ts'

/** What `verify --json` prints. */
export interface VerifyReport {
  schema: 'millwright/verify@1'
  ok: boolean
  faults: Fault[]
}

export function verifyReport(faults: Fault[]): VerifyReport {
  return { schema: 'millwright/verify@1', ok: faults.length === 0, faults }
}

export function verifyText(report: VerifyReport, json: boolean): string {
  if (json) return `${JSON.stringify(report)}\n`
  const lines = report.faults.map(({ path, code, message, remedy }) => `${path} (${code})\n  ${message}\n  ${remedy}\n`)
  const count = report.faults.length
  return `${lines.join('')}${count === 0 ? 'The twin is whole: no faults.' : count === 1 ? '1 fault.' : `${count} faults.`}\n`
}

/** The command line's request to a running engine carries only what the twin needs; paths stay with the caller. */
export function exportArguments({ pointId, fromUs, toUs }: ExportRequest): string[] {
  // With `=`, since a time before 1970 begins with a dash.
  return ['--point', pointId, `--from-us=${fromUs}`, `--to-us=${toUs}`]
}

/**
 * Answers `verify` and `export` for a caller at the engine's local socket, who has no key. Returns the exit code; errors are
 * thrown with a sentence for the caller.
 */
export async function answerTwinVerb(
  twin: ExportSource & Pick<TwinReader, 'verify'>,
  request: { verb: 'verify' | 'export'; argv: string[]; json: boolean },
  out: (text: string) => void,
): Promise<number> {
  if (request.verb === 'verify') {
    const report = verifyReport(await twin.verify())
    out(verifyText(report, request.json))
    return report.ok ? 0 : 1
  }
  const text = { type: 'string' } as const
  const options = { point: text, 'from-us': text, 'to-us': text }
  const { values } = parseArgs({ args: request.argv, options })
  const asked = { pointId: values.point ?? '', fromUs: Number(values['from-us']), toUs: Number(values['to-us']) }
  await exportCsv(twin, asked, out)
  return 0
}
