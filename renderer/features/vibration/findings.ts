import type { FaultMark, SpectrumFrame } from '../../../shared/protocol/views.ts'
import { isFound, lanesOf } from '../../charts/index.ts'

export type Strength = 'none' | 'single' | 'clear' | 'strong'

export interface Finding {
  fault: string
  strength: Strength
  marks: readonly FaultMark[]
  found: number
}

const strongSnrDb = 24
const clearLines = 2

/**
 * How plainly a family stands out of its surroundings. A single line may be chance or another machine; two or more of a
 * family at the same time are what the eye of an analyst looks for.
 */
export function strengthOf(marks: readonly FaultMark[]): Strength {
  const found = marks.filter(isFound)
  if (found.length === 0) return 'none'
  if (found.length < clearLines) return 'single'
  return found.some((mark) => (mark.snrDb ?? 0) >= strongSnrDb) ? 'strong' : 'clear'
}

const rank: Record<Strength, number> = { strong: 0, clear: 1, single: 2, none: 3 }

/** Bearing families of an envelope spectrum, the plainest first; shaft lines are no bearing finding and left out. */
export function findingsOf(frame: SpectrumFrame | null): Finding[] {
  return lanesOf(frame?.marks ?? [])
    .filter((lane) => lane.fault !== 'shaft')
    .map((lane) => ({
      fault: lane.fault,
      strength: strengthOf(lane.marks),
      marks: lane.marks,
      found: lane.marks.filter(isFound).length,
    }))
    .sort((a, b) => rank[a.strength] - rank[b.strength])
}

/** Shaft orders of a plain spectrum. */
export function shaftLinesOf(frame: SpectrumFrame | null): readonly FaultMark[] {
  return lanesOf(frame?.marks ?? []).find((lane) => lane.fault === 'shaft')?.marks ?? []
}
