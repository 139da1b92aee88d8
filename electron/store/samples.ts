import { sampleTimeUs } from './batch.ts'
import type { Batch } from './batch-arrival.ts'
import type { Chunk, PointColumns } from './chunk-codec.ts'

/** One sample of a point with its place in the order of arrival: chunks by id, then segments, then batches. */
export interface Sample {
  /** The time it is ordered by: source time, else server, else receive time; -Infinity when it has none. */
  tUs: number
  sourceTick: number
  origin: number
  row: number
  sourceUs: number
  serverUs: number
  value: number
  /** The column that `value` stands in, at `row`: a signalling NaN turns into a quiet one on its way through a number. */
  values: Float64Array
  status: number
}

/** Arrival behind every chunk. */
const behindChunks = 2 ** 52

export function compareSamples(a: Sample, b: Sample): number {
  if (a.tUs !== b.tUs) return a.tUs < b.tUs ? -1 : 1
  return a.sourceTick - b.sourceTick || a.origin - b.origin || a.row - b.row
}

/**
 * What makes two samples of a point the same: source time, value and status. A sample without a source time is like no other.
 * The status belongs to it, since a server may report a failed sensor with the time and value of its last good sample.
 */
export function identity(sourceUs: number, sourceTick: number, value: number, status: number): string | null {
  if (!Number.isFinite(sourceUs)) return null
  return `${sourceUs}|${sourceTick}|${status}|${Object.is(value, -0) ? '-0' : value}`
}

/** Of a sorted list, the first of each that came more than once. */
export function withoutRepeats(sorted: readonly Sample[]): Sample[] {
  const out: Sample[] = []
  let group: Set<string> | null = null
  for (const [i, sample] of sorted.entries()) {
    const before = sorted[i - 1]
    if (!before || before.tUs !== sample.tUs || before.sourceTick !== sample.sourceTick) {
      group = null
      out.push(sample)
      continue
    }
    if (group === null) {
      const first = identity(before.sourceUs, before.sourceTick, before.value, before.status)
      group = new Set(first === null ? [] : [first])
    }
    const same = identity(sample.sourceUs, sample.sourceTick, sample.value, sample.status)
    if (same !== null) {
      if (group.has(same)) continue
      group.add(same)
    }
    out.push(sample)
  }
  return out
}

/** Without `whole`, server time is left NaN where a source time makes it needless: it need not be unpacked then. */
export function samplesOfBatch(
  batch: Batch,
  /** Place in the order of arrival behind all chunks. */
  order: number,
  pointKey: number,
  fromUs: number,
  toUs: number,
  whole = true,
): Sample[] {
  const rows = batch.ofPoint(pointKey)
  if (!rows) return []
  let more = whole ? rows.others() : null
  const origin = behindChunks + order
  const samples: Sample[] = []
  for (let row = 0; row < rows.count; row++) {
    const sourceUs = rows.sourceUs[row] as number
    if (!Number.isFinite(sourceUs)) more ??= rows.others()
    const serverUs = more ? (more.serverUs[row] as number) : Number.NaN
    const t = more ? sampleTimeUs(sourceUs, serverUs, more.receiveUs[row] as number) : sourceUs
    const tUs = Number.isNaN(t) ? -Infinity : t
    if (tUs < fromUs || tUs >= toUs) continue
    const value = rows.value[row] as number
    const status = rows.status[row] as number
    const sourceTick = rows.sourceTick[row] as number
    samples.push({ tUs, sourceTick, origin, row, sourceUs, serverUs, value, values: rows.value, status })
  }
  return samples
}

export function samplesOfChunk(chunk: Chunk, id: number, fromUs: number, toUs: number): Sample[] {
  const source = chunk.sourceUs()
  const { serverUs: server, receiveUs: receive } = chunk.others(source)
  const columns: PointColumns = {
    count: chunk.count,
    sourceUs: source,
    sourceTick: chunk.sourceTick(),
    serverUs: server,
    receiveUs: receive,
    value: chunk.value(),
    status: chunk.status(),
  }
  const samples: Sample[] = []
  for (let row = 0; row < columns.count; row++) {
    const sourceUs = source[row] as number
    const serverUs = server[row] as number
    const t = sampleTimeUs(sourceUs, serverUs, receive[row] as number)
    const tUs = Number.isNaN(t) ? -Infinity : t
    if (tUs < fromUs || tUs >= toUs) continue
    const value = columns.value[row] as number
    const status = columns.status[row] as number
    samples.push({
      tUs,
      sourceTick: columns.sourceTick[row] as number,
      origin: id,
      row,
      sourceUs,
      serverUs,
      value,
      values: columns.value,
      status,
    })
  }
  return samples
}
