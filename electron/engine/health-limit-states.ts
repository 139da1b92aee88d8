import type { BaselineRecord } from '../../shared/domain/health.ts'
import type { StateLimits } from '../../shared/domain/operating-limits.ts'
import type { LimitStateView } from '../../shared/protocol/health.ts'
import { SPEED_BAND } from '../diagnosis/warning/health-monitor.ts'

/** A week knows no weekend but one: two are the least from which limits are made. */
export const fewestDays = 14
const dayUs = 86_400e6

/** A condition of the present epoch, as it is learned. */
export interface LearnedCondition {
  rpm: number | null
  phase: 'learning' | 'proposed' | 'watched'
  learnedDays: number
  learned: number
}

/** One operating state that was seen, and the baseline that limits of it may be made from. */
export interface SeenState extends LimitStateView {
  record: BaselineRecord | null
}

/** Every speed that was seen, the slowest first; a baseline that holds wins over what is still being learned there. */
export function seenStates(frozen: readonly BaselineRecord[], conditions: readonly LearnedCondition[]): SeenState[] {
  const ofRecord = (record: BaselineRecord): SeenState => {
    const days = (record.untilUs - record.fromUs) / dayUs
    const state = days >= fewestDays ? 'used' : 'too-short'
    return { rpm: record.rpm, band: null, days, ofDays: fewestDays, snapshots: record.snapshots, state, record }
  }
  const seen = frozen.map(ofRecord)
  for (const { rpm, phase, learnedDays, learned } of conditions) {
    if (phase === 'watched' || seen.some((state) => isSame(state.rpm, rpm))) continue
    const state = phase === 'proposed' ? 'not-approved' : 'learning'
    seen.push({ rpm, band: null, days: learnedDays, ofDays: fewestDays, snapshots: learned, state, record: null })
  }
  return withBands(seen.toSorted((a, b) => (a.rpm ?? 0) - (b.rpm ?? 0)))
}

function isSame(a: number | null, b: number | null): boolean {
  return a === null || b === null ? a === b : Math.abs(Math.log(a / b)) <= SPEED_BAND
}

/** As wide as what shares a baseline, and where two meet, up to the middle between them. */
function withBands(seen: readonly SeenState[]): SeenState[] {
  const speeds = seen.map(({ rpm }) => rpm).filter((rpm) => rpm !== null)
  return seen.map((state) => {
    const { rpm } = state
    if (rpm === null || rpm <= 0) return state
    const below = speeds.findLast((other) => other < rpm)
    const above = speeds.find((other) => other > rpm)
    const low = Math.max(rpm / Math.exp(SPEED_BAND), below === undefined ? 0 : Math.sqrt(below * rpm))
    const high = Math.min(rpm * Math.exp(SPEED_BAND), above === undefined ? Infinity : Math.sqrt(above * rpm))
    return { ...state, band: [Math.round(low), Math.round(high)] }
  })
}

/** The rule's states with these in the place of those that would overlap them. */
export function mergedStates(now: readonly StateLimits[], proposed: readonly StateLimits[]): StateLimits[] {
  const overlaps = (state: StateLimits): boolean =>
    (state.runState ?? 'running') === 'running' &&
    proposed.some(
      ({ rpm }) => state.rpm === undefined || rpm === undefined || (state.rpm[0] < rpm[1] && rpm[0] < state.rpm[1]),
    )
  return [...now.filter((state) => !overlaps(state)), ...proposed]
}
