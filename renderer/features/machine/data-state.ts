import type { Freshness, PointValue } from '../../../shared/protocol/views.ts'

const order: readonly Freshness[] = ['live', 'never', 'stale', 'missing']

/** The worst of the points: one dead tag must not hide behind five live ones. `never` is milder than data that stopped. */
export function worstFreshness(values: readonly PointValue[]): Freshness {
  let worst: Freshness = values.length === 0 ? 'never' : 'live'
  for (const { freshness } of values) if (order.indexOf(freshness) > order.indexOf(worst)) worst = freshness
  return worst
}

export interface DataState {
  live: number
  stale: number
  missing: number
  never: number
  notGood: number
}

/** Points (not features) by freshness, and how many of them are not of good quality. */
export function dataState(values: readonly PointValue[]): DataState {
  const state: DataState = { live: 0, stale: 0, missing: 0, never: 0, notGood: 0 }
  const seen = new Set<string>()
  for (const value of values) {
    if (seen.has(value.pointId)) continue
    seen.add(value.pointId)
    state[value.freshness] += 1
    if (value.quality !== 'good' && value.freshness !== 'never') state.notGood += 1
  }
  return state
}

/** The value a callout shows for each point: one over a limit first, else the first of its features. */
export function calloutValues(values: readonly PointValue[]): Map<string, PointValue> {
  const rank = { normal: 0, warning: 1, alarm: 2 }
  const chosen = new Map<string, PointValue>()
  for (const value of values) {
    const held = chosen.get(value.pointId)
    if (held === undefined || rank[value.level] > rank[held.level]) chosen.set(value.pointId, value)
  }
  return chosen
}

/** The window has lost its engine: what it last said of a point holds no more. */
const unseen = { state: 'stale', reason: 'old', sinceUs: null } as const

/** Values of frames that stopped coming: what was live then is not live now. */
export function asStopped(values: readonly PointValue[]): PointValue[] {
  return values.map((value) =>
    value.freshness === 'live' ? Object.assign({}, value, { freshness: 'stale' as const, state: unseen }) : value,
  )
}
