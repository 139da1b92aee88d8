import type { LineMark } from './line-marks.ts'

/** Families in the order of their lanes above the plot. */
export const families = ['shaft', 'bpfo', 'bpfi', 'bsf', 'ftf'] as const

/** From this ratio to its surroundings on a line counts as found; noise alone reads 6 to 14 dB (features.ts). */
export const foundSnrDb = 15

export function isFound(mark: LineMark): boolean {
  return mark.snrDb !== null && mark.snrDb >= foundSnrDb
}

export interface Lane {
  fault: string
  marks: LineMark[]
}

/** One lane a family that has marks, known families first. */
export function lanesOf(marks: readonly LineMark[]): Lane[] {
  const lanes = new Map<string, Lane>()
  for (const mark of marks) {
    const lane = lanes.get(mark.fault) ?? { fault: mark.fault, marks: [] }
    lane.marks.push(mark)
    lanes.set(mark.fault, lane)
  }
  const rank = (fault: string): number => {
    const at = families.findIndex((known) => known === fault)
    return at < 0 ? families.length : at
  }
  return [...lanes.values()].sort((a, b) => rank(a.fault) - rank(b.fault))
}

/** Lanes of `mergedLanesOf`. */
export const mergedLanes = 2

/** Shaft orders in one lane, all bearing families in another, by frequency. */
export function mergedLanesOf(marks: readonly LineMark[]): Lane[] {
  const shaft = marks.filter((mark) => mark.fault === 'shaft')
  const bearing = marks.filter((mark) => mark.fault !== 'shaft').sort((a, b) => a.hz - b.hz)
  const lanes = [
    { fault: 'shaft', marks: shaft },
    { fault: 'bearing', marks: bearing },
  ]
  return lanes.filter((lane) => lane.marks.length > 0)
}
