import type { ChanceLevel } from './chance.ts'

const MEDIAN_TO_UPPER = 1.88
const LOCATION_TO_MEDIAN = 0.3665

/** A chance level whose memory is kept from block to block. */
export type KeptLevel = { -readonly [K in keyof ChanceLevel]: ChanceLevel[K] }

/** By insertion: there are some 40 values, and the built-in sort takes memory. */
function sortInPlace(values: Float64Array): void {
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i] as number
    let at = i
    for (; at > 0 && (values[at - 1] as number) > value; at -= 1) values[at] = values[at - 1] as number
    values[at] = value
  }
}

/** As chanceLevel of chance.ts; sorts in place. */
export function writeLevel(evidence: Float64Array, scaleFloor: number, level: KeptLevel): void {
  sortInPlace(evidence)
  const last = evidence.length - 1
  const middle = evidence[Math.min(last, Math.trunc(0.5 * evidence.length))] ?? Number.NaN
  const upper = evidence[Math.min(last, Math.trunc(0.9 * evidence.length))] ?? Number.NaN
  level.scale = Math.max(scaleFloor, (upper - middle) / MEDIAN_TO_UPPER)
  level.location = middle - LOCATION_TO_MEDIAN * level.scale
  level.upper = upper
}
