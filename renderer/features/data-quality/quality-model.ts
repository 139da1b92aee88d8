import type { FindingKind, GateState } from '../../../shared/domain/audit.ts'
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

/** Rows one list draws: more would cost the window its frame, and nobody reads them. */
export const mostRows = 200

export interface Shown {
  rows: QualityRow[]
  /** Rows that match and are not drawn. */
  more: number
}

export interface Criteria {
  level: Level
  /** A line or machine whose parts are wanted. */
  within: string | null
  text: string
  failingOnly: boolean
}

function rowsOf({ lines, assets, points }: QualitySummary, { level, within }: Criteria): QualityRow[] {
  if (level === 'points') {
    return points
      .filter(({ assetId, lineId }) => within === null || assetId === within || lineId === within)
      .map(({ id, name, score, completeness, gate, kinds }) => ({
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
  return groups.map(({ id, name, score, completeness, gate, failing, judged, points: count }) => ({
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
export function shownRows(report: QualitySummary, criteria: Criteria): Shown {
  const words = criteria.text.trim().toLowerCase().split(/\s+/).filter(Boolean)
  const matching = rowsOf(report, criteria).filter(({ id, name, kinds, gate }) => {
    if (criteria.failingOnly && gate !== 'fail') return false
    const text = `${id} ${name} ${kinds.join(' ')}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  return { rows: matching.slice(0, mostRows), more: Math.max(0, matching.length - mostRows) }
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
