import type { Candidate, Verdict } from '../../shared/domain/analysis.ts'
import type { BearingSearch, FamilyResult, RaceFamily } from './bearing-search.ts'
import { falseAlarmProbability } from './chance.ts'

/**
 * Evidence is in decades: four harmonics may give 12, a modulation depth below one subtracts. The limits come from the 56
 * labelled development records: healthy machines reach 5.5 (median 1.5), damaged races 8.1 to 12.9. Records that experts
 * call undiagnosable reach 6 to 8.3 on a wrong family, mostly with a second family close by: between CLEAR and FAINT a verdict
 * therefore needs distance to the rival and to chance, else it stays undecided.
 */
const CLEAR = 9
const WEAK = 7
const FAINT = 6
const DISTANCE = 3
/** log10 of power over floor at 2 x and 4 x the spin frequency */
const ROLLING_SECOND = 0.9
const ROLLING_FOURTH = 0.7
/** Below those, a decade above what chance reaches in this very recording will do, if both lines are there at all. */
const ROLLING_ALONE = { distance: 1, evidence: 1.5, second: 0.5, fourth: 0.2 }
const FAMILIES = 4

export interface BearingVerdict {
  readonly verdict: Verdict
  readonly confidence: number
  readonly candidates: readonly Candidate[]
  readonly evidence: readonly string[]
}

const faultOf: Readonly<Record<RaceFamily, Verdict>> = { outer: 'outer-race', inner: 'inner-race', cage: 'cage' }
const lineOf: Readonly<Record<RaceFamily, string>> = { outer: 'BPFO', inner: 'BPFI', cage: 'FTF' }

function raceCandidate(name: RaceFamily, result: FamilyResult): Candidate {
  const word = (line: FamilyResult['lines'][number]): string =>
    `${line.harmonic} x ${lineOf[name]} at ${line.hz.toFixed(1)} Hz, ${line.ratioDb.toFixed(0)} dB over the floor${line.ignored ? ' (on a shaft or mains harmonic)' : ''}`
  return {
    fault: faultOf[name],
    score: result.score.evidence,
    falseAlarmProbability: falseAlarmProbability(result.score.evidence, result.chance, FAMILIES),
    matched: result.lines.filter((line) => line.matched).map(word),
    missing: result.lines.filter((line) => !line.matched).map(word),
  }
}

function rollingCandidate(search: BearingSearch): Candidate {
  const { second, fourth, evidence, spinHz } = search.rollingElement
  const lines = [
    {
      text: `2 x BSF at ${(2 * spinHz).toFixed(1)} Hz, ${(10 * second).toFixed(0)} dB over the floor`,
      matched: second >= ROLLING_SECOND,
    },
    {
      text: `4 x BSF at ${(4 * spinHz).toFixed(1)} Hz, ${(10 * fourth).toFixed(0)} dB over the floor`,
      matched: fourth >= ROLLING_FOURTH,
    },
  ]
  return {
    fault: 'rolling-element',
    score: evidence,
    falseAlarmProbability: falseAlarmProbability(evidence, search.rollingChance, FAMILIES),
    matched: lines.filter((line) => line.matched).map((line) => line.text),
    missing: lines.filter((line) => !line.matched).map((line) => line.text),
  }
}

function isRollingElement({ rollingElement, rollingChance }: BearingSearch): boolean {
  const { second, fourth, evidence } = rollingElement
  if (second >= ROLLING_SECOND && fourth >= ROLLING_FOURTH) return true
  const alone = evidence - rollingChance.upper >= ROLLING_ALONE.distance && evidence >= ROLLING_ALONE.evidence
  return alone && second >= ROLLING_ALONE.second && fourth >= ROLLING_ALONE.fourth
}

interface Decision {
  readonly verdict: Verdict
  readonly why: string
}

function decide(search: BearingSearch): Decision {
  const { outer, inner, cage } = search.families
  const [name, winner, rival] =
    outer.score.evidence >= inner.score.evidence
      ? (['outer', outer, inner] as const)
      : (['inner', inner, outer] as const)
  const evidence = winner.score.evidence
  const shown = `${evidence.toFixed(1)} decades`
  const isRolling = isRollingElement(search)
  if (evidence >= CLEAR)
    return { verdict: faultOf[name], why: `the lines of ${lineOf[name]} stand out clearly (${shown}, limit ${CLEAR})` }
  if (isRolling)
    return {
      verdict: 'rolling-element',
      why: 'the even spin lines stand out of the prewhitened envelope and no race line is clear',
    }
  const rivalDistance = evidence - rival.score.evidence
  const chanceDistance = evidence - winner.chance.upper
  if (evidence >= WEAK && rivalDistance >= DISTANCE && chanceDistance >= DISTANCE) {
    return {
      verdict: faultOf[name],
      why: `the lines of ${lineOf[name]} are weak (${shown}) but alone: ${rivalDistance.toFixed(1)} above the other race, ${chanceDistance.toFixed(1)} above chance`,
    }
  }
  if (cage.score.evidence >= CLEAR)
    return { verdict: 'cage', why: `only the cage lines stand out clearly (${cage.score.evidence.toFixed(1)} decades)` }
  if (evidence >= FAINT) {
    return {
      verdict: 'undecided',
      why: `the lines of ${lineOf[name]} are there (${shown}) but neither clear nor alone: ${rivalDistance.toFixed(1)} above the other race, ${chanceDistance.toFixed(1)} above chance (${DISTANCE} needed)`,
    }
  }
  return {
    verdict: 'normal',
    why: `no fault frequency reaches ${FAINT} decades; the strongest is ${lineOf[name]} with ${evidence.toFixed(1)}`,
  }
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
  return verdict === 'normal' ? Math.max(0, 1 - Math.max(0, strongestRace) / FAINT) : 0
}

export function judgeBearing(search: BearingSearch): BearingVerdict {
  const { outer, inner, cage } = search.families
  const { verdict, why } = decide(search)
  const candidates = [
    raceCandidate('outer', outer),
    raceCandidate('inner', inner),
    rollingCandidate(search),
    raceCandidate('cage', cage),
  ]
  // Scores of races and elements are on different scales: what is least likely by chance comes first, after the winner.
  candidates.sort(
    (a, b) =>
      Number(b.fault === verdict) - Number(a.fault === verdict) || a.falseAlarmProbability - b.falseAlarmProbability,
  )
  const evidence = [
    why,
    `outer race: ${outer.score.evidence.toFixed(1)} decades, ${bandWords(outer)}`,
    `inner race: ${inner.score.evidence.toFixed(1)} decades, ${bandWords(inner)}`,
    `rolling element: ${(10 * search.rollingElement.second).toFixed(0)} dB at 2 x BSF, ${(10 * search.rollingElement.fourth).toFixed(0)} dB at 4 x BSF`,
    `chance level from the same search at frequencies of no bearing line: ${outer.chance.upper.toFixed(1)} decades (upper tenth)`,
  ]
  return {
    verdict,
    confidence: confidenceOf(verdict, candidates, Math.max(outer.score.evidence, inner.score.evidence)),
    candidates,
    evidence,
  }
}
