import { median } from '../../shared/lib/median.ts'
import { qualityOf } from '../../shared/domain/status-code.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import type { TrendColumns } from '../../shared/domain/twin.ts'
import type { FineColumns } from './input.ts'

/** Hampel's filter: so many values to each side; a spike is shorter than half of them. */
const reach = 7
/** Robust standard deviations; eight leave noise alone (one in 10^15 if it is normal). */
const deviations = 8
const toSigma = 1.4826

/**
 * Least spike, as a share of the expected range: what a class of sensor does by itself in one value. A temperature cannot jump; a
 * vibration level, a current or a flow can.
 */
const leastShare: Partial<Record<Contract['quantity'], number>> = {
  temperature: 0.02,
  level: 0.03,
  humidity: 0.05,
  pressure: 0.05,
  'rotational-speed': 0.1,
  acceleration: 0.15,
  velocity: 0.15,
  displacement: 0.15,
}
const otherShare = 0.1

export interface Spike {
  tUs: number
  value: number
  usual: number
}

/** States and counts jump by nature. */
export function canSpike({ quantity }: Contract): boolean {
  return quantity !== 'state' && quantity !== 'count'
}

export function leastSpike({ quantity, expectedRange: [low, high] }: Contract): number {
  return (leastShare[quantity] ?? otherShare) * (high - low)
}

/** Single values (three in a row at most) far from their neighbours on both sides. */
export function spikesIn(fine: FineColumns, contract: Contract): Spike[] {
  const least = leastSpike(contract)
  const rows: number[] = []
  for (let i = 0; i < fine.count; i++) {
    if (qualityOf(fine.status[i] as number) !== 'bad' && Number.isFinite(fine.value[i])) rows.push(i)
  }
  const near = new Float64Array(2 * reach)
  const spikes: Spike[] = []
  for (let r = 0; r < rows.length; r++) {
    const i = rows[r] as number
    const value = fine.value[i] as number
    const before = fine.value[rows[r - 1] ?? i] as number
    const after = fine.value[rows[r + 1] ?? i] as number
    // The dear part only where a neighbour is far off; a plateau of two or three has one such side.
    if (Math.abs(value - before) < least && Math.abs(value - after) < least) {
      const last = spikes.at(-1)
      if (!last || value !== before || last.tUs !== fine.tUs[rows[r - 1] ?? i]) continue
    }
    let n = 0
    for (let k = Math.max(0, r - reach); k <= Math.min(rows.length - 1, r + reach); k++) {
      if (k !== r && n < near.length) near[n++] = fine.value[rows[k] as number] as number
    }
    if (n < 4) continue
    const neighbours = near.slice(0, n)
    const usual = median(neighbours)
    const spread = toSigma * median(neighbours.map((v) => Math.abs(v - usual)))
    if (Math.abs(value - usual) > Math.max(least, deviations * spread)) {
      spikes.push({ tUs: fine.tUs[i] as number, value, usual })
    }
  }
  return spikes
}

/** Columns around one for comparison, to each side. */
const columnReach = 6

/**
 * Columns whose extreme stands out from those around it: where spikes may be. The best first; a column is a hint only, since a
 * short excursion of the process looks the same from here.
 */
export function spikyColumns(columns: TrendColumns, contract: Contract): readonly number[] {
  if (!canSpike(contract)) return []
  const known = found.get(columns)
  if (known?.contract === contract) return known.spiky
  const spiky = findSpiky(columns, contract)
  found.set(columns, { contract, spiky })
  return spiky
}

/** The plan of what to read asks first, the findings ask again. */
const found = new WeakMap<TrendColumns, { contract: Contract; spiky: readonly number[] }>()

function findSpiky(columns: TrendColumns, contract: Contract): number[] {
  const least = leastSpike(contract)
  const filled: number[] = []
  for (let i = 0; i < columns.tUs.length; i++) if ((columns.count[i] as number) > 0) filled.push(i)
  const spiky: { column: number; excess: number }[] = []
  const near = new Float64Array(2 * columnReach + 1)
  for (let r = 0; r < filled.length; r++) {
    const i = filled[r] as number
    const mean = columns.mean[i] as number
    const [min, max] = [columns.min[i] as number, columns.max[i] as number]
    // A spike of one value moves the extreme and leaves the mean: cheap to see, and true of few columns.
    if (max - mean < least && mean - min < least) continue
    let excess = 0
    for (const [extremes, value, sign] of [
      [columns.max, max, 1],
      [columns.min, min, -1],
    ] as const) {
      let n = 0
      for (let k = Math.max(0, r - columnReach); k <= Math.min(filled.length - 1, r + columnReach); k++) {
        if (k !== r) near[n++] = extremes[filled[k] as number] as number
      }
      const others = near.slice(0, n)
      const usual = n > 0 ? median(others) : mean
      const spread = toSigma * median(others.map((v) => Math.abs(v - usual)))
      const over = sign * (value - usual)
      if (over > Math.max(least / 2, 4 * spread || 0)) excess = Math.max(excess, over)
    }
    if (excess > 0) spiky.push({ column: i, excess })
  }
  return spiky.sort((a, b) => b.excess - a.excess).map(({ column }) => column)
}
