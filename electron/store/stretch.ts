import { sampleTimeUs } from './batch.ts'
import type { ReadDb } from './database.ts'
import { hotParts } from './scalars.ts'
import { chunksBetween, readChunk } from './tables/chunks.ts'

/**
 * Samples of one point in order of time, in columns, since millions of them are looked through. Repeats are there as long as they
 * are stored: compaction keeps one of each.
 */
export interface ScalarStretch {
  fromUs: number
  toUs: number
  count: number
  /** The time they are ordered by: source time, else server, else receive time. */
  tUs: Float64Array
  /** NaN where the source gave none. */
  sourceUs: Float64Array
  receiveUs: Float64Array
  value: Float64Array
  status: Uint32Array
}

interface Part {
  count: number
  sourceUs: Float64Array
  serverUs: Float64Array
  receiveUs: Float64Array
  value: Float64Array
  status: Uint32Array
}

/** [fromUs, toUs). */
export function readStretch(db: ReadDb, pointKey: number, fromUs: number, toUs: number): ScalarStretch {
  const parts: Part[] = chunksBetween(db, pointKey, fromUs, toUs)
    .toSorted((a, b) => a.minUs - b.minUs || a.id - b.id)
    .map(({ id }) => readChunk(db, id).columns())
  for (const { batch } of hotParts(db, pointKey, fromUs, toUs)) {
    const rows = batch().ofPoint(pointKey)
    if (rows) {
      const { count, sourceUs, value, status } = rows
      parts.push({ count, sourceUs, value, status, ...rows.others() })
    }
  }
  const pieces = parts.map((part) => pieceOf(part, fromUs, toUs))
  return joined(pieces, fromUs, toUs) ?? inOrder(within(parts, fromUs, toUs))
}

/** Of one chunk whose source times rise, as nearly all do: a piece of its columns. Else null. */
function pieceOf(
  { count, sourceUs, receiveUs, value, status }: Part,
  fromUs: number,
  toUs: number,
): ScalarStretch | null {
  let [first, end] = [0, count]
  for (let i = 0; i < count; i++) {
    const t = sourceUs[i] as number
    if (!(t >= (sourceUs[i - 1] ?? -Infinity))) return null
    if (t < fromUs) first = i + 1
    else if (t >= toUs && end === count) end = i
  }
  const piece = (column: Float64Array): Float64Array => column.slice(first, end)
  const tUs = piece(sourceUs)
  return {
    fromUs,
    toUs,
    count: tUs.length,
    tUs,
    sourceUs: tUs,
    receiveUs: piece(receiveUs),
    value: piece(value),
    status: status.slice(first, end),
  }
}

/** One behind the other; null where one is missing or they overlap. */
function joined(pieces: readonly (ScalarStretch | null)[], fromUs: number, toUs: number): ScalarStretch | null {
  const [first] = pieces
  if (pieces.length === 1 && first) return first
  let lastUs = -Infinity
  let count = 0
  for (const piece of pieces) {
    if (piece === null) return null
    if (piece.count === 0) continue
    if ((piece.tUs[0] as number) < lastUs) return null
    lastUs = piece.tUs[piece.count - 1] as number
    count += piece.count
  }
  const whole = pieces.filter((piece) => piece !== null)
  const put = (column: (piece: ScalarStretch) => Float64Array): Float64Array => {
    const out = new Float64Array(count)
    let at = 0
    for (const piece of whole) {
      out.set(column(piece), at)
      at += piece.count
    }
    return out
  }
  const status = new Uint32Array(count)
  let at = 0
  for (const piece of whole) {
    status.set(piece.status, at)
    at += piece.count
  }
  const tUs = put((piece) => piece.tUs)
  const [receiveUs, value] = [put((piece) => piece.receiveUs), put((piece) => piece.value)]
  return { fromUs, toUs, count, tUs, sourceUs: tUs, receiveUs, value, status }
}

function within(parts: readonly Part[], fromUs: number, toUs: number): ScalarStretch {
  const most = parts.reduce((sum, { count }) => sum + count, 0)
  const out: ScalarStretch = {
    fromUs,
    toUs,
    count: 0,
    tUs: new Float64Array(most),
    sourceUs: new Float64Array(most),
    receiveUs: new Float64Array(most),
    value: new Float64Array(most),
    status: new Uint32Array(most),
  }
  for (const part of parts) {
    for (let row = 0; row < part.count; row++) {
      const [source, receive] = [part.sourceUs[row] as number, part.receiveUs[row] as number]
      const tUs = sampleTimeUs(source, part.serverUs[row] as number, receive)
      if (!(tUs >= fromUs && tUs < toUs)) continue
      out.tUs[out.count] = tUs
      out.sourceUs[out.count] = source
      out.receiveUs[out.count] = receive
      out.value[out.count] = part.value[row] as number
      out.status[out.count] = part.status[row] as number
      out.count++
    }
  }
  return out
}

/** Chunks overlap only where samples came late. */
function inOrder(given: ScalarStretch): ScalarStretch {
  const { count, tUs } = given
  let sorted = true
  for (let i = 1; sorted && i < count; i++) sorted = (tUs[i] as number) >= (tUs[i - 1] as number)
  const order = sorted ? null : Uint32Array.from({ length: count }, (_, i) => i)
  order?.sort((a, b) => (tUs[a] as number) - (tUs[b] as number) || a - b)
  const ordered = (column: Float64Array): Float64Array =>
    order ? Float64Array.from(order, (row) => column[row] as number) : column.slice(0, count)
  return {
    ...given,
    tUs: ordered(tUs),
    sourceUs: ordered(given.sourceUs),
    receiveUs: ordered(given.receiveUs),
    value: ordered(given.value),
    status: order ? Uint32Array.from(order, (row) => given.status[row] as number) : given.status.slice(0, count),
  }
}
