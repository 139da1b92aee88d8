import { parseArgs } from 'node:util'
import type { Fault } from '../../shared/domain/fault.ts'
import type { TwinReader } from './api.ts'
import { exportCsv } from './export-csv.ts'
import { exportedPoint, exportPages, pageLine, type ExportRequest, type ExportSource } from './export-pages.ts'

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
export function exportArguments({ pointId, fromUs, toUs }: ExportRequest, format: 'csv' | 'pages'): string[] {
  // With `=`, since a time before 1970 begins with a dash.
  return ['--point', pointId, `--from-us=${fromUs}`, `--to-us=${toUs}`, `--format=${format}`]
}

/**
 * Answers `verify` and `export` for a caller at the engine's local socket, who has no key. Returns the exit code; errors are
 * thrown with a sentence for the caller. A caller that reads slowly makes `out` wait, and the export with it.
 */
export async function answerTwinVerb(
  twin: ExportSource & Pick<TwinReader, 'verify'>,
  request: { verb: 'verify' | 'export'; argv: string[]; json: boolean },
  out: (text: string) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<number> {
  if (request.verb === 'verify') {
    const report = verifyReport(await twin.verify(signal ? { signal } : {}))
    await out(verifyText(report, request.json))
    return report.ok ? 0 : 1
  }
  const text = { type: 'string' } as const
  const options = { point: text, 'from-us': text, 'to-us': text, format: text }
  const { values } = parseArgs({ args: request.argv, options })
  const asked = { pointId: values.point ?? '', fromUs: Number(values['from-us']), toUs: Number(values['to-us']) }
  if (values.format === 'pages') await sendPages(twin, asked, out)
  else await exportCsv(twin, asked, out)
  return 0
}

async function sendPages(
  twin: ExportSource,
  request: ExportRequest,
  out: (text: string) => void | Promise<void>,
): Promise<void> {
  const point = await exportedPoint(twin, request.pointId)
  await out(pageLine({ kind: 'point', pointKind: point.kind }))
  for await (const page of exportPages(twin, point, request)) await out(pageLine(page))
}
