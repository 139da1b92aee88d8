import { findingKinds, type FindingKind, type GateState } from '../../../shared/domain/audit.ts'
import { countPointStates, type PointState } from '../../../shared/domain/point-state.ts'
import type { QualitySummary } from '../../../shared/protocol/quality.ts'

export const levels = ['lines', 'assets', 'points'] as const
export type Level = (typeof levels)[number]

/** A line, a machine or a tag, as one row of the list. */
export interface QualityRow {
  id: string
  name: string
  level: Level
  score: number | null
  completeness: number | null
  gate: GateState
  /** Of a tag, what was found; of a group, how many of its tags fail. */
  kinds: readonly FindingKind[]
  failing: number
  judged: number
  points: number
}

export interface Criteria {
  level: Level
  /** A line or machine whose parts are wanted. */
  within: string | null
  text: string
  /** Of the tags: below the gate, in this state now, with this finding. A group is shown when one of its tags is. */
  failingOnly: boolean
  state: PointState | null
  kind: FindingKind | null
}

/** What each tag is at this moment; a tag that is not named is normal. */
export type StateNow = ReadonlyMap<string, PointState>

type Tag = QualitySummary['points'][number]

function stateOf({ id }: Tag, now: StateNow): PointState {
  return now.get(id) ?? 'normal'
}

function isWithin({ assetId, lineId }: Tag, within: string | null): boolean {
  return within === null || assetId === within || lineId === within
}

function passes(
  tag: Tag,
  { failingOnly, state, kind }: Pick<Criteria, 'failingOnly' | 'state' | 'kind'>,
  now: StateNow,
): boolean {
  if (failingOnly && tag.gate !== 'fail') return false
  return (state === null || stateOf(tag, now) === state) && (kind === null || tag.kinds.includes(kind))
}

export interface Counts {
  tags: number
  failing: number
  states: Record<PointState, number>
  kinds: ReadonlyMap<FindingKind, number>
}

/** How many tags each choice would show, the other choices as they are. */
export function countsOf({ points }: QualitySummary, criteria: Criteria, now: StateNow): Counts {
  const tags = points.filter((tag) => isWithin(tag, criteria.within))
  const by = (more: Partial<Criteria>): Tag[] => tags.filter((tag) => passes(tag, { ...criteria, ...more }, now))
  const byKind = by({ kind: null })
  return {
    tags: by({}).length,
    failing: by({ failingOnly: true }).length,
    states: countPointStates(by({ state: null }).map((tag) => stateOf(tag, now))),
    kinds: new Map(findingKinds.map((kind) => [kind, byKind.filter(({ kinds }) => kinds.includes(kind)).length])),
  }
}

function rowsOf({ lines, assets, points }: QualitySummary, criteria: Criteria, now: StateNow): QualityRow[] {
  const { level, within } = criteria
  const tags = points.filter((tag) => isWithin(tag, within) && passes(tag, criteria, now))
  if (level === 'points') {
    return tags.map(({ id, name, score, completeness, gate, kinds }) => ({
      id,
      name,
      level,
      score,
      completeness,
      gate,
      kinds,
      failing: gate === 'fail' ? 1 : 0,
      judged: completeness === null ? 0 : 1,
      points: 1,
    }))
  }
  const groups = level === 'lines' ? lines : assets.filter(({ lineId }) => within === null || lineId === within)
  const isAll = !criteria.failingOnly && criteria.state === null && criteria.kind === null
  const held = new Set(tags.map(({ assetId, lineId }) => (level === 'lines' ? lineId : assetId)))
  const shown = isAll ? groups : groups.filter(({ id }) => held.has(id))
  return shown.map(({ id, name, score, completeness, gate, failing, judged, points: count }) => ({
    id,
    name,
    level,
    score,
    completeness,
    gate,
    kinds: [],
    failing: failing.length,
    judged,
    points: count,
  }))
}

/** Worst first, as the report has them. */
export function shownRows(report: QualitySummary, criteria: Criteria, now: StateNow): QualityRow[] {
  const words = criteria.text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  return rowsOf(report, criteria, now).filter(({ id, name, kinds }) => {
    const text = `${id} ${name} ${kinds.join(' ')}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** One level down, or null for a tag. */
export function below(level: Level): Level | null {
  return level === 'lines' ? 'assets' : level === 'assets' ? 'points' : null
}

/** Where a level up leads: the lines, or the machines of the line that the machine belongs to. */
export function above(
  report: QualitySummary,
  level: Level,
  within: string | null,
): { level: Level; within: string | null } | null {
  if (level === 'lines') return null
  if (level === 'assets') return { level: 'lines', within: null }
  const line = report.assets.find(({ id }) => id === within)?.lineId ?? null
  return { level: 'assets', within: line }
}

/** Places of a span in a strip over the window, in percent; at least a hair wide, so that no finding is lost. */
export function placeIn(
  fromUs: number,
  toUs: number,
  window: { fromUs: number; toUs: number },
): { left: number; width: number } {
  const whole = Math.max(1, window.toUs - window.fromUs)
  const clamp = (us: number): number => Math.min(Math.max(us, window.fromUs), window.toUs)
  const width = Math.max(0.4, ((clamp(toUs) - clamp(fromUs)) / whole) * 100)
  const left = Math.min(100 - width, ((clamp(fromUs) - window.fromUs) / whole) * 100)
  return { left: Math.max(0, left), width: Math.min(100, width) }
}
