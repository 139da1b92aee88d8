import fs from 'node:fs'
import path from 'node:path'
import { usFromIso } from '../../../shared/domain/time.ts'
import { askEngine } from '../../engine/local-socket.ts'
import { engineVersion } from '../../engine/version.ts'
import { openTwinForReading, TwinError, twinFileName } from '../../store/api.ts'
import { exportCsv, type ExportRequest } from '../../store/export-csv.ts'
import { exportArguments } from '../../store/verbs.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readKeyFile, readOptions, required, resolveFrom } from '../options.ts'
import { needsKey } from './verify.ts'

/**
 * `millwright export --data DIR --point ID [--from T --to T] --format csv [--out F]`. Exit 0, or 2 for wrong usage; a file is
 * written whole or not at all.
 */
export async function runExport(argv: string[], io: CliIo): Promise<number> {
  const text = { type: 'string' } as const
  const { values, positionals } = readOptions('export', argv, {
    data: text,
    'key-file': text,
    point: text,
    from: text,
    to: text,
    format: text,
    out: text,
  })
  if (positionals[0] !== undefined) throw new UsageError(`millwright export does not know "${positionals[0]}".`)
  const dataDir = resolveFrom(io.cwd, required('export', 'data', values.data))
  const request = readRequest(required('export', 'point', values.point), values.from, values.to)
  checkFormat(values.format)
  if (io.json && values.out === undefined) {
    throw new UsageError('millwright export --json prints a summary, not the samples: give --out F for the CSV.')
  }
  const keyFile = values['key-file'] === undefined ? null : resolveFrom(io.cwd, values['key-file'])
  const samples = (write: (piece: string) => void): Promise<number> =>
    keyFile === null
      ? exportByEngine(dataDir, request, write, io)
      : exportFile(path.join(dataDir, twinFileName), readKeyFile(keyFile), request, write)
  if (values.out === undefined) {
    await samples((piece) => io.stdout(piece))
    return 0
  }
  const out = resolveFrom(io.cwd, values.out)
  const rows = await writeWhole(out, samples)
  if (io.json) io.stdout(`${JSON.stringify({ schema: 'millwright/export@1', point: request.pointId, rows, out })}\n`)
  else io.stderr(`${rows} rows written to ${out}\n`)
  return 0
}

function checkFormat(format: string | undefined): void {
  if (format === undefined || format === 'csv') return
  if (format === 'parquet') {
    throw new UsageError(
      `millwright export --format parquet is not yet available in version ${engineVersion}; use csv.`,
    )
  }
  throw new UsageError(`millwright export knows no format "${format}"; use csv.`)
}

function readRequest(pointId: string, from: string | undefined, to: string | undefined): ExportRequest {
  const time = (name: string, value: string | undefined, otherwise: number): number => {
    if (value === undefined) return otherwise
    const tUs = usFromIso(value)
    if (Number.isFinite(tUs)) return tUs
    throw new UsageError(`millwright export: --${name} "${value}" is no time; write it like 2026-03-01T08:30:00Z.`)
  }
  const fromUs = time('from', from, -Number.MAX_SAFE_INTEGER)
  const toUs = time('to', to, Number.MAX_SAFE_INTEGER)
  if (fromUs > toUs) throw new UsageError(`millwright export: --from ${from} is later than --to ${to}; swap them.`)
  return { pointId, fromUs, toUs }
}

async function exportFile(
  file: string,
  key: Uint8Array,
  request: ExportRequest,
  write: (piece: string) => void,
): Promise<number> {
  try {
    const twin = openTwinForReading({ file, key })
    try {
      return await exportCsv(twin, request, write)
    } finally {
      await twin.close()
    }
  } catch (error) {
    if (error instanceof TwinError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

/** The engine answers with the same CSV; rows are counted by their line ends. */
async function exportByEngine(
  dataDir: string,
  request: ExportRequest,
  write: (piece: string) => void,
  io: CliIo,
): Promise<number> {
  let lines = 0
  let complaint = ''
  const asked = { verb: 'export' as const, argv: exportArguments(request), json: io.json }
  const code = await askEngine(dataDir, asked, {
    out: (piece) => {
      lines += piece.split('\n').length - 1
      write(piece)
    },
    err: (piece) => (complaint += piece),
  })
  if (code === null) return needsKey('export', dataDir)
  if (code !== 0)
    throw new UsageError(complaint.trim() || `The engine of ${dataDir} could not export ${request.pointId}.`)
  return Math.max(0, lines - 1)
}

/** Through a file beside it and a rename: whoever reads `out` sees the old file or the whole new one. */
async function writeWhole(out: string, body: (write: (piece: string) => void) => Promise<number>): Promise<number> {
  const part = `${out}.${process.pid}.part`
  const descriptor = openPart(part, out)
  let open = true
  try {
    const rows = await body((piece) => fs.writeFileSync(descriptor, piece))
    fs.fsyncSync(descriptor)
    fs.closeSync(descriptor)
    open = false
    fs.renameSync(part, out)
    return rows
  } catch (error) {
    if (open) fs.closeSync(descriptor)
    fs.rmSync(part, { force: true })
    throw error
  }
}

function openPart(part: string, out: string): number {
  try {
    return fs.openSync(part, 'w')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new UsageError(`millwright export: ${out} cannot be written (${why}); choose another --out.`)
  }
}
