import type { BearingSearch } from './bearing-search.ts'
import { falseAlarmProbability } from './chance.ts'
import { SEARCHES, type Decision } from './race-rules.ts'

/**
 * Prewhitened spin lines over what the decoys of the same band reach: at most 0.76 without a damaged element, 1.5 with a plain
 * one. Where the record is too short to tell a smeared line from a tone (fewer than three bins in 0.6 % of it) a healthy bearing
 * reached 1.1. Both lines must be there: one alone is a tone of something else.
 */
const ROLLING = { clear: 0.9, short: 1.4, smearedBins: 3, faint: 0.3, chance: 0.02, second: 0.5, fourth: 0.3 }
export function rollingLimit({ smearedBins }: BearingSearch['rollingElement']): number {
  return smearedBins >= ROLLING.smearedBins ? ROLLING.clear : ROLLING.short
}

export function isRollingElement({ rollingElement }: BearingSearch): boolean {
  const { distance, chance, lines } = rollingElement
  if (distance < rollingLimit(rollingElement) || lines[0] < ROLLING.second || lines[1] < ROLLING.fourth) return false
  return falseAlarmProbability(distance, chance, SEARCHES) <= ROLLING.chance
}

/** Two spin lines that are there, clear or not: enough to doubt a race whose lines lie at the same place. */
export function hasSpinLines({ distance, lines }: BearingSearch['rollingElement']): boolean {
  return distance >= ROLLING.clear - ROLLING.faint && lines[0] >= ROLLING.second && lines[1] >= ROLLING.fourth
}

export function suspectRolling({ rollingElement }: BearingSearch): Decision | null {
  const { distance, smearedBins } = rollingElement
  if (smearedBins < ROLLING.smearedBins || distance < ROLLING.clear - ROLLING.faint) return null
  const why = `the spin lines of the rolling elements are there, but only ${distance.toFixed(2)} decades above chance (${rollingLimit(rollingElement)} needed, with two lines of the family)`
  return { verdict: 'undecided', why }
}
