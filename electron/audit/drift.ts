import { median } from '../../shared/lib/median.ts'
import type { Contract } from '../../shared/domain/plant-file.ts'
import type { RunState, RunStateChange, TrendColumns } from '../../shared/domain/twin.ts'
import { spanOf } from './coarse.ts'
import { intersect, lengthUs, type Span } from './spans.ts'

/** A slow shift of a tag over the window, judged within one run state. */
export interface Drift extends Span {
  state: RunState | 'any'
  /** Change over the window, in the contract's unit. */
  shift: number
  /** Robust scatter around the line. */
  scatter: number
  /** Kendall's tau of value against time. */
  tau: number
}

/** Blocks of the window that are compared; fewer filled ones say nothing of a slow change. */
const blocks = 56
const leastBlocks = 20
/** Shorter windows show no drift: a day's cycle would pass for one. */
const leastWindowUs = 2 * 86_400e6
const leastTau = 0.7
const scattersBeyond = 4
/** Least drift told, as a share of the expected range. */
const leastShare: Partial<Record<Contract['quantity'], number>> = { temperature: 0.03, level: 0.1, pressure: 0.03 }
const otherShare = 0.05

/** Spans in which the machine was in `state`; the whole window where nothing tells run states. */
export function spansOfState(states: readonly RunStateChange[], state: RunState, window: Span): Span[] {
  return states.flatMap(({ state: each, atUs }, i) => {
    const fromUs = Math.max(atUs, window.fromUs)
    const toUs = Math.min(states[i + 1]?.atUs ?? window.toUs, window.toUs)
    return each === state && toUs > fromUs ? [{ fromUs, toUs }] : []
  })
}

/** Theil and Sen's slope over medians of blocks; null when nothing drifts or too little can be compared. */
export function driftOf(
  columns: TrendColumns,
  contract: Contract,
  window: Span,
  within: { state: RunState | 'any'; spans: readonly Span[] },
): Drift | null {
  const spanUs = window.toUs - window.fromUs
  if (spanUs < leastWindowUs || contract.quantity === 'state' || contract.quantity === 'count') return null
  const { t, y } = blockMedians(columns, window, within.spans)
  if (t.length < leastBlocks) return null
  const slopes: number[] = []
  let concordant = 0
  for (let i = 0; i < t.length; i++) {
    for (let j = i + 1; j < t.length; j++) {
      const d = (y[j] as number) - (y[i] as number)
      slopes.push(d / ((t[j] as number) - (t[i] as number)))
      concordant += Math.sign(d)
    }
  }
  const slope = median(slopes)
  const at = median(y.map((v, i) => v - slope * (t[i] as number)))
  const scatter = 1.4826 * median(y.map((v, i) => Math.abs(v - at - slope * (t[i] as number))))
  const shift = slope * ((t.at(-1) as number) - (t[0] as number))
  const tau = concordant / slopes.length
  const [low, high] = contract.expectedRange
  const least = (leastShare[contract.quantity] ?? otherShare) * (high - low)
  if (Math.abs(shift) < Math.max(least, scattersBeyond * scatter) || Math.abs(tau) < leastTau) return null
  return { ...window, state: within.state, shift, scatter, tau }
}

function blockMedians(columns: TrendColumns, window: Span, spans: readonly Span[]): { t: number[]; y: number[] } {
  const groups = new Map<number, number[]>()
  const blockUs = (window.toUs - window.fromUs) / blocks
  for (let i = 0; i < columns.tUs.length; i++) {
    if ((columns.count[i] as number) === 0) continue
    const span = spanOf(columns, i, window)
    // A column in which the machine changed its state is of neither.
    if (lengthUs(intersect([span], spans)) < 0.999 * (span.toUs - span.fromUs)) continue
    const block = Math.floor((span.fromUs - window.fromUs) / blockUs)
    const group = groups.get(block)
    if (group) group.push(columns.mean[i] as number)
    else groups.set(block, [columns.mean[i] as number])
  }
  const filled = [...groups].sort(([a], [b]) => a - b)
  return { t: filled.map(([block]) => block), y: filled.map(([, values]) => median(values)) }
}

/** What is known of another tag of the same machine. */
export interface Sibling {
  id: string
  quantity: Contract['quantity']
  drift: Drift | null
}

export interface Attribution {
  to: 'sensor' | 'process' | 'undecided'
  why: string
}

/**
 * Whose drift it is. A sensor's: the reading also moves while the machine stands still and there is nothing to measure, or of
 * several that measure the same only one moves. The process's: others that measure the same move the same way.
 */
export function attribute(
  own: { id: string; quantity: Contract['quantity']; drift: Drift; stopped: Drift | null },
  siblings: readonly Sibling[],
): Attribution {
  const same = siblings.filter(({ quantity }) => quantity === own.quantity)
  const along = same.filter(({ drift }) => drift !== null && Math.sign(drift.shift) === Math.sign(own.drift.shift))
  if (along.length > 0 && along.length * 2 >= same.length) {
    const others = along.map(({ id }) => id).join(', ')
    return { to: 'process', why: `${others} on the same machine moved the same way` }
  }
  if (own.stopped && Math.sign(own.stopped.shift) === Math.sign(own.drift.shift)) {
    return { to: 'sensor', why: 'it moved as well while the machine stood still' }
  }
  if (same.length >= 2 && along.length === 0) {
    return { to: 'sensor', why: `${same.length} others on the machine measure the same quantity and did not move` }
  }
  const why =
    same.length === 0
      ? 'nothing else on the machine measures the same quantity'
      : 'the others on the machine that measure it do not settle it'
  return { to: 'undecided', why }
}
