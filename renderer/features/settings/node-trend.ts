import { noLimits } from '../../../shared/domain/operating-limits.ts'
import type { ReadView } from '../../../shared/protocol/methods.ts'
import type { TrendFrame } from '../../../shared/protocol/views.ts'

export interface NodeSample {
  /** Source time, or when it was read where the server says none. */
  tUs: number
  /** NaN where there is no number of good or uncertain quality. */
  value: number
}

/** Ten minutes of reads, one a second. */
const kept = 600

/**
 * One more read. A value that stands still keeps its source time, so it is drawn at the time of the read: the line goes on
 * as long as somebody is told the value.
 */
export function addRead(samples: readonly NodeSample[], read: ReadView, nowUs: number): NodeSample[] {
  const last = samples.at(-1)?.tUs ?? Number.NEGATIVE_INFINITY
  const isUsable = read.number !== null && Number.isFinite(read.number) && read.status >>> 30 < 2
  const sourceUs = read.sourceUs ?? nowUs
  // A clock that is ahead of ours would leave the plot.
  const tUs = sourceUs > last && sourceUs <= nowUs ? sourceUs : nowUs
  if (tUs <= last) return [...samples]
  return [...samples, { tUs, value: isUsable ? (read.number ?? Number.NaN) : Number.NaN }].slice(-kept)
}

/** The samples as a trend is drawn, without limits and gaps: nobody has mapped the node yet. */
export function trendOf(samples: readonly NodeSample[], nodeId: string, unit: string, nowUs: number): TrendFrame {
  const values = Float64Array.from(samples, ({ value }) => value)
  return {
    atUs: nowUs,
    pointId: nodeId,
    feature: 'value',
    unit,
    tUs: Float64Array.from(samples, ({ tUs }) => tUs),
    min: values,
    max: values,
    mean: values,
    limits: noLimits,
    gaps: [],
  }
}
