import { limits } from '../../shared/domain/limits.ts'
import { statusName } from '../../shared/domain/status-names.ts'
import { isoFromUs } from '../../shared/domain/time.ts'
import type { PointRef } from '../../shared/domain/twin.ts'
import type { TwinReader } from './api.ts'
import { TwinError } from './errors.ts'
import type { ScalarCursor } from './scalars.ts'

export interface ExportRequest {
  pointId: string
  /** Unix microseconds; `toUs` is not included. */
  fromUs: number
  toUs: number
}

export type ExportSource = Pick<TwinReader, 'point' | 'knownPoints' | 'scalars' | 'captures' | 'capture'>

/** Rows of CSV are handed on in pieces, each of whole lines, so that an export of any length needs little memory. */
type Write = (text: string) => void

/**
 * The samples of one point as the public format of `millwright export` (interfaces.md), in order of source time; returns the
 * number of rows. Throws `no-point` for an id the twin does not know.
 */
export async function exportCsv(twin: ExportSource, request: ExportRequest, write: Write): Promise<number> {
  const point = (await twin.point(request.pointId)) ?? (await noPoint(twin, request.pointId))
  return point.kind === 'waveform'
    ? exportCaptures(twin, point, request, write)
    : exportScalars(twin, point, request, write)
}

async function noPoint(twin: ExportSource, id: string): Promise<never> {
  const points = await twin.knownPoints()
  const some = points.slice(0, 5).map((point) => point.id)
  const known =
    points.length === 0 ? 'it has no points yet' : `it has ${points.length} points, such as ${some.join(', ')}`
  throw new TwinError('no-point', `The twin has no point "${id}"; ${known}.`)
}

async function exportScalars(
  twin: ExportSource,
  point: PointRef,
  request: ExportRequest,
  write: Write,
): Promise<number> {
  write('sourceTime,serverTime,value,status\n')
  let rows = 0
  let cursor: ScalarCursor | null = null
  do {
    const page: Awaited<ReturnType<ExportSource['scalars']>> = await twin.scalars(
      point.key,
      request.fromUs,
      request.toUs,
      cursor,
      limits.readRows,
    )
    const lines: string[] = []
    for (let i = 0; i < page.count; i++) {
      const sourceTime = timeText(page.sourceUs[i] ?? Number.NaN, page.sourceTick[i])
      const serverTime = timeText(page.serverUs[i] ?? Number.NaN)
      lines.push(
        `${sourceTime},${serverTime},${numberText(page.value[i] ?? Number.NaN)},${statusName(page.status[i] ?? 0)}\n`,
      )
    }
    write(lines.join(''))
    rows += page.count
    cursor = page.next
  } while (cursor !== null)
  return rows
}

async function exportCaptures(
  twin: ExportSource,
  point: PointRef,
  request: ExportRequest,
  write: Write,
): Promise<number> {
  write('captureId,sourceTime,index,value\n')
  let rows = 0
  // Listing is small (no samples); the samples of one capture at a time are in memory.
  const heads = await twin.captures({
    pointKey: point.key,
    fromUs: request.fromUs,
    toUs: request.toUs,
    limit: Number.MAX_SAFE_INTEGER,
  })
  for (const { id } of heads) {
    const capture = await twin.capture(id)
    if (!capture) continue
    const perSampleUs = 1e6 / capture.sampleRateHz
    const lines: string[] = []
    for (const [index, value] of capture.samples.entries()) {
      // Tenths of a microsecond: at 51.2 kHz a sample lasts 19.53125 us.
      const tenths = Math.round(index * perSampleUs * 10)
      const time = timeText(capture.sourceUs + Math.floor(tenths / 10), tenths % 10)
      lines.push(`${id},${time},${index},${numberText(value)}\n`)
    }
    write(lines.join(''))
    rows += capture.samples.length
  }
  return rows
}

/** Furthest time that a JavaScript date can name, microseconds. */
const lastDateUs = 8.64e18

/** Empty where the server sent no time. */
function timeText(tUs: number, tick = 0): string {
  return Math.abs(tUs) < lastDateUs ? isoFromUs(Math.floor(tUs), tick) : ''
}

/** Shortest text that reads back as the same float64. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
