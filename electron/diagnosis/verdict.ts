import type { Candidate, Finding, Verdict } from '../../shared/domain/analysis.ts'
import { bearingCandidates, bearingFindings } from './bearing-findings.ts'
import type { BearingSearch, FamilyResult } from './bearing-search.ts'
import {
  CLEAR,
  decideByLattice,
  decideByLines,
  isClear,
  likelierRace,
  strongestLattice,
  strongestRace,
  suspectRace,
  type Decision,
} from './race-rules.ts'
import { hasSpinLines, isRollingElement, rollingLimit, suspectRolling } from './rolling-rules.ts'

export interface BearingVerdict {
  readonly verdict: Verdict
  readonly confidence: number
  readonly candidates: readonly Candidate[]
  readonly evidence: readonly string[]
  readonly findings: readonly Finding[]
  /** where the strongest race's first line stands */
  readonly fundamentalHz: number
  /** where the cage's first line stands, where its lines are clear; null where they are not */
  readonly cageHz: number | null
  /** the lattice alone would name the same race */
  readonly isToldTwice: boolean
}

/**
 * Four lines that fit best at the very end of their search (1.2 %) belong further out: to the cage at a speed nobody wrote, as
 * one outer race did where the written speed was 1 % low.
 */
const CAGE_REACH = 0.011

const isClearCage = ({ families: { cage } }: BearingSearch): boolean => cage.score.evidence >= CLEAR

/** The cage's four lines lie this close to a whole part of BPFO, or closer than they can be read. */
const CAGE_TOLERANCE = 0.004
const CAGE_LEAD = 2
const SPIN_TOLERANCE = 0.006

/** A named race whose lines could as well be another part's: undecided, with the reason. */
function coincidence(search: BearingSearch, { verdict }: Decision): Decision | null {
  const { families, rollingElement } = search
  if (verdict !== 'outer-race' && verdict !== 'inner-race') return null
  const { score } = verdict === 'outer-race' ? families.outer : families.inner
  const offSpin = Math.abs(score.fundamentalHz / (2 * rollingElement.spinHz) - 1)
  if (hasSpinLines(rollingElement) && offSpin <= SPIN_TOLERANCE) {
    const why = `lines at ${score.fundamentalHz.toFixed(1)} Hz may be the race's or 2 x BSF, which lies at the same place in this bearing: the spin lines stand ${rollingElement.distance.toFixed(2)} decades above chance as well`
    return { verdict: 'undecided', why }
  }
  const { cage, outer } = families
  if (verdict !== 'outer-race' || !isClearCage(search) || cage.score.evidence < score.evidence + CAGE_LEAD) return null
  const cageRatio = cage.score.fundamentalHz / cage.baseHz
  const off = Math.abs(score.fundamentalHz / outer.baseHz / cageRatio - 1)
  if (off <= Math.max(CAGE_TOLERANCE, cage.envelope.resolutionHz / (4 * cage.baseHz))) return null
  const why = `the cage lines stand out (${cage.score.evidence.toFixed(1)} decades) more than those of BPFO (${score.evidence.toFixed(1)}), which is a whole number of cage turns but lies ${(100 * off).toFixed(1)} % beside it`
  return { verdict: 'undecided', why }
}

function decide(search: BearingSearch): Decision {
  const decision = decideAlone(search)
  return coincidence(search, decision) ?? decision
}

function decideAlone(search: BearingSearch): Decision {
  const race = strongestRace(search)
  const lattice = strongestLattice(search)
  const byLines = decideByLines(race, lattice)
  if (byLines !== null && isClear(race)) return byLines
  if (isRollingElement(search)) {
    const why = `the even spin lines stand ${search.rollingElement.distance.toFixed(2)} decades above chance in the prewhitened envelope (limit ${rollingLimit(search.rollingElement)}) and no race line is clear`
    return { verdict: 'rolling-element', why }
  }
  const decided = byLines ?? decideByLattice(lattice)
  if (decided !== null) return decided
  if (isClearCage(search)) {
    const { score, baseHz } = search.families.cage
    const shown = `${score.evidence.toFixed(1)} decades`
    if (Math.abs(score.fundamentalHz / baseHz - 1) <= CAGE_REACH)
      return { verdict: 'cage', why: `only the cage lines stand out clearly (${shown})` }
    const why = `the cage lines stand out (${shown}), but where they would be at another speed: each line of the outer race is one of the cage's as well`
    return { verdict: 'undecided', why }
  }
  const why = `no fault frequency stands out of what chance finds here; the strongest is ${race.line} with ${race.evidence.toFixed(1)} decades`
  return suspectRace(race, lattice) ?? suspectRolling(search) ?? { verdict: 'normal', why }
}

function bandWords(result: FamilyResult): string {
  const { band, prewhitened } = result.envelope
  return `best band ${band.lowHz.toFixed(0)}-${band.highHz.toFixed(0)} Hz${prewhitened ? ', prewhitened' : ''}, modulation depth ${result.score.depth.toPrecision(2)}`
}

/**
 * For a fault, confidence is 1 - falseAlarmProbability of the winner. `normal` has no such winner: there it is the share of the
 * evidence limit that the strongest fault left unused. An undecided verdict has none to speak of: 0.
 */
function confidenceOf(verdict: Verdict, candidates: readonly Candidate[], strongestRace: number): number {
  const winner = candidates.find((candidate) => candidate.fault === verdict)
  if (winner !== undefined) return 1 - winner.falseAlarmProbability
  return verdict === 'normal' ? Math.max(0, 1 - Math.max(0, strongestRace) / CLEAR) : 0
}

export function judgeBearing(search: BearingSearch): BearingVerdict {
  const { outer, inner } = search.families
  const { verdict, why } = decide(search)
  const strongest = strongestLattice(search)
  const likelier = likelierRace(strongestRace(search), strongest)
  const candidates = bearingCandidates(search, verdict, likelier)
  const { lattice, rollingElement } = search
  const evidence = [
    why,
    `outer race: ${outer.score.evidence.toFixed(1)} decades, ${bandWords(outer)}`,
    `inner race: ${inner.score.evidence.toFixed(1)} decades, ${bandWords(inner)}`,
    `with shaft sidebands, prewhitened: outer ${lattice.outer.decades.toFixed(1)}, inner ${lattice.inner.decades.toFixed(1)}, chance ${lattice.chance.upper.toFixed(1)} decades`,
    `rolling element: ${rollingElement.lines.map((decades) => (10 * decades).toFixed(0)).join(', ')} dB at 2, 4 and 6 x BSF, ${rollingElement.distance.toFixed(2)} decades above chance`,
    `chance level from the same search at frequencies of no bearing line: ${outer.chance.upper.toFixed(1)} decades (upper tenth)`,
  ]
  if (verdict === 'undecided' || verdict === 'normal')
    evidence.push(`if a race is damaged, then rather the ${likelier.name} one: ${likelier.why}`)
  return {
    verdict,
    confidence: confidenceOf(verdict, candidates, Math.max(outer.score.evidence, inner.score.evidence)),
    candidates,
    evidence,
    findings: bearingFindings(search, verdict, why, candidates),
    fundamentalHz: (outer.score.evidence >= inner.score.evidence ? outer : inner).score.fundamentalHz,
    cageHz: isClearCage(search) ? search.families.cage.score.fundamentalHz : null,
    isToldTwice: decideByLattice(strongest)?.verdict === verdict,
  }
}
