import type { Verdict } from '../../shared/domain/analysis.ts'
import type { BearingSearch, RaceFamily } from './bearing-search.ts'

/**
 * Evidence is in decades: four harmonics may give 12, a modulation depth below one subtracts. The limits come from 56 labelled
 * recordings, each also in halves and at other sample rates: healthy machines reach 5.5 (median 1.5), damaged races 7.7 to 12.9.
 * Records that experts call undiagnosable reach 6 to 9.4 on a wrong family, shallow and with a second family close by: between
 * CLEAR and FAINT a verdict therefore needs distance to the rival and to chance, else it stays undecided.
 */
export const CLEAR = 9
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
 * damaged race 7 to 36 and always more than the other one; bearings with a damaged ball that had been taken apart reach 17 on the
 * inner race, 12 above the outer, and 11 on the outer race, 5 above the inner. A spall of the outer race may lie where it is
 * struck once a turn only and be shallow; one of the inner race passes the load zone in each turn, so that a verdict on it from
 * the lattice alone asks for more.
 */
const LATTICE = {
  outer: { evidence: 14, rival: 11, chance: 5 },
  inner: { evidence: 18, rival: 14, chance: 5 },
  contradiction: 4,
}
const LATTICE_FAINT = { evidence: 8, chance: 3 }
/** Four line families and two lattices are searched in each recording. */
export const SEARCHES = 6

export const faultOf: Readonly<Record<RaceFamily, Verdict>> = { outer: 'outer-race', inner: 'inner-race', cage: 'cage' }
export const lineOf: Readonly<Record<RaceFamily, string>> = { outer: 'BPFO', inner: 'BPFI', cage: 'FTF' }

export interface Race {
  readonly name: 'outer' | 'inner'
  readonly line: string
  readonly evidence: number
  readonly overRival: number
  readonly overChance: number
  /** of the race lines; 0 where it is not asked for */
  readonly depth: number
}

/** The race whose own lines stand out most. */
export function strongestRace({ families: { outer, inner } }: BearingSearch): Race {
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
export function strongestLattice({ lattice: { outer, inner, chance } }: BearingSearch): Race {
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

export const isClear = ({ evidence, depth }: Race): boolean => evidence >= CLEAR && depth >= DEEP

/** Race lines alone: clear, or weak but far from everything else. */
export function decideByLines(race: Race, lattice: Race): Decision | null {
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

export function decideByLattice(lattice: Race): Decision | null {
  const { evidence, overRival, overChance } = lattice
  const limit = LATTICE[lattice.name]
  if (evidence < limit.evidence || overRival < limit.rival || overChance < limit.chance) return null
  const why = `the lines of ${lattice.line} with their shaft sidebands stand out of the prewhitened envelope (${evidence.toFixed(1)} decades, ${overRival.toFixed(1)} above the other race, ${overChance.toFixed(1)} above chance): struck once a turn, as outside the load zone`
  return { verdict: faultOf[lattice.name], why }
}

export interface Decision {
  readonly verdict: Verdict
  readonly why: string
}

/** A race that is there, but not plain enough to be named. */
export function suspectRace(race: Race, lattice: Race): Decision | null {
  if (race.evidence >= FAINT.evidence && race.overChance >= FAINT.chance) {
    const why = `the lines of ${race.line} are there (${race.evidence.toFixed(1)} decades) but neither clear nor alone: ${race.overRival.toFixed(1)} above the other race (${WEAK.rival} needed), ${race.overChance.toFixed(1)} above chance (${WEAK.chance} needed)`
    return { verdict: 'undecided', why }
  }
  if (lattice.evidence < LATTICE_FAINT.evidence || lattice.overChance < LATTICE_FAINT.chance) return null
  const limit = LATTICE[lattice.name]
  const why = `${lattice.line} with shaft sidebands is there after prewhitening (${lattice.evidence.toFixed(1)} decades, ${limit.evidence} needed), ${lattice.overRival.toFixed(1)} above the other race (${limit.rival} needed), ${lattice.overChance.toFixed(1)} above chance`
  return { verdict: 'undecided', why }
}

export interface LikelierRace {
  readonly name: 'outer' | 'inner'
  readonly why: string
}

/** One race's own lines stand out by this much more than the other's */
const LEAD = 2

/**
 * Which race, if it is one, where none can be named. Tones of a healthy ring beat with each other at the lines of its race, in
 * the raw envelope only, so the prewhitened lattice is asked first. Where neither says anything a spall of the inner race is the
 * less likely one: each turn takes it through the load zone, where it cannot hide.
 */
export function likelierRace(race: Race, lattice: Race): LikelierRace {
  if (lattice.overRival >= LATTICE.contradiction && lattice.overChance >= LATTICE_FAINT.chance) {
    const why = `${lattice.line} with its shaft sidebands stands ${lattice.overRival.toFixed(1)} decades above the other race in the prewhitened envelope`
    return { name: lattice.name, why }
  }
  if (race.evidence >= FAINT.evidence && race.overChance >= FAINT.chance && race.overRival >= LEAD) {
    const why = `its lines stand ${race.overRival.toFixed(1)} decades above those of the other race`
    return { name: race.name, why }
  }
  const why =
    'a spall of the inner race passes the load zone in each turn and would be plain, one of the outer race opposite the load zone need not be'
  return { name: 'outer', why }
}
