import type { Candidate, Finding, FindingLine, Verdict } from '../../shared/domain/analysis.ts'
import type { BearingSearch, FamilyResult, RaceFamily } from './bearing-search.ts'
import { falseAlarmProbability } from './chance.ts'
import type { RaceLattice } from './race-lattice.ts'
import { faultOf, lineOf, SEARCHES, type LikelierRace } from './race-rules.ts'

/** What the lattice says for a race, where it stands above the other one: the smaller probability counts. */
function latticeProbability(name: RaceFamily, { outer, inner, chance }: RaceLattice): number {
  if (name === 'cage') return 1
  const [own, rival] = name === 'outer' ? [outer, inner] : [inner, outer]
  return own.decades > rival.decades ? falseAlarmProbability(own.decades, chance, SEARCHES) : 1
}

function raceCandidate(name: RaceFamily, result: FamilyResult, lattice: RaceLattice): Candidate {
  const word = (line: FamilyResult['lines'][number]): string =>
    `${line.harmonic} x ${lineOf[name]} at ${line.hz.toFixed(1)} Hz, ${line.ratioDb.toFixed(0)} dB over the floor${line.ignored ? ' (on a shaft or mains harmonic)' : ''}`
  return {
    fault: faultOf[name],
    score: result.score.evidence,
    falseAlarmProbability: Math.min(
      falseAlarmProbability(result.score.evidence, result.chance, SEARCHES),
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
    falseAlarmProbability: falseAlarmProbability(distance, chance, SEARCHES),
    matched: texts.filter((line) => line.matched).map((line) => line.text),
    missing: texts.filter((line) => !line.matched).map((line) => line.text),
  }
}

/**
 * Scores of races and elements are on different scales: what is least likely by chance comes first, after the winner. Of the two
 * races the likelier one goes before the other.
 */
export function bearingCandidates(search: BearingSearch, verdict: Verdict, likelier: LikelierRace): Candidate[] {
  const { families, lattice } = search
  const candidates = [
    raceCandidate('outer', families.outer, lattice),
    raceCandidate('inner', families.inner, lattice),
    rollingCandidate(search),
    raceCandidate('cage', families.cage, lattice),
  ]
  const races = candidates.slice(0, 2).map((race) => race.falseAlarmProbability)
  const rankOf = ({ fault, falseAlarmProbability: probability }: Candidate): number => {
    if (fault === verdict) return Number.NEGATIVE_INFINITY
    if (fault !== 'outer-race' && fault !== 'inner-race') return probability
    return fault === faultOf[likelier.name] ? Math.min(...races) : Math.max(...races)
  }
  const isLikelier = ({ fault }: Candidate): number => Number(fault === faultOf[likelier.name])
  return candidates.sort((a, b) => rankOf(a) - rankOf(b) || isLikelier(b) - isLikelier(a))
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
export function bearingFindings(
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
