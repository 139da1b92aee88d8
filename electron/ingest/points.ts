import { worstLatencyMs } from '../../shared/domain/latency.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import type { PointHead } from '../../shared/domain/twin.ts'

/** A point as ingest is told of it. Without a contract nothing is judged and nothing can be missing. */
export interface IngestPoint {
  key: number
  id: string
  serverId: string
  kind: 'scalar' | 'waveform' | 'event'
  contract: Contract | undefined
}

export const timeFrom = { source: 0, server: 1, receive: 2 } as const
export const latePolicy = { accept: 0, reject: 1, mark: 2 } as const
export const orderPolicy = { reorder: 0, reject: 1, mark: 2 } as const

/** Values remembered per point to recognise one that is delivered again; a power of two. */
export const recentCount = 8

/**
 * A source clock this far ahead of ours is wrong (a time zone sent as UTC is the usual case). Its values are kept and
 * marked, but must not move the point's head, or every true value after them would be late.
 */
export const futureToleranceUs = 30 * 60 * 1e6

export type PointTable = ReturnType<typeof createPointTable>

/**
 * Contracts and running state of every point, one typed array per field: 100 000 values a second pass through here, and
 * an object per value or per point would cost more than the work itself.
 */
export function createPointTable(points: readonly IngestPoint[], heads: readonly PointHead[], nowUs: number) {
  const n = points.length
  const highestKey = points.reduce((most, point) => Math.max(most, point.key), 0)
  const indexOfKey = new Int32Array(highestKey + 1).fill(-1)
  const table = {
    points,
    size: n,
    indexOfKey,
    timeFrom: new Uint8Array(n),
    low: new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    high: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
    late: new Uint8Array(n),
    lateToleranceUs: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
    keepDuplicates: new Uint8Array(n),
    order: new Uint8Array(n),
    /** 1: has a deadband, so that silence of the point alone means nothing (`Silence`). */
    heldByLink: new Uint8Array(n),
    staleMs: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
    missingMs: new Float64Array(n).fill(Number.POSITIVE_INFINITY),
    /** Newest source time handed out by a tick; what is earlier is late. */
    committedUs: new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    committedTick: new Uint8Array(n),
    /** Newest source time seen, handed out or not. */
    newestUs: new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    newestTick: new Uint8Array(n),
    newestValue: new Float64Array(n).fill(Number.NaN),
    newestStatus: new Uint32Array(n),
    /** Source time of the value that came last, which of a clock that is far ahead never is the newest. */
    cameUs: new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    receiveUs: new Float64Array(n).fill(Number.NaN),
    receiveMs: new Float64Array(n).fill(Number.NEGATIVE_INFINITY),
    /** A run of late values that may be of a clock that was set back: monotonic start, its source time, the newest one. */
    backSinceMs: new Float64Array(n).fill(Number.NaN),
    backFromUs: new Float64Array(n).fill(Number.NaN),
    backLastUs: new Float64Array(n).fill(Number.NaN),
    /** Values of this point wait in an order other than their source times'. */
    disordered: new Uint8Array(n),
    /** Start of the open `missing` gap, NaN when there is none. */
    missingSinceUs: new Float64Array(n).fill(Number.NaN),
    recentUs: new Float64Array(n * recentCount).fill(Number.NaN),
    recentTick: new Uint8Array(n * recentCount),
    recentValue: new Float64Array(n * recentCount),
    recentSeverity: new Uint8Array(n * recentCount),
    recentNext: new Uint8Array(n),
    received: new Float64Array(n),
    accepted: new Float64Array(n),
    rejected: new Float64Array(n),
    dropped: new Float64Array(n),
    duplicates: new Float64Array(n),
    outOfRange: new Float64Array(n),
    /** Older than what was committed, refused or not. */
    lateCount: new Float64Array(n),
    /** Older than what came before it in the same tick, refused or not. */
    orderCount: new Float64Array(n),
    markedCount: new Float64Array(n),
    /** Times the point was silent for longer than its contract calls fresh, and for so long that a gap was opened. */
    staleCount: new Float64Array(n),
    missingCount: new Float64Array(n),
    isStale: new Uint8Array(n),
  }
  points.forEach((point, index) => {
    indexOfKey[point.key] = index
    if (point.contract) applyContract(table, index, point.contract)
    // It is asked of the server for scalars only.
    table.heldByLink[index] = point.kind === 'scalar' && point.contract?.deadband ? 1 : 0
  })
  for (const head of heads) {
    const index = indexOfKey[head.pointKey] ?? -1
    // A head from the future is of a clock that was wrong, theirs or ours: all true values would be late behind it, for ever.
    if (index >= 0 && head.tUs - nowUs <= futureToleranceUs) applyHead(table, index, head)
  }
  return table
}

