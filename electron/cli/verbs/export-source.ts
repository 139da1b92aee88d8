import path from 'node:path'
import { askEngine } from '../../engine/local-socket.ts'
import { openTwinForReading, TwinError, twinFileName } from '../../store/api.ts'
import { exportCsv } from '../../store/export-csv.ts'
import {
  exportedPoint,
  exportPages,
  pageFromLine,
  type ExportRequest,
  type ExportSource,
  type PageLine,
} from '../../store/export-pages.ts'
import { exportArguments } from '../../store/verbs.ts'
import { UsageError } from '../io.ts'
import { readKeyFile } from '../options.ts'
import { needsKey } from './verify.ts'

/** Where an export comes from: the file with its key, else the running engine. */
export interface Origin {
  dataDir: string
  keyFile: string | null
}

/** CSV in pieces of whole lines. */
export async function csvOf(from: Origin, request: ExportRequest, write: (piece: string) => void): Promise<void> {
  if (from.keyFile === null) await askForExport(from.dataDir, request, 'csv', write)
  else await withTwin(from.dataDir, from.keyFile, (twin) => exportCsv(twin, request, write))
}

/** First the kind of the point, then its history. */
export async function pagesOf(from: Origin, request: ExportRequest, take: (page: PageLine) => void): Promise<void> {
  if (from.keyFile === null) {
    await askForExport(from.dataDir, request, 'pages', (line) => take(pageFromLine(line)))
    return
  }
  await withTwin(from.dataDir, from.keyFile, async (twin) => {
    const point = await exportedPoint(twin, request.pointId)
    take({ kind: 'point', pointKind: point.kind })
    for await (const page of exportPages(twin, point, request)) take(page)
  })
}

async function withTwin(
  dataDir: string,
  keyFile: string,
  body: (twin: ExportSource) => Promise<unknown>,
): Promise<void> {
  const key = readKeyFile(keyFile)
  try {
    const twin = openTwinForReading({ file: path.join(dataDir, twinFileName), key })
    try {
      await body(twin)
    } finally {
      await twin.close()
    }
  } catch (error) {
    if (error instanceof TwinError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

async function askForExport(
  dataDir: string,
  request: ExportRequest,
  format: 'csv' | 'pages',
  take: (piece: string) => void,
): Promise<void> {
  let complaint = ''
  let began = false
  const asked = { verb: 'export' as const, argv: exportArguments(request, format), json: false }
  const code = await askEngine(dataDir, asked, {
    out: (piece) => {
      began = true
      take(piece)
    },
    err: (piece) => void (complaint += piece),
  })
  if (code === 0) return
  if (code !== null)
    throw new UsageError(complaint.trim() || `The engine of ${dataDir} could not export ${request.pointId}.`)
  if (began)
    throw new UsageError(`The engine of ${dataDir} stopped during the export of ${request.pointId}; export again.`)
  needsKey('export', dataDir)
}
