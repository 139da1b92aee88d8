import { statusName } from '../../shared/domain/status-names.ts'
import { isoFromUs } from '../../shared/domain/time.ts'
import { captureOffsetUs } from '../../shared/domain/twin.ts'
import {
  exportedPoint,
  exportPages,
  rowsOfPage,
  type ExportPage,
  type ExportRequest,
  type ExportSource,
} from './export-pages.ts'

/** Rows of CSV are handed on in pieces of whole lines; the next piece is made when the last was taken. */
type Write = (text: string) => void | Promise<void>

/**
 * The samples of one point as the public format of `millwright export` (interfaces.md), in order of source time; returns the
 * number of rows. Throws `no-point` for an id the twin does not know.
 */
export async function exportCsv(twin: ExportSource, request: ExportRequest, write: Write): Promise<number> {
  const point = await exportedPoint(twin, request.pointId)
  await write(point.kind === 'waveform' ? 'captureId,sourceTime,index,value\n' : 'sourceTime,serverTime,value,status\n')
  let rows = 0
  for await (const page of exportPages(twin, point, request)) {
    await write(page.kind === 'samples' ? sampleLines(page) : captureLines(page))
    rows += rowsOfPage(page)
  }
  return rows
}

function sampleLines(page: ExportPage & { kind: 'samples' }): string {
  const lines: string[] = []
  for (const [i, value] of page.value.entries()) {
    const sourceTime = timeText(page.sourceUs[i] ?? Number.NaN, page.sourceTick[i])
    const serverTime = timeText(page.serverUs[i] ?? Number.NaN)
    lines.push(`${sourceTime},${serverTime},${numberText(value)},${statusName(page.status[i] ?? 0)}\n`)
  }
  return lines.join('')
}

function captureLines(capture: ExportPage & { kind: 'capture' }): string {
  const lines: string[] = []
  for (const [index, value] of capture.samples.entries()) {
    // Tenths of a microsecond: at 51.2 kHz a sample lasts 19.53125 us.
    const tenths = Math.round(captureOffsetUs(capture, index) * 10)
    const time = timeText(capture.sourceUs + Math.floor(tenths / 10), tenths % 10)
    lines.push(`${capture.id},${time},${index},${numberText(value)}\n`)
  }
  return lines.join('')
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
