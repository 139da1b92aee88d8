import { selectInPlace } from '../../shared/lib/median.ts'
import { statusWithoutInfo } from '../../shared/domain/status-code.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import { spanOf } from './coarse.ts'
import type { FineColumns } from './input.ts'
import type { Span } from './spans.ts'

/** A stretch in which values came and all were the same. */
export interface Still extends Span {
  value: number
  /** Values that came in it. */
  count: number
  /** It reaches to both ends of what was looked at: no change was ever seen. */
  whole: boolean
}

/** A tag must have changed so often before its own habit may excuse it. */
const changesForHabit = 10
/** How much longer than usual a value may stand still: exponential waiting times exceed ten times their 95 % point never. */
const beyondHabit = 10
const leastUs = 60e6
const leastCadences = 20

/** Codes by which a server says that it repeats what it last had (OPC 10000-8, 6.3). */
const lastUsable = new Set([0x40900000, 0x408f0000])

export function saysLastUsable(status: number): boolean {
  return lastUsable.has(statusWithoutInfo(status))
}

/** With a deadband, a value that stands still says that it is within it; states and counts stand still by nature. */
export function mayStandStill({ deadband, quantity }: Contract): boolean {
  return deadband !== undefined || quantity === 'state' || quantity === 'count'
}

/** Stretches of equal values in order. Bad values end none: they say nothing of the value. */
export function stillsOfValues(fine: FineColumns): Still[] {
  const stills: Still[] = []
  let first = -1
  let last = -1
  let count = 0
  const end = (): void => {
    if (first < 0) return
    const span = { fromUs: fine.tUs[first] as number, toUs: fine.tUs[last] as number }
    stills.push({ ...span, value: fine.value[first] as number, count, whole: false })
  }
  for (let i = 0; i < fine.count; i++) {
    const value = fine.value[i] as number
    if ((fine.status[i] as number) >>> 31 === 1 || !Number.isFinite(value)) continue
    if (first < 0 || value !== fine.value[first]) {
      end()
      first = i
      count = 0
    }
    last = i
    count++
  }
  end()
  const [only] = stills
  if (only && stills.length === 1) only.whole = true
  return stills
}

/** Lengths of the same stretches alone: of a lively tag there are as many as values. */
function stillLengths(fine: FineColumns): Float64Array {
  const lengths = new Float64Array(fine.count)
  let n = 0
  let first = -1
  let last = -1
  for (let i = 0; i < fine.count; i++) {
    const value = fine.value[i] as number
    if ((fine.status[i] as number) >>> 31 === 1 || !Number.isFinite(value)) continue
    if (first < 0 || value !== fine.value[first]) {
      if (first >= 0) lengths[n++] = (fine.tUs[last] as number) - (fine.tUs[first] as number)
      first = i
    }
    last = i
  }
  if (first >= 0) lengths[n++] = (fine.tUs[last] as number) - (fine.tUs[first] as number)
  return lengths.subarray(0, n)
}

/** The same from columns: only those whose least and greatest value are one. `changes`: columns in which the value moved. */
export function stillsOfColumns(columns: TrendColumns, window: Span): { stills: Still[]; changes: number } {
  const stills: Still[] = []
  let open = false
  let changes = 0
  for (let i = 0; i < columns.tUs.length; i++) {
    const count = columns.count[i] as number
    if (count === 0) continue
    const [min, max] = [columns.min[i] as number, columns.max[i] as number]
    const { fromUs, toUs } = spanOf(columns, i, window)
    const last = stills.at(-1)
    if (min !== max) {
      changes++
      open = false
    } else if (open && last?.value === min) {
      last.toUs = toUs
      last.count += count
    } else {
      if (open) changes++
      open = true
      stills.push({ fromUs, toUs, value: min, count, whole: false })
    }
  }
  const [only] = stills
  if (only && stills.length === 1 && changes === 0) only.whole = true
  return { stills, changes }
}

/** Of values[0..count-1], whose order is lost, and `zeros` more that are 0; 0 where there is none. */
function quantile(values: Float64Array, count: number, zeros: number, q: number): number {
  const all = count + zeros
  const rank = Math.min(all - 1, Math.floor(q * all)) - zeros
  return rank < 0 ? 0 : selectInPlace(values, count, rank)
}

/**
 * How long the value of this tag may stand still and still be taken for new: a minute or twenty cadences, or ten times what is
 * usual for it. What is usual is learned only from a tag that changed ten times, the longest stretch left out: it is the one in
 * question. Where too few changes were seen value by value, one may be as rare as one a column.
 */
export function toleranceUs(
  contract: Contract,
  fine: readonly FineColumns[],
  coarse: { stills: readonly Still[]; changes: number },
  columnUs: number,
): number {
  const least = Math.max(leastUs, leastCadences * contract.updateCadenceMs * 1000)
  const { short, count } = shortStills(fine)
  const knows = count >= changesForHabit
  if (coarse.changes < changesForHabit) {
    return knows ? Math.max(least, beyondHabit * quantile(short, count, 0, 0.95)) : least
  }
  const long = Float64Array.from(coarse.stills, ({ fromUs, toUs }) => toUs - fromUs)
  const kept = withoutLongest(long, long.length)
  const usual = knows ? 2 * quantile(short, count, 0, 0.95) : columnUs
  return Math.max(least, (beyondHabit / 2) * Math.max(usual, quantile(long, kept, coarse.changes, 0.9)))
}

/** How long the value stood still each time in what was read, the longest left out. */
function shortStills(fine: readonly FineColumns[]): { short: Float64Array; count: number } {
  const short = new Float64Array(fine.reduce((sum, { count }) => sum + count, 0))
  let count = 0
  for (const part of fine) {
    // The first and last stretch of what was read began or ended out of sight.
    const lengths = stillLengths(part)
    for (let i = 1; i < lengths.length - 1; i++) short[count++] = lengths[i] as number
  }
  return { short, count: withoutLongest(short, count) }
}

/** How many are left; the order is lost. */
function withoutLongest(lengths: Float64Array, count: number): number {
  if (count === 0) return 0
  let longest = 0
  for (let i = 1; i < count; i++) if ((lengths[i] as number) > (lengths[longest] as number)) longest = i
  lengths[longest] = lengths[count - 1] as number
  return count - 1
}
