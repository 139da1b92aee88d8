import { qualityOf } from '../../shared/domain/status-code.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import type { FineColumns } from './input.ts'
import { clip, lengthUs, type Span } from './spans.ts'

/** Columns of values that were all read, for measures that go by columns. A repeated time is one value, as in roll-ups. */
export function columnsOf(fine: FineColumns, columns: number): TrendColumns {
  const { fromUs, toUs } = fine
  const widthUs = (toUs - fromUs) / columns
  const out: TrendColumns = {
    tUs: Float64Array.from({ length: columns }, (_, i) => fromUs + i * widthUs),
    min: new Float64Array(columns).fill(Number.NaN),
    max: new Float64Array(columns).fill(Number.NaN),
    mean: new Float64Array(columns).fill(Number.NaN),
    count: new Uint32Array(columns),
    badCount: new Uint32Array(columns),
  }
  const sum = new Float64Array(columns)
  for (let i = 0; i < fine.count; i++) {
    const at = Math.min(columns - 1, Math.floor(((fine.tUs[i] as number) - fromUs) / widthUs))
    if (at < 0) continue
    const value = fine.value[i] as number
    if (qualityOf(fine.status[i] as number) === 'bad' || !Number.isFinite(value)) {
      out.badCount[at] = (out.badCount[at] as number) + 1
      continue
    }
    if (i > 0 && fine.tUs[i] === fine.tUs[i - 1] && fine.value[i - 1] === value) continue
    out.count[at] = (out.count[at] as number) + 1
    sum[at] = (sum[at] as number) + value
    if (!((out.min[at] as number) <= value)) out.min[at] = value
    if (!((out.max[at] as number) >= value)) out.max[at] = value
  }
  for (let i = 0; i < columns; i++)
    if ((out.count[i] as number) > 0) out.mean[i] = (sum[i] as number) / (out.count[i] as number)
  return out
}

/** Stretch of column `i`; the last ends with the window. */
export function spanOf({ tUs }: TrendColumns, i: number, window: Span): Span {
  const fromUs = Math.max(window.fromUs, tUs[i] ?? window.toUs)
  return { fromUs, toUs: Math.min(window.toUs, Math.max(fromUs, tUs[i + 1] ?? window.toUs)) }
}

/** Microseconds of each column in which values were due. */
export function dueOfColumns(columns: TrendColumns, due: readonly Span[], window: Span): Float64Array {
  const out = new Float64Array(columns.tUs.length)
  let first = 0
  for (let i = 0; i < out.length; i++) {
    const span = spanOf(columns, i, window)
    while (first < due.length && (due[first] as Span).toUs <= span.fromUs) first++
    const only = due[first]
    if (only && only.fromUs <= span.fromUs && only.toUs >= span.toUs) out[i] = span.toUs - span.fromUs
    else if (only && only.fromUs < span.toUs) out[i] = lengthUs(clip(due.slice(first), span))
  }
  return out
}
