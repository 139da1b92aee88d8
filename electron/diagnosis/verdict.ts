import type { Candidate, Finding, FindingLine, Verdict } from '../../shared/domain/analysis.ts'
import type { BearingSearch, FamilyResult, RaceFamily } from './bearing-search.ts'
import { falseAlarmProbability } from './chance.ts'
import type { RaceLattice } from './race-lattice.ts'

/**
 * Evidence is in decades: four harmonics may give 12, a modulation depth below one subtracts. The limits come from 56 labelled
 * recordings, each also in halves and at other sample rates: healthy machines reach 5.5 (median 1.5), damaged races 7.7 to 12.9.
 * Records that experts call undiagnosable reach 6 to 9.4 on a wrong family, shallow and with a second family close by: between
 * CLEAR and FAINT a verdict therefore needs distance to the rival and to chance, else it stays undecided.
 */
const CLEAR = 9
/**
 * A spall modulates the envelope of its band by 0.8 or more; what is left of a race's own waviness, or of taking a bearing apart,
 * by 0.58 at most. Shallower lines must be alone.
 */
const DEEP = 0.65
const WEAK = { evidence: 7, rival: 5, chance: 3 }
/** Between: undecided, where it is above what chance finds in this very recording, else there is nothing. */
const FAINT = { evidence: 4.5, chance: 1.25 }
/**
 * The lattice of a race with its shaft sidebands, prewhitened (15 lines of up to 2.5 decades). Healthy records reach 6.6; a
 * damaged race 7 to 36, always above the other one; bearings with a damaged ball that had been taken apart reach 17 on the inner
 * race, 12 above the outer. A verdict from the lattice alone therefore asks for more than that.
 */
const LATTICE = { evidence: 18, rival: 14, chance: 5, contradiction: 4 }
const LATTICE_FAINT = { evidence: 10, rival: 6, chance: 3 }
/**
 * Prewhitened spin lines over what the decoys of the same band reach: at most 0.76 without a damaged element, 1.5 with a plain
 * one. Where the record is too short to tell a smeared line from a tone (fewer than three bins in 0.6 % of it) a healthy bearing
 * reached 1.1. Both lines must be there: one alone is a tone of something else.
 */
const ROLLING = { clear: 0.9, short: 1.4, smearedBins: 3, faint: 0.3, chance: 0.02, second: 0.5, fourth: 0.3 }
const FAMILIES = 4

export interface BearingVerdict {
  readonly verdict: Verdict
  readonly confidence: number
  readonly candidates: readonly Candidate[]
  readonly evidence: readonly string[]
  readonly findings: readonly Finding[]
  /** where the strongest race's first line stands */
  readonly fundamentalHz: number
}

const faultOf: Readonly<Record<RaceFamily, Verdict>> = { outer: 'outer-race', inner: 'inner-race', cage: 'cage' }
const lineOf: Readonly<Record<RaceFamily, string>> = { outer: 'BPFO', inner: 'BPFI', cage: 'FTF' }

/** What the lattice says for a race, where it stands well above the other one: the smaller probability counts. */
function latticeProbability(name: RaceFamily, { outer, inner, chance }: RaceLattice): number {
  if (name === 'cage') return 1
  const [own, rival] = name === 'outer' ? [outer, inner] : [inner, outer]
  return own.decades - rival.decades >= LATTICE_FAINT.rival ? falseAlarmProbability(own.decades, chance, FAMILIES) : 1
}

function raceCandidate(name: RaceFamily, result: FamilyResult, lattice: RaceLattice): Candidate {
  const word = (line: FamilyResult['lines'][number]): string =>
    `${line.harmonic} x ${lineOf[name]} at ${line.hz.toFixed(1)} Hz, ${line.ratioDb.toFixed(0)} dB over the floor${line.ignored ? ' (on a shaft or mains harmonic)' : ''}`
  return {
    fault: faultOf[name],
    score: result.score.evidence,
    falseAlarmProbability: Math.min(
      falseAlarmProbability(result.score.evidence, result.chance, FAMILIES),
      latticeProbability(name, lattice),
    ),
    matched: result.lines.filter((line) => line.matched).map(word),
    missing: result.lines.filter((line) => !line.matched).map(word),
  }
}

/** log10 of smeared power over floor from which a spin line counts as there */
const SPIN_LINE = 0.4

function rollingCandidate({ rollingElement }: BearingSearch): Candidate {
  const { lines, spinHz, distance, chance } = rollingElement
  const texts = lines.map((decades, i) => {
    const multiple = 2 * (i + 1)
    const text = `${multiple} x BSF at ${(multiple * spinHz).toFixed(1)} Hz, ${(10 * decades).toFixed(0)} dB over the floor`
    return { text, matched: decades >= SPIN_LINE }
  })
  return {
    fault: 'rolling-element',
    score: distance,
    falseAlarmProbability: falseAlarmProbability(distance, chance, FAMILIES),
    matched: texts.filter((line) => line.matched).map((line) => line.text),
    missing: texts.filter((line) => !line.matched).map((line) => line.text),
  }
}

