import type { SpectrumFrame } from '../../../shared/protocol/views.ts'
import { isFound, lanesOf, readLines, type LineMark } from '../../charts/index.ts'

export type Strength = 'none' | 'faint' | 'single' | 'clear' | 'strong'

export interface Finding {
  fault: string
  strength: Strength
  marks: readonly LineMark[]
  found: number
}

const strongSnrDb = 24
const clearLines = 2

/**
 * How plainly a family stands out of its surroundings. A single line may be chance or another machine; two or more of a
 * family at the same time are what the eye of an analyst looks for.
 */
export function strengthOf(marks: readonly LineMark[]): Strength {
  const found = marks.filter(isFound)
  if (found.length === 0) return 'none'
  if (found.length < clearLines) return 'single'
  return found.some((mark) => (mark.snrDb ?? 0) >= strongSnrDb) ? 'strong' : 'clear'
}

/** Share of the largest bearing line below which a family is told as faint. */
const faintBelow = 0.1

/**
 * A pure tone leaks and a defect modulates: beside a strong family, lines of the others rise out of a quiet floor although
 * nothing is wrong with those parts.
 */
function besideLargest(strength: Strength, own: number, largest: number): Strength {
  return strength !== 'none' && own < largest * faintBelow ? 'faint' : strength
}

function largestOf(marks: readonly LineMark[]): number {
  return Math.max(0, ...marks.map((mark) => mark.amplitude ?? 0))
}

const rank: Record<Strength, number> = { strong: 0, clear: 1, single: 2, faint: 3, none: 4 }

/** Bearing families of an envelope spectrum, the plainest first; shaft lines are no bearing finding and left out. */
export function findingsOf(frame: SpectrumFrame | null): Finding[] {
  const lanes = lanesOf(frame ? readLines(frame) : []).filter((lane) => lane.fault !== 'shaft')
  const largest = Math.max(0, ...lanes.map((lane) => largestOf(lane.marks)))
  return lanes
    .map((lane) => ({
      fault: lane.fault,
      strength: besideLargest(strengthOf(lane.marks), largestOf(lane.marks), largest),
      marks: lane.marks,
      found: lane.marks.filter(isFound).length,
    }))
    .sort((a, b) => rank[a.strength] - rank[b.strength])
}

/** Shaft orders of a plain spectrum. */
export function shaftLinesOf(frame: SpectrumFrame | null): readonly LineMark[] {
  return lanesOf(frame ? readLines(frame) : []).find((lane) => lane.fault === 'shaft')?.marks ?? []
}
