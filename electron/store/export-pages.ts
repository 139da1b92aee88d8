import { z } from 'zod'
import { limits } from '../../shared/domain/limits.ts'
import type { CaptureGap, PointRef, Samples } from '../../shared/domain/twin.ts'
import type { TwinReader } from './api.ts'
import { TwinError } from './errors.ts'
import type { ScalarCursor, ScalarPage } from './scalars.ts'

export interface ExportRequest {
  pointId: string
  /** Unix microseconds; `toUs` is not included. */
  fromUs: number
  toUs: number
}

export type ExportSource = Pick<TwinReader, 'point' | 'knownPoints' | 'scalars' | 'captures' | 'capture'>

/** What every export format is made of, in order of source time: samples of a scalar point, or one capture of a waveform point. */
export type ExportPage =
  | {
      kind: 'samples'
      sourceUs: Float64Array
      sourceTick: Uint8Array
      serverUs: Float64Array
      value: Float64Array
      status: Uint32Array
    }
  | {
      kind: 'capture'
      id: string
      sourceUs: number
      sampleRateHz: number
      gaps: readonly CaptureGap[]
      samples: Samples
    }

/** The point asked for. Throws `no-point` for an id the twin does not know. */
export async function exportedPoint(twin: ExportSource, id: string): Promise<PointRef> {
  const point = await twin.point(id)
  if (point) return point
  const points = await twin.knownPoints()
  const some = points.slice(0, 5).map((known) => known.id)
  const known =
    points.length === 0 ? 'it has no points yet' : `it has ${points.length} points, such as ${some.join(', ')}`
  throw new TwinError('no-point', `The twin has no point "${id}"; ${known}.`)
}

/** The history of a point, a page or a capture at a time. */
export async function* exportPages(
  twin: ExportSource,
  point: PointRef,
  { fromUs, toUs }: ExportRequest,
): AsyncGenerator<ExportPage> {
  if (point.kind === 'waveform') {
    // Listing is small (no samples); the samples of one capture at a time are in memory.
    const heads = await twin.captures({ pointKey: point.key, fromUs, toUs, limit: Number.MAX_SAFE_INTEGER })
    for (const { id } of heads) {
      const capture = await twin.capture(id)
      if (!capture) continue
      const { sourceUs, sampleRateHz, gaps, samples } = capture
      yield { kind: 'capture', id, sourceUs, sampleRateHz, gaps, samples }
    }
    return
  }
  let cursor: ScalarCursor | null = null
  do {
    const page: ScalarPage = await twin.scalars(point.key, fromUs, toUs, cursor, limits.readRows)
    const { sourceUs, sourceTick, serverUs, value, status } = page
    if (page.count > 0) yield { kind: 'samples', sourceUs, sourceTick, serverUs, value, status }
    cursor = page.next
  } while (cursor !== null)
}

/** How many samples a page has. */
export function rowsOfPage(page: ExportPage): number {
  return page.kind === 'samples' ? page.value.length : page.samples.length
}

const pageText = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('point'), pointKind: z.enum(['scalar', 'waveform', 'event']) }),
  z.strictObject({
    kind: z.literal('samples'),
    sourceUs: z.base64(),
    sourceTick: z.base64(),
    serverUs: z.base64(),
    value: z.base64(),
    status: z.base64(),
  }),
  z.strictObject({
    kind: z.literal('capture'),
    id: z.string(),
    sourceUs: z.number(),
    sampleRateHz: z.number(),
    gaps: z.array(z.strictObject({ atSample: z.number(), startUs: z.number(), endUs: z.number() })),
    /** float64 where a float32 would have lost bits. */
    wide: z.boolean(),
    samples: z.base64(),
  }),
])

/** A line of `--format=pages`, in which the engine hands a history on: bytes stay bytes, and packing them is the caller's work. */
export type PageLine = ExportPage | { kind: 'point'; pointKind: PointRef['kind'] }

export function pageLine(page: PageLine): string {
  const all = page.kind === 'capture' ? { ...page, wide: page.samples instanceof Float64Array } : page
  const packed = Object.entries(all).map(([name, value]) => [name, ArrayBuffer.isView(value) ? base64(value) : value])
  return `${JSON.stringify(Object.fromEntries(packed))}\n`
}

export function pageFromLine(line: string): PageLine {
  const page = pageText.parse(JSON.parse(line))
  if (page.kind === 'point') return page
  if (page.kind === 'capture') {
    const { wide, ...capture } = page
    const bytes = bytesOf(page.samples)
    return { ...capture, samples: wide ? new Float64Array(bytes) : new Float32Array(bytes) }
  }
  return {
    kind: 'samples',
    sourceUs: new Float64Array(bytesOf(page.sourceUs)),
    sourceTick: new Uint8Array(bytesOf(page.sourceTick)),
    serverUs: new Float64Array(bytesOf(page.serverUs)),
    value: new Float64Array(bytesOf(page.value)),
    status: new Uint32Array(bytesOf(page.status)),
  }
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

/** In a buffer of their own, where eight-byte numbers stand on an eight-byte border. */
function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer
}