/** What is known of a point besides its contract. */
const stateFields = [
  'newestUs',
  'newestTick',
  'newestValue',
  'newestStatus',
  'cameUs',
  'receiveUs',
  'receiveMs',
  'backSinceMs',
  'backFromUs',
  'backLastUs',
  'missingSinceUs',
  'recentUs',
  'recentTick',
  'recentValue',
  'recentSeverity',
  'recentNext',
  'received',
  'accepted',
  'rejected',
  'dropped',
  'duplicates',
  'outOfRange',
  'lateCount',
  'orderCount',
  'markedCount',
  'staleCount',
  'missingCount',
  'isStale',
] as const

/** Index in `to` and in `from` of the points whose contract is the same in both. */
export function samePoints(to: PointTable, from: PointTable): [number, number][] {
  return to.points.flatMap((point, index): [number, number][] => {
    const before = from.indexOfKey[point.key] ?? -1
    const known = from.points[before]
    if (!known || known.kind !== point.kind || known.serverId !== point.serverId) return []
    return JSON.stringify(known.contract) === JSON.stringify(point.contract) ? [[index, before]] : []
  })
}

/** A new revision of the plant: points that are the same go on as if nothing had happened. */
export function carryPoints(to: PointTable, from: PointTable, same: readonly [number, number][]): void {
  for (const field of stateFields) {
    const width = from.size === 0 ? 1 : from[field].length / from.size
    for (const [index, before] of same)
      to[field].set(from[field].subarray(before * width, (before + 1) * width), index * width)
  }
  // What the table before still holds is committed before anything of this one.
  for (const [index] of same) {
    to.committedUs[index] = to.newestUs[index] ?? Number.NEGATIVE_INFINITY
    to.committedTick[index] = to.newestTick[index] ?? 0
  }
}

function applyContract(table: PointTable, index: number, contract: Contract): void {
  const { policy } = contract
  table.timeFrom[index] = timeFrom[contract.timestampSource]
  table.low[index] = contract.expectedRange[0]
  table.high[index] = contract.expectedRange[1]
  table.late[index] = latePolicy[policy.late]
  table.lateToleranceUs[index] = policy.lateToleranceMs * 1000
  table.keepDuplicates[index] = policy.duplicate === 'count' ? 1 : 0
  table.order[index] = orderPolicy[policy.outOfOrder]
  table.staleMs[index] = policy.staleAfterMs ?? 2 * worstLatencyMs(contract)
  table.missingMs[index] = policy.missingAfterMs
}

/** The last committed value: after a restart or reconnect the server sends it once more. */
function applyHead(table: PointTable, index: number, head: PointHead): void {
  table.committedUs[index] = head.tUs
  table.newestUs[index] = head.tUs
  table.newestValue[index] = head.value
  table.newestStatus[index] = head.status
  // The 100 ns digit of a head is not kept.
  remember(table, index, head.tUs, anyTick, head.value, head.status >>> 30)
}

/** In `recentTick`: the remainder is not known and matches any. */
const anyTick = 255

export function remember(
  table: PointTable,
  index: number,
  tUs: number,
  tick: number,
  value: number,
  severity: number,
): void {
  const next = table.recentNext[index] ?? 0
  const slot = index * recentCount + next
  table.recentUs[slot] = tUs
  table.recentTick[slot] = tick
  table.recentValue[slot] = value
  table.recentSeverity[slot] = severity
  table.recentNext[index] = (next + 1) & (recentCount - 1)
}

/**
 * The same point, source time, value and quality: delivered again. Quality is part of it because a server that loses
 * its device may send the last value and time again with a bad status, and that is news.
 */
export function seenBefore(
  table: PointTable,
  index: number,
  tUs: number,
  tick: number,
  value: number,
  severity: number,
): boolean {
  const first = index * recentCount
  for (let slot = first; slot < first + recentCount; slot++) {
    if (table.recentUs[slot] !== tUs || table.recentSeverity[slot] !== severity) continue
    const known = table.recentTick[slot]
    if (known !== tick && known !== anyTick) continue
    if (Object.is(table.recentValue[slot], value) || table.recentValue[slot] === value) return true
  }
  return false
}
