import { usFromIso } from '../../../shared/domain/time.ts'
import { engineVersion } from '../../engine/version.ts'
import { ParquetHistory } from '../../files/parquet-history.ts'
import type { ExportRequest } from '../../store/export-pages.ts'
import { UsageError, type CliIo } from '../io.ts'
import { readOptions, required, resolveFrom } from '../options.ts'
import { csvOf, pagesOf, type Origin } from './export-source.ts'
import { writeWhole } from './whole-file.ts'

type Format = 'csv' | 'parquet'

/**
 * `millwright export --data DIR --point ID [--from T --to T] [--format csv or parquet] [--out F]`. Exit 0, or 2 for wrong usage;
 * a file is written whole or not at all.
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
  const format = readFormat(values.format)
  if (io.json && values.out === undefined) {
    throw new UsageError(
      'millwright export --json prints a summary, not the samples: give --out F for the CSV or Parquet.',
    )
  }
  const keyFile = values['key-file'] === undefined ? null : resolveFrom(io.cwd, values['key-file'])
  const origin = { dataDir, keyFile }
  if (values.out === undefined) {
    report(io, await exportAs(format, origin, request, standardOutput(format, io)))
    return 0
  }
  const out = resolveFrom(io.cwd, values.out)
  let done: Done = { rows: 0, timesLeftOut: 0 }
  await writeWhole('export', out, async (write) => {
    done = await exportAs(format, origin, request, write)
  })
  const { rows } = done
  if (io.json) io.stdout(`${JSON.stringify({ schema: 'millwright/export@1', point: request.pointId, rows, out })}\n`)
  else io.stderr(`${rows} rows written to ${out}\n`)
  report(io, done)
  return 0
}

interface Done {
  rows: number
  timesLeftOut: number
}

function report(io: CliIo, { timesLeftOut }: Done): void {
  if (timesLeftOut === 0) return
  io.stderr(
    `${timesLeftOut} times before 1677 or after 2262 are empty in the Parquet file, which cannot name them; CSV can.\n`,
  )
}

async function exportAs(
  format: Format,
  origin: Origin,
  request: ExportRequest,
  write: (piece: string | Uint8Array) => void,
): Promise<Done> {
  return format === 'csv' ? csv(origin, request, write) : parquet(origin, request, write)
}

/** Rows are counted by their line ends; the first line is the header. */
async function csv(origin: Origin, request: ExportRequest, write: (piece: string) => void): Promise<Done> {
  let lines = 0
  await csvOf(origin, request, (piece) => {
    for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) lines++
    write(piece)
  })
  return { rows: Math.max(0, lines - 1), timesLeftOut: 0 }
}

async function parquet(origin: Origin, request: ExportRequest, write: (bytes: Uint8Array) => void): Promise<Done> {
  let history: ParquetHistory | null = null
  await pagesOf(origin, request, (page) => {
    if (page.kind === 'point') {
      const kind = page.pointKind === 'waveform' ? 'captures' : 'samples'
      const createdBy = `millwright version ${engineVersion}`
      history = new ParquetHistory({ kind, pointId: request.pointId, createdBy, sink: write })
    } else history?.append(page)
  })
  return finished(history)
}

function finished(history: ParquetHistory | null): Done {
  if (history === null) throw new UsageError('The engine answered without naming the point; export again.')
  history.finish()
  return history
}

function standardOutput(format: Format, io: CliIo): (piece: string | Uint8Array) => void {
  if (format === 'parquet' && !io.stdoutBytes) {
    throw new UsageError(
      'millwright export --format parquet prints bytes that a terminal cannot show: give --out F, or send the output to a file.',
    )
  }
  return (piece) => {
    if (typeof piece === 'string') io.stdout(piece)
    else io.stdoutBytes?.(piece)
  }
}

function readFormat(format: string | undefined): Format {
  if (format === undefined || format === 'csv') return 'csv'
  if (format === 'parquet') return 'parquet'
  throw new UsageError(`millwright export knows no format "${format}"; use csv or parquet.`)
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