interface Decision {
  readonly verdict: Verdict
  readonly why: string
}

interface Race {
  readonly name: 'outer' | 'inner'
  readonly line: string
  readonly evidence: number
  readonly overRival: number
  readonly overChance: number
  /** of the race lines; 0 where it is not asked for */
  readonly depth: number
}

function rollingLimit({ smearedBins }: BearingSearch['rollingElement']): number {
  return smearedBins >= ROLLING.smearedBins ? ROLLING.clear : ROLLING.short
}

function isRollingElement({ rollingElement }: BearingSearch): boolean {
  const { distance, chance, lines } = rollingElement
  if (distance < rollingLimit(rollingElement) || lines[0] < ROLLING.second || lines[1] < ROLLING.fourth) return false
  return falseAlarmProbability(distance, chance, FAMILIES) <= ROLLING.chance
}

/** The race whose own lines stand out most. */
function strongestRace({ families: { outer, inner } }: BearingSearch): Race {
  const isOuter = outer.score.evidence >= inner.score.evidence
  const [winner, rival] = isOuter ? [outer, inner] : [inner, outer]
  const name = isOuter ? 'outer' : 'inner'
  const { evidence } = winner.score
  return {
    name,
    line: lineOf[name],
    evidence,
    overRival: evidence - rival.score.evidence,
    overChance: evidence - winner.chance.upper,
    depth: winner.score.depth,
  }
}

/** The race whose whole lattice stands out most. */
function strongestLattice({ lattice: { outer, inner, chance } }: BearingSearch): Race {
  const isOuter = outer.decades >= inner.decades
  const [winner, rival] = isOuter ? [outer, inner] : [inner, outer]
  const name = isOuter ? 'outer' : 'inner'
  const evidence = winner.decades
  return {
    name,
    line: lineOf[name],
    evidence,
    overRival: evidence - rival.decades,
    overChance: evidence - chance.upper,
    depth: 0,
  }
}

const isClear = ({ evidence, depth }: Race): boolean => evidence >= CLEAR && depth >= DEEP

/** Race lines alone: clear, or weak but far from everything else. */
function decideByLines(race: Race, lattice: Race): Decision | null {
  const contradicted = lattice.name !== race.name && lattice.overRival >= LATTICE.contradiction
  if (contradicted) return null
  const shown = `${race.evidence.toFixed(1)} decades`
  if (isClear(race)) {
    const why = `the lines of ${race.line} stand out clearly (${shown}, limit ${CLEAR})`
    return { verdict: faultOf[race.name], why }
  }
  const alone = race.overRival >= WEAK.rival && race.overChance >= WEAK.chance
  if (race.evidence < WEAK.evidence || !alone) return null
  const why = `the lines of ${race.line} are weak (${shown}) but alone: ${race.overRival.toFixed(1)} above the other race, ${race.overChance.toFixed(1)} above chance`
  return { verdict: faultOf[race.name], why }
}

function decideByLattice(lattice: Race): Decision | null {
  const { evidence, overRival, overChance } = lattice
  if (evidence < LATTICE.evidence || overRival < LATTICE.rival || overChance < LATTICE.chance) return null
  const why = `the lines of ${lattice.line} with their shaft sidebands stand out of the prewhitened envelope (${evidence.toFixed(1)} decades, ${overRival.toFixed(1)} above the other race, ${overChance.toFixed(1)} above chance): struck once a turn, as outside the load zone`
  return { verdict: faultOf[lattice.name], why }
}

function undecided(search: BearingSearch, race: Race, lattice: Race): Decision | null {
  const { distance } = search.rollingElement
  if (race.evidence >= FAINT.evidence && race.overChance >= FAINT.chance) {
    const why = `the lines of ${race.line} are there (${race.evidence.toFixed(1)} decades) but neither clear nor alone: ${race.overRival.toFixed(1)} above the other race (${WEAK.rival} needed), ${race.overChance.toFixed(1)} above chance (${WEAK.chance} needed)`
    return { verdict: 'undecided', why }
  }
  const isThere =
    lattice.evidence >= LATTICE_FAINT.evidence &&
    lattice.overRival >= LATTICE_FAINT.rival &&
    lattice.overChance >= LATTICE_FAINT.chance
  if (isThere) {
    const why = `${lattice.line} with shaft sidebands is there after prewhitening (${lattice.evidence.toFixed(1)} decades, ${LATTICE.evidence} needed), ${lattice.overRival.toFixed(1)} above the other race (${LATTICE.rival} needed)`
    return { verdict: 'undecided', why }
  }
  const isResolved = search.rollingElement.smearedBins >= ROLLING.smearedBins
  if (isResolved && distance >= ROLLING.clear - ROLLING.faint) {
    const why = `the spin lines of the rolling elements are there, but only ${distance.toFixed(2)} decades above chance (${rollingLimit(search.rollingElement)} needed, with two lines of the family)`
    return { verdict: 'undecided', why }
  }
  return null
}

