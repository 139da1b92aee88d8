import { orderUs, type PointColumns } from '../chunk-codec.ts'
import { wordView } from '../codec.ts'
import { identity } from '../samples.ts'

export function emptyColumns(count: number): PointColumns {
  return {
    count,
    sourceUs: new Float64Array(count),
    sourceTick: new Uint8Array(count),
    serverUs: new Float64Array(count),
    receiveUs: new Float64Array(count),
    value: new Float64Array(count),
    status: new Uint32Array(count),
  }
}

/**
 * Rows of `from` picked by number. 64-bit columns are copied as words: an engine may alter a NaN's payload on its way through a
 * number.
 */
export function pick(from: PointColumns, rows: Uint32Array): PointColumns {
  const to = emptyColumns(rows.length)
  for (const name of ['sourceUs', 'serverUs', 'receiveUs', 'value'] as const) copyWords(from[name], rows, to[name])
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    to.sourceTick[i] = from.sourceTick[row] as number
    to.status[i] = from.status[row] as number
  }
  return to
}

function copyWords(from: Float64Array, rows: Uint32Array, to: Float64Array): void {
  const low = wordView(from)
  const out = wordView(to)
  for (let i = 0; i < rows.length; i++) {
    const row = (rows[i] as number) * 2
    out[i * 2] = low[row] as number
    out[i * 2 + 1] = low[row + 1] as number
  }
}

/** From so many rows on, a block is moved by one call a column. */
const block = 24

/** Moves runs of rows, a column at a time; words for the reason above. `runs`: start, count and destination of each. */
export function placeRuns(from: PointColumns, to: PointColumns, runs: Uint32Array, length: number): void {
  for (const name of ['sourceUs', 'serverUs', 'receiveUs', 'value'] as const) {
    placeWords(wordView(from[name]), wordView(to[name]), runs, length, 2)
  }
  placeWords(from.status, to.status, runs, length, 1)
  placeBytes(from.sourceTick, to.sourceTick, runs, length)
}

function placeWords(from: Uint32Array, to: Uint32Array, runs: Uint32Array, length: number, wordsEach: number): void {
  for (let r = 0; r < length; r += 3) {
    const start = (runs[r] as number) * wordsEach
    const count = (runs[r + 1] as number) * wordsEach
    const at = (runs[r + 2] as number) * wordsEach
    if (count >= block) to.set(from.subarray(start, start + count), at)
    else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number
  }
}

function placeBytes(from: Uint8Array, to: Uint8Array, runs: Uint32Array, length: number): void {
  for (let r = 0; r < length; r += 3) {
    const [start, count, at] = [runs[r] as number, runs[r + 1] as number, runs[r + 2] as number]
    if (count >= block) to.set(from.subarray(start, start + count), at)
    else for (let i = 0; i < count; i++) to[at + i] = from[start + i] as number
  }
}

export function concat(parts: readonly PointColumns[]): PointColumns {
  const to = emptyColumns(parts.reduce((sum, part) => sum + part.count, 0))
  let at = 0
  for (const part of parts) {
    for (const name of ['sourceUs', 'sourceTick', 'serverUs', 'receiveUs', 'value', 'status'] as const) {
      to[name].set(part[name].subarray(0, part.count), at)
    }
    at += part.count
  }
  return to
}

export function slice(from: PointColumns, start: number, end: number): PointColumns {
  return {
    count: end - start,
    sourceUs: from.sourceUs.subarray(start, end),
    sourceTick: from.sourceTick.subarray(start, end),
    serverUs: from.serverUs.subarray(start, end),
    receiveUs: from.receiveUs.subarray(start, end),
    value: from.value.subarray(start, end),
    status: from.status.subarray(start, end),
  }
}

function isInOrder(columns: PointColumns): boolean {
  const { sourceTick } = columns
  let before = -Infinity
  for (let i = 0; i < columns.count; i++) {
    const t = orderUs(columns, i)
    if (t < before || (t === before && i > 0 && (sourceTick[i] as number) < (sourceTick[i - 1] as number))) return false
    before = t
  }
  return true
}

/** In order of time and 100 ns digit, equals as they came. Gives back what it got when that is in order, as nearly always. */
export function inOrder(columns: PointColumns): PointColumns {
  if (isInOrder(columns)) return columns
  const { sourceTick } = columns
  const times = new Float64Array(columns.count)
  for (let i = 0; i < times.length; i++) times[i] = orderUs(columns, i)
  const rows = Uint32Array.from(times.keys()).sort((a, b) => {
    const [s, t] = [times[a] as number, times[b] as number]
    if (s !== t) return s < t ? -1 : 1
    return (sourceTick[a] as number) - (sourceTick[b] as number) || a - b
  })
  return pick(columns, rows)
}

/** `columns` in order; the first of each repeat stays, and nothing that `known` has. */
export function withoutKnown(columns: PointColumns, known: ReadonlySet<string>): PointColumns {
  const { count, sourceUs, sourceTick, value, status } = columns
  let repeats = known.size > 0
  for (let i = 1; !repeats && i < count; i++) {
    repeats = sourceTick[i] === sourceTick[i - 1] && orderUs(columns, i) === orderUs(columns, i - 1)
  }
  if (!repeats) return columns
  const seen = new Set(known)
  const rows: number[] = []
  for (let i = 0; i < count; i++) {
    const same = identity(sourceUs[i] as number, sourceTick[i] as number, value[i] as number, status[i] as number)
    if (same !== null) {
      if (seen.has(same)) continue
      seen.add(same)
    }
    rows.push(i)
  }
  return rows.length === count ? columns : pick(columns, Uint32Array.from(rows))
}