function decide(search: BearingSearch): Decision {
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
  const cage = search.families.cage.score.evidence
  if (cage >= CLEAR)
    return { verdict: 'cage', why: `only the cage lines stand out clearly (${cage.toFixed(1)} decades)` }
  const why = `no fault frequency stands out of what chance finds here; the strongest is ${race.line} with ${race.evidence.toFixed(1)} decades`
  return undecided(search, race, lattice) ?? { verdict: 'normal', why }
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

const stateOf = (fault: Verdict, verdict: Verdict, suspect: Verdict | null): Finding['state'] =>
  fault === verdict ? 'found' : fault === suspect ? 'possible' : 'absent'

function envelopeLine(
  words: string,
  expectedHz: number,
  foundHz: number,
  snrDb: number,
  matched: boolean,
): FindingLine {
  const none = { amplitude: null, velocityMmS: null }
  return { words, in: 'envelope', expectedHz, foundHz: matched ? foundHz : null, ...none, snrDb, matched }
}

function raceLines(name: RaceFamily, { lines }: FamilyResult, baseHz: number): FindingLine[] {
  return lines.map(({ harmonic, hz, ratioDb, matched }) =>
    envelopeLine(`${harmonic} x ${lineOf[name]} at ${hz.toFixed(1)} Hz`, harmonic * baseHz, hz, ratioDb, matched),
  )
}

/** Every bearing fault in the shape that machine faults have; an undecided verdict leaves the likeliest one possible. */
function bearingFindings(
  search: BearingSearch,
  verdict: Verdict,
  why: string,
  candidates: readonly Candidate[],
): Finding[] {
  const suspect = verdict === 'undecided' ? (candidates[0]?.fault ?? null) : null
  const { spinHz, lines } = search.rollingElement
  return candidates.map((candidate) => {
    const { fault, falseAlarmProbability: probability } = candidate
    const name = (['outer', 'inner', 'cage'] as const).find((race) => faultOf[race] === fault)
    const state = stateOf(fault, verdict, suspect)
    const result = name === undefined ? null : search.families[name]
    return {
      fault,
      state,
      falseAlarmProbability: probability,
      component: null,
      why:
        state === 'absent'
          ? `${candidate.matched.length} lines; chance alone gives as much with ${probability.toPrecision(2)}`
          : why,
      lines:
        name !== undefined && result !== null
          ? raceLines(name, result, result.baseHz)
          : lines.map((decades, i) => {
              const multiple = 2 * (i + 1)
              const hz = multiple * spinHz
              const words = `${multiple} x BSF at ${hz.toFixed(1)} Hz`
              return envelopeLine(words, hz, hz, 10 * decades, decades >= SPIN_LINE)
            }),
    }
  })
}

export function judgeBearing(search: BearingSearch): BearingVerdict {
  const { outer, inner, cage } = search.families
  const { verdict, why } = decide(search)
  const candidates = [
    raceCandidate('outer', outer, search.lattice),
    raceCandidate('inner', inner, search.lattice),
    rollingCandidate(search),
    raceCandidate('cage', cage, search.lattice),
  ]
  // Scores of races and elements are on different scales: what is least likely by chance comes first, after the winner.
  candidates.sort(
    (a, b) =>
      Number(b.fault === verdict) - Number(a.fault === verdict) || a.falseAlarmProbability - b.falseAlarmProbability,
  )
  const { lattice, rollingElement } = search
  const evidence = [
    why,
    `outer race: ${outer.score.evidence.toFixed(1)} decades, ${bandWords(outer)}`,
    `inner race: ${inner.score.evidence.toFixed(1)} decades, ${bandWords(inner)}`,
    `with shaft sidebands, prewhitened: outer ${lattice.outer.decades.toFixed(1)}, inner ${lattice.inner.decades.toFixed(1)}, chance ${lattice.chance.upper.toFixed(1)} decades`,
    `rolling element: ${rollingElement.lines.map((decades) => (10 * decades).toFixed(0)).join(', ')} dB at 2, 4 and 6 x BSF, ${rollingElement.distance.toFixed(2)} decades above chance`,
    `chance level from the same search at frequencies of no bearing line: ${outer.chance.upper.toFixed(1)} decades (upper tenth)`,
  ]
  return {
    verdict,
    confidence: confidenceOf(verdict, candidates, Math.max(outer.score.evidence, inner.score.evidence)),
    candidates,
    evidence,
    findings: bearingFindings(search, verdict, why, candidates),
    fundamentalHz: (outer.score.evidence >= inner.score.evidence ? outer : inner).score.fundamentalHz,
  }
}
